//! How good probabilities are.

use super::{check, check_classes};
use crate::error::{Error, Result};
use crate::loss::Loss;

/// The mean of −ln of the probability given to what was right; probabilities are kept 1e-7 from 0 and 1, as
/// Keras does. `width` 1 is a binary model's one probability, more are those of classes, with one class number
/// a row.
///
/// ```
/// use gatewise::metrics::log_loss;
/// assert!((log_loss(&[0.5, 0.5], &[0.0, 1.0], 1)? - 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// No rows, slices that do not fit each other, numbers that are not finite, outputs or targets that the loss
/// has no meaning for.
pub fn log_loss(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    let loss = match width {
        1 => Loss::binary_crossentropy(),
        _ => Loss::SparseCategoricalCrossentropy,
    };
    check(outputs, width, targets, 1)?;
    loss.check(targets, width)?;
    check_probabilities(outputs, width)?;
    let rows = outputs.chunks_exact(width).zip(targets);
    let count = rows.len();
    Ok(rows.map(|(p, y)| loss.value(p, std::slice::from_ref(y))).sum::<f64>() / count as f64)
}

/// e to the power of the log loss: among how many equally probable classes the model might as well have
/// chosen. For a language model, of characters or words.
///
/// ```
/// use gatewise::metrics::perplexity;
/// // Always unsure among four.
/// assert!((perplexity(&[0.25; 8], &[1.0, 3.0], 4)? - 4.0).abs() < 1e-12);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`log_loss`].
pub fn perplexity(outputs: &[f32], targets: &[f32], width: usize) -> Result<f64> {
    check_classes(outputs, width, targets)?;
    log_loss(outputs, targets, width).map(f64::exp)
}

/// The mean of (p − y)², for the probabilities of a binary model: 0 at best, 1 at worst, 0.25 for always ½.
///
/// ```
/// use gatewise::metrics::brier_score;
/// assert_eq!(brier_score(&[1.0, 0.5], &[1.0, 0.0])?, 0.125);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`log_loss`].
pub fn brier_score(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let rows = check(outputs, 1, targets, 1)?;
    Loss::binary_crossentropy().check(targets, 1)?;
    check_probabilities(outputs, 1)?;
    let square = |(&p, &y): (&f32, &f32)| (f64::from(p) - f64::from(y)).powi(2);
    Ok(outputs.iter().zip(targets).map(square).sum::<f64>() / rows as f64)
}

/// Refuses what is no probability.
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
