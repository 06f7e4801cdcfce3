//! `fit`: the one training loop.

use super::callback::{CallbackList, Plan};
use super::checkpoint::Checkpoints;
use super::diverged::{self, Suspects};
use super::evaluate::{evaluate, suiting};
use super::padding_note;
use super::progress::Progress;
use super::resume::name_kept;
use super::score::Scorer;
use super::stopwatch::Stopwatch;
use super::trainer::Trainer;
use super::update::Change;
use super::{Callback, Context, History};
use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::loss::Loss;
use crate::model::{Model, Rows, default_threads};
use crate::optimizer::{Adam, Clip, Ema, LearningRate, Optimizer};
use crate::rng::{Purpose, Random};
use crate::rows::{ClassWeight, Dataset, Padding};

/// Settings of a training run, with Keras's names and defaults.
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
pub struct Fit<'a> {
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) validation_split: f64,
    pub(super) validation_data: Option<&'a Dataset>,
    pub(super) validation_steps: Option<usize>,
    pub(super) validation_freq: usize,
    pub(super) shuffle: bool,
    pub(super) steps_per_epoch: Option<usize>,
    pub(super) initial_epoch: usize,
    pub(super) optimizer: Box<dyn Optimizer>,
    pub(super) clip: Option<Clip>,
    pub(super) ema: Option<Ema>,
    pub(super) loss: Option<Loss>,
    pub(super) class_weight: Option<ClassWeight>,
    pub(super) seed: u64,
    pub(super) threads: usize,
    pub(super) isa: Isa,
    pub(super) checkpoints: Option<Checkpoints>,
    pub(super) resume: bool,
    pub(super) callbacks: CallbackList<'a>,
}

impl Default for Fit<'_> {
    fn default() -> Self {
        Self {
            epochs: 1,
            batch_size: 32,
            validation_split: 0.0,
            validation_data: None,
            validation_steps: None,
            validation_freq: 1,
            shuffle: true,
            steps_per_epoch: None,
            initial_epoch: 0,
            optimizer: Box::new(Adam::default()),
            clip: None,
            ema: None,
            loss: None,
            class_weight: None,
            seed: 0,
            threads: default_threads(),
            isa: Isa::detect(),
            checkpoints: None,
            resume: false,
            callbacks: CallbackList::default(),
        }
    }
}

impl<'a> Fit<'a> {
    /// One epoch, batches of 32, Adam, the loss that suits the model, no validation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes over the rows.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Rows a step.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// The share of the rows, taken from the **end** before any shuffling, to validate on.
    pub fn validation_split(self, validation_split: f64) -> Self {
        Self { validation_split, ..self }
    }

    /// Rows to validate on, padded as they say themselves; takes the place of `validation_split`.
    pub fn validation_data(self, validation_data: &'a Dataset) -> Self {
        Self { validation_data: Some(validation_data), ..self }
    }

    /// Validates on the first so many batches of the rows only.
    pub fn validation_steps(self, validation_steps: usize) -> Self {
        Self { validation_steps: Some(validation_steps), ..self }
    }

    /// Validates after every so many epochs.
    pub fn validation_freq(self, validation_freq: usize) -> Self {
        Self { validation_freq, ..self }
    }

    /// Whether each pass over the rows has its own order; else they stay in theirs.
    pub fn shuffle(self, shuffle: bool) -> Self {
        Self { shuffle, ..self }
    }

    /// Ends an epoch after so many batches. As in Keras the next epoch goes on where this one ended, and an
    /// epoch that comes to the end of the rows is over: the rows begin again with the next.
    pub fn steps_per_epoch(self, steps_per_epoch: usize) -> Self {
        Self { steps_per_epoch: Some(steps_per_epoch), ..self }
    }

    /// The epoch to begin with, where the model has been trained before: epochs are counted, and their rows
    /// ordered, as if this run had done those before it.
    pub fn initial_epoch(self, initial_epoch: usize) -> Self {
        Self { initial_epoch, ..self }
    }

    /// The optimizer.
    pub fn optimizer(self, optimizer: impl Optimizer + 'static) -> Self {
        Self { optimizer: Box::new(optimizer), ..self }
    }

    /// Adam at this learning rate, or with this schedule.
    pub fn learning_rate(self, learning_rate: impl Into<LearningRate>) -> Self {
        self.optimizer(Adam::new(learning_rate))
    }

    /// Clips gradients before the optimizer sees them.
    pub fn clip(self, clip: Clip) -> Self {
        Self { clip: Some(clip), ..self }
    }

    /// Averages the weights over the steps; the average is what training ends with.
    pub fn ema(self, ema: Ema) -> Self {
        Self { ema: Some(ema), ..self }
    }

    /// The loss. Default: what suits the model's last activation and the targets (see [`Loss::default_for`]).
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    /// Weighs the training rows' losses by their class; validation is not weighed. As in Keras, the loss
    /// stays the sum over the rows by their number. `Balanced` counts the training rows only.
    pub fn class_weight(self, class_weight: ClassWeight) -> Self {
        Self { class_weight: Some(class_weight), ..self }
    }

    /// Decides the order of rows in each epoch, and what dropout drops.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Threads to use; the result does not depend on it. Default: the cores this process may run on.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The instruction set to use. Default: the fastest this processor has.
    pub fn isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }

    /// Saves the run now and then, so that it can be killed and resumed.
    pub fn checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), ..self }
    }

    /// Goes on from the newest whole checkpoint, to the very bits of a run that was never interrupted;
    /// starts from the beginning where there is none yet.
    ///
    /// `model` must be what the run began with: the same layers, compiled from the same seed. A run that a
    /// callback stopped within an epoch goes on from there; one that a callback ended at the end of an
    /// epoch is over, and is returned as it was.
    pub fn resume(self, resume: bool) -> Self {
        Self { resume, ..self }
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
    pub fn run(mut self, model: &mut Model, data: &Dataset) -> Result<History> {
        let training = self.check(data)?;
        let rows = Rows::new(model, data.inputs(), data.padding())?;
        let loss = self.loss.unwrap_or_else(|| suiting(model, data));
        let mut trainer =
            Trainer::new(model, loss, &self.slot_starts(), self.isa, self.threads)?.with_noise(self.seed);
        let weights = self.weights(data, training)?;
        let mut scorer = Scorer::new(model, loss, data, rows)?;
        if let Some(weights) = &weights {
            scorer = scorer.with_weights(weights);
        }
        if let Some(error) = diverged::before_training(model) {
            return Err(error);
        }
        let validation = self.validation(model, data, training, rows.settled())?;
        let batches = training.div_ceil(self.batch_size);
        let steps = self.steps_per_epoch.map_or(batches, |steps| steps.min(batches));
        let mut folder = self.open_folder(model, data, loss)?;
        let plan = Plan {
            epochs: self.epochs,
            samples: training.min(steps.saturating_mul(self.batch_size)),
            validation_samples: validation.as_ref().map_or(0, Dataset::len),
        };
        self.callbacks.note(&padding_note::unmasked(model, data, rows.settled()));
        let mut at = Progress::starting(self.initial_epoch);
        if let Some(snapshot) = self.load(folder.as_mut(), model)? {
            at = snapshot.progress;
            model.params_mut().values_mut().copy_from_slice(&snapshot.params);
            trainer.restore(snapshot.step, snapshot.slots);
            self.callbacks.restore(&snapshot.callbacks)?;
        }
        let mut interrupted =
            self.tell(model, &mut at, &trainer, plan, |callback, context| callback.on_train_begin(context))?;
        let mut order: Vec<usize> = Vec::new();
        while at.epoch < self.epochs && !at.ended && !interrupted {
            if at.batch == 0 {
                interrupted = self.tell(model, &mut at, &trainer, plan, |callback, context| {
                    callback.on_epoch_begin(context)
                })?;
                if interrupted {
                    break;
                }
            }
            let (start, seconds) = (Stopwatch::start(), at.seconds);
            order.clear();
            order.extend(0..training);
            // An epoch is the whole of a pass over the rows, or its next part.
            let parts = batches.div_ceil(steps);
            let (pass, part) = (at.epoch / parts, at.epoch % parts);
            if self.shuffle {
                Random::new(self.seed, Purpose::Shuffle, pass as u64).shuffle(&mut order);
            }
            let todo = order
                .chunks_mut(self.batch_size)
                .skip(part * steps + at.batch)
                .take(steps.saturating_sub(at.batch));
            for indices in todo {
                let sum = trainer.forward_backward(model, &scorer, &rows, indices);
                let change = self.change(&at, trainer.state().0);
                let finite = trainer.update(model, Some(change), indices.len());
                at.count(sum, indices.len());
                if !(finite && sum.loss.is_finite()) {
                    let (grads, step, loss) =
                        (trainer.grads(), trainer.state().0, sum.loss / sum.count.max(1) as f64);
                    let error = name_kept(Suspects { model, grads, step, loss }.error(&at), &folder);
                    self.diverged(model, &mut at, &trainer, plan, error)?;
                    interrupted = true;
                    break;
                }
                let log = at.batch_log(scorer.has_accuracy());
                interrupted = self.tell(model, &mut at, &trainer, plan, |callback, context| {
                    callback.on_batch_end(context, &log)
                })?;
                if let Some(folder) = folder.as_mut().filter(|folder| interrupted || folder.due()) {
                    at.seconds = seconds + start.seconds();
                    folder.save(&self.moment(model, &trainer, &at))?;
                }
                if interrupted {
                    break;
                }
            }
            if interrupted {
                break;
            }
            at.seconds = seconds + start.seconds();
            let rate = at.rate(&*self.optimizer, trainer.state().0);
            let mut log = at.epoch_log(scorer.has_accuracy(), rate);
            let validated = (at.epoch + 1).is_multiple_of(self.validation_freq);
            if let Some(data) = validation.as_ref().filter(|_| validated) {
                let measured = evaluate(&mut trainer.engine, model, data, loss)?;
                if !measured.loss.is_finite() {
                    let error = name_kept(diverged::in_validation(at.epoch, measured.loss), &folder);
                    self.diverged(model, &mut at, &trainer, plan, error)?;
                    interrupted = true;
                    break;
                }
                (log.val_loss, log.val_accuracy) = (Some(measured.loss), measured.accuracy);
            }
            let ended = self.tell(model, &mut at, &trainer, plan, |callback, context| {
                callback.on_epoch_end(context, &mut log)
            })?;
            at.close_epoch(log, ended);
            if let Some(folder) = &mut folder {
                folder.save(&self.moment(model, &trainer, &at))?;
            }
        }
        trainer.finish(model, self.ema);
        self.tell(model, &mut at, &trainer, plan, |callback, context| callback.on_train_end(context))?;
        Ok(History {
            stopped: interrupted || at.epoch < self.epochs,
            epochs: at.history,
            samples: plan.samples,
            validation_samples: plan.validation_samples,
        })
    }

    /// What the slots of each parameter begin with: the optimizer's, then the average of the weights.
    pub(super) fn slot_starts(&self) -> Vec<f32> {
        let optimizer = (0..self.optimizer.slots()).map(|slot| self.optimizer.slot_start(slot));
        optimizer.chain(self.ema.map(|_| 0.0)).collect()
    }

    /// How the weights change after `iterations` steps.
    pub(super) fn change(&self, at: &Progress, iterations: u64) -> Change<'_> {
        let optimizer = &*self.optimizer;
        let learning_rate = at.rate(optimizer, iterations);
        Change { optimizer, learning_rate, clip: self.clip, ema: self.ema }
    }

    /// Calls all callbacks with the run as it is now. Returns whether it is to stop.
    fn tell(
        &mut self,
        model: &mut Model,
        at: &mut Progress,
        trainer: &Trainer,
        plan: Plan,
        call: impl FnMut(&mut dyn Callback, &mut Context<'_>) -> Result<()>,
    ) -> Result<bool> {
        let context = Context::new(model, at, &*self.optimizer, trainer.state().0, plan);
        self.callbacks.call(context, call)
    }

    /// Ends the run with `error`, unless a callback would rather have it stop.
    fn diverged(
        &mut self,
        model: &mut Model,
        at: &mut Progress,
        trainer: &Trainer,
        plan: Plan,
        error: Error,
    ) -> Result<()> {
        let tamed =
            self.tell(model, at, trainer, plan, |callback, context| callback.on_diverged(context, &error))?;
        if tamed { Ok(()) } else { Err(error) }
    }

    /// The weights of the training rows, where their classes decide them.
    pub(super) fn weights(&self, data: &Dataset, training: usize) -> Result<Option<Vec<f32>>> {
        match (&self.class_weight, data.sample_weight()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(Error::config(
                "class_weight was given for data with a sample_weight; multiply the two yourself, and give \
                 the product as sample_weight",
            )),
            (Some(class_weight), None) => {
                let order: Vec<usize> = (0..training).collect();
                class_weight.weights(&data.targets().select(&order)).map(Some)
            }
        }
    }

    /// The rows to validate on: those given, or those behind the first `training`, padded as these.
    fn validation(
        &self,
        model: &Model,
        data: &Dataset,
        training: usize,
        padding: Padding,
    ) -> Result<Option<Dataset>> {
        let (data, first, padding) = match self.validation_data {
            Some(own) => (own, 0, Rows::new(model, own.inputs(), own.padding())?.settled()),
            None => (data, training, padding),
        };
        let most = self.validation_steps.map_or(data.len(), |steps| steps.saturating_mul(self.batch_size));
        let chosen: Vec<usize> = (first..data.len()).take(most).collect();
        Ok((!chosen.is_empty()).then(|| data.select(&chosen).with_padding(padding)))
    }

    /// Checks the settings and returns how many rows to train on.
    pub(super) fn check(&self, data: &Dataset) -> Result<usize> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to train on"));
        }
        self.optimizer.check()?;
        self.clip.map_or(Ok(()), |clip| clip.check())?;
        self.ema.map_or(Ok(()), |ema| ema.check())?;
        if self.batch_size == 0 {
            return Err(Error::config("batch_size is 0; it must be at least 1"));
        }
        for (name, value) in [
            ("validation_freq", Some(self.validation_freq)),
            ("validation_steps", self.validation_steps),
            ("steps_per_epoch", self.steps_per_epoch),
        ] {
            if value == Some(0) {
                return Err(Error::config(format!("{name} is 0; it must be at least 1")));
            }
        }
        if let Some(own) = self.validation_data {
            return match own.is_empty() {
                true => Err(Error::data("validation_data has no rows")),
                false => Ok(data.len()),
            };
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return Err(Error::config(format!(
                "validation_split is {}; it must be at least 0 and below 1",
                self.validation_split
            )));
        }
        // As Keras: the split point is rounded down.
        match (data.len() as f64 * (1.0 - self.validation_split)).floor() as usize {
            0 => Err(Error::config(format!(
                "validation_split {} leaves none of the {} rows to train on",
                self.validation_split,
                data.len()
            ))),
            training => Ok(training),
        }
    }
}
