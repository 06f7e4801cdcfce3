//! How far values are from what they should be.

use super::check;
use crate::error::{Error, Result};

fn mean(outputs: &[f32], targets: &[f32], f: impl Fn(f64, f64) -> f64) -> Result<f64> {
    let rows = check(outputs, 1, targets, 1)?;
    Ok(outputs.iter().zip(targets).map(|(&p, &y)| f(f64::from(p), f64::from(y))).sum::<f64>() / rows as f64)
}

/// The mean of |p − y|.
///
/// ```
/// assert_eq!(gatewise::metrics::mean_absolute_error(&[1.0, 4.0], &[1.0, 2.0])?, 1.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// No rows, slices of different lengths, or numbers that are not finite.
pub fn mean_absolute_error(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    mean(outputs, targets, |p, y| (p - y).abs())
}

/// The root of the mean of (p − y)².
///
/// ```
/// assert_eq!(gatewise::metrics::root_mean_squared_error(&[3.0, 4.0], &[0.0, 0.0])?, 12.5f64.sqrt());
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`mean_absolute_error`].
pub fn root_mean_squared_error(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    mean(outputs, targets, |p, y| (p - y) * (p - y)).map(f64::sqrt)
}

/// The coefficient of determination R² = 1 − Σ(p − y)² / Σ(ȳ − y)²: 1 where all is right, 0 for whoever always says
/// the mean ȳ of the targets.
///
/// ```
/// let r2 = gatewise::metrics::r2_score(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0])?;
/// assert_eq!(r2, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`mean_absolute_error`], and [`ErrorKind::Data`](crate::ErrorKind::Data) when all targets are equal.
pub fn r2_score(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let error = mean(outputs, targets, |p, y| (p - y) * (p - y))?;
    let centre = targets.iter().map(|&y| f64::from(y)).sum::<f64>() / targets.len() as f64;
    let spread = mean(outputs, targets, |_, y| (centre - y) * (centre - y))?;
    match spread > 0.0 {
        true => Ok(1.0 - error / spread),
        false => Err(Error::data("all targets are equal, so there is nothing for R² to explain")),
    }
}

/// The mean of |p − y| / |y|, in **percent**, as Keras gives it (scikit-learn gives the hundredth part).
///
/// ```
/// assert_eq!(gatewise::metrics::mean_absolute_percentage_error(&[3.0, 5.0], &[2.0, 5.0])?, 25.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`mean_absolute_error`], and [`ErrorKind::Data`](crate::ErrorKind::Data) when a target is 0, of which
/// nothing is a percentage.
pub fn mean_absolute_percentage_error(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    if let Some(row) = targets.iter().position(|&y| y == 0.0) {
        return Err(Error::data(format!(
            "row {row} has the target 0, of which no error is a percentage; use the mean absolute error"
        )));
    }
    mean(outputs, targets, |p, y| 100.0 * ((p - y) / y).abs())
}
