//! `fit`: the one training loop, its settings and what it consists of.

use super::callback::CallbackList;
use super::run_settings::RunSettings;
use super::stepper_builder::StepperBuilder;
use super::training::{Examples, Training};
use super::{Callback, Checkpoints, History};
use crate::error::Result;
use crate::kernels::Isa;
use crate::loss::Loss;
use crate::model::{Machine, Model};
use crate::optimizer::{Clip, Ema, LearningRate, Optimizer};
use crate::rows::{ClassWeight, Dataset};

/// Settings of a training run, with Keras's names and defaults.
///
/// `Fit` is a loop over a [`Stepper`](super::Stepper), which takes the steps; it is `Send`, so that a run can move to
/// another thread with its callbacks.
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
    /// One epoch, batches of 32, Adam, the loss that suits the model, no validation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes over the rows.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.settings.epochs = epochs;
        self
    }

    /// Rows a step.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.settings.batch_size = batch_size;
        self
    }

    /// The share of the rows, taken from the **end** before any shuffling, to validate on.
    pub fn validation_split(mut self, validation_split: f64) -> Self {
        self.settings.validation_split = validation_split;
        self
    }

    /// Rows to validate on, padded as they say themselves; takes the place of `validation_split`.
    pub fn validation_data(mut self, validation_data: &'a Dataset) -> Self {
        self.settings.validation_data = Some(validation_data);
        self
    }

    /// Validates on the first so many batches of the rows only.
    pub fn validation_steps(mut self, validation_steps: usize) -> Self {
        self.settings.validation_steps = Some(validation_steps);
        self
    }

    /// Validates after every so many epochs.
    pub fn validation_freq(mut self, validation_freq: usize) -> Self {
        self.settings.validation_freq = validation_freq;
        self
    }

    /// Whether each pass over the rows has its own order; else they stay in theirs.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.settings.shuffle = shuffle;
        self
    }

    /// Ends an epoch after so many batches. As in Keras the next epoch goes on where this one ended, and an
    /// epoch that comes to the end of the rows is over: the rows begin again with the next.
    pub fn steps_per_epoch(mut self, steps_per_epoch: usize) -> Self {
        self.settings.steps_per_epoch = Some(steps_per_epoch);
        self
    }

    /// The epoch to begin with, where the model has been trained before: epochs are counted, and their rows
    /// ordered, as if this run had done those before it.
    pub fn initial_epoch(mut self, initial_epoch: usize) -> Self {
        self.settings.initial_epoch = initial_epoch;
        self
    }

    /// The optimizer.
    pub fn optimizer(self, optimizer: impl Optimizer + 'static) -> Self {
        Self { stepper: self.stepper.optimizer(optimizer), ..self }
    }

    /// Adam at this learning rate, or with this schedule.
    pub fn learning_rate(self, learning_rate: impl Into<LearningRate>) -> Self {
        Self { stepper: self.stepper.learning_rate(learning_rate), ..self }
    }

    /// Clips gradients before the optimizer sees them.
    pub fn clip(self, clip: Clip) -> Self {
        Self { stepper: self.stepper.clip(clip), ..self }
    }

    /// Averages the weights over the steps; the average is what training ends with.
    pub fn ema(self, ema: Ema) -> Self {
        Self { stepper: self.stepper.ema(ema), ..self }
    }

    /// The loss. Default: what suits the model's last activation and the targets (see [`Loss::default_for`]).
    pub fn loss(self, loss: Loss) -> Self {
        Self { stepper: self.stepper.loss(loss), ..self }
    }

    /// Weighs the training rows' losses by their class; validation is not weighed. As in Keras, the loss
    /// stays the sum over the rows by their number. `Balanced` counts the training rows only.
    pub fn class_weight(mut self, class_weight: ClassWeight) -> Self {
        self.settings.class_weight = Some(class_weight);
        self
    }

    /// Decides the order of rows in each epoch, and what dropout drops.
    pub fn seed(self, seed: u64) -> Self {
        Self { stepper: self.stepper.seed(seed), ..self }
    }

    /// Trains on `machine`. The result does not depend on it. Default: [`Machine::new`].
    pub fn machine(self, machine: &Machine) -> Self {
        Self { stepper: self.stepper.machine(machine), ..self }
    }

    /// Threads to use; the result does not depend on it. Default: the cores this process may run on.
    pub fn threads(self, threads: usize) -> Self {
        Self { stepper: self.stepper.threads(threads), ..self }
    }

    /// The instruction set to use. Default: the fastest this processor has.
    pub fn isa(self, isa: Isa) -> Self {
        Self { stepper: self.stepper.isa(isa), ..self }
    }

    /// Saves the run now and then, so that it can be killed and resumed.
    pub fn checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.settings.checkpoints = Some(checkpoints);
        self
    }

    /// Goes on from the newest whole checkpoint, to the very bits of a run that was never interrupted;
    /// starts from the beginning where there is none yet.
    ///
    /// `model` must be what the run began with: the same layers, compiled from the same seed. A run that a
    /// callback stopped within an epoch goes on from there; one that a callback ended at the end of an
    /// epoch is over, and is returned as it was.
    pub fn resume(mut self, resume: bool) -> Self {
        self.settings.resume = resume;
        self
    }

    /// Adds a callback.
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(callback);
        self
    }

    /// Trains `model` on `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for settings out of range or a model that does not
    /// fit the loss, [`ErrorKind::Data`](crate::ErrorKind::Data) for no rows or ids outside the model's
    /// vocabulary, [`ErrorKind::Diverged`](crate::ErrorKind::Diverged) when the loss, a gradient or a weight
    /// stops being finite: the message names the step and the tensor, and the last checkpoint stays.
    ///
    /// With checkpoints also [`ErrorKind::Config`](crate::ErrorKind::Config) for a folder in use, one with
    /// checkpoints of another run, or settings other than those saved,
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when all checkpoints are damaged, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when one cannot be written.
    pub fn run(self, model: &mut Model, data: &Dataset) -> Result<History> {
        let Self { settings, stepper, callbacks } = self;
        let rows = settings.check(data)?;
        let weights = settings.weights(data, rows)?;
        let examples = Examples { data, rows, weights: weights.as_deref() };
        let mut training = Training::new(&settings, stepper, callbacks, model, examples)?;
        training.start()?;
        while training.goes_on() {
            training.epoch()?;
        }
        training.finish()
    }
}
