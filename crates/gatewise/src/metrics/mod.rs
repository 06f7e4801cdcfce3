//! Metrics: what is reported beside the loss.
//!
//! Enters: what a model answered, flat, and the targets: 0 or 1 for a yes-or-no question (a target above ½
//! counts as yes), the number of the right class, or the values themselves. Leaves: numbers, and the
//! [`Report`] that suits a task. All are pure functions of whole slices, computed in `f64` in the order of the
//! rows, and counted in whole numbers where counting is all there is to it.
//!
//! | of | metrics |
//! |---|---|
//! | answers that are right | [`binary_accuracy`], [`categorical_accuracy`], [`sparse_categorical_accuracy`], [`top_k_accuracy`] |
//! | each class | [`ConfusionMatrix`]: precision, recall, F1, each or averaged |
//! | the order of scores | [`roc_auc`], [`average_precision`], [`best_threshold`] |
//! | probabilities | [`log_loss`], [`brier_score`], [`perplexity`], [`Calibration`] |
//! | any number of labels | [`LabelsReport`]: exact matches, F1 of each label and averaged |
//! | values | [`mean_absolute_error`], [`root_mean_squared_error`], [`r2_score`], [`mean_absolute_percentage_error`] |
//!
//! What is undefined is an error: no rows at all, the area under a curve that needs both classes where there
//! is one, a percentage of zero. The exception is as in scikit-learn: precision of a class that was never
//! answered, and recall of one that never occurs, are 0.

mod accuracy;
mod calibration;
mod confusion;
mod labels;
mod probability;
mod ranking;
mod regression;
mod report;
mod threshold;

pub use accuracy::{binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, top_k_accuracy};
pub use calibration::{Calibration, CalibrationBin};
pub use confusion::{Average, ConfusionMatrix, Scores};
pub use labels::{LabelScores, LabelsReport};
pub use probability::{brier_score, log_loss, perplexity};
pub use ranking::{average_precision, roc_auc};
pub use regression::{
    mean_absolute_error, mean_absolute_percentage_error, r2_score, root_mean_squared_error,
};
pub use report::{BinaryReport, ClassesReport, LanguageReport, RegressionReport, Report, TopK};
pub use threshold::{ThresholdRule, best_threshold};

use crate::error::{Error, Result};
use crate::loss::Loss;
use serde::{Deserialize, Serialize};

/// Loss and accuracy over a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Mean loss a row, or a step where a model answers at every step.
    pub loss: f64,
    /// Share of answers whose class was right; `None` for numbers, which are near or far.
    pub accuracy: Option<f64>,
    /// Number of rows.
    pub samples: usize,
}

/// How right one answer is, from 0 to 1, as Keras's `"accuracy"` counts it for this loss: whether the most
/// probable class is the right one or, for probabilities of their own, the share of them on the right side
/// of `threshold` (Keras's is one half).
pub(crate) fn accuracy(loss: Loss, output: &[f32], target: &[f32], threshold: f32) -> f64 {
    let hit = match loss {
        Loss::SparseCategoricalCrossentropy => argmax(output) == target[0] as usize,
        Loss::CategoricalCrossentropy { .. } => argmax(output) == argmax(target),
        _ => {
            let hits = output.iter().zip(target).filter(|&(&p, &y)| binary_hit(p, y, threshold)).count();
            return hits as f64 / output.len() as f64;
        }
    };
    f64::from(u8::from(hit))
}

/// The place of the largest number, the first where several are equal.
pub(crate) fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}

/// Whether a binary output above `threshold` agrees with its target.
///
/// ```
/// assert!(gatewise::metrics::binary_hit(0.7, 1.0, 0.5));
/// assert!(gatewise::metrics::binary_hit(0.5, 0.0, 0.5));
/// ```
pub fn binary_hit(output: f32, target: f32, threshold: f32) -> bool {
    (output > threshold) == is_yes(target)
}

/// Whether a target means yes.
fn is_yes(target: f32) -> bool {
    target > 0.5
}

/// Checks that there are rows, `width` outputs and `target_width` targets for each, and that all are finite.
/// Returns how many rows there are.
fn check(outputs: &[f32], width: usize, targets: &[f32], target_width: usize) -> Result<usize> {
    if width == 0 || !outputs.len().is_multiple_of(width) {
        return Err(Error::shape(format!(
            "{} outputs are no whole number of rows of {width}",
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
        (Some(at), _) => {
            Err(Error::data(format!("row {} has the output {}, which is no number", at / width, outputs[at])))
        }
        (_, Some(at)) => {
            let row = at / target_width.max(1);
            Err(Error::data(format!("row {row} has the target {}, which is no number", targets[at])))
        }
        _ => Ok(rows),
    }
}

/// Checks outputs with one class number a row, and returns the class numbers.
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
