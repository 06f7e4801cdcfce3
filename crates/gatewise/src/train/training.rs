//! The training loop: start, epochs (begin, steps, validate, end), finish.
//!
//! Input: settings, a stepper, callbacks and rows. Output: a [`History`].

use super::callback::{CallbackList, Plan};
use super::checkpoint::Folder;
use super::diverged;
use super::number::Number;
use super::padding_note;
use super::progress::Progress;
use super::resume::{self, described_run, name_kept};
use super::run_settings::RunSettings;
use super::snapshot::Moment;
use super::stepper::Stepper;
use super::stopwatch::Stopwatch;
use super::{Callback, Context, History};
use crate::error::{Error, Result};
use crate::evaluate::{Evaluate, Measures, Scorer};
use crate::metrics::Evaluation;
use crate::model::{Model, PaddedRows};
use crate::rng::{Purpose, Random};
use crate::rows::Dataset;
use std::borrow::BorrowMut;

/// The training rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Examples<'r> {
    pub data: &'r Dataset,
    /// Number of training rows, from the start of the data set.
    pub rows: usize,
    /// Class weights of the rows, or `None`.
    pub weights: Option<&'r [f32]>,
}

/// A training run in progress.
#[derive(Debug)]
pub(super) struct Training<'r, 'a, M> {
    settings: &'r RunSettings<'a>,
    stepper: &'r mut Stepper<M>,
    callbacks: CallbackList<'a>,
    scorer: Scorer<'r>,
    validation: Option<Dataset>,
    /// The folder of checkpoints.
    folder: Option<Folder>,
    /// Number of training rows.
    rows: usize,
    plan: Plan,
    at: Progress,
    /// The number that decides the order of the rows in the first epoch: no order is used twice.
    first_order: usize,
    /// Whether a callback stopped the run.
    interrupted: bool,
    /// Whether a number is not finite, and a callback stopped the run for that.
    diverged: bool,
    /// Stopwatch of the epoch, and its seconds before a resume.
    clock: (Stopwatch, f64),
    /// Validation loss and accuracy of the epoch.
    measured: Option<Evaluation>,
    /// Metrics over the batches of the epoch, and over the validation rows.
    measures: [Measures; 2],
}

impl<'r, 'a, M: BorrowMut<Model>> Training<'r, 'a, M> {
    /// Checks that model, rows and settings fit, and opens the folder of checkpoints. The weights do not
    /// change.
    pub fn new(
        settings: &'r RunSettings<'a>,
        stepper: &'r mut Stepper<M>,
        callbacks: CallbackList<'a>,
        Examples { data, rows, weights }: Examples<'r>,
    ) -> Result<Self> {
        stepper.put_back();
        let (model, loss) = (stepper.model(), stepper.loss().clone());
        let read = PaddedRows::new(model, data.inputs(), data.padding())?;
        let mut scorer = Scorer::new(model, loss, data, read)?;
        if let Some(weights) = weights {
            scorer = scorer.with_weights(weights);
        }
        let measures = Measures::new(&settings.metrics, &settings.weighted_metrics)?;
        measures.check_widths(scorer.width(), data.targets().width())?;
        scorer = scorer.keeping(!measures.is_empty());
        let validation = settings.validation(model, data, rows, read.settled())?;
        let steps = settings.steps(rows).saturating_mul(settings.batch_size);
        let plan = Plan {
            epochs: settings.epochs,
            samples: rows.min(steps),
            validation_samples: validation.as_ref().map_or(0, Dataset::len),
        };
        let folder = match &settings.checkpoints {
            Some(checkpoints) => {
                Some(Folder::open(checkpoints, described_run(settings, stepper, &callbacks, data))?)
            }
            None if settings.resume => {
                return Err(Error::config("resume needs a folder with checkpoints, but none was given"));
            }
            None => None,
        };
        let (at, clock) = (Progress::starting(settings.initial_epoch), (Stopwatch::start(), 0.0));
        let first_order = stepper.epochs.max(settings.initial_epoch);
        let (interrupted, diverged, measured) = (false, false, None);
        Ok(Self {
            settings,
            stepper,
            callbacks,
            scorer,
            validation,
            folder,
            rows,
            plan,
            at,
            first_order,
            interrupted,
            diverged,
            clock,
            measured,
            measures: [measures.clone(), measures],
        })
    }

    /// Starts from the beginning, or resumes from the newest checkpoint.
    pub fn start(&mut self) -> Result<()> {
        let read = self.scorer.rows();
        let mut notes = padding_note::unmasked(self.stepper.model(), read.inputs, read.settled());
        self.at.learning_rate = self.stepper.learning_rate;
        if let Some(folder) = &mut self.folder {
            let (snapshot, more) = resume::load(folder, self.settings, self.stepper)?;
            notes.extend(more);
            if let Some(snapshot) = snapshot {
                self.at = snapshot.progress;
                self.stepper.model_mut().params_mut().values_mut().copy_from_slice(&snapshot.params);
                (self.stepper.trainer.step, self.stepper.trainer.slots) = (snapshot.step, snapshot.slots);
                self.callbacks.restore(&snapshot.callbacks)?;
                let saved = std::mem::take(&mut self.at.metrics).into_iter();
                let numbers =
                    |numbers: Vec<Number>| numbers.into_iter().map(|Number(number)| number).collect();
                if !self.measures[0].restore(saved.map(|(state, width)| (numbers(state), width))) {
                    return Err(Error::artifact(
                        "cannot resume: the states of the metrics in the checkpoint are damaged",
                    ));
                }
            }
        }
        self.callbacks.note(&notes);
        notes.iter().for_each(|note| self.at.note(note));
        self.interrupted = self.call(|callback, context| callback.on_train_begin(context))?;
        Ok(())
    }

    /// Returns whether there is another epoch to train.
    pub fn has_next_epoch(&self) -> bool {
        self.at.epoch < self.plan.epochs && !self.at.ended && !self.interrupted
    }

    /// Trains an epoch, or the rest of one, until its end or until a callback stops the run.
    pub fn epoch(&mut self) -> Result<()> {
        let whole = self.begin_epoch()? && self.steps()?;
        // An epoch that diverged ends there, and is logged, as in Keras.
        if whole || self.diverged {
            self.validate()?;
            self.end_epoch(whole)?;
        }
        self.interrupted = !whole || self.diverged;
        Ok(())
    }

    /// Ends the run and returns its history; a moving average replaces the weights.
    pub fn finish(mut self) -> Result<History> {
        self.stepper.take_average();
        self.call(|callback, context| callback.on_train_end(context))?;
        self.stepper.learning_rate = self.at.learning_rate;
        self.stepper.epochs = self.order() + usize::from(self.at.batch > 0);
        Ok(History {
            notes: self.at.notes,
            stopped: self.interrupted || self.at.epoch < self.plan.epochs,
            epochs: self.at.history,
            samples: self.plan.samples,
            validation_samples: self.plan.validation_samples,
        })
    }

    /// Begins an epoch. As the other parts of an epoch, returns whether the run continues.
    fn begin_epoch(&mut self) -> Result<bool> {
        // A run resumed within an epoch does not begin the epoch again.
        let stopped =
            self.at.batch == 0 && self.call(|callback, context| callback.on_epoch_begin(context))?;
        self.clock = (Stopwatch::start(), self.at.seconds);
        Ok(!stopped)
    }

    /// Returns the number that decides the order of the rows in this epoch.
    fn order(&self) -> usize {
        self.first_order + self.at.epoch.saturating_sub(self.settings.initial_epoch)
    }

    fn steps(&mut self) -> Result<bool> {
        let steps = self.settings.steps(self.rows);
        // With `steps_per_epoch`, a pass over the rows takes several epochs.
        let parts = self.settings.batches(self.rows).div_ceil(steps);
        let (pass, part) = (self.order() / parts, self.order() % parts);
        let mut order: Vec<usize> = (0..self.rows).collect();
        if self.settings.shuffle {
            Random::new(self.stepper.settings.seed, Purpose::Shuffle, pass as u64).shuffle(&mut order);
        }
        let batches = order.chunks_mut(self.settings.batch_size);
        let left = batches.skip(part * steps + self.at.batch).take(steps.saturating_sub(self.at.batch));
        for batch in left {
            if !self.step(batch)? {
                self.at.seconds = self.seconds();
                return Ok(false);
            }
        }
        self.at.seconds = self.seconds();
        Ok(true)
    }

    /// Trains on a batch, and saves a checkpoint if it is due.
    fn step(&mut self, batch: &mut [usize]) -> Result<bool> {
        let learning_rate = self.learning_rate();
        if !(0.0..f64::INFINITY).contains(&learning_rate) {
            return Err(Error::config(format!(
                "the schedule of the learning rate gives {learning_rate} after {} steps; it must be finite and at least 0",
                self.stepper.steps()
            )));
        }
        let (sum, finite) = self.stepper.step(&self.scorer, batch, learning_rate)?;
        self.at.count(sum, batch.len());
        if !(finite && sum.loss.is_finite()) {
            self.stop_diverged(self.stepper.diverged(sum, Some((self.at.epoch, self.at.batch))))?;
            return Ok(false);
        }
        self.measures[0].add(self.stepper.trainer.kept(batch.len()), self.scorer.width())?;
        let mut log = self.at.batch_log(self.scorer.has_accuracy());
        if !self.callbacks.is_empty() {
            self.measures[0].results()?.iter().for_each(|(name, value)| log.set(name, *value));
        }
        let stopped = self.call(|callback, context| callback.on_batch_end(context, &log))?;
        if self.folder.as_ref().is_some_and(|folder| stopped || folder.due()) {
            self.at.seconds = self.seconds();
            self.save()?;
        }
        Ok(!stopped)
    }

    fn validate(&mut self) -> Result<()> {
        self.measured = None;
        let due = (self.at.epoch + 1).is_multiple_of(self.settings.validation_freq);
        let Some(data) = self.validation.as_ref().filter(|_| due) else { return Ok(()) };
        let evaluate = Evaluate::new().loss(self.stepper.loss().clone()).reduction(self.stepper.reduction());
        let evaluate = evaluate.batch_size(self.settings.batch_size);
        let (model, engine) = self.stepper.engine();
        let measures = &mut self.measures[1];
        measures.reset();
        let measured = evaluate.run_in(engine, model, data, measures)?;
        self.measured = Some(measured);
        if !measured.loss.is_finite() && !self.diverged {
            self.stop_diverged(diverged::in_validation(self.at.epoch, measured.loss))?;
        }
        Ok(())
    }

    fn end_epoch(&mut self, whole: bool) -> Result<()> {
        let mut log = self.at.epoch_log(self.scorer.has_accuracy(), self.learning_rate());
        if !whole && log.loss.is_finite() {
            // The weights that the last step left have no loss.
            log.loss = f64::NAN;
        }
        self.measures[0].results()?.iter().for_each(|(name, value)| log.set(name, *value));
        if let Some(measured) = self.measured {
            (log.val_loss, log.val_accuracy) = (Some(measured.loss), measured.accuracy);
            let results = self.measures[1].results()?;
            results.iter().for_each(|(name, value)| log.set(&format!("val_{name}"), *value));
        }
        let ended = self.call(|callback, context| callback.on_epoch_end(context, &mut log))?;
        self.at.close_epoch(log, ended);
        self.measures[0].reset();
        if self.diverged { Ok(()) } else { self.save() }
    }

    /// Returns the learning rate of the next step: the optimizer's, unless a callback has set another.
    fn learning_rate(&self) -> f64 {
        self.at.rate(self.stepper.optimizer(), self.stepper.steps())
    }

    /// Returns the seconds of training in this epoch.
    fn seconds(&self) -> f64 {
        let (since, before) = &self.clock;
        before + since.seconds()
    }

    /// Calls all callbacks. Returns whether a callback stopped the run.
    fn call(&mut self, call: impl FnMut(&mut dyn Callback, &mut Context<'_>) -> Result<()>) -> Result<bool> {
        let (model, optimizer, step) = self.stepper.parts_mut();
        let context = Context::new(model, &mut self.at, optimizer, step, self.plan, &self.measures[0]);
        self.callbacks.call(context, call)
    }

    /// Ends the run with `error`, unless a callback stops it.
    fn stop_diverged(&mut self, error: Error) -> Result<()> {
        let error = name_kept(error, &self.folder);
        self.diverged = self.call(|callback, context| callback.on_diverged(context, &error))?;
        if self.diverged { Ok(()) } else { Err(error) }
    }

    /// Saves a checkpoint, if the run has a folder.
    fn save(&mut self) -> Result<()> {
        let Self { folder: Some(folder), stepper, callbacks, at, measures, .. } = self else { return Ok(()) };
        let numbers = |numbers: &[f64]| numbers.iter().map(|&number| Number(number)).collect();
        at.metrics = measures[0].parts().map(|(state, width)| (numbers(state), width)).collect();
        let (step, slots) = (stepper.trainer.step, &*stepper.trainer.slots);
        let (params, callbacks) = (stepper.model().params(), callbacks.states());
        folder.save(&Moment { progress: at, step, callbacks, params, slots })
    }
}
