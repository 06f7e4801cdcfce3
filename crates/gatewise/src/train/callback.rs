//! Callbacks: what a caller may watch, and how it may stop training.

use super::EpochLog;

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
    /// Accuracy over these rows.
    pub accuracy: f64,
}

/// Called by the training loop. Every method may be left out.
pub trait Callback {
    /// Before an epoch; `samples` rows will be trained on.
    fn on_epoch_begin(&mut self, _epoch: usize, _samples: usize) {}
    /// After a batch.
    fn on_batch_end(&mut self, _log: &BatchLog) -> Flow {
        Flow::Continue
    }
    /// After an epoch and its validation.
    fn on_epoch_end(&mut self, _log: &EpochLog) -> Flow {
        Flow::Continue
    }
}
