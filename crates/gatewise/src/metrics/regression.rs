//! Regression metrics.

use super::check;
use crate::error::{Error, Result};

fn mean(outputs: &[f32], targets: &[f32], f: impl Fn(f64, f64) -> f64) -> Result<f64> {
    let rows = check(outputs, 1, targets, 1)?;
    Ok(outputs.iter().zip(targets).map(|(&p, &y)| f(f64::from(p), f64::from(y))).sum::<f64>() / rows as f64)
}

/// Computes the mean absolute error (MAE), the mean of |p − y|.
///
/// ```
/// assert_eq!(gatewise::metrics::mean_absolute_error(&[1.0, 4.0], &[1.0, 2.0])?, 1.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// There are no rows, the slices have different lengths, or a number is not finite.
pub fn mean_absolute_error(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    mean(outputs, targets, |p, y| (p - y).abs())
}

/// Computes the root mean squared error (RMSE), the square root of the mean of (p − y)².
///
/// ```
/// assert_eq!(gatewise::metrics::root_mean_squared_error(&[3.0, 4.0], &[0.0, 0.0])?, 12.5f64.sqrt());
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`mean_absolute_error`].
pub fn root_mean_squared_error(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    mean(outputs, targets, |p, y| (p - y) * (p - y)).map(f64::sqrt)
}

/// Computes the coefficient of determination, R² = 1 − Σ(p − y)² / Σ(ȳ − y)². It is 1 for perfect
/// predictions, and 0 for a model that always predicts the mean ȳ of the targets.
///
/// ```
/// let r2 = gatewise::metrics::r2_score(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0])?;
/// assert_eq!(r2, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`mean_absolute_error`]; [`ErrorKind::Data`](crate::ErrorKind::Data) if all targets are equal.
pub fn r2_score(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let error = mean(outputs, targets, |p, y| (p - y) * (p - y))?;
    let centre = targets.iter().map(|&y| f64::from(y)).sum::<f64>() / targets.len() as f64;
    let spread = mean(outputs, targets, |_, y| (centre - y) * (centre - y))?;
    match spread > 0.0 {
        true => Ok(1.0 - error / spread),
        false => Err(Error::data("all targets are equal, so R² is undefined; use the mean absolute error")),
    }
}

/// Computes the mean absolute percentage error (MAPE), the mean of |p − y| / |y|, in **percent**, as in
/// Keras. (scikit-learn returns a fraction.)
///
/// ```
/// assert_eq!(gatewise::metrics::mean_absolute_percentage_error(&[3.0, 5.0], &[2.0, 5.0])?, 25.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`mean_absolute_error`]; [`ErrorKind::Data`](crate::ErrorKind::Data) if a target is 0.
pub fn mean_absolute_percentage_error(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    if let Some(row) = targets.iter().position(|&y| y == 0.0) {
        return Err(Error::data(format!(
            "row {row} has the target 0, for which a percentage error is undefined; use the mean absolute error"
        )));
    }
    mean(outputs, targets, |p, y| 100.0 * ((p - y) / y).abs())
}
