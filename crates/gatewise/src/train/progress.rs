//! The progress of a run: the counters and sums of the training loop, as a checkpoint saves them.

use super::number::Number;
use super::{BatchLog, EpochLog, Values};
use crate::evaluate::ScoreSum;
use crate::optimizer::Optimizer;
use serde::{Deserialize, Serialize};

/// Counters and sums at a batch boundary.
///
/// The order of an epoch's rows is not part of it: it is drawn from the seed and the epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// The epoch that the run started with.
    first: usize,
    /// The current epoch, from 0.
    pub epoch: usize,
    /// Number of batches done in this epoch.
    pub batch: usize,
    /// Sums over these batches.
    pub samples: usize,
    answers: usize,
    loss: f64,
    hits: f64,
    /// Seconds of training in this epoch.
    pub seconds: f64,
    /// Logs of the previous epochs, and their seconds (which a log does not serialize).
    pub history: Vec<EpochLog>,
    epoch_seconds: Vec<f64>,
    /// The learning rate set by a callback, which overrides the optimizer's.
    pub learning_rate: Option<f64>,
    /// Whether a callback ended the run at the end of an epoch.
    pub ended: bool,
    /// Notes for the user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The states of the metrics over the batches of this epoch, each with the width of its rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<(Vec<Number>, usize)>,
}

impl Progress {
    /// Creates the progress of a run that starts with `epoch`.
    pub fn starting(epoch: usize) -> Self {
        Self { first: epoch, epoch, ..Self::default() }
    }

    /// Keeps a note. A resumed run repeats notes of its beginning, which are kept once.
    pub fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|kept| kept == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// Counts a batch of `samples` rows.
    pub fn count(&mut self, sum: ScoreSum, samples: usize) {
        self.batch += 1;
        self.samples += samples;
        self.answers += sum.count;
        self.loss += sum.loss;
        self.hits += sum.hits;
    }

    /// Returns the learning rate of the step after `step`.
    pub fn rate(&self, optimizer: &dyn Optimizer, step: u64) -> f64 {
        self.learning_rate.unwrap_or_else(|| optimizer.learning_rate(step))
    }

    /// Returns the log of the epoch so far.
    pub fn batch_log(&self, has_accuracy: bool) -> BatchLog {
        let count = self.answers.max(1) as f64;
        BatchLog {
            epoch: self.epoch,
            batch: self.batch - 1,
            samples: self.samples,
            loss: self.loss / count,
            accuracy: has_accuracy.then_some(self.hits / count),
            others: Values::default(),
        }
    }

    /// Returns the log of the complete epoch.
    pub fn epoch_log(&self, has_accuracy: bool, learning_rate: f64) -> EpochLog {
        let count = self.answers.max(1) as f64;
        EpochLog {
            epoch: self.epoch,
            loss: self.loss / count,
            accuracy: has_accuracy.then_some(self.hits / count),
            val_loss: None,
            val_accuracy: None,
            seconds: self.seconds,
            others: Values::one("learning_rate", learning_rate),
        }
    }

    /// Appends the log to the history and starts the next epoch.
    pub fn close_epoch(&mut self, log: EpochLog, ended: bool) {
        self.epoch_seconds.push(log.seconds);
        self.history.push(log);
        let (first, epoch) = (self.first, self.epoch + 1);
        *self = Self {
            epoch,
            history: std::mem::take(&mut self.history),
            epoch_seconds: std::mem::take(&mut self.epoch_seconds),
            notes: std::mem::take(&mut self.notes),
            learning_rate: self.learning_rate,
            ended,
            ..Self::starting(first)
        };
    }

    /// Restores the seconds of the logs. Returns `false` if the counters contradict each other.
    pub fn settle(&mut self) -> bool {
        for (log, &seconds) in self.history.iter_mut().zip(&self.epoch_seconds) {
            log.seconds = seconds;
        }
        let epochs = [self.history.len(), self.epoch_seconds.len()];
        epochs.map(|epochs| self.first.checked_add(epochs)) == [Some(self.epoch); 2]
            && (self.batch == 0) == (self.samples == 0)
    }
}
