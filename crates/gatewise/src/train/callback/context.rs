//! The context of a callback: the run between two steps.

use crate::error::{Error, Result};
use crate::evaluate::Measures;
use crate::model::Model;
use crate::optimizer::{Optimizer, settable};
use crate::train::EpochLog;
use crate::train::progress::Progress;

/// The planned size of the run.
#[derive(Debug, Clone, Copy)]
pub(in crate::train) struct Plan {
    pub epochs: usize,
    pub samples: usize,
    pub validation_samples: usize,
}

/// The run as a callback reads and changes it.
#[derive(Debug)]
pub struct Context<'a> {
    pub(in crate::train) model: &'a mut Model,
    pub(in crate::train) progress: &'a mut Progress,
    pub(in crate::train) optimizer: &'a dyn Optimizer,
    pub(in crate::train) step: u64,
    pub(in crate::train) plan: Plan,
    measures: &'a Measures,
    pub(super) stop: bool,
    pub(super) notes: Vec<String>,
}

impl<'a> Context<'a> {
    pub(in crate::train) fn new(
        model: &'a mut Model,
        progress: &'a mut Progress,
        optimizer: &'a dyn Optimizer,
        step: u64,
        plan: Plan,
        measures: &'a Measures,
    ) -> Self {
        Self { model, progress, optimizer, step, plan, measures, stop: false, notes: Vec::new() }
    }

    /// Returns the current model.
    pub fn model(&self) -> &Model {
        self.model
    }

    /// Returns the weights, mutably, in the order of [`Params::values`](crate::Params::values).
    pub fn weights_mut(&mut self) -> &mut [f32] {
        self.model.params_mut().values_mut()
    }

    /// Returns the learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.progress.rate(self.optimizer, self.step)
    }

    /// Sets the learning rate from the next step on; it overrides the optimizer's.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `rate` is negative, infinite or NaN, or when the
    /// optimizer has a schedule, as in Keras.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.progress.learning_rate = Some(settable(self.optimizer, rate)?);
        Ok(())
    }

    /// Checks that the callback named `callback` can set the learning rate in this run.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the optimizer has a schedule, as in Keras.
    pub fn expect_settable_learning_rate(&self, callback: &str) -> Result<()> {
        settable(self.optimizer, 0.0).map(drop).map_err(|e| Error::new(e.kind(), format!("{callback}: {e}")))
    }

    /// Returns the current epoch or, in `on_train_begin`, the first epoch to train; from 0.
    pub fn epoch(&self) -> usize {
        self.progress.epoch
    }

    /// Returns the number of batches done in this epoch.
    pub fn batch(&self) -> usize {
        self.progress.batch
    }

    /// Returns the number of steps done in the whole run.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Returns the number of epochs of the run, including epochs before `initial_epoch`.
    pub fn epochs(&self) -> usize {
        self.plan.epochs
    }

    /// Returns the number of training rows per epoch.
    pub fn samples(&self) -> usize {
        self.plan.samples
    }

    /// Returns the number of validation rows.
    pub fn validation_samples(&self) -> usize {
        self.plan.validation_samples
    }

    /// Returns the logs of the completed epochs, including epochs before a resume.
    pub fn history(&self) -> &[EpochLog] {
        &self.progress.history
    }

    /// Returns whether the metric of the run called `name`, `val_` included, should increase; `None` if there is no
    /// such metric, or if that is not known.
    pub fn increases(&self, name: &str) -> Option<bool> {
        self.measures.increases(name.strip_prefix("val_").unwrap_or(name))
    }

    /// Stops the run after all callbacks have been called.
    pub fn stop(&mut self) {
        self.stop = true;
    }

    /// Sends a note for the user to [`Callback::on_note`](super::Callback::on_note) of all callbacks.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
