//! What training reports, batch by batch and epoch by epoch.

use super::number::{self, Number};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures of one training step, measured before it changed the weights
/// ([`Stepper::apply`](super::Stepper::apply)).
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
    /// Accuracy of the batch; `None` where the answers are numbers.
    pub accuracy: Option<f64>,
    /// Answers that were scored.
    pub count: usize,
    /// The learning rate of the step.
    pub learning_rate: f64,
}

/// Running figures of the epoch so far.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
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

impl BatchLog {
    /// Every figure with Keras's name for it.
    pub fn values(&self) -> impl Iterator<Item = (&str, f64)> {
        let accuracy = self.accuracy.map(|accuracy| ("accuracy", accuracy));
        [("loss", self.loss)].into_iter().chain(accuracy)
    }
}

/// One epoch's figures.
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
    /// Mean loss over the epoch, each batch measured before its step (as Keras reports it).
    #[serde(with = "number")]
    pub loss: f64,
    /// Accuracy over the epoch, likewise; `None` where the answers are numbers.
    #[serde(with = "number::optional")]
    pub accuracy: Option<f64>,
    /// Loss on the validation rows after the epoch.
    #[serde(with = "number::optional")]
    pub val_loss: Option<f64>,
    /// Accuracy on the validation rows after the epoch.
    #[serde(with = "number::optional")]
    pub val_accuracy: Option<f64>,
    /// Figures beside these: `learning_rate`, that of the next step as the epoch ended, and whatever
    /// callbacks have [`set`](Self::set).
    #[serde(flatten)]
    pub others: Values,
    /// Seconds spent training, without validation. Not saved: the same run gives the same file.
    #[serde(skip)]
    pub seconds: f64,
}

impl EpochLog {
    /// Every figure with Keras's name for it; those that callbacks have set come last, sorted.
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

    /// The figure called `name`.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values().find(|&(own, _)| own == name).map(|(_, value)| value)
    }

    /// Adds a figure, or replaces it. The number of the epoch is none.
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

/// Figures by name, sorted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<String, Number>);

impl Values {
    /// One figure.
    pub(super) fn one(name: &str, value: f64) -> Self {
        Self([(name.to_owned(), Number(value))].into())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.0))
    }

    fn set(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), Number(value));
    }
}

/// All epochs of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
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
