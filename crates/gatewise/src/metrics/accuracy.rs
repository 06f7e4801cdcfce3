//! Accuracy: the share of answers that are right.

use super::{argmax, binary_hit, check, check_classes};
use crate::error::Result;

/// Keras's `binary_accuracy`: the share of outputs that are on their target's side of `threshold`.
///
/// ```
/// use gatewise::metrics::binary_accuracy;
/// assert_eq!(binary_accuracy(&[0.2, 0.6, 0.9, 0.4], &[0.0, 0.0, 1.0, 1.0], 0.5)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// No rows, slices that do not fit each other, or numbers that are not finite.
pub fn binary_accuracy(outputs: &[f32], targets: &[f32], threshold: f32) -> Result<f64> {
    check(outputs, 1, targets, 1)?;
    Ok(share(outputs.iter().zip(targets).map(|(&p, &y)| binary_hit(p, y, threshold))))
}

/// Keras's `categorical_accuracy`: the share of rows whose largest output is where their largest target is.
/// `width` is the number of classes; where several numbers are the largest, the first is meant.
///
/// # Errors
/// As [`binary_accuracy`].
pub fn categorical_accuracy(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    check(outputs, width, targets, width)?;
    let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width));
    Ok(share(rows.map(|(p, y)| argmax(p) == argmax(y))))
}

/// Keras's `sparse_categorical_accuracy`: as [`categorical_accuracy`], with one class number a row.
///
/// ```
/// use gatewise::metrics::sparse_categorical_accuracy;
/// let outputs = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];
/// assert_eq!(sparse_categorical_accuracy(&outputs, &[1.0, 2.0], 3)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`binary_accuracy`], and a target that is no class.
pub fn sparse_categorical_accuracy(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    let classes = check_classes(outputs, width, targets)?;
    Ok(share(outputs.chunks_exact(width).zip(classes).map(|(p, class)| argmax(p) == class)))
}

/// Keras's `sparse_top_k_categorical_accuracy`: the share of rows in which fewer than `k` classes are more
/// probable than the right one. Classes that are as probable as it do not stand in its way, as in Keras on
/// TensorFlow; so with ties, and `k` = 1, it may exceed the accuracy.
///
/// ```
/// use gatewise::metrics::top_k_accuracy;
/// let outputs = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];
/// assert_eq!(top_k_accuracy(&outputs, &[2.0, 2.0], 3, 2)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`sparse_categorical_accuracy`].
pub fn top_k_accuracy(outputs: &[f32], targets: &[f32], width: usize, k: usize) -> Result<f64> {
    let classes = check_classes(outputs, width, targets)?;
    let rows = outputs.chunks_exact(width).zip(classes);
    Ok(share(rows.map(|(p, class)| p.iter().filter(|&&other| other > p[class]).count() < k)))
}

fn share(hits: impl ExactSizeIterator<Item = bool>) -> f64 {
    let rows = hits.len();
    hits.filter(|&hit| hit).count() as f64 / rows as f64
}
