//! `Stepper`: a training step in two halves, the gradient of a batch and the change that follows from it.
//!
//! Enters: a model, and the rows of a batch. Leaves: a [`Gradient`]; and, from a gradient, other weights.

use super::StepLog;
use super::diverged::{self, Suspects};
use super::gradient::{self, Gradient};
use super::stepper_builder::StepperBuilder;
use super::trainer::{Of, Trainer};
use super::update::{Change, Then, all_finite};
use crate::error::{Error, Result};
use crate::evaluate::default_loss_for_width;
use crate::evaluate::{ScoreSum, Scorer};
use crate::loss::Loss;
use crate::model::{Engine, Model, PaddedRows};
use crate::optimizer::Optimizer;
use crate::rows::{Dataset, Padding};
use std::borrow::BorrowMut;

/// Trains a model step by step: [`gradient`](Self::gradient) computes what a batch says about the weights, and
/// [`apply`](Self::apply) changes the weights by it. Between the two, a gradient can be added to others and sent
/// to other processes. [`Fit`](crate::Fit) is the loop over it.
///
/// A stepper owns its model (`Stepper<Model>`, which [`finish`](Self::finish) gives back) or borrows it
/// (`Stepper<&mut Model>`), with the state of the optimizer, the number of steps done, and the average of the
/// weights, if there is one. Between steps the weights may be changed through [`model_mut`](Self::model_mut).
///
/// # Data-parallel training
///
/// Each worker holds a stepper, built with the same settings from a model with the same weights. In every step
/// each worker computes the gradient of its part of the batch, sends [`Gradient::to_bytes`], and applies the
/// same sum of all parts. The weights of the workers stay equal to the bit:
///
/// ```
/// use gatewise::rows::{Dataset, Padding, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::train::{Gradient, Stepper};
/// use gatewise::{Result, Sequential};
///
/// let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4, 5]).collect();
/// let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// let data = data.with_padding(Padding::to(4));
/// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
///
/// let worker = || Stepper::builder().learning_rate(0.01).build(model.clone());
/// let mut workers = [worker()?, worker()?];
/// for _step in 0..3 {
///     let mut parts = Vec::new();
///     for (worker, rows) in workers.iter_mut().zip([0..32, 32..64]) {
///         parts.push(worker.gradient_of(&data, &rows.collect::<Vec<_>>())?.to_bytes());
///     }
///     let sum: Gradient = parts.iter().try_fold(None, |sum, bytes| -> Result<_> {
///         let part = Gradient::from_bytes(bytes)?;
///         Ok(Some(match sum { Some(sum) => (sum + part)?, None => part }))
///     })?.unwrap();
///     for worker in &mut workers {
///         assert!(worker.apply(&sum)?.loss > 0.0);
///     }
/// }
/// let [one, other] = workers.map(Stepper::finish);
/// assert_eq!(one.params(), other.params());
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # What is equal to the bit, and what up to rounding
///
/// | | |
/// |---|---|
/// | the gradient of the same rows, from the same weights, at the same step | the same bits, on any number of threads, on any instruction set, in any process |
/// | `a + b` and `b + a` | the same bits |
/// | the weights after the same gradients, summed in the same order | the same bits: what they do not depend on is how many workers computed the parts |
/// | the sum over parts of a batch, and the gradient of the batch | equal up to the rounding of sums in `f32`; the counts are equal |
/// | the same, where every part but the first is one block of at most 16 rows, the batch is cut at multiples of 16 of its rows sorted by length (longest first, equal lengths as they stand), parts are added in that order, no recurrent layer reads the embedding directly, and padding is masked, follows the rows, or is not needed | the same bits |
/// | [`train_on_batch`](Self::train_on_batch), and `gradient` and `apply` | equal up to rounding: the former divides before backward, as [`Fit`](crate::Fit) does, the latter divide the sum. The same bits where the count is a power of two and nothing underflows |
///
/// A recurrent layer over an embedding sums gradients by word before it multiplies, once a batch; padding before
/// the rows is walked once a batch. Both make the sums of the parts round differently.
///
/// Two things about a part's rows come from elsewhere: their number for dropout, which is drawn from the
/// seed, the step and the number of the row (see [`StepperBuilder::first_row`]), and the padded length. Give all parts the
/// same [`Padding::maxlen`](crate::rows::Padding::maxlen), or select them from the same data set.
#[derive(Debug)]
pub struct Stepper<M = Model> {
    model: M,
    settings: StepperBuilder,
    loss: Loss,
    trainer: Trainer,
    fingerprint: [u8; 32],
    /// The learning rate that was set in place of the optimizer's.
    learning_rate: Option<f64>,
}

impl Stepper<Model> {
    /// Starts the settings of a stepper: Adam, the loss that suits the model.
    pub fn builder() -> StepperBuilder {
        StepperBuilder::default()
    }
}

impl StepperBuilder {
    /// Builds the stepper for `model`: a [`Model`], which the stepper then owns, or a `&mut Model`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for settings out of range or a model that does not fit the
    /// loss, and [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when a weight is not finite.
    pub fn build<M: BorrowMut<Model>>(self, model: M) -> Result<Stepper<M>> {
        Stepper::new(model, self)
    }
}

impl<M: BorrowMut<Model>> Stepper<M> {
    fn new(model: M, settings: StepperBuilder) -> Result<Self> {
        settings.check()?;
        let it: &Model = model.borrow();
        let loss = settings.loss.unwrap_or_else(|| default_loss_for_width(it, 1));
        let trainer = Trainer::new(it, loss, &settings.slot_starts(), &settings.machine)?;
        let trainer = trainer.with_noise(settings.seed, settings.first_row);
        if let Some(error) = diverged::before_training(it) {
            return Err(error);
        }
        let fingerprint = gradient::fingerprint(it.params(), loss);
        Ok(Self { model, settings, loss, trainer, fingerprint, learning_rate: None })
    }

    /// Returns the model.
    pub fn model(&self) -> &Model {
        self.model.borrow()
    }

    /// Returns the model, to change its weights between two steps.
    pub fn model_mut(&mut self) -> &mut Model {
        self.model.borrow_mut()
    }

    /// Returns the loss.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// Returns the number of steps done.
    pub fn steps(&self) -> u64 {
        self.trainer.state().0
    }

    /// Returns the learning rate of the next step: the one that was set, or that of the optimizer.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or_else(|| self.settings.optimizer.learning_rate(self.steps()))
    }

    /// Sets the learning rate from the next step on, in place of the optimizer's own rate or schedule.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `rate` is negative, infinite or NaN.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        if !(0.0..f64::INFINITY).contains(&rate) {
            return Err(Error::config(format!(
                "the learning rate is set to {rate}; it must be finite and at least 0"
            )));
        }
        self.learning_rate = Some(rate);
        Ok(())
    }

    /// Computes the gradient of all rows of `data`: forward, loss and backward. The weights stay as they are.
    ///
    /// The gradient of no rows is zero, with a count of 0: a worker without rows takes part in a step with it.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for rows or targets that do not fit the model or the loss.
    pub fn gradient(&mut self, data: &Dataset) -> Result<Gradient> {
        self.sum(data, None)
    }

    /// As [`gradient`](Self::gradient), of the rows of `data` that have these numbers: the rows of a batch, or
    /// a worker's part of it. The rows are padded as in `data`, and dropout knows them by their number there.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient), and for a number that no row has.
    pub fn gradient_of(&mut self, data: &Dataset, rows: &[usize]) -> Result<Gradient> {
        if let Some(row) = rows.iter().find(|&&row| row >= data.len()) {
            return Err(Error::data(format!(
                "row {row} was asked for, but there are {} rows, counted from 0",
                data.len()
            )));
        }
        let (inputs, padding) = (data.inputs(), data.padding());
        let longest = || (0..inputs.len()).map(|row| inputs.steps(row)).max();
        let maxlen = padding.maxlen.or_else(longest);
        let selected = data.select(rows).with_padding(Padding { maxlen, ..padding });
        self.sum(&selected, Some(rows))
    }

    /// Changes the weights by `gradient`: divides it by its count, adds the gradient of penalties, clips, and lets
    /// the optimizer and the average of the weights take their step. Returns what the batch reported, measured before
    /// the step.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when the gradient is of another model or loss,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it was computed at another step, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when it is of no answers: the model is left as it was.
    /// [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when the loss, the gradient or a weight is not finite; the
    /// message names the step and the tensor. A gradient that is not finite leaves the model as it was, weights that
    /// have become so do not.
    pub fn apply(&mut self, gradient: &Gradient) -> Result<StepLog> {
        let (values, scores) = (gradient.values(), gradient.scores());
        gradient.check("the stepper", &self.fingerprint, self.steps(), self.trainer.grads().len())?;
        if scores.count == 0 {
            return Err(Error::data(
                "the gradient is of no answers, so there is no step to take; give the workers of a step at least \
                 one row between them",
            ));
        }
        let scores = scores.with_penalty(self.model().params().penalty());
        if !(scores.loss.is_finite() && all_finite(values)) {
            let (model, step, loss) = (self.model(), self.steps() + 1, scores.mean());
            return Err(Suspects { model, grads: values, step, loss }.error(None));
        }
        let (learning_rate, settings) = (self.learning_rate(), &self.settings);
        let change = change(settings, learning_rate);
        let finite = self.trainer.apply(self.model.borrow_mut(), values, scores.count, change);
        self.log(scores, finite, learning_rate)
    }

    /// Takes a step on all rows of `data`, as [`Fit`](crate::Fit) takes it, to the bit: [`gradient`](Self::gradient)
    /// and [`apply`](Self::apply) in one, which is faster (each part of the weights is changed while its gradient is in
    /// the cache). Returns what the batch reported, measured before the step.
    ///
    /// ```
    /// use gatewise::rows::{Dataset, Sequences};
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::train::Stepper;
    /// use gatewise::Sequential;
    /// let rows: Sequences = (0..32).map(|i| [1 + i % 2, 3, 4]).collect();
    /// let data = Dataset::new(rows, (0..32).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
    /// let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    ///
    /// let mut stepper = Stepper::builder().learning_rate(0.02).build(&mut model)?;
    /// let first = stepper.train_on_batch(&data)?;
    /// for _ in 0..40 {
    ///     stepper.train_on_batch(&data)?;
    /// }
    /// let last = stepper.train_on_batch(&data)?;
    /// assert_eq!(last.step, 42);
    /// assert!(last.loss < first.loss / 2.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient), for no rows, and [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when the
    /// loss, a gradient or a weight is not finite; parts of the weights have changed then.
    pub fn train_on_batch(&mut self, data: &Dataset) -> Result<StepLog> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to train on"));
        }
        let scorer = self.scorer(data)?;
        let mut all: Vec<usize> = (0..data.len()).collect();
        let learning_rate = self.learning_rate();
        let (scores, finite) = self.step(&scorer, &mut all, learning_rate);
        self.log(scores, finite, learning_rate)
    }

    /// Ends training and returns the model. With an average of the weights ([`StepperBuilder::ema`]) the average takes
    /// their place.
    pub fn finish(mut self) -> M {
        self.take_average();
        self.model
    }

    pub(super) fn scorer<'d>(&self, data: &'d Dataset) -> Result<Scorer<'d>> {
        let model = self.model();
        Scorer::new(model, self.loss, data, PaddedRows::new(model, data.inputs(), data.padding())?)
    }

    fn sum(&mut self, data: &Dataset, numbers: Option<&[usize]>) -> Result<Gradient> {
        let scorer = self.scorer(data)?;
        let mut all: Vec<usize> = (0..data.len()).collect();
        let Self { model, trainer, fingerprint, .. } = self;
        let scores = trainer.forward_backward((*model).borrow(), &scorer, &mut all, numbers, Of::Sum);
        trainer.update(model.borrow_mut(), all.len(), Then::Keep);
        Ok(Gradient::new(*fingerprint, trainer.state().0, scores, trainer.grads().to_vec()))
    }

    fn log(&self, scores: ScoreSum, finite: bool, learning_rate: f64) -> Result<StepLog> {
        if !(finite && scores.loss.is_finite()) {
            return Err(self.diverged(scores, None));
        }
        let accuracy = self.loss.fused_activation().map(|_| scores.hits / scores.count.max(1) as f64);
        Ok(StepLog { step: self.steps(), loss: scores.mean(), accuracy, count: scores.count, learning_rate })
    }
}

/// What [`Fit`](crate::Fit) needs of it.
impl<M: BorrowMut<Model>> Stepper<M> {
    /// Gradient and change in one, of the rows `rows` of those that `scorer` scores. Returns what was scored, with
    /// penalties, and whether all is finite still.
    ///
    /// One machine needs no sum that others can be added to. So the loss's gradient is divided by the count before
    /// backward, and each piece of the weights is changed right after its gradient is summed, while it is in the cache.
    pub(super) fn step(
        &mut self,
        scorer: &Scorer<'_>,
        rows: &mut [usize],
        learning_rate: f64,
    ) -> (ScoreSum, bool) {
        let Self { model, settings, trainer, .. } = self;
        let model = model.borrow_mut();
        let scores = trainer.forward_backward(model, scorer, rows, None, Of::Mean);
        let scores = scores.with_penalty(model.params().penalty());
        let then = Then::Change(change(settings, learning_rate));
        (scores, trainer.update(model, rows.len(), then))
    }

    /// The error after a step that left a number that is not finite; in `Fit`, with epoch and batch.
    pub(super) fn diverged(&self, scores: ScoreSum, at: Option<(usize, usize)>) -> Error {
        let (model, grads, step) = (self.model(), self.trainer.grads(), self.steps());
        Suspects { model, grads, step, loss: scores.mean() }.error(at)
    }

    pub(super) fn settings(&self) -> &StepperBuilder {
        &self.settings
    }

    /// The model, to change, beside the optimizer and the number of steps done.
    pub(super) fn parts_mut(&mut self) -> (&mut Model, &dyn Optimizer, u64) {
        (self.model.borrow_mut(), &*self.settings.optimizer, self.trainer.state().0)
    }

    /// The model, and the engine to run it with.
    pub(super) fn engine(&mut self) -> (&Model, &mut Engine) {
        (self.model.borrow(), &mut self.trainer.engine)
    }

    /// Steps done, and the optimizer's state: with the parameters, all that a later step depends on.
    pub(super) fn state(&self) -> (u64, &[Vec<f32>]) {
        self.trainer.state()
    }

    /// Goes on from a [`state`](Self::state) and its parameters.
    pub(super) fn restore(&mut self, params: &[f32], step: u64, slots: Vec<Vec<f32>>) {
        self.model_mut().params_mut().values_mut().copy_from_slice(params);
        self.trainer.restore(step, slots);
    }

    /// Puts the average of the weights in their place, if there is one and a step was done.
    pub(super) fn take_average(&mut self) {
        self.trainer.finish(self.model.borrow_mut(), self.settings.ema);
    }
}

fn change(settings: &StepperBuilder, learning_rate: f64) -> Change<'_> {
    Change { optimizer: &*settings.optimizer, learning_rate, clip: settings.clip, ema: settings.ema }
}
