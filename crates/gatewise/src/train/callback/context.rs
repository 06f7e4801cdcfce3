//! What a callback may look at and change between two steps.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::optimizer::Optimizer;
use crate::train::EpochLog;
use crate::train::progress::Progress;

/// How far the run is to go.
#[derive(Debug, Clone, Copy)]
pub(in crate::train) struct Plan {
    pub epochs: usize,
    pub samples: usize,
    pub validation_samples: usize,
}

/// The run as a callback finds it, and what the callback may do to it.
#[derive(Debug)]
pub struct Context<'a> {
    pub(in crate::train) model: &'a mut Model,
    pub(in crate::train) progress: &'a mut Progress,
    pub(in crate::train) optimizer: &'a dyn Optimizer,
    pub(in crate::train) step: u64,
    pub(in crate::train) plan: Plan,
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
    ) -> Self {
        Self { model, progress, optimizer, step, plan, stop: false, notes: Vec::new() }
    }

    /// The model as it is now.
    pub fn model(&self) -> &Model {
        self.model
    }

    /// Its weights, to change: one number a parameter, as [`Params::values`](crate::Params::values).
    pub fn weights_mut(&mut self) -> &mut [f32] {
        self.model.params_mut().values_mut()
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.progress.rate(self.optimizer, self.step)
    }

    /// Sets the learning rate from the next step on, in place of the optimizer's own rate or schedule.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `rate` is negative, infinite or NaN.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        if !(0.0..f64::INFINITY).contains(&rate) {
            return Err(Error::config(format!(
                "a callback sets the learning rate to {rate}; it must be finite and at least 0"
            )));
        }
        self.progress.learning_rate = Some(rate);
        Ok(())
    }

    /// The epoch under way or, in `on_train_begin`, to come; from 0.
    pub fn epoch(&self) -> usize {
        self.progress.epoch
    }

    /// Batches of this epoch that are done.
    pub fn batch(&self) -> usize {
        self.progress.batch
    }

    /// Steps done in the whole run.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The epoch that the run is to end before.
    pub fn epochs(&self) -> usize {
        self.plan.epochs
    }

    /// Rows there are to train on.
    pub fn samples(&self) -> usize {
        self.plan.samples
    }

    /// Rows there are to validate on.
    pub fn validation_samples(&self) -> usize {
        self.plan.validation_samples
    }

    /// What the epochs that are done reported, those before a resume included.
    pub fn history(&self) -> &[EpochLog] {
        &self.progress.history
    }

    /// Ends the run here, once all callbacks have been called.
    pub fn stop(&mut self) {
        self.stop = true;
    }

    /// Tells the user something, through [`Callback::on_note`](super::Callback::on_note) of all callbacks.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
