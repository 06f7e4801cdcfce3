//! `Stepper`: a training step in two halves, the gradient of a batch and the update of the weights.
//!
//! Input: a model, and the rows of a batch. Output: a [`Gradient`], and the updated weights.

use super::StepLog;
use super::diverged::{self, Suspects};
use super::gradient::{self, Gradient};
use super::stepper_builder::{StepSettings, StepperBuilder};
use super::trainer::Trainer;
use super::update::{Change, Then, all_finite};
use crate::error::{Error, Result};
use crate::evaluate::default_loss_for_width;
use crate::evaluate::{ScoreSum, Scorer};
use crate::loss::{Loss, Reduction};
use crate::model::{Engine, Model, PaddedRows};
use crate::optimizer::{Optimizer, settable};
use crate::rows::{Dataset, Padding};
use std::borrow::BorrowMut;

/// Trains a model step by step: [`gradient`](Self::gradient) computes the gradient of a batch, and
/// [`apply`](Self::apply) updates the weights by it. In between, gradients can be added and sent to other
/// processes. [`Fit`](crate::Fit) is a loop over a stepper.
///
/// A stepper owns its model (`Stepper<Model>`, returned by [`finish`](Self::finish)) or borrows it
/// (`Stepper<&mut Model>`). It holds the state of the optimizer, the number of steps, and the moving average
/// of the weights, if any. Between steps the weights may be changed through [`model_mut`](Self::model_mut).
///
/// # Data-parallel training
///
/// Every worker has a stepper, built with the same settings from a model with the same weights. In every
/// step, each worker computes the gradient of its part of the batch, sends [`Gradient::to_bytes`], and
/// applies the sum of all parts. The weights of the workers stay equal to the bit:
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
/// # Bit equality and rounding
///
/// | | |
/// |---|---|
/// | the gradient of the same rows, from the same weights, at the same step | the same bits, on any number of threads, on any instruction set, in any process |
/// | `a + b` and `b + a` | the same bits |
/// | the weights after the same gradients, summed in the same order | the same bits, for any number of workers |
/// | the sum over parts of a batch, and the gradient of the batch | equal up to the rounding of sums in `f32`; the counts are equal |
/// | the same, where every part but the first is one block of at most 16 rows, the batch is cut at multiples of 16 of its rows sorted by length (longest first, equal lengths in their order), parts are added in that order, no recurrent layer reads the embedding directly, and padding is masked, follows the rows, or does not occur | the same bits |
/// | [`train_on_batch`](Self::train_on_batch), and `gradient` and `apply` | equal up to rounding: `train_on_batch` divides before backward, as [`Fit`](crate::Fit) does; `apply` divides the sum. The same bits if the count is a power of two and nothing underflows |
///
/// Two optimizations round the sums of parts differently: a recurrent layer over an embedding sums gradients
/// by word before it multiplies, once per batch; padding before the rows is computed once per batch.
///
/// Two settings of a part depend on the whole batch:
/// * The row numbers for dropout, which is drawn from the seed, the step and the row number: see
///   [`StepperBuilder::first_row`].
/// * The padded length: give all parts the same [`Padding::maxlen`](crate::rows::Padding::maxlen), or select
///   them from one data set.
#[derive(Debug)]
pub struct Stepper<M = Model> {
    pub(super) model: M,
    pub(super) settings: StepSettings,
    loss: Loss,
    pub(super) trainer: Trainer,
    fingerprint: [u8; 32],
    /// The learning rate that overrides the optimizer's.
    pub(super) learning_rate: Option<f64>,
    /// The number of epochs that `Fit` has begun.
    pub(super) epochs: usize,
    /// The weights that training continues from, while their moving average takes their place.
    pub(super) set_aside: Option<Vec<f32>>,
}

impl Stepper<Model> {
    /// Returns a builder with the defaults: Adam, and the model's default loss.
    pub fn builder() -> StepperBuilder {
        StepperBuilder::default()
    }
}

impl StepperBuilder {
    /// Builds the stepper for `model`: a [`Model`], which the stepper then owns, or a `&mut Model`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for settings out of range or a model that does not fit
    /// the loss, and [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when a weight is not finite.
    pub fn build<M: BorrowMut<Model>>(self, model: M) -> Result<Stepper<M>> {
        Stepper::new(model, self)
    }
}

impl<M: BorrowMut<Model>> Stepper<M> {
    fn new(model: M, settings: StepperBuilder) -> Result<Self> {
        let (loss, machine) = (settings.loss.clone(), settings.machine.clone().unwrap_or_default());
        let settings = settings.settings()?;
        let it: &Model = model.borrow();
        let loss = loss.unwrap_or_else(|| default_loss_for_width(it, 1));
        let trainer = Trainer::new(it, &loss, &settings.slot_starts(), &machine)?;
        let trainer = trainer.with_noise(settings.seed, settings.first_row);
        if let Some(error) = diverged::before_training(it) {
            return Err(error);
        }
        let fingerprint = gradient::fingerprint(it.params(), &loss, settings.reduction);
        let (learning_rate, epochs, set_aside) = (None, 0, None);
        Ok(Self { model, settings, loss, trainer, fingerprint, learning_rate, epochs, set_aside })
    }

    /// Returns the model.
    pub fn model(&self) -> &Model {
        self.model.borrow()
    }

    /// Returns the model, mutably: its weights may be changed between two steps.
    pub fn model_mut(&mut self) -> &mut Model {
        self.model.borrow_mut()
    }

    /// Returns the loss.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// Returns the reduction of the losses of a batch.
    pub fn reduction(&self) -> Reduction {
        self.settings.reduction
    }

    /// Returns the number of steps done.
    pub fn steps(&self) -> u64 {
        self.trainer.step
    }

    /// Returns the number of epochs that [`Fit::run_on`](crate::Fit::run_on) has trained with this stepper. It
    /// decides the order of the rows in the next epoch.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Returns the optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer {
        &*self.settings.optimizer
    }

    /// Returns the learning rate of the next step: the rate that was set, or the optimizer's.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or_else(|| self.settings.optimizer.learning_rate(self.steps()))
    }

    /// Sets the learning rate from the next step on; it overrides the optimizer's.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `rate` is negative, infinite or NaN, or when the
    /// optimizer has a schedule.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.learning_rate = Some(settable(&*self.settings.optimizer, rate)?);
        Ok(())
    }

    /// Computes the gradient of all rows of `data`: forward, loss and backward. The weights do not change.
    ///
    /// The gradient of an empty data set is zero, with a count of 0: a worker without rows contributes it.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for rows or targets that do not fit the model or the loss.
    pub fn gradient(&mut self, data: &Dataset) -> Result<Gradient> {
        self.sum(data, None)
    }

    /// Computes the gradient of the rows of `data` with these indices: the rows of a batch, or a worker's
    /// part of it. The rows are padded as in `data`, and dropout uses their indices in `data`.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient), and for an index out of range.
    pub fn gradient_of(&mut self, data: &Dataset, rows: &[usize]) -> Result<Gradient> {
        if let Some(row) = rows.iter().find(|&&row| row >= data.len()) {
            return Err(Error::data(format!(
                "row {row} does not exist: there are {} rows, counted from 0",
                data.len()
            )));
        }
        let (inputs, padding) = (data.inputs(), data.padding());
        let longest = || (0..inputs.len()).map(|row| inputs.steps(row)).max();
        let maxlen = padding.maxlen.or_else(longest);
        let selected = data.select(rows).with_padding(Padding { maxlen, ..padding });
        self.sum(&selected, Some(rows))
    }

    /// Updates the weights by `gradient`: divides it by its count (or as
    /// [`StepperBuilder::reduction`] says), adds the gradient of penalties, clips, and
    /// applies the optimizer and the moving average of the weights. Returns the log of the step: loss and
    /// accuracy before the update.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when the gradient belongs to another model or loss,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it was computed at another step, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when its count is 0; the model is unchanged.
    /// [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when the loss, the gradient or a weight is not
    /// finite; the message contains the step and the tensor. If the gradient is not finite, the model is
    /// unchanged; if a weight is not finite after the update, the model has changed.
    pub fn apply(&mut self, gradient: &Gradient) -> Result<StepLog> {
        self.put_back();
        let (values, scores) = (gradient.values(), gradient.scores());
        gradient.check("the stepper", &self.fingerprint, self.steps(), self.trainer.grads().len())?;
        if scores.count == 0 {
            return Err(Error::data(
                "the gradient has a count of 0, so there is no step to take; give the workers of a step at least \
                 one row between them",
            ));
        }
        let (reduction, divisor) = (self.reduction(), scores.divisor(self.reduction()));
        let scores = scores.reduced(reduction).with_penalty(self.model().params().penalty());
        if !(scores.loss.is_finite() && all_finite(values)) {
            let (model, step, loss) = (self.model(), self.steps() + 1, scores.mean());
            return Err(Suspects { model, grads: values, step, loss }.error(None));
        }
        let (learning_rate, settings) = (self.learning_rate(), &self.settings);
        let change = change(settings, learning_rate);
        let finite = self.trainer.apply(self.model.borrow_mut(), values, divisor, change);
        self.log(scores, finite, learning_rate)
    }

    /// Trains on all rows of `data` in one step, with the same bits as a step of [`Fit`](crate::Fit). Returns
    /// the log of the step: loss and accuracy before the update.
    ///
    /// One call is faster than [`gradient`](Self::gradient) and [`apply`](Self::apply): each part of the
    /// weights is updated while its gradient is in the cache.
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
    /// As [`gradient`](Self::gradient), for no rows, and [`ErrorKind::Diverged`](crate::ErrorKind::Diverged)
    /// when the loss, a gradient or a weight is not finite; some weights may have changed.
    pub fn train_on_batch(&mut self, data: &Dataset) -> Result<StepLog> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to train on"));
        }
        let scorer = self.scorer(data)?;
        let mut all: Vec<usize> = (0..data.len()).collect();
        let learning_rate = self.learning_rate();
        let (scores, finite) = self.step(&scorer, &mut all, learning_rate)?;
        self.log(scores, finite, learning_rate)
    }

    /// Ends training and returns the model. With [`StepperBuilder::ema`], the moving average replaces the
    /// weights.
    pub fn finish(mut self) -> M {
        self.put_back();
        self.take_average();
        self.model
    }

    pub(super) fn scorer<'d>(&self, data: &'d Dataset) -> Result<Scorer<'d>> {
        let model = self.model();
        Scorer::new(model, self.loss.clone(), data, PaddedRows::new(model, data.inputs(), data.padding())?)
    }

    fn sum(&mut self, data: &Dataset, numbers: Option<&[usize]>) -> Result<Gradient> {
        let scorer = self.scorer(data)?;
        let mut all: Vec<usize> = (0..data.len()).collect();
        self.put_back();
        let Self { model, trainer, fingerprint, .. } = self;
        let scores =
            trainer.forward_backward((*model).borrow(), &scorer, &mut all, numbers, Reduction::Sum)?;
        trainer.update(model.borrow_mut(), all.len(), Then::Keep);
        Ok(Gradient::new(*fingerprint, trainer.step, scores, trainer.grads().to_vec()))
    }

    fn log(&self, scores: ScoreSum, finite: bool, learning_rate: f64) -> Result<StepLog> {
        if !(finite && scores.loss.is_finite()) {
            return Err(self.diverged(scores, None));
        }
        let accuracy = self.loss.has_accuracy().then(|| scores.hits / scores.count.max(1) as f64);
        Ok(StepLog { step: self.steps(), loss: scores.mean(), accuracy, count: scores.count, learning_rate })
    }
}

/// Internals for [`Fit`](crate::Fit).
impl<M: BorrowMut<Model>> Stepper<M> {
    /// Computes the gradient of `rows` and updates the weights. Returns the scores, penalties included, and
    /// whether all numbers are finite.
    ///
    /// On one machine the gradient of the loss is divided by the count before backward, and each piece of the
    /// weights is updated right after its gradient is summed, while it is in the cache.
    pub(super) fn step(
        &mut self,
        scorer: &Scorer<'_>,
        rows: &mut [usize],
        learning_rate: f64,
    ) -> Result<(ScoreSum, bool)> {
        self.put_back();
        let Self { model, settings, trainer, .. } = self;
        let model = model.borrow_mut();
        let scores = trainer.forward_backward(model, scorer, rows, None, settings.reduction)?;
        let scores = scores.reduced(settings.reduction).with_penalty(model.params().penalty());
        let then = Then::Change(change(settings, learning_rate));
        Ok((scores, trainer.update(model, rows.len(), then)))
    }

    /// Returns the error of a step with a number that is not finite; in `Fit`, with epoch and batch.
    pub(super) fn diverged(&self, scores: ScoreSum, at: Option<(usize, usize)>) -> Error {
        let (model, grads, step) = (self.model(), self.trainer.grads(), self.steps());
        Suspects { model, grads, step, loss: scores.mean() }.error(at)
    }

    /// Returns the model, the optimizer and the number of steps done.
    pub(super) fn parts_mut(&mut self) -> (&mut Model, &dyn Optimizer, u64) {
        (self.model.borrow_mut(), &*self.settings.optimizer, self.trainer.step)
    }

    /// Returns the model and the engine that runs it.
    pub(super) fn engine(&mut self) -> (&Model, &mut Engine) {
        (self.model.borrow(), &mut self.trainer.engine)
    }
}

fn change(settings: &StepSettings, learning_rate: f64) -> Change<'_> {
    Change {
        optimizer: &*settings.optimizer,
        learning_rate,
        clip: settings.clip,
        ema: settings.ema,
        accumulate: settings.accumulate,
        no_decay: &settings.no_decay,
    }
}
