//! `Fit`: the training loop and its settings.

use super::callback::CallbackList;
use super::run_settings::RunSettings;
use super::stepper_builder::StepperBuilder;
use super::training::{Examples, Training};
use super::{Callback, Checkpoints, History, Stepper};
use crate::error::Result;
use crate::evaluate::default_loss;
use crate::kernels::Isa;
use crate::loss::{Loss, Reduction};
use crate::metrics::Metric;
use crate::model::{Machine, Model};
use crate::optimizer::{Clip, Ema, LearningRate, Optimizer, OptimizerConfig};
use crate::rows::{ClassWeight, Dataset};
use std::borrow::BorrowMut;

/// A training run: its settings, with the names and defaults of Keras's `fit`, and the loop.
///
/// `Fit` is a loop over a [`Stepper`](super::Stepper), which performs single training steps. It is `Send`: a
/// run can move to another thread with its callbacks.
///
/// ```
/// use gatewise::rows::{Dataset, Padding, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::{Fit, Sequential};
///
/// // Rows that begin with a 1 are positive.
/// let rows: Sequences = (0..200).map(|i| [1 + i % 2, 3, 4, 5]).collect();
/// let data = Dataset::new(rows, (0..200).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// let mut model = Sequential::new()
///     .with(Embedding::new(6, 4))
///     .with(Lstm::new(8))
///     .with(Dense::new(1).activation(Activation::Sigmoid))
///     .compile(1)?;
/// let history = Fit::new().epochs(20).learning_rate(0.02).run(&mut model, &data)?;
/// assert_eq!(history.epochs.len(), 20);
/// assert!(model.evaluate(&data)?.accuracy > Some(0.95));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Fit<'a> {
    pub(super) settings: RunSettings<'a>,
    pub(super) stepper: StepperBuilder,
    pub(super) callbacks: CallbackList<'a>,
}

impl<'a> Fit<'a> {
    /// Creates a run of one epoch with batches of 32, Adam, the model's default loss and no validation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of passes over the rows. Default: 1.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.settings.epochs = epochs;
        self
    }

    /// Sets the number of rows per batch. Default: 32.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.settings.batch_size = batch_size;
        self
    }

    /// Sets the fraction of the rows to validate on, taken from the **end** before shuffling. Default: 0.
    pub fn validation_split(mut self, validation_split: f64) -> Self {
        self.settings.validation_split = validation_split;
        self
    }

    /// Sets the data set to validate on, with its own padding; overrides `validation_split`.
    pub fn validation_data(mut self, validation_data: &'a Dataset) -> Self {
        self.settings.validation_data = Some(validation_data);
        self
    }

    /// Sets the number of batches to validate on. Default: all.
    pub fn validation_steps(mut self, validation_steps: usize) -> Self {
        self.settings.validation_steps = Some(validation_steps);
        self
    }

    /// Sets the number of epochs between two validations. Default: 1.
    pub fn validation_freq(mut self, validation_freq: usize) -> Self {
        self.settings.validation_freq = validation_freq;
        self
    }

    /// Sets whether to shuffle the rows before each pass. Default: true.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.settings.shuffle = shuffle;
        self
    }

    /// Sets the number of batches per epoch. Default: one pass over the rows.
    ///
    /// As in Keras, the next epoch continues where the last one ended. An epoch that reaches the end of the
    /// rows ends; the next epoch starts a new pass.
    pub fn steps_per_epoch(mut self, steps_per_epoch: usize) -> Self {
        self.settings.steps_per_epoch = Some(steps_per_epoch);
        self
    }

    /// Sets the epoch to start with, to continue a previous training run: epochs are numbered, and their rows
    /// ordered, as if this run had trained the epochs before. Default: 0.
    pub fn initial_epoch(mut self, initial_epoch: usize) -> Self {
        self.settings.initial_epoch = initial_epoch;
        self
    }

    /// Sets the optimizer. Default: [`Adam`](crate::optimizer::Adam).
    pub fn optimizer(self, optimizer: impl Optimizer + 'static) -> Self {
        Self { stepper: self.stepper.optimizer(optimizer), ..self }
    }

    /// Sets the optimizer, and all that Keras sets on it, by Keras's name and arguments.
    pub fn optimizer_config(self, config: OptimizerConfig) -> Self {
        Self { stepper: self.stepper.optimizer_config(config), ..self }
    }

    /// Sets the learning rate, or a schedule, of the optimizer: the given one, or Adam. The order of the two
    /// calls does not matter.
    pub fn learning_rate(self, learning_rate: impl Into<LearningRate>) -> Self {
        Self { stepper: self.stepper.learning_rate(learning_rate), ..self }
    }

    /// Sets gradient clipping. Default: none.
    pub fn clip(self, clip: Clip) -> Self {
        Self { stepper: self.stepper.clip(clip), ..self }
    }

    /// Sets an exponential moving average of the weights; at the end of training it replaces the weights.
    /// Default: none.
    pub fn ema(self, ema: Ema) -> Self {
        Self { stepper: self.stepper.ema(ema), ..self }
    }

    /// Sets Keras's `gradient_accumulation_steps`: the gradients of this many steps are averaged, then
    /// applied once. Default: each gradient is applied. See
    /// [`StepperBuilder::gradient_accumulation_steps`](super::StepperBuilder::gradient_accumulation_steps).
    pub fn gradient_accumulation_steps(self, steps: u64) -> Self {
        Self { stepper: self.stepper.gradient_accumulation_steps(steps), ..self }
    }

    /// Sets Keras's `exclude_from_weight_decay`: tensors whose name contains one of `names`, such as `bias`, do
    /// not decay. Default: all tensors decay, if the optimizer has a weight decay.
    pub fn exclude_from_weight_decay<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { stepper: self.stepper.exclude_from_weight_decay(names), ..self }
    }

    /// Sets the loss. Default: by the model's last activation and the targets ([`Loss::default_for`]).
    pub fn loss(self, loss: Loss) -> Self {
        Self { stepper: self.stepper.loss(loss), ..self }
    }

    /// Sets the reduction of the losses of a batch. Default: the mean, [`Reduction::SumOverBatchSize`].
    ///
    /// The loss of an epoch is the mean of the reduced losses of its batches, weighted by their numbers of outputs.
    pub fn reduction(self, reduction: Reduction) -> Self {
        Self { stepper: self.stepper.reduction(reduction), ..self }
    }

    /// Sets the metrics to measure on training and validation rows, beside loss and accuracy. Sample weights and
    /// class weights do not count, as in Keras. Default: none.
    ///
    /// The logs have their results under their names, of the validation rows with `val_` before; a second metric
    /// of a name is called `name_1`. A metric with a number for each class is logged as `name[0]`, `name[1]`, …
    /// Training rows are measured as they are trained on, before each step.
    ///
    /// ```
    /// use gatewise::metrics::Metric;
    /// use gatewise::train::EarlyStopping;
    /// # use gatewise::rows::{Dataset, Sequences};
    /// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// # use gatewise::{Fit, Sequential};
    /// # let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
    /// # let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// # let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
    /// # let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// let auc: Metric = "auc".parse()?;
    /// let history = Fit::new()
    ///     .epochs(3)
    ///     .validation_split(0.25)
    ///     .metrics([auc.clone(), "precision".parse()?, auc.with("curve", "PR")?])
    ///     .callback(EarlyStopping::new().monitor("val_auc").patience(2))
    ///     .run(&mut model, &data)?;
    /// let log = &history.epochs[0];
    /// assert!(["auc", "auc_1", "val_auc", "val_precision"].iter().all(|name| log.get(name).is_some()));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        self.settings.metrics = metrics.into_iter().collect();
        self
    }

    /// Sets metrics in which sample weights and class weights count: Keras's `weighted_metrics`. One with the
    /// name of another metric is called `weighted_name`. Default: none.
    pub fn weighted_metrics(mut self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        self.settings.weighted_metrics = metrics.into_iter().collect();
        self
    }

    /// Sets class weights: the loss of a training row is multiplied by the weight of its class.
    ///
    /// Validation is not weighted. As in Keras, the sum of the losses is divided by the number of rows, not
    /// by the sum of the weights. [`ClassWeight::Balanced`] counts the training rows only.
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.settings.class_weight = Some(class_weight);
        self
    }

    /// Sets the seed of shuffling and dropout. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { stepper: self.stepper.seed(seed), ..self }
    }

    /// Sets the machine to run on. The result does not depend on it. Default: [`Machine::new`].
    pub fn machine(self, machine: &Machine) -> Self {
        Self { stepper: self.stepper.machine(machine), ..self }
    }

    /// Sets the number of threads. The result does not depend on it. Default: the cores this process may use.
    pub fn threads(self, threads: usize) -> Self {
        Self { stepper: self.stepper.threads(threads), ..self }
    }

    /// Sets the instruction set. The result does not depend on it. Default: the fastest of this processor.
    pub fn isa(self, isa: Isa) -> Self {
        Self { stepper: self.stepper.isa(isa), ..self }
    }

    /// Sets checkpoints: the run saves its state, and can be killed and resumed. Default: none.
    pub fn checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.settings.checkpoints = Some(checkpoints);
        self
    }

    /// Sets whether to resume from the newest intact checkpoint. Default: false.
    ///
    /// * The result has the same bits as an uninterrupted run.
    /// * Without a checkpoint the run starts from the beginning.
    /// * `model` must be the initial model of the run: the same layers, compiled from the same seed.
    /// * A run that a callback stopped within an epoch continues there. A run that a callback stopped at the
    ///   end of an epoch is complete: its result is returned.
    pub fn resume(mut self, resume: bool) -> Self {
        self.settings.resume = resume;
        self
    }

    /// Adds a callback.
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(callback);
        self
    }

    /// Trains `model` on `data` and returns the history.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for settings out of range or a model that does not
    /// fit the loss; [`ErrorKind::Data`](crate::ErrorKind::Data) for no rows or ids outside the model's
    /// vocabulary; [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when the loss, a gradient or a weight
    /// is not finite. The message contains the step and the tensor; the last checkpoint stays.
    ///
    /// With checkpoints also [`ErrorKind::Config`](crate::ErrorKind::Config) for a folder in use, one with
    /// checkpoints of another run, or settings other than those saved,
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when all checkpoints are damaged, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when one cannot be written.
    pub fn run(mut self, model: &mut Model, data: &Dataset) -> Result<History> {
        self.settings.check(data)?;
        let mut steps = std::mem::take(&mut self.stepper);
        steps.loss.get_or_insert_with(|| default_loss(model, data));
        self.run_on(&mut steps.build(model)?, data)
    }

    /// Trains the model of `stepper` on `data` and returns the history. The next run on the stepper trains on:
    /// two runs of 3 and of 2 epochs give the weights, to the bit, of one run of 5 epochs.
    ///
    /// * The optimizer's state, the number of steps (which decides a schedule), the learning rate that a
    ///   callback has set, the moving average of the weights and the number of epochs (which decides the order
    ///   of the rows) stay in the stepper.
    /// * Optimizer, loss, seed and machine are the stepper's.
    /// * Epochs are numbered from [`initial_epoch`](Self::initial_epoch) in each run, as in Keras.
    /// * Callbacks begin anew in each run.
    /// * With a moving average of the weights, the average replaces the weights when a run ends, and the next
    ///   run continues from the weights themselves, unless the average was changed in between.
    /// * A run that a callback stopped within an epoch has trained a part of it; the next run begins the next
    ///   epoch.
    ///
    /// ```
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::rows::{Dataset, Sequences};
    /// use gatewise::train::Stepper;
    /// use gatewise::{Fit, Sequential};
    /// # let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
    /// # let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
    /// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// let mut stepper = Stepper::builder().learning_rate(0.02).build(model.clone())?;
    /// Fit::new().epochs(3).run_on(&mut stepper, &data)?;
    /// let history = Fit::new().epochs(2).run_on(&mut stepper, &data)?;
    /// assert_eq!((history.epochs[0].epoch, stepper.epochs(), stepper.steps()), (0, 5, 10));
    ///
    /// let mut at_once = model;
    /// Fit::new().epochs(5).learning_rate(0.02).run(&mut at_once, &data)?;
    /// assert_eq!(stepper.model().params(), at_once.params());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`ErrorKind::Config`](crate::ErrorKind::Config) for a setting that the
    /// stepper has.
    pub fn run_on<M: BorrowMut<Model>>(self, stepper: &mut Stepper<M>, data: &Dataset) -> Result<History> {
        let Self { settings, stepper: steps, callbacks } = self;
        steps.expect_unset()?;
        let rows = settings.check(data)?;
        let weights = settings.weights(data, rows)?;
        let examples = Examples { data, rows, weights: weights.as_deref() };
        let mut training = Training::new(&settings, stepper, callbacks, examples)?;
        training.start()?;
        while training.has_next_epoch() {
            training.epoch()?;
        }
        training.finish()
    }
}
