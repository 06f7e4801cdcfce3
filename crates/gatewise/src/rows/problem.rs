//! The problem type, which determines the meaning of targets and outputs.

use super::{Scaler, Targets};
use serde::{Deserialize, Serialize};

/// The problem type (Hugging Face's `problem_type`).
///
/// | problem | label field of a file | target | last layer |
/// |---|---|---|---|
/// | `SingleLabel` | one name | the index of the class | two classes: one sigmoid; more: a softmax |
/// | `MultiLabel` | any number of names | 0 or 1 for each label | one sigmoid for each label |
/// | `Regression` | a number | the number, standardized by the training rows | one linear output |
///
/// ```
/// use gatewise::rows::Problem;
/// let problem = Problem::multi_label(";");
/// assert!(matches!(problem, Problem::MultiLabel { separator, .. } if separator == ";"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Problem {
    /// Single-label classification: each row belongs to one of several classes.
    #[default]
    #[serde(rename = "single_label_classification")]
    SingleLabel,
    /// Multi-label classification: each row has any number of labels.
    #[serde(rename = "multi_label_classification")]
    #[non_exhaustive]
    MultiLabel {
        /// The separator between the labels of a row in a file.
        separator: String,
    },
    /// Regression: each row has a number.
    #[serde(rename = "regression")]
    #[non_exhaustive]
    Regression {
        /// The scaler that maps numbers to model outputs and back. The default does not scale.
        scale: Scaler,
    },
}

impl Problem {
    /// Returns multi-label classification with this separator between the labels of a row in a file.
    pub fn multi_label(separator: impl Into<String>) -> Self {
        Self::MultiLabel { separator: separator.into() }
    }

    /// Returns regression with a scaler that is not fitted and does not scale.
    pub fn regression() -> Self {
        Self::Regression { scale: Scaler::default() }
    }

    /// Returns regression with this scaler.
    pub fn scaled_regression(scale: Scaler) -> Self {
        Self::Regression { scale }
    }

    /// Returns the stratum of each row for a stratified split ([`hold_out`](super::hold_out)).
    ///
    /// - Single-label: the class.
    /// - Multi-label: the rarest label of the row, or a stratum of rows without labels.
    /// - Regression, and targets per step: one stratum for all rows.
    pub fn strata(&self, targets: &Targets) -> Vec<u32> {
        let rows = || targets.values().chunks_exact(targets.width());
        match self {
            _ if targets.per_step() => vec![0; targets.len()],
            Self::Regression { .. } => vec![0; targets.len()],
            Self::SingleLabel => targets.values().iter().map(|&class| class as u32).collect(),
            Self::MultiLabel { .. } => {
                let mut counts = vec![0usize; targets.width()];
                let has = |row: &[f32], label: usize| row[label] > 0.5;
                rows().for_each(|row| {
                    counts.iter_mut().enumerate().for_each(|(at, n)| *n += usize::from(has(row, at)))
                });
                let rarest =
                    |row: &[f32]| (0..row.len()).filter(|&at| has(row, at)).min_by_key(|&at| counts[at]);
                rows().map(|row| rarest(row).unwrap_or(row.len()) as u32).collect()
            }
        }
    }

    /// Returns a description for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::SingleLabel => "classes",
            Self::MultiLabel { .. } => "any number of labels a row",
            Self::Regression { .. } => "numbers",
        }
    }
}
