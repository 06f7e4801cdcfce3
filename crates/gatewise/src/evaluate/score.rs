//! Scoring: outputs compared with targets, for training and for evaluation.
//!
//! Input: the outputs of a model, in lanes or in rows. Output: sums of the loss and of correct predictions,
//! and, for training, the gradient of the loss.

use super::kept_rows::KeptRows;
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::Activation;
use crate::loss::{Loss, LossRows, Reduction};
use crate::metrics::{Evaluation, accuracy};
use crate::model::{Model, PaddedRows, Treatment};
use crate::rows::Dataset;

/// Sums over the scored outputs, one a row or one a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ScoreSum {
    /// The number of scored outputs.
    pub count: usize,
    /// The sum of their sample weights.
    pub weight: f64,
    /// The weighted losses: their sum, or the [reduced](Self::reduced) losses of batches times their counts.
    pub loss: f64,
    /// The number of correct predictions. A multi-label output adds the fraction of its correct labels.
    pub hits: f64,
}

impl ScoreSum {
    pub fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.weight += other.weight;
        self.loss += other.loss;
        self.hits += other.hits;
    }

    /// Replaces the summed loss of a batch by its reduced loss times the count. So a mean over batches weighs
    /// them by their counts, as Keras does.
    pub fn reduced(self, reduction: Reduction) -> Self {
        match (reduction, self.divisor(reduction)) {
            (Reduction::SumOverBatchSize | Reduction::Mean, _) => self,
            (_, 0.0) => Self { loss: 0.0, ..self },
            (_, divisor) => Self { loss: self.loss * self.count as f64 / divisor, ..self },
        }
    }

    /// Returns the number that divides the summed loss.
    pub fn divisor(&self, reduction: Reduction) -> f64 {
        reduction.divisor(self.count, self.weight)
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
#[derive(Debug, Clone)]
pub(crate) struct Scorer<'a> {
    loss: Loss,
    /// The last activation, if the loss is computed from logits in training.
    folded: Option<Activation>,
    data: &'a Dataset,
    rows: PaddedRows<'a>,
    treatment: Treatment,
    /// Sample weights of rows, in place of the sample weights of the data set.
    weights: Option<&'a [f32]>,
    reduction: Reduction,
    /// The number of rows in a batch of an evaluation, for a reduction that is not a mean.
    batch_size: usize,
    /// The threshold above which a binary or multi-label output is positive.
    threshold: f32,
    width: usize,
    per_step: bool,
    /// Whether a block keeps its rows for metrics.
    keeps: bool,
}

/// Memory for one output and its gradient, for those of a block with a custom loss, and for the rows that a block
/// keeps.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    output: Vec<f32>,
    gradient: Vec<f32>,
    target: Vec<f32>,
    losses: Vec<f64>,
    pub kept: KeptRows,
}

/// The largest number of outputs that an evaluation hands to a custom loss at once.
const CUSTOM_ROWS: usize = 1024;

impl<'a> Scorer<'a> {
    /// Checks that `model`, `loss` and the targets of `data` fit.
    pub fn new(model: &Model, loss: Loss, data: &'a Dataset, rows: PaddedRows<'a>) -> Result<Self> {
        let (width, per_step) = (model.output_width(), model.output_per_step());
        let last = model.stages().last().and_then(|stage| stage.activation());
        loss.check_activation(last, width)?;
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
        let (folded, mut treatment) = (loss.fused_activation(), model.treatment());
        if let Some(steps) = model.other_steps(rows.steps).filter(|_| per_step) {
            let own = |row: &usize| rows.inputs.steps(*row) == steps && rows.seen(*row).len() == steps;
            if let Some(row) = (0..data.len()).find(|row| !own(row)) {
                return Err(Error::shape(format!(
                    "the model has {steps} outputs a row, but row {row} has {} steps; a target belongs to a step of \
                     its row, so give rows of {steps} steps",
                    rows.inputs.steps(row)
                )));
            }
            // The steps that a layer makes are not masked.
            treatment.mask = None;
        }
        let (weights, threshold) = (None, 0.5);
        let (reduction, batch_size) = (Reduction::default(), usize::MAX);
        Ok(Self {
            loss,
            folded,
            data,
            rows,
            treatment,
            weights,
            reduction,
            batch_size,
            threshold,
            width,
            per_step,
            keeps: false,
        })
    }

    /// Replaces the sample weights of the data set: one weight for each row.
    pub fn with_weights(self, weights: &'a [f32]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// Replaces the mean over all by another reduction; an evaluation then takes the mean over batches.
    pub fn with_reduction(self, reduction: Reduction, batch_size: usize) -> Self {
        let batch_size = match reduction {
            Reduction::SumOverBatchSize | Reduction::Mean => usize::MAX,
            _ => batch_size.max(1),
        };
        Self { reduction, batch_size, ..self }
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

    /// Returns the loss and the threshold.
    pub fn into_loss(self) -> (Loss, f32) {
        (self.loss, self.threshold)
    }

    /// Replaces the threshold of 0.5.
    pub fn with_threshold(self, threshold: f32) -> Self {
        Self { threshold, ..self }
    }

    /// Returns the sample weight of a step after the first that is seen of row `index`.
    fn weight(&self, index: usize, step: usize) -> f32 {
        match self.weights {
            Some(weights) => weights[index],
            None => self.data.weight_at(index, self.rows.seen(index).start + step),
        }
    }

    /// Returns the number that divides the summed gradient of the rows `batch`; 1 instead of 0.
    pub fn divisor(&self, batch: &[usize], reduction: Reduction) -> f64 {
        let mut sum = ScoreSum::default();
        for &index in batch {
            for (step, _) in self.scored(index) {
                sum.count += 1;
                if reduction == Reduction::MeanWithSampleWeight {
                    sum.weight += f64::from(self.weight(index, step));
                }
            }
        }
        match sum.divisor(reduction) {
            0.0 => 1.0,
            divisor => divisor,
        }
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
    ) -> Result<ScoreSum> {
        let mut sum = ScoreSum::default();
        dy.fill(0.0);
        buffer.kept.clear();
        if let Loss::Custom(_) = self.loss {
            return self.custom_block(indices, steps, y, scale, dy, buffer);
        }
        let RowBuffer { output, gradient, kept, .. } = buffer;
        output.resize(self.width, 0.0);
        gradient.resize(self.width, 0.0);
        self.for_each_in_block(indices, steps, |place, target, weight| {
            let from = y[place..].iter().step_by(LANES);
            output.iter_mut().zip(from).for_each(|(output, &y)| *output = y);
            if let Some(activation) = self.folded {
                activation.apply_row(output);
            }
            sum.add(self.one(self.loss.value(output, target), output, target, weight));
            if self.keeps {
                kept.push(output, target, weight);
            }
            self.loss.logit_gradient(output, target, gradient);
            let to = dy[place..].iter_mut().step_by(LANES);
            to.zip(&*gradient).for_each(|(to, &d)| *to = d * (scale * weight));
        });
        Ok(sum)
    }

    /// As [`block`](Self::block), in one call of a custom loss.
    fn custom_block(
        &self,
        indices: &[usize],
        steps: usize,
        y: &[f32],
        scale: f32,
        dy: &mut [f32],
        buffer: &mut RowBuffer,
    ) -> Result<ScoreSum> {
        let (mut sum, mut next) = (ScoreSum::default(), 0);
        let RowBuffer { output, gradient, target, losses, kept } = buffer;
        output.clear();
        target.clear();
        self.for_each_in_block(indices, steps, |place, of, _| {
            output.extend(y[place..].iter().step_by(LANES).take(self.width));
            target.extend_from_slice(of);
        });
        if output.is_empty() {
            return Ok(sum);
        }
        gradient.resize(output.len(), 0.0);
        losses.resize(output.len() / self.width, 0.0);
        self.loss.rows(self.loss_rows(output, target), losses, Some(gradient))?;
        self.for_each_in_block(indices, steps, |place, target, weight| {
            sum.add(self.one(losses[next], &[], target, weight));
            if self.keeps {
                kept.push(&output[next * self.width..][..self.width], target, weight);
            }
            let from = &gradient[next * self.width..][..self.width];
            let to = dy[place..].iter_mut().step_by(LANES);
            to.zip(from).for_each(|(to, &d)| *to = d * (scale * weight));
            next += 1;
        });
        Ok(sum)
    }

    /// Calls `f` with the place in the block, the target and the weight of each output to score.
    fn for_each_in_block(&self, indices: &[usize], steps: usize, mut f: impl FnMut(usize, &[f32], f32)) {
        for (lane, &index) in indices.iter().enumerate() {
            let len = self.rows.seen(index).len();
            let start = if self.per_step { self.rows.start(len, steps) } else { 0 };
            for (step, target) in self.scored(index) {
                let place = if self.per_step { (start + step) * self.width * LANES } else { 0 } + lane;
                f(place, target, self.weight(index, step));
            }
        }
    }

    /// Scores the outputs for all rows, as [`Engine::predict`](crate::model::Engine::predict) returns them.
    /// `penalty` is added to the loss.
    pub fn all(&self, outputs: &[f32], penalty: f64) -> Result<Evaluation> {
        let custom = self.custom_losses(outputs)?;
        let mut custom = custom.iter();
        let (mut sum, mut batch, mut number) = (ScoreSum::default(), ScoreSum::default(), 0);
        self.for_each(outputs, |index, output, target, weight| {
            if index / self.batch_size != number {
                sum.add(std::mem::take(&mut batch).reduced(self.reduction));
                number = index / self.batch_size;
            }
            let loss = custom.next().copied().unwrap_or_else(|| self.loss.value(output, target));
            batch.add(self.one(loss, output, target, weight));
        });
        sum.add(batch.reduced(self.reduction));
        let count = sum.count.max(1) as f64;
        Ok(Evaluation {
            loss: sum.loss / count + penalty,
            accuracy: self.has_accuracy().then_some(sum.hits / count),
            samples: self.data.len(),
        })
    }

    /// Returns the losses of a custom loss; none for another loss.
    fn custom_losses(&self, outputs: &[f32]) -> Result<Vec<f64>> {
        let Loss::Custom(_) = self.loss else { return Ok(Vec::new()) };
        let (outputs, targets) = self.pairs(outputs.to_vec());
        let mut losses = vec![f64::NAN; outputs.len() / self.width];
        let outputs = outputs.chunks(CUSTOM_ROWS * self.width);
        let targets = targets.chunks(CUSTOM_ROWS * self.data.targets().width());
        for ((outputs, targets), losses) in outputs.zip(targets).zip(losses.chunks_mut(CUSTOM_ROWS)) {
            self.loss.rows(self.loss_rows(outputs, targets), losses, None)?;
        }
        Ok(losses)
    }

    fn loss_rows<'r>(&self, outputs: &'r [f32], targets: &'r [f32]) -> LossRows<'r> {
        LossRows::new(outputs, targets, self.width, self.data.targets().width())
    }

    /// Returns the outputs to score and their targets, both flat.
    pub fn pairs(&self, outputs: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
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
            let count = if self.per_step { self.rows.seen(index).len() } else { 1 };
            let (row, tail) = rest.split_at(count * self.width);
            rest = tail;
            for (step, target) in self.scored(index) {
                f(index, &row[step * self.width..][..self.width], target, self.weight(index, step));
            }
        }
    }

    /// Returns `true` if predictions are classes, so that they are correct or wrong.
    pub fn has_accuracy(&self) -> bool {
        self.loss.has_accuracy()
    }

    /// Returns the targets to score of row `index`, each with its step, counted from the first that is seen.
    fn scored(&self, index: usize) -> impl Iterator<Item = (usize, &'a [f32])> {
        let counting = self.per_step.then(|| self.rows.counting(self.treatment, index));
        let mut counting = counting.into_iter().flatten();
        let (per_step, loss) = (self.per_step, &self.loss);
        let targets = self.data.targets();
        let steps = targets.of(index, self.rows.seen(index)).chunks_exact(targets.width()).enumerate();
        let present = steps.filter(move |_| !per_step || counting.next() == Some(true));
        present.filter(move |(_, target)| !loss.ignores(target))
    }

    fn one(&self, loss: f64, output: &[f32], target: &[f32], weight: f32) -> ScoreSum {
        let hits =
            if self.has_accuracy() { accuracy(&self.loss, output, target, self.threshold) } else { 0.0 };
        let weight = f64::from(weight);
        ScoreSum { count: 1, weight, loss: loss * weight, hits }
    }
}
