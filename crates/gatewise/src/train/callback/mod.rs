//! Callbacks: code that runs between two training steps, to log, to change the run, or to stop it.
//!
//! Input: the log of a batch or an epoch ([`BatchLog`], [`EpochLog`]) and a [`Context`]. Output: files, a new
//! learning rate, new weights, or the end of the run.

mod context;
mod csv_logger;
mod early_stopping;
mod event_file;
mod file_name;
mod lambda_callback;
mod learning_rate_scheduler;
mod list;
mod model_checkpoint;
mod monitor;
mod reduce_lr_on_plateau;
mod tensorboard;
mod terminate_on_nan;

pub use context::Context;
pub(super) use context::Plan;
pub use csv_logger::CsvLogger;
pub use early_stopping::EarlyStopping;
pub use lambda_callback::LambdaCallback;
pub use learning_rate_scheduler::LearningRateScheduler;
pub(super) use list::CallbackList;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::MonitorMode;
pub use reduce_lr_on_plateau::ReduceLrOnPlateau;
pub use tensorboard::TensorBoard;
pub use terminate_on_nan::TerminateOnNan;

use super::{BatchLog, EpochLog};
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A callback of the training loop. Every method has a default that does nothing.
///
/// * Callbacks are called in the order in which they were added.
/// * An error ends the run. Checkpoints saved before stay.
/// * A callback with a state that affects the run or its results saves the state in checkpoints
///   ([`save_state`](Self::save_state)). A resumed run then ends as an uninterrupted run.
/// * A callback is `Send`: a run can move to another thread with its callbacks.
///
/// ```
/// use gatewise::train::{Callback, Context, EpochLog, CallbackState};
/// use gatewise::{Error, Result};
/// use serde_json::json;
///
/// /// Halves the learning rate when the loss rises, and stops below 1e-6.
/// struct Halve {
///     last: f64,
/// }
///
/// impl Callback for Halve {
///     fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
///         if log.loss > self.last {
///             context.set_learning_rate(context.learning_rate() / 2.0)?;
///         }
///         if context.learning_rate() < 1e-6 {
///             context.stop();
///         }
///         self.last = log.loss;
///         Ok(())
///     }
///     fn save_state(&self) -> CallbackState<'_> {
///         json!({ "last": self.last }).into()
///     }
///     fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
///         self.last = state.value["last"].as_f64().ok_or_else(|| Error::artifact("no last loss"))?;
///         Ok(())
///     }
/// }
/// ```
pub trait Callback: Send {
    /// Called before the first epoch, and again in each process that resumes the run.
    ///
    /// # Errors
    /// An error ends the run. Report problems here rather than after an epoch.
    fn on_train_begin(&mut self, _context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before the first batch of an epoch. Not called again when a run resumes within an epoch.
    ///
    /// # Errors
    /// An error ends the run.
    fn on_epoch_begin(&mut self, _context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called after a batch. A run that is stopped here can be resumed within the epoch.
    ///
    /// # Errors
    /// An error ends the run.
    fn on_batch_end(&mut self, _context: &mut Context<'_>, _log: &BatchLog) -> Result<()> {
        Ok(())
    }
    /// Called after an epoch and its validation. Metrics that a callback [`set`](EpochLog::set)s in the log
    /// are visible to later callbacks and stored in the history. A run that is stopped here is complete.
    ///
    /// # Errors
    /// An error ends the run.
    fn on_epoch_end(&mut self, _context: &mut Context<'_>, _log: &mut EpochLog) -> Result<()> {
        Ok(())
    }
    /// Called when the run ends, stopped or not, after its last checkpoint. Changes of the weights affect the
    /// result only, not the checkpoint.
    ///
    /// # Errors
    /// An error is returned instead of the history.
    fn on_train_end(&mut self, _context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called when a loss, a gradient or a weight is not finite. The run ends with `error`, unless the
    /// callback calls [`Context::stop`]: then the run ends as a stopped run, without a checkpoint.
    ///
    /// # Errors
    /// An error is returned instead of `error`.
    fn on_diverged(&mut self, _context: &mut Context<'_>, _error: &Error) -> Result<()> {
        Ok(())
    }
    /// Called with a note for the user: the step at which a run resumed, a damaged checkpoint, or a note of a
    /// callback ([`Context::note`]).
    fn on_note(&mut self, _note: &str) {}
    /// Returns the settings that affect the run: a checkpoint can be resumed with the same settings only.
    /// Default: null, for a callback that does not affect the run.
    fn config(&self) -> Value {
        Value::Null
    }
    /// Returns the state for checkpoints. A callback without settings and state may be added to, or left out
    /// of, a resumed run.
    fn save_state(&self) -> CallbackState<'_> {
        CallbackState::default()
    }
    /// Restores a state of [`save_state`](Self::save_state). Called first in a resumed run.
    ///
    /// # Errors
    /// When `state` is not a state of this callback.
    fn restore_state(&mut self, _state: CallbackState<'_>) -> Result<()> {
        Ok(())
    }
}

/// The state of a callback in a checkpoint.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct CallbackState<'a> {
    /// A small JSON value. JSON has no NaN and no infinity.
    pub value: Value,
    /// Weights that the callback keeps, as many as the model has; a checkpoint stores them as tensors.
    pub weights: Option<&'a [f32]>,
}

impl<'a> CallbackState<'a> {
    /// Creates a state from a small JSON value.
    pub fn new(value: Value) -> Self {
        Self { value, weights: None }
    }

    /// Sets the weights that the callback keeps, as many as the model has.
    pub fn weights(self, weights: impl Into<Option<&'a [f32]>>) -> Self {
        Self { weights: weights.into(), ..self }
    }

    /// Returns whether the state is empty: a null value and no weights.
    pub fn is_empty(&self) -> bool {
        self.value.is_null() && self.weights.is_none()
    }

    /// Reads the value in the form that the callback named `callback` saves.
    fn read<T: DeserializeOwned>(self, callback: &str) -> Result<T> {
        let foreign = |e| Error::artifact(format!("the saved state is not one of {callback} ({e})"));
        serde_json::from_value(self.value).map_err(foreign)
    }
}

impl From<Value> for CallbackState<'_> {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}
