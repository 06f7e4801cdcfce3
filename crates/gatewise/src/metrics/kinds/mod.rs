//! The metrics of the library: their names, their arguments and how each accumulates.
//!
//! Input: rows. Output: sums, and the result of sums. The sums of two sets of rows add up to the sums of both.

mod area;
mod confusion;
mod correlation;
mod f_score;
mod mean;
mod overlap;
mod r2;
mod thresholds;

use super::{MetricResult, MetricRows};
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// How a metric accumulates.
pub(super) trait Rule {
    /// Checks the arguments.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// Returns the number of targets that a row of `width` outputs needs, given that it has `given`; `None` for
    /// any.
    fn target_width(&self, width: usize, _given: usize) -> Option<usize> {
        Some(width)
    }
    /// Returns the sums before the first row of `width` outputs.
    fn start(&self, width: usize) -> Vec<f64>;
    /// Adds rows to the sums.
    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()>;
    /// Returns the result of the sums.
    fn result(&self, state: &[f64]) -> MetricResult;
    /// Returns whether the metric should increase.
    fn increases(&self) -> Option<bool> {
        Some(true)
    }
}

/// Lists the metrics: the variant, its name in Keras, and other names.
macro_rules! metrics {
    ($($variant:ident($settings:ty) = $name:literal $(, $alias:literal)*;)*) => {
        /// A metric of the library, with its arguments.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name")]
        pub(super) enum Own {$(
            #[serde(rename = $name $(, alias = $alias)*)]
            $variant($settings),
        )*}

        impl Own {
            pub fn rule(&self) -> &dyn Rule {
                match self {$(Self::$variant(rule) => rule,)*}
            }

            /// Returns Keras's name.
            pub fn name(&self) -> &'static str {
                match self {$(Self::$variant(_) => $name,)*}
            }
        }
    };
}

metrics! {
    Accuracy(mean::Automatic) = "accuracy", "acc";
    Equality(mean::Equality) = "Accuracy";
    BinaryAccuracy(mean::Binary) = "binary_accuracy";
    CategoricalAccuracy(mean::Categorical) = "categorical_accuracy";
    SparseCategoricalAccuracy(mean::Sparse) = "sparse_categorical_accuracy";
    TopK(mean::TopK) = "top_k_categorical_accuracy";
    SparseTopK(mean::SparseTopK) = "sparse_top_k_categorical_accuracy";
    CosineSimilarity(mean::Cosine) = "cosine_similarity";
    RootMeanSquaredError(mean::RootMeanSquaredError) = "root_mean_squared_error", "rmse";
    Mean(mean::Mean) = "mean";
    Sum(mean::Sum) = "sum";
    PearsonCorrelation(correlation::Pearson) = "pearson_correlation";
    ConcordanceCorrelation(correlation::Concordance) = "concordance_correlation";
    TruePositives(confusion::TruePositives) = "true_positives";
    TrueNegatives(confusion::TrueNegatives) = "true_negatives";
    FalsePositives(confusion::FalsePositives) = "false_positives";
    FalseNegatives(confusion::FalseNegatives) = "false_negatives";
    Precision(confusion::Precision) = "precision";
    Recall(confusion::Recall) = "recall";
    SensitivityAtSpecificity(confusion::SensitivityAtSpecificity) = "sensitivity_at_specificity";
    SpecificityAtSensitivity(confusion::SpecificityAtSensitivity) = "specificity_at_sensitivity";
    PrecisionAtRecall(confusion::PrecisionAtRecall) = "precision_at_recall";
    RecallAtPrecision(confusion::RecallAtPrecision) = "recall_at_precision";
    Auc(area::Auc) = "auc";
    F1Score(f_score::F1Score) = "f1_score";
    FBetaScore(f_score::FBetaScore) = "fbeta_score", "f_beta_score";
    R2Score(r2::R2Score) = "r2_score";
    IoU(overlap::IoU) = "io_u", "iou";
    MeanIoU(overlap::MeanIoU) = "mean_io_u", "mean_iou";
    BinaryIoU(overlap::BinaryIoU) = "binary_io_u", "binary_iou";
    OneHotIoU(overlap::OneHotIoU) = "one_hot_io_u", "one_hot_iou";
    OneHotMeanIoU(overlap::OneHotMeanIoU) = "one_hot_mean_io_u", "one_hot_mean_iou";
}

/// Keras's `epsilon()`.
const EPSILON: f64 = 1e-7;

/// Returns a / b, and 0 where b is 0.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// Returns a number for one number, and a vector otherwise.
fn one_or_all(numbers: Vec<f64>) -> MetricResult {
    match *numbers {
        [number] => MetricResult::Number(number),
        _ => MetricResult::Vector(numbers),
    }
}
