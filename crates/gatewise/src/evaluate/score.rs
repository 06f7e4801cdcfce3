//! Scoring: outputs against targets, for training and for evaluation.
//!
//! Enters: what a model answered, in lanes or in rows. Leaves: sums of loss and of right answers, and for
//! training the gradient that is sent back.

use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::Activation;
use crate::loss::Loss;
use crate::metrics::{Evaluation, accuracy};
use crate::model::{Model, PaddedRows, Treatment};
use crate::rows::Dataset;

/// Sums over what was scored: rows, or steps of rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ScoreSum {
    /// How many answers were scored.
    pub count: usize,
    pub loss: f64,
    /// Right answers, or shares of them.
    pub hits: f64,
}

impl ScoreSum {
    pub fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.loss += other.loss;
        self.hits += other.hits;
    }

    /// With a penalty on weights, which is part of the mean.
    pub fn with_penalty(self, penalty: f64) -> Self {
        Self { loss: self.loss + penalty * self.count as f64, ..self }
    }

    /// The mean loss.
    pub fn mean(&self) -> f64 {
        self.loss / self.count.max(1) as f64
    }
}

/// How a model's answers to a data set are scored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scorer<'a> {
    loss: Loss,
    /// What turns the outputs of training into answers: an activation that the loss folds in.
    folded: Option<Activation>,
    data: &'a Dataset,
    rows: PaddedRows<'a>,
    treatment: Treatment,
    /// What the rows' losses are multiplied by.
    weights: Option<&'a [f32]>,
    /// Above it, an output that is an answer of its own means yes.
    threshold: f32,
    width: usize,
    per_step: bool,
}

/// Memory for one answer and its gradient.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    output: Vec<f32>,
    gradient: Vec<f32>,
}

impl<'a> Scorer<'a> {
    /// Checks that `model`, `loss` and the targets of `data` fit.
    pub fn new(model: &Model, loss: Loss, data: &'a Dataset, rows: PaddedRows<'a>) -> Result<Self> {
        let (width, per_step) = (model.output_width(), model.output_per_step());
        let targets = data.targets();
        let wanted = loss.target_width(width);
        if targets.width() != wanted {
            return Err(Error::data(format!(
                "{loss} needs targets of {wanted} for a model with {width} outputs, but they have {}",
                targets.width()
            )));
        }
        match (per_step, targets.per_step()) {
            (true, false) => {
                return Err(Error::shape(
                    "the model answers at every step, but the data have one target a row; leave \
                     return_sequences unset on the last recurrent layer, or give a target for each step",
                ));
            }
            (false, true) => {
                return Err(Error::shape(
                    "the data have a target for each step, but the model answers once a row; set \
                     return_sequences on the last recurrent layer",
                ));
            }
            _ => loss.check(targets.values(), width)?,
        }
        let (folded, treatment, weights) = (loss.fused_activation(), model.treatment(), data.sample_weight());
        Ok(Self { loss, folded, data, rows, treatment, weights, threshold: 0.5, width, per_step })
    }

    /// With these weights, one for each row that will be scored, for those of the data.
    pub fn with_weights(self, weights: &'a [f32]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// The rows that it scores.
    pub fn rows(&self) -> PaddedRows<'a> {
        self.rows
    }

    /// With this threshold for one half.
    pub fn with_threshold(self, threshold: f32) -> Self {
        Self { threshold, ..self }
    }

    /// What the loss of row `index` is multiplied by.
    fn weight(&self, index: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[index])
    }

    /// How many answers the rows `batch` give.
    pub fn count(&self, batch: &[usize]) -> usize {
        let of_row = |&index: &usize| match self.per_step {
            true => self.rows.counting(self.treatment, index).filter(|&counts| counts).count(),
            false => 1,
        };
        batch.iter().map(of_row).sum()
    }

    /// Scores the rows `indices` of a block of `steps` steps, whose outputs before a folded activation are
    /// `y`, and overwrites `dy` with the gradient of the loss times `scale`.
    pub fn block(
        &self,
        indices: &[usize],
        steps: usize,
        y: &[f32],
        scale: f32,
        dy: &mut [f32],
        answer: &mut RowBuffer,
    ) -> ScoreSum {
        let mut sum = ScoreSum::default();
        let RowBuffer { output, gradient } = answer;
        output.resize(self.width, 0.0);
        gradient.resize(self.width, 0.0);
        dy.fill(0.0);
        for (lane, &index) in indices.iter().enumerate() {
            let weight = self.weight(index);
            let seen = self.rows.seen(index);
            let start = self.rows.start(seen.len(), steps);
            let targets = self.data.targets().of(index, seen);
            for (step, target) in self.scored(index, targets) {
                let place = if self.per_step { (start + step) * self.width * LANES } else { 0 } + lane;
                let from = y[place..].iter().step_by(LANES);
                output.iter_mut().zip(from).for_each(|(output, &y)| *output = y);
                if let Some(activation) = self.folded {
                    activation.apply_row(output);
                }
                sum.add(self.one(output, target, weight));
                self.loss.logit_gradient(output, target, gradient);
                let to = dy[place..].iter_mut().step_by(LANES);
                to.zip(&*gradient).for_each(|(to, &d)| *to = d * (scale * weight));
            }
        }
        sum
    }

    /// Scores finished answers to all rows, as [`Engine::outputs`](crate::model::Engine::outputs) gives them,
    /// by a model whose weights have this `penalty`.
    pub fn all(&self, outputs: &[f32], penalty: f64) -> Evaluation {
        let mut sum = ScoreSum::default();
        self.for_each(outputs, |index, output, target| {
            sum.add(self.one(output, target, self.weight(index)));
        });
        let count = sum.count.max(1) as f64;
        Evaluation {
            loss: sum.loss / count + penalty,
            accuracy: self.has_accuracy().then_some(sum.hits / count),
            samples: self.data.len(),
        }
    }

    /// The finished answers that count, and their targets, both flat.
    pub fn pairs(&self, outputs: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        if !self.per_step {
            return (outputs, self.data.targets().values().to_vec());
        }
        let (mut answers, mut targets) = (Vec::with_capacity(outputs.len()), Vec::new());
        self.for_each(&outputs, |_, output, target| {
            answers.extend_from_slice(output);
            targets.extend_from_slice(target);
        });
        (answers, targets)
    }

    /// Calls `f` with the row, the answer and the target of each finished answer that counts.
    fn for_each(&self, outputs: &[f32], mut f: impl FnMut(usize, &[f32], &[f32])) {
        let mut rest = outputs;
        for index in 0..self.data.len() {
            let seen = self.rows.seen(index);
            let answers = if self.per_step { seen.len() } else { 1 };
            let (row, tail) = rest.split_at(answers * self.width);
            rest = tail;
            for (step, target) in self.scored(index, self.data.targets().of(index, seen)) {
                f(index, &row[step * self.width..][..self.width], target);
            }
        }
    }

    /// Whether there are right and wrong answers, and not only near and far ones.
    pub fn has_accuracy(&self) -> bool {
        self.loss.fused_activation().is_some()
    }

    /// The targets that count, each with the step it belongs to.
    fn scored<'t>(&self, index: usize, targets: &'t [f32]) -> impl Iterator<Item = (usize, &'t [f32])> {
        let counting = self.per_step.then(|| self.rows.counting(self.treatment, index));
        let mut counting = counting.into_iter().flatten();
        let per_step = self.per_step;
        let targets = targets.chunks_exact(self.data.targets().width()).enumerate();
        targets.filter(move |_| !per_step || counting.next() == Some(true))
    }

    fn one(&self, output: &[f32], target: &[f32], weight: f32) -> ScoreSum {
        let hits =
            if self.has_accuracy() { accuracy(self.loss, output, target, self.threshold) } else { 0.0 };
        ScoreSum { count: 1, loss: self.loss.value(output, target) * f64::from(weight), hits }
    }
}
