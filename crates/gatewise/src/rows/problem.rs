//! What is asked about a row, and so what its targets and a model's outputs mean.

use super::{Scaler, Targets};
use serde::{Deserialize, Serialize};

/// What is asked about a row (Hugging Face's `problem_type`).
///
/// | problem | a file's label field | target | a model ends in |
/// |---|---|---|---|
/// | `SingleLabel` | a name | the number of the class | one sigmoid for two classes, else a softmax |
/// | `MultiLabel` | names, or none | 0 or 1 for each label | a sigmoid for each label |
/// | `Regression` | a number | the number, on the scale of the training rows | one linear output |
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Problem {
    /// Which of several classes it belongs to.
    #[default]
    #[serde(rename = "single_label_classification")]
    SingleLabel,
    /// Which of several labels it has: any number of them, none too.
    #[serde(rename = "multi_label_classification")]
    MultiLabel {
        /// What stands between the names of labels where they are written.
        separator: String,
    },
    /// Which number it has.
    #[serde(rename = "regression")]
    Regression {
        /// What the model's output is brought back from; until it is fitted, no scale at all.
        scale: Scaler,
    },
}

impl Problem {
    /// A regression whose scale is still to be fitted.
    pub fn regression() -> Self {
        Self::Regression { scale: Scaler::default() }
    }

    /// For each row a number that rows share which are alike, to be split by ([`hold_out`](super::hold_out)): its
    /// class, or the rarest of its labels; numbers are all alike, and so are targets of steps.
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

    /// For people.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::SingleLabel => "classes",
            Self::MultiLabel { .. } => "any number of labels a row",
            Self::Regression { .. } => "numbers",
        }
    }
}
