//! What training reported, epoch by epoch.

use serde::{Deserialize, Serialize};

/// One epoch's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Mean loss over the epoch, each batch measured before its step (as Keras reports it).
    pub loss: f64,
    /// Accuracy over the epoch, likewise; `None` where the answers are numbers.
    pub accuracy: Option<f64>,
    /// Loss on the validation rows after the epoch.
    pub val_loss: Option<f64>,
    /// Accuracy on the validation rows after the epoch.
    pub val_accuracy: Option<f64>,
    /// Seconds spent training, without validation. Not saved: the same run gives the same file.
    #[serde(skip)]
    pub seconds: f64,
}

/// All epochs of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// One entry an epoch.
    pub epochs: Vec<EpochLog>,
    /// Whether a callback stopped the run before its last epoch was done.
    pub stopped: bool,
    /// Rows trained on in an epoch.
    pub samples: usize,
    /// Rows validated on.
    pub validation_samples: usize,
}
