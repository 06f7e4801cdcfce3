//! Scoring: outputs compared with targets, for training and for evaluation.
//!
//! Input: the outputs of a model, in lanes or in rows. Output: sums of the loss and of correct predictions,
//! and, for training, the gradient of the loss.

use super::measures::KeptRows;
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::Activation;
use crate::loss::Loss;
use crate::metrics::{Evaluation, accuracy};
use crate::model::{Model, PaddedRows, Treatment};
use crate::rows::Dataset;

/// Sums over the scored outputs, one a row or one a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ScoreSum {
    /// The number of scored outputs.
    pub count: usize,
    pub loss: f64,
    /// The number of correct predictions. A multi-label output adds the fraction of its correct labels.
    pub hits: f64,
}

impl ScoreSum {
    pub fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.loss += other.loss;
        self.hits += other.hits;
    }

    /// Adds the penalty of the weights to the mean loss.
    pub fn with_penalty(self, penalty: f64) -> Self {
        Self { loss: self.loss + penalty * self.count as f64, ..self }
    }

    /// Returns the mean loss.
    pub fn mean(&self) -> f64 {
        self.loss / self.count.max(1) as f64
    }
}

/// Scores the outputs of a model for a data set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scorer<'a> {
    loss: Loss,
    /// The last activation, if the loss is computed from logits in training.
    folded: Option<Activation>,
    data: &'a Dataset,
    rows: PaddedRows<'a>,
    treatment: Treatment,
    /// The sample weights.
    weights: Option<&'a [f32]>,
    /// The threshold above which a binary or multi-label output is positive.
    threshold: f32,
    width: usize,
    per_step: bool,
    /// Whether a block keeps its rows for metrics.
    keeps: bool,
}

/// Memory for one output and its gradient, and the rows that a block keeps.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    output: Vec<f32>,
    gradient: Vec<f32>,
    pub kept: KeptRows,
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
                    "the model has an output at every step, but the data have one target a row; leave \
                     return_sequences unset on the last recurrent layer, or give a target for each step",
                ));
            }
            (false, true) => {
                return Err(Error::shape(
                    "the data have a target for each step, but the model has one output a row; set \
                     return_sequences on the last recurrent layer",
                ));
            }
            _ => loss.check(targets.values(), width)?,
        }
        let (folded, treatment, weights) = (loss.fused_activation(), model.treatment(), data.sample_weight());
        Ok(Self {
            loss,
            folded,
            data,
            rows,
            treatment,
            weights,
            threshold: 0.5,
            width,
            per_step,
            keeps: false,
        })
    }

    /// Replaces the sample weights of the data set: one weight for each row.
    pub fn with_weights(self, weights: &'a [f32]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// Sets whether each block keeps its rows for metrics.
    pub fn keeping(self, keeps: bool) -> Self {
        Self { keeps, ..self }
    }

    /// Returns the number of outputs of a row or step.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the rows to score.
    pub fn rows(&self) -> PaddedRows<'a> {
        self.rows
    }

    /// Replaces the threshold of 0.5.
    pub fn with_threshold(self, threshold: f32) -> Self {
        Self { threshold, ..self }
    }

    /// Returns the sample weight of row `index`.
    fn weight(&self, index: usize) -> f32 {
        self.weights.map_or(1.0, |weights| weights[index])
    }

    /// Returns the number of outputs to score for the rows `batch`.
    pub fn count(&self, batch: &[usize]) -> usize {
        let of_row = |&index: &usize| match self.per_step {
            true => self.rows.counting(self.treatment, index).filter(|&counts| counts).count(),
            false => 1,
        };
        batch.iter().map(of_row).sum()
    }

    /// Scores the rows `indices` of a block of `steps` steps. `y` has the outputs, before a folded
    /// activation. `dy` is overwritten with the gradient of the loss times `scale`.
    pub fn block(
        &self,
        indices: &[usize],
        steps: usize,
        y: &[f32],
        scale: f32,
        dy: &mut [f32],
        buffer: &mut RowBuffer,
    ) -> ScoreSum {
        let mut sum = ScoreSum::default();
        let RowBuffer { output, gradient, kept } = buffer;
        kept.clear();
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
                if self.keeps {
                    kept.push(output, target, weight);
                }
                self.loss.logit_gradient(output, target, gradient);
                let to = dy[place..].iter_mut().step_by(LANES);
                to.zip(&*gradient).for_each(|(to, &d)| *to = d * (scale * weight));
            }
        }
        sum
    }

    /// Scores the outputs for all rows, as [`Engine::predict`](crate::model::Engine::predict) returns them.
    /// `penalty` is added to the loss.
    pub fn all(&self, outputs: &[f32], penalty: f64) -> Evaluation {
        let mut sum = ScoreSum::default();
        self.for_each(outputs, |_, output, target, weight| sum.add(self.one(output, target, weight)));
        let count = sum.count.max(1) as f64;
        Evaluation {
            loss: sum.loss / count + penalty,
            accuracy: self.has_accuracy().then_some(sum.hits / count),
            samples: self.data.len(),
        }
    }

    /// Returns the outputs to score and their targets, both flat.
    pub fn pairs(&self, outputs: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        if !self.per_step {
            return (outputs, self.data.targets().values().to_vec());
        }
        let (mut scored, mut targets) = (Vec::with_capacity(outputs.len()), Vec::new());
        self.for_each(&outputs, |_, output, target, _| {
            scored.extend_from_slice(output);
            targets.extend_from_slice(target);
        });
        (scored, targets)
    }

    /// Calls `f` with the row, the output, the target and the weight of each output to score.
    pub fn for_each(&self, outputs: &[f32], mut f: impl FnMut(usize, &[f32], &[f32], f32)) {
        let mut rest = outputs;
        for index in 0..self.data.len() {
            let seen = self.rows.seen(index);
            let count = if self.per_step { seen.len() } else { 1 };
            let (row, tail) = rest.split_at(count * self.width);
            rest = tail;
            for (step, target) in self.scored(index, self.data.targets().of(index, seen)) {
                f(index, &row[step * self.width..][..self.width], target, self.weight(index));
            }
        }
    }

    /// Returns `true` if predictions are classes, so that they are correct or wrong.
    pub fn has_accuracy(&self) -> bool {
        self.loss.fused_activation().is_some()
    }

    /// Returns the targets to score, each with its step.
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
