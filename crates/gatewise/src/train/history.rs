//! Logs of training: per step, batch and epoch, and the history of a run.

use super::number::{self, Number};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The log of one training step ([`Stepper::apply`](super::Stepper::apply)): loss and accuracy are computed
/// before the step changes the weights.
///
/// ```
/// # use gatewise::rows::{Dataset, Sequences};
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::{Sequential, train::Stepper};
/// # let rows: Sequences = (0..32).map(|i| [1 + i % 2, 3, 4]).collect();
/// # let data = Dataset::new(rows, (0..32).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// # let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
/// # let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
/// # let mut stepper = Stepper::builder().learning_rate(0.02).build(model)?;
/// let gradient = stepper.gradient(&data)?;
/// let log = stepper.apply(&gradient)?;
/// assert_eq!((log.step, log.count, log.learning_rate), (1, 32, 0.02));
/// assert_eq!(log.loss, gradient.loss() / 32.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StepLog {
    /// The number of the step, from 1.
    pub step: u64,
    /// Mean loss of the batch, penalties included.
    pub loss: f64,
    /// Accuracy of the batch; `None` for a regression loss.
    pub accuracy: Option<f64>,
    /// Number of scored outputs.
    pub count: usize,
    /// The learning rate of the step.
    pub learning_rate: f64,
}

/// The log of a batch: running means over the epoch so far.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BatchLog {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The batch within the epoch, from 0.
    pub batch: usize,
    /// Number of rows trained on in this epoch.
    pub samples: usize,
    /// Mean loss over these rows, as Keras's progress bar shows it.
    pub loss: f64,
    /// Accuracy over these rows; `None` for a regression loss.
    pub accuracy: Option<f64>,
    /// The metrics of the run over these rows, by name.
    pub others: Values,
}

impl BatchLog {
    /// Returns all metrics with their Keras names.
    pub fn values(&self) -> impl Iterator<Item = (&str, f64)> {
        let accuracy = self.accuracy.map(|accuracy| ("accuracy", accuracy));
        [("loss", self.loss)].into_iter().chain(accuracy).chain(self.others.iter())
    }

    /// Adds the metric called `name`.
    pub(super) fn set(&mut self, name: &str, value: f64) {
        match name {
            "accuracy" => self.accuracy = Some(value),
            other => self.others.set(other, value),
        }
    }
}

/// The log of an epoch: its metrics by name.
///
/// ```
/// use gatewise::train::EpochLog;
/// # let mut log: EpochLog =
/// #     serde_json::from_str(r#"{"epoch":0,"loss":0.5,"accuracy":0.75,"val_loss":null,"val_accuracy":null}"#).unwrap();
/// assert_eq!(log.get("loss"), Some(0.5));
/// assert_eq!(log.get("val_loss"), None);
/// log.set("val_f1", 0.8);
/// assert_eq!(log.get("val_f1"), Some(0.8));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EpochLog {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Mean training loss over the epoch. As in Keras, the loss of a batch is computed before its step.
    #[serde(with = "number")]
    pub loss: f64,
    /// Training accuracy over the epoch; `None` for a regression loss.
    #[serde(with = "number::optional")]
    pub accuracy: Option<f64>,
    /// Validation loss after the epoch.
    #[serde(with = "number::optional")]
    pub val_loss: Option<f64>,
    /// Validation accuracy after the epoch.
    #[serde(with = "number::optional")]
    pub val_accuracy: Option<f64>,
    /// Other metrics by name: `learning_rate` (the learning rate of the next step), the metrics of the run
    /// ([`Fit::metrics`](crate::Fit::metrics)) and those that callbacks [`set`](Self::set).
    #[serde(flatten)]
    pub others: Values,
    /// Seconds of training, without validation. Not serialized: equal runs write equal files.
    #[serde(skip)]
    pub seconds: f64,
}

impl EpochLog {
    /// Returns all metrics with their Keras names; metrics set by callbacks come last, sorted by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, f64)> {
        let fixed = [
            ("loss", Some(self.loss)),
            ("accuracy", self.accuracy),
            ("val_loss", self.val_loss),
            ("val_accuracy", self.val_accuracy),
        ];
        let fixed = fixed.into_iter().filter_map(|(name, value)| Some((name, value?)));
        fixed.chain(self.others.iter())
    }

    /// Returns the metric called `name`, or `None`.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values().find(|&(own, _)| own == name).map(|(_, value)| value)
    }

    /// Adds or replaces the metric called `name`. The name `epoch` is ignored.
    pub fn set(&mut self, name: &str, value: f64) {
        match name {
            "epoch" => {}
            "loss" => self.loss = value,
            "accuracy" => self.accuracy = Some(value),
            "val_loss" => self.val_loss = Some(value),
            "val_accuracy" => self.val_accuracy = Some(value),
            other => self.others.set(other, value),
        }
    }
}

/// Metrics by name, sorted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<String, Number>);

impl Values {
    /// Creates one metric.
    pub(super) fn one(name: &str, value: f64) -> Self {
        Self([(name.to_owned(), Number(value))].into())
    }

    /// Returns all metrics, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.0))
    }

    fn set(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), Number(value));
    }
}

/// The history of a training run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct History {
    /// The logs of the epochs.
    pub epochs: Vec<EpochLog>,
    /// Whether a callback stopped the run before its last epoch.
    pub stopped: bool,
    /// Number of rows trained on per epoch.
    pub samples: usize,
    /// Number of validation rows.
    pub validation_samples: usize,
    /// The notes of the run, as [`Callback::on_note`](super::Callback::on_note) receives them: padding that a
    /// layer reads after the rows, a resume, an early stop. Not serialized: a resumed run has other notes.
    #[serde(skip)]
    pub notes: Vec<String>,
}
