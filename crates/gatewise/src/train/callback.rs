//! Callbacks: what a caller may watch, and how it may stop training.

use super::EpochLog;
use crate::error::Result;
use serde_json::Value;

/// Whether training goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop at this boundary; the weights stay as they are.
    Stop,
}

/// Running figures of the epoch so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchLog {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The batch in the epoch, from 0.
    pub batch: usize,
    /// Rows trained on in this epoch.
    pub samples: usize,
    /// Mean loss over these rows, as Keras shows it.
    pub loss: f64,
    /// Accuracy over these rows; `None` where the answers are numbers.
    pub accuracy: Option<f64>,
}

/// Called by the training loop. Every method may be left out.
///
/// A callback that remembers something which decides when training stops, or which ends up in its results,
/// saves it in checkpoints, so that a resumed run does what an uninterrupted one would have done:
///
/// ```
/// use gatewise::train::{Callback, EpochLog, Flow};
/// use gatewise::{Error, Result};
/// use serde_json::{Value, json};
///
/// /// Stops when the loss rises.
/// struct StopWhenWorse {
///     best: f64,
/// }
///
/// impl Callback for StopWhenWorse {
///     fn on_epoch_end(&mut self, log: &EpochLog) -> Flow {
///         let worse = log.loss > self.best;
///         self.best = self.best.min(log.loss);
///         if worse { Flow::Stop } else { Flow::Continue }
///     }
///     fn save_state(&self) -> Value {
///         json!({ "best": self.best })
///     }
///     fn restore_state(&mut self, state: &Value) -> Result<()> {
///         self.best = state["best"].as_f64().ok_or_else(|| Error::artifact("no best loss"))?;
///         Ok(())
///     }
/// }
/// ```
pub trait Callback {
    /// Before an epoch; `samples` rows will be trained on. Also where a run resumes within one.
    fn on_epoch_begin(&mut self, _epoch: usize, _samples: usize) {}
    /// After a batch.
    fn on_batch_end(&mut self, _log: &BatchLog) -> Flow {
        Flow::Continue
    }
    /// After an epoch and its validation.
    fn on_epoch_end(&mut self, _log: &EpochLog) -> Flow {
        Flow::Continue
    }
    /// Something the user should know: where a run resumed, a checkpoint that is damaged.
    fn on_note(&mut self, _note: &str) {}
    /// What [`restore_state`](Self::restore_state) needs, or null for a callback without state, which may
    /// then be added to or left out of a resumed run. JSON has no NaN and no infinity.
    fn save_state(&self) -> Value {
        Value::Null
    }
    /// Takes back what [`save_state`](Self::save_state) gave: before `on_epoch_begin` where a run resumes
    /// between epochs, after it where it resumes within one.
    ///
    /// # Errors
    /// When `state` is not what `save_state` gives.
    fn restore_state(&mut self, _state: &Value) -> Result<()> {
        Ok(())
    }
}
