//! Metrics of probabilities.

use super::{check, check_classes};
use crate::error::{Error, Result};
use crate::loss::Loss;

/// Computes the log loss: the mean of −ln of the probability of the true class. Probabilities are clipped to
/// 1e-7..1 − 1e-7, as in Keras.
///
/// `width` 1: one probability for each row, of a binary model. Larger `width`: the probabilities of the
/// classes, with one class number for each row.
///
/// ```
/// use gatewise::metrics::log_loss;
/// assert!((log_loss(&[0.5, 0.5], &[0.0, 1.0], 1)? - 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// There are no rows, the slices have lengths that do not match, a number is not finite, an output is not a
/// probability, or a target is out of range.
pub fn log_loss(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    let loss = match width {
        1 => Loss::binary_crossentropy(),
        _ => Loss::sparse_categorical_crossentropy(),
    };
    check(outputs, width, targets, 1)?;
    loss.check(targets, width)?;
    check_probabilities(outputs, width)?;
    let rows = outputs.chunks_exact(width).zip(targets);
    let count = rows.len();
    Ok(rows.map(|(p, y)| loss.value(p, std::slice::from_ref(y))).sum::<f64>() / count as f64)
}

/// Computes the perplexity, e to the power of the [`log_loss`]: the number of equally probable classes with
/// the same log loss. The usual metric of language models.
///
/// ```
/// use gatewise::metrics::perplexity;
/// // A uniform distribution over four classes.
/// assert!((perplexity(&[0.25; 8], &[1.0, 3.0], 4)? - 4.0).abs() < 1e-12);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`log_loss`].
pub fn perplexity(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    check_classes(outputs, width, targets)?;
    log_loss(outputs, targets, width).map(f64::exp)
}

/// Computes the Brier score, the mean of (p − y)², of a binary model: 0 is best, 1 is worst, and 0.25 is the
/// score of a constant ½.
///
/// ```
/// use gatewise::metrics::brier_score;
/// assert_eq!(brier_score(&[1.0, 0.5], &[1.0, 0.0])?, 0.125);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`log_loss`].
pub fn brier_score(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let rows = check(outputs, 1, targets, 1)?;
    Loss::binary_crossentropy().check(targets, 1)?;
    check_probabilities(outputs, 1)?;
    let square = |(&p, &y): (&f32, &f32)| (f64::from(p) - f64::from(y)).powi(2);
    Ok(outputs.iter().zip(targets).map(square).sum::<f64>() / rows as f64)
}

/// Checks that all outputs are probabilities.
pub(super) fn check_probabilities(outputs: &[f32], width: usize) -> Result<()> {
    match outputs.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(at) => Err(Error::data(format!(
            "row {} has the output {}, but probabilities are from 0 to 1; end the model in a sigmoid or a softmax",
            at / width,
            outputs[at]
        ))),
        None => Ok(()),
    }
}
