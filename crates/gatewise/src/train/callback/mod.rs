//! Callbacks: what watches a run, changes it between two steps, and stops it.
//!
//! Enters: the figures of a batch or an epoch ([`BatchLog`], [`EpochLog`]) and a [`Context`]. Leaves: files,
//! another learning rate, other weights, a run that stops.

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

/// Called by the training loop, in the order in which callbacks were added. Every method may be left out.
///
/// An error ends the run; a checkpoint saved before stays. A callback that remembers something which
/// decides what the run does, or which ends up in its results, saves it in checkpoints: a resumed run then
/// makes the calls that were left, and ends as an uninterrupted one would have ended.
///
/// A callback is `Send`, so that a run can be handed to another thread with all that watches it.
///
/// ```
/// use gatewise::train::{Callback, Context, EpochLog, CallbackState};
/// use gatewise::{Error, Result};
/// use serde_json::json;
///
/// /// Halves the learning rate when the loss rises, and stops below a millionth.
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
    /// Before the first epoch, and again in each process that resumes the run.
    ///
    /// # Errors
    /// Whatever keeps the callback from working: better here than after an epoch.
    fn on_train_begin(&mut self, _context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Before the first batch of an epoch. A run that resumes within an epoch does not begin it again.
    ///
    /// # Errors
    /// Whatever is to end the run.
    fn on_epoch_begin(&mut self, _context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// After a batch. A run stopped here is interrupted: it can be resumed within the epoch.
    ///
    /// # Errors
    /// Whatever is to end the run.
    fn on_batch_end(&mut self, _context: &mut Context<'_>, _log: &BatchLog) -> Result<()> {
        Ok(())
    }
    /// After an epoch and its validation. What is [`set`](EpochLog::set) in the log is seen by the callbacks
    /// that come later, and kept in the history. A run stopped here is over.
    ///
    /// # Errors
    /// Whatever is to end the run.
    fn on_epoch_end(&mut self, _context: &mut Context<'_>, _log: &mut EpochLog) -> Result<()> {
        Ok(())
    }
    /// When the run ends, stopped or not, after its last checkpoint: what is done to the weights here is
    /// done to the result only.
    ///
    /// # Errors
    /// Whatever is to be reported instead of a history.
    fn on_train_end(&mut self, _context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// When a loss, a gradient or a weight has stopped being finite. The run ends with `error`, unless
    /// [`Context::stop`] is called here: then it ends as a run that was stopped, without a checkpoint.
    ///
    /// # Errors
    /// Whatever is to be reported instead of `error`.
    fn on_diverged(&mut self, _context: &mut Context<'_>, _error: &Error) -> Result<()> {
        Ok(())
    }
    /// Something the user should know: where a run resumed, a checkpoint that is damaged, what a callback
    /// did ([`Context::note`]).
    fn on_note(&mut self, _note: &str) {}
    /// Its settings, where they decide what the run does: a checkpoint is resumed with the same only. Null
    /// for a callback that does not decide.
    fn config(&self) -> Value {
        Value::Null
    }
    /// What [`restore_state`](Self::restore_state) needs. A callback without settings and state may be
    /// added to a resumed run, or left out of it.
    fn save_state(&self) -> CallbackState<'_> {
        CallbackState::default()
    }
    /// Takes back what [`save_state`](Self::save_state) gave, in a resumed run before anything else.
    ///
    /// # Errors
    /// When `state` is not what `save_state` gives.
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
