//! Metrics, and the [`Report`] of each task.
//!
//! Input: the outputs of a model, flat, and the targets. Output: a number, or a report. Metrics are pure
//! functions of whole slices. They are computed in `f64` in the order of the rows; counts are whole numbers.
//!
//! | task | target |
//! |---|---|
//! | binary, multi-label | 0 or 1; a target above ½ counts as positive |
//! | multiclass | number of the true class |
//! | regression | value |
//!
//! | kind | metrics |
//! |---|---|
//! | accuracy | [`binary_accuracy`], [`categorical_accuracy`], [`sparse_categorical_accuracy`], [`top_k_accuracy`] |
//! | each class | [`ConfusionMatrix`]: precision, recall and F1 of each class, averages, balanced accuracy; [`ClassCounts`] |
//! | ranking | [`roc_auc`], [`average_precision`], [`roc_curve`], [`best_threshold`] |
//! | probabilities | [`log_loss`], [`brier_score`], [`perplexity`], [`Calibration`] |
//! | multi-label | [`LabelsReport`]: exact matches, F1 of each label, and averages |
//! | regression | [`mean_absolute_error`], [`root_mean_squared_error`], [`r2_score`], [`mean_absolute_percentage_error`] |
//!
//! [`Metric`] is a metric of Keras by its name, which training measures ([`Fit::metrics`](crate::Fit::metrics));
//! [`MetricState`] accumulates it over batches.
//!
//! An undefined metric is an error: no rows, the area under a curve for rows of one class, a percentage of
//! zero. There are two exceptions, as in scikit-learn: the precision of a class that is never predicted is 0,
//! and the recall of a class that never occurs is 0.

mod accuracy;
mod calibration;
mod class_counts;
mod confusion;
mod kinds;
mod labels;
mod metric;
mod metric_rows;
mod metric_state;
mod probability;
mod ranking;
mod regression;
mod report;
mod roc;
mod threshold;

pub use accuracy::{binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, top_k_accuracy};
pub use calibration::{Calibration, CalibrationBin};
pub use class_counts::ClassCounts;
pub use confusion::{Average, ConfusionMatrix, Scores};
pub use labels::{LabelScores, LabelsReport};
pub use metric::{CustomMetric, Metric};
pub use metric_rows::{MetricResult, MetricRows};
pub use metric_state::MetricState;
pub use probability::{brier_score, log_loss, perplexity};
pub use ranking::{average_precision, roc_auc};
pub use regression::{
    mean_absolute_error, mean_absolute_percentage_error, r2_score, root_mean_squared_error,
};
pub use report::{BinaryReport, ClassesReport, LanguageReport, RegressionReport, Report, TopK};
pub use roc::{RocPoint, roc_curve};
pub use threshold::{ThresholdRule, best_threshold};

use crate::error::{Error, Result};
use crate::layers::Activation;
use crate::loss::Loss;
use serde::{Deserialize, Serialize};

/// Loss and accuracy on a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// Mean loss over the rows; over the steps, for a model with an output at every step.
    pub loss: f64,
    /// Fraction of correct predictions; `None` for regression.
    pub accuracy: Option<f64>,
    /// Number of rows.
    pub samples: usize,
}

/// Computes the accuracy of one row or step.
///
/// Multiclass: 1 if the largest output is at the true class, else 0. Binary: the fraction of the probabilities
/// on the same side of `threshold` as their target (Keras's threshold is ½). Hinge: the fraction of the outputs
/// with the sign of their label.
pub(crate) fn accuracy(loss: &Loss, output: &[f32], target: &[f32], threshold: f32) -> f64 {
    let hit = match loss {
        Loss::SparseCategoricalCrossentropy { .. } => argmax(output) == target[0] as usize,
        Loss::CategoricalCrossentropy { .. }
        | Loss::CategoricalFocalCrossentropy { .. }
        | Loss::CategoricalHinge => argmax(output) == argmax(target),
        _ => {
            let is_hit = |p: f32, y: f32| match loss {
                Loss::Hinge | Loss::SquaredHinge => (p > 0.0) == (y > 0.0),
                _ if loss.from_logits() => {
                    let mut p = [p];
                    Activation::Sigmoid.apply_row(&mut p);
                    binary_hit(p[0], y, threshold)
                }
                _ => binary_hit(p, y, threshold),
            };
            let hits = output.iter().zip(target).filter(|&(&p, &y)| is_hit(p, y)).count();
            return hits as f64 / output.len() as f64;
        }
    };
    f64::from(u8::from(hit))
}

/// Returns the index of the largest number, the first of equal ones.
pub(crate) fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}

/// Returns whether the class that `threshold` predicts for `output` is the class of `target`.
///
/// ```
/// assert!(gatewise::metrics::binary_hit(0.7, 1.0, 0.5));
/// assert!(gatewise::metrics::binary_hit(0.5, 0.0, 0.5));
/// ```
pub fn binary_hit(output: f32, target: f32, threshold: f32) -> bool {
    (output > threshold) == is_positive(target)
}

/// Returns whether a binary target is the positive class.
fn is_positive(target: f32) -> bool {
    target > 0.5
}

/// Checks that there are rows, that each has `width` outputs and `target_width` targets, and that all are
/// finite. Returns the number of rows.
fn check(outputs: &[f32], width: usize, targets: &[f32], target_width: usize) -> Result<usize> {
    if width == 0 || !outputs.len().is_multiple_of(width) {
        return Err(Error::shape(format!(
            "{} outputs are not a whole number of rows of {width}",
            outputs.len()
        )));
    }
    let rows = outputs.len() / width;
    if targets.len() != rows * target_width {
        return Err(Error::shape(format!(
            "{rows} rows of outputs need {} targets, but there are {}",
            rows * target_width,
            targets.len()
        )));
    }
    if rows == 0 {
        return Err(Error::data("there are no rows to measure"));
    }
    let place = |values: &[f32]| values.iter().position(|v| !v.is_finite());
    match (place(outputs), place(targets)) {
        (Some(at), _) => Err(Error::data(format!(
            "row {} has the output {}, which is not a finite number",
            at / width,
            outputs[at]
        ))),
        (_, Some(at)) => {
            let row = at / target_width.max(1);
            Err(Error::data(format!(
                "row {row} has the target {}, which is not a finite number",
                targets[at]
            )))
        }
        _ => Ok(rows),
    }
}

/// Checks outputs with one class number for each row, and returns the class numbers.
fn check_classes(outputs: &[f32], width: usize, targets: &[f32]) -> Result<Vec<usize>> {
    check(outputs, width, targets, 1)?;
    let class = |(row, &target): (usize, &f32)| {
        let is_class = target >= 0.0 && target.fract() == 0.0 && f64::from(target) < width as f64;
        is_class.then_some(target as usize).ok_or_else(|| {
            Error::data(format!(
                "row {row} has the target {target}, but {width} outputs need the number of a class from 0 to {}",
                width - 1
            ))
        })
    };
    targets.iter().enumerate().map(class).collect()
}
/// Writes a line of the text: a name and a number.
fn line(f: &mut std::fmt::Formatter<'_>, name: &str, value: f64) -> std::fmt::Result {
    writeln!(f, "{name:<18} {value:.4}")
}
