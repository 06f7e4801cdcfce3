//! What an artifact keeps of its training.

use crate::metrics::Evaluation;
use crate::train::History;
use serde::{Deserialize, Serialize};

/// How a model was trained and how it did.
///
/// It holds nothing that differs between two equal runs (no times, no threads), so that the same command
/// writes the same file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainingSummary {
    /// Name or path of the data.
    pub data: String,
    /// The seed of weights and shuffles.
    pub seed: u64,
    /// Rows a step.
    pub batch_size: usize,
    /// Epochs asked for.
    pub epochs: usize,
    /// Step size of the optimizer.
    pub learning_rate: f64,
    /// What each epoch reported.
    pub history: History,
    /// Score on the held-out test rows.
    pub test: Option<Evaluation>,
    /// Of texts, the share of words without an id, as [`Corpus::oov_rate`](crate::rows::Corpus::oov_rate) has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oov_rate: Option<f64>,
}
