//! Counts, precision and recall at thresholds, and the best of one where the other reaches a value.

use super::thresholds::{Counts, Given, Thresholds, check_count};
use super::{Rule, one_or_all, ratio};
use crate::error::{Error, Result};
use crate::metrics::{MetricResult, MetricRows};
use serde::{Deserialize, Serialize};

impl Counts {
    fn precision(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    fn recall(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    fn specificity(&self) -> f64 {
        ratio(self.true_negatives, self.true_negatives + self.false_positives)
    }
}

/// Makes a metric of the counts at each threshold.
macro_rules! at_thresholds {
    ($name:ident { $($field:ident),* }, $increases:expr, $value:expr) => {
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(in crate::metrics) struct $name {
            #[serde(skip_serializing_if = "Option::is_none")]
            thresholds: Option<Given>,
            $(#[serde(skip_serializing_if = "Option::is_none")]
            $field: Option<usize>,)*
        }

        impl $name {
            fn thresholds(&self) -> Thresholds {
                Thresholds::given(self.thresholds.as_ref(), [$(self.$field),*].as_slice())
            }
        }

        impl Rule for $name {
            fn check(&self) -> Result<()> {
                Thresholds::check(self.thresholds.as_ref())
            }

            fn start(&self, _: usize) -> Vec<f64> {
                self.thresholds().start(1)
            }

            fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
                self.thresholds().add(state, rows, 1, None)
            }

            fn result(&self, state: &[f64]) -> MetricResult {
                one_or_all(self.thresholds().counts(state, 0).iter().map($value).collect())
            }

            fn increases(&self) -> Option<bool> {
                $increases
            }
        }
    };
}

at_thresholds!(TruePositives {}, None, |counts| counts.true_positives);
at_thresholds!(TrueNegatives {}, None, |counts| counts.true_negatives);
at_thresholds!(FalsePositives {}, None, |counts| counts.false_positives);
at_thresholds!(FalseNegatives {}, None, |counts| counts.false_negatives);
at_thresholds!(Precision { top_k, class_id }, Some(true), Counts::precision);
at_thresholds!(Recall { top_k, class_id }, Some(true), Counts::recall);

/// Makes a metric of the largest value among the thresholds where another value is at least `$bound`.
macro_rules! best_where {
    ($name:ident, $bound:ident: $constrained:expr, $value:expr) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::metrics) struct $name {
            $bound: f64,
            #[serde(default = "num_thresholds")]
            num_thresholds: usize,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            class_id: Option<usize>,
        }

        impl $name {
            fn thresholds(&self) -> Thresholds {
                Thresholds::spread(self.num_thresholds, self.class_id)
            }
        }

        impl Rule for $name {
            fn check(&self) -> Result<()> {
                check_count(self.num_thresholds, 1)?;
                match (0.0..=1.0).contains(&self.$bound) {
                    true => Ok(()),
                    false => Err(Error::config(format!(
                        "{} is {}; it must be from 0 to 1",
                        stringify!($bound),
                        self.$bound
                    ))),
                }
            }

            fn start(&self, _: usize) -> Vec<f64> {
                self.thresholds().start(1)
            }

            fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
                self.thresholds().add(state, rows, 1, None)
            }

            fn result(&self, state: &[f64]) -> MetricResult {
                let counts = self.thresholds().counts(state, 0);
                // In single precision, as Keras compares: a bound of 0.8 is met by 4 of 5.
                let meets = |counts: &&Counts| $constrained(counts) as f32 >= self.$bound as f32;
                counts.iter().filter(meets).map($value).fold(0.0, f64::max).into()
            }
        }
    };
}

fn num_thresholds() -> usize {
    200
}

best_where!(SensitivityAtSpecificity, specificity: Counts::specificity, Counts::recall);
best_where!(SpecificityAtSensitivity, sensitivity: Counts::recall, Counts::specificity);
best_where!(PrecisionAtRecall, recall: Counts::recall, Counts::precision);
best_where!(RecallAtPrecision, precision: Counts::precision, Counts::recall);
