//! The training summary that an artifact stores.

use crate::metrics::Evaluation;
use crate::rows::ColumnNames;
use crate::train::History;
use serde::{Deserialize, Serialize};

/// A training summary: data, hyperparameters, history and test score of a model.
///
/// It contains nothing that differs between two equal runs (no times, no threads), so that the same command
/// writes the same file.
///
/// ```
/// use gatewise::TrainingSummary;
/// let summary = TrainingSummary::default().data("reviews.csv").epochs(5).learning_rate(0.01);
/// assert_eq!((&*summary.data, summary.epochs), ("reviews.csv", 5));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrainingSummary {
    /// Name or path of the data.
    pub data: String,
    /// Seed of the initial weights and of shuffling.
    pub seed: u64,
    /// Rows per batch.
    pub batch_size: usize,
    /// Maximum number of epochs; early stopping may end training before.
    pub epochs: usize,
    /// Learning rate.
    pub learning_rate: f64,
    /// Loss and metrics of each epoch.
    pub history: History,
    /// Loss and metrics on the test set.
    pub test: Option<Evaluation>,
    /// Texts: the out-of-vocabulary rate ([`Corpus::oov_rate`](crate::rows::Corpus::oov_rate)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oov_rate: Option<f64>,
    /// Columns of the file that the model was trained on. Predictions for a file, and evaluations, use them where the
    /// file has them.
    #[serde(default, skip_serializing_if = "ColumnNames::is_empty")]
    pub columns: ColumnNames,
    /// Optimizer, loss and metrics, as a face names them: what Keras's `compile` was called with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<serde_json::Value>,
}

impl TrainingSummary {
    /// Sets optimizer, loss and metrics, as a face names them.
    pub fn compile(self, compile: impl Into<Option<serde_json::Value>>) -> Self {
        Self { compile: compile.into(), ..self }
    }

    /// Sets the name or path of the data.
    pub fn data(self, data: impl Into<String>) -> Self {
        Self { data: data.into(), ..self }
    }

    /// Sets the seed of the initial weights and of shuffling.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the rows per batch.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Sets the maximum number of epochs.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Sets the learning rate.
    pub fn learning_rate(self, learning_rate: f64) -> Self {
        Self { learning_rate, ..self }
    }

    /// Sets the loss and metrics of each epoch.
    pub fn history(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// Sets the loss and metrics on the test set.
    pub fn test(self, test: impl Into<Option<Evaluation>>) -> Self {
        Self { test: test.into(), ..self }
    }

    /// Sets the out-of-vocabulary rate.
    pub fn oov_rate(self, oov_rate: impl Into<Option<f64>>) -> Self {
        Self { oov_rate: oov_rate.into(), ..self }
    }

    /// Sets the columns of the file that the model was trained on.
    pub fn columns(self, columns: ColumnNames) -> Self {
        Self { columns, ..self }
    }
}
