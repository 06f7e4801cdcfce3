//! Accuracy: the fraction of predictions that are correct.

use super::{argmax, binary_hit, check, check_classes};
use crate::error::Result;

/// Computes Keras's `binary_accuracy`: the fraction of outputs on the same side of `threshold` as their
/// target.
///
/// ```
/// use gatewise::metrics::binary_accuracy;
/// assert_eq!(binary_accuracy(&[0.2, 0.6, 0.9, 0.4], &[0.0, 0.0, 1.0, 1.0], 0.5)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// There are no rows, the slices have lengths that do not match, or a number is not finite.
pub fn binary_accuracy(outputs: &[f32], targets: &[f32], threshold: f32) -> Result<f64> {
    check(outputs, 1, targets, 1)?;
    Ok(fraction(outputs.iter().zip(targets).map(|(&p, &y)| binary_hit(p, y, threshold))))
}

/// Computes Keras's `categorical_accuracy`: the fraction of rows whose largest output is at the index of
/// their largest target.
///
/// `width` is the number of classes. Of equal numbers the first counts as the largest.
///
/// # Errors
/// Same errors as [`binary_accuracy`].
pub fn categorical_accuracy(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    check(outputs, width, targets, width)?;
    let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width));
    Ok(fraction(rows.map(|(p, y)| argmax(p) == argmax(y))))
}

/// Computes Keras's `sparse_categorical_accuracy`: [`categorical_accuracy`] with one class number for each
/// row.
///
/// ```
/// use gatewise::metrics::sparse_categorical_accuracy;
/// let outputs = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];
/// assert_eq!(sparse_categorical_accuracy(&outputs, &[1.0, 2.0], 3)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`binary_accuracy`]; or a target is not a class number.
pub fn sparse_categorical_accuracy(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    let classes = check_classes(outputs, width, targets)?;
    Ok(fraction(outputs.chunks_exact(width).zip(classes).map(|(p, class)| argmax(p) == class)))
}

/// Computes Keras's `sparse_top_k_categorical_accuracy`: the fraction of rows in which fewer than `k` classes
/// have a higher output than the true class.
///
/// Ties count in favour of the true class, as in Keras on TensorFlow. With ties, the top-1 accuracy may
/// exceed the accuracy.
///
/// ```
/// use gatewise::metrics::top_k_accuracy;
/// let outputs = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];
/// assert_eq!(top_k_accuracy(&outputs, &[2.0, 2.0], 3, 2)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`sparse_categorical_accuracy`].
pub fn top_k_accuracy(outputs: &[f32], targets: &[f32], width: usize, k: usize) -> Result<f64> {
    let classes = check_classes(outputs, width, targets)?;
    let rows = outputs.chunks_exact(width).zip(classes);
    Ok(fraction(rows.map(|(p, class)| p.iter().filter(|&&other| other > p[class]).count() < k)))
}

fn fraction(hits: impl ExactSizeIterator<Item = bool>) -> f64 {
    let rows = hits.len();
    hits.filter(|&hit| hit).count() as f64 / rows as f64
}
