//! How far a run has come: what the training loop counts, and what a checkpoint saves of it.

use super::{BatchLog, EpochLog, Values};
use crate::evaluate::ScoreSum;
use crate::optimizer::Optimizer;
use serde::{Deserialize, Serialize};

/// The loop's place and sums at a batch boundary.
///
/// The order of an epoch's rows is no part of it: it is drawn anew from the seed and the epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// The epoch that the run began with.
    first: usize,
    /// The epoch under way, from 0.
    pub epoch: usize,
    /// Batches of this epoch that are done.
    pub batch: usize,
    /// Sums over these batches.
    pub samples: usize,
    answers: usize,
    loss: f64,
    hits: f64,
    /// Seconds of training in this epoch.
    pub seconds: f64,
    /// What the epochs before reported, and the seconds each took (which a log does not save).
    pub history: Vec<EpochLog>,
    epoch_seconds: Vec<f64>,
    /// The learning rate that a callback has set in place of the optimizer's.
    pub learning_rate: Option<f64>,
    /// Whether a callback ended the run at the end of an epoch.
    pub ended: bool,
}

impl Progress {
    /// A run that begins with `epoch`.
    pub fn starting(epoch: usize) -> Self {
        Self { first: epoch, epoch, ..Self::default() }
    }

    /// Counts a batch of `samples` rows.
    pub fn count(&mut self, sum: ScoreSum, samples: usize) {
        self.batch += 1;
        self.samples += samples;
        self.answers += sum.count;
        self.loss += sum.loss;
        self.hits += sum.hits;
    }

    /// The learning rate of the step after `step`.
    pub fn rate(&self, optimizer: &dyn Optimizer, step: u64) -> f64 {
        self.learning_rate.unwrap_or_else(|| optimizer.learning_rate(step))
    }

    /// Figures of the epoch so far; accuracy where there is such a thing.
    pub fn batch_log(&self, has_accuracy: bool) -> BatchLog {
        let count = self.answers.max(1) as f64;
        BatchLog {
            epoch: self.epoch,
            batch: self.batch - 1,
            samples: self.samples,
            loss: self.loss / count,
            accuracy: has_accuracy.then_some(self.hits / count),
        }
    }

    /// Figures of the epoch, all batches done.
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

    /// Goes on to the next epoch, if there is to be one.
    pub fn close_epoch(&mut self, log: EpochLog, ended: bool) {
        self.epoch_seconds.push(log.seconds);
        self.history.push(log);
        let (history, epoch_seconds) =
            (std::mem::take(&mut self.history), std::mem::take(&mut self.epoch_seconds));
        let (epoch, learning_rate) = (self.epoch + 1, self.learning_rate);
        *self = Self { epoch, history, epoch_seconds, learning_rate, ended, ..Self::starting(self.first) };
    }

    /// Puts back what serialising a log leaves out. `false` when the parts contradict each other.
    pub fn settle(&mut self) -> bool {
        for (log, &seconds) in self.history.iter_mut().zip(&self.epoch_seconds) {
            log.seconds = seconds;
        }
        let epochs = [self.history.len(), self.epoch_seconds.len()];
        epochs.map(|epochs| self.first.checked_add(epochs)) == [Some(self.epoch); 2]
            && (self.batch == 0) == (self.samples == 0)
    }
}
