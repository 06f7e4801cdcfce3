//! The enums of the settings: preset, task, threshold.

use gatewise::metrics::ThresholdRule;
use gatewise::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A set of defaults. A setting of a [`TrainConfig`](crate::TrainConfig) overrides the default of the preset.
///
/// ```
/// use gatewise_pipeline::{Preset, Source, TrainConfig};
/// let plan = TrainConfig::new(Source::reviews()).preset(Preset::Fast).plan()?;
/// assert_eq!((plan.units(), plan.dropout()), (&[64][..], 0.5));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Preset {
    /// LSTM(10) on 5,000 words, as in the classic assignment.
    Classic,
    /// LSTM(64) with dropout and masked padding.
    Fast,
    /// An ensemble of small bidirectional LSTMs, each trained without one fold, and a linear model of word
    /// n-grams.
    Accurate,
}

/// The task of a model.
///
/// ```
/// use gatewise_pipeline::{Source, Task, TrainConfig};
/// let plan = TrainConfig::new(Source::file("text.txt")).task(Task::LanguageModel).plan()?;
/// assert_eq!(plan.maxlen(), Some(128));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// Predict the labels of texts or series.
    #[default]
    Classify,
    /// Predict a number for each text.
    Regression,
    /// Predict the next character of one text.
    LanguageModel,
}

/// The decision threshold of a binary or multi-label model: a number, or a rule that chooses it. Serde writes
/// a number or the name of the rule.
///
/// ```
/// use gatewise::metrics::ThresholdRule;
/// use gatewise_pipeline::Threshold;
/// let threshold: Threshold = serde_json::from_str("\"f1\"").unwrap();
/// assert_eq!(threshold, Threshold::Best(ThresholdRule::F1));
/// assert_eq!(serde_json::to_string(&Threshold::At(0.25)).unwrap(), "0.25");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawThreshold", into = "RawThreshold")]
#[non_exhaustive]
pub enum Threshold {
    /// A fixed threshold.
    At(f32),
    /// The best threshold by this rule on the validation rows.
    Best(ThresholdRule),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum RawThreshold {
    At(f32),
    Best(String),
}

impl From<Threshold> for RawThreshold {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::At(threshold) => Self::At(threshold),
            Threshold::Best(rule) => Self::Best(rule.name().to_owned()),
        }
    }
}

impl TryFrom<RawThreshold> for Threshold {
    type Error = Error;

    fn try_from(raw: RawThreshold) -> Result<Self> {
        Ok(match raw {
            RawThreshold::At(threshold) => Self::At(threshold),
            RawThreshold::Best(name) => Self::Best(name.parse()?),
        })
    }
}

impl From<f32> for Threshold {
    fn from(threshold: f32) -> Self {
        Self::At(threshold)
    }
}

impl From<ThresholdRule> for Threshold {
    fn from(rule: ThresholdRule) -> Self {
        Self::Best(rule)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(threshold) => threshold.fmt(f),
            Self::Best(rule) => rule.fmt(f),
        }
    }
}
