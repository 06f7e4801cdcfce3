//! Calibration: whether of the rows given a probability of 0.8, eight in ten are yes.

use super::probability::check_probabilities;
use super::{brier_score, check, is_yes};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How well a binary model's probabilities agree with what happens.
///
/// ```
/// use gatewise::metrics::Calibration;
///
/// let calibration = Calibration::new(&[0.125, 0.125, 0.75, 0.75], &[0.0, 0.0, 1.0, 0.0], 2)?;
/// assert_eq!(calibration.bins.len(), 2);
/// assert_eq!((calibration.bins[1].predicted, calibration.bins[1].observed), (0.75, 0.5));
/// // Half the rows are off by 0.125, half by 0.25.
/// assert_eq!(calibration.expected_error, 0.1875);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The reliability curve: bins of equal width that hold rows, from low to high.
    pub bins: Vec<CalibrationBin>,
    /// Expected calibration error: the mean distance of `predicted` and `observed` over the rows.
    pub expected_error: f64,
    /// The largest distance in any bin.
    pub largest_error: f64,
    /// The mean square of probability minus target.
    pub brier_score: f64,
    /// Number of rows.
    pub samples: usize,
}

/// Rows whose probabilities are near each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Probabilities are above this (in the lowest bin, at least this).
    pub low: f64,
    /// Probabilities are at most this.
    pub high: f64,
    /// Number of rows.
    pub count: usize,
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them that is yes.
    pub observed: f64,
}

impl CalibrationBin {
    /// Where the true share lies, in 95 of 100 cases: Wilson's interval, which holds for few rows too.
    ///
    /// ```
    /// # let calibration = gatewise::metrics::Calibration::new(&[0.9; 10], &[1.0; 10], 10)?;
    /// let (low, high) = calibration.bins[0].interval();
    /// assert!((low - 0.7225).abs() < 1e-4 && (high - 1.0).abs() < 1e-12);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn interval(&self) -> (f64, f64) {
        /// The 97.5th percentile of the normal distribution.
        const Z: f64 = 1.959_963_984_540_054;
        let (n, p) = (self.count as f64, self.observed);
        let shrink = 1.0 + Z * Z / n;
        let centre = (p + Z * Z / (2.0 * n)) / shrink;
        let half = Z / shrink * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((centre - half).max(0.0), (centre + half).min(1.0))
    }
}

impl Calibration {
    /// Sorts the rows into `bins` bins by their probability (ten are usual); one on an edge goes to the lower
    /// bin, as in scikit-learn.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for bins other than 1 to 1000,
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for no rows, outputs that are no probabilities or targets
    /// that are not from 0 to 1, [`ErrorKind::Shape`](crate::ErrorKind::Shape) when slices do not fit.
    pub fn new(outputs: &[f32], targets: &[f32], bins: usize) -> Result<Self> {
        if !(1..=1000).contains(&bins) {
            return Err(Error::config(format!(
                "a calibration curve of {bins} bins; there must be 1 to 1000"
            )));
        }
        let samples = check(outputs, 1, targets, 1)?;
        check_probabilities(outputs, 1)?;
        let edge = |bin: usize| bin as f64 / bins as f64;
        let empty = |bin| CalibrationBin {
            low: edge(bin),
            high: edge(bin + 1),
            count: 0,
            predicted: 0.0,
            observed: 0.0,
        };
        let mut all: Vec<CalibrationBin> = (0..bins).map(empty).collect();
        for (&p, &y) in outputs.iter().zip(targets) {
            let p = f64::from(p);
            let bin = all.partition_point(|bin| bin.high < p).min(bins - 1);
            all[bin].count += 1;
            all[bin].predicted += p;
            all[bin].observed += f64::from(u8::from(is_yes(y)));
        }
        all.retain(|bin| bin.count > 0);
        for bin in &mut all {
            bin.predicted /= bin.count as f64;
            bin.observed /= bin.count as f64;
        }
        let gap = |bin: &CalibrationBin| (bin.predicted - bin.observed).abs();
        Ok(Self {
            expected_error: all.iter().map(|bin| gap(bin) * bin.count as f64).sum::<f64>() / samples as f64,
            largest_error: all.iter().map(gap).fold(0.0, f64::max),
            brier_score: brier_score(outputs, targets)?,
            bins: all,
            samples,
        })
    }
}

impl fmt::Display for Calibration {
    /// A table of the curve, and the errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<13}{:>8}{:>11}{:>10}   95 % interval",
            "probability", "rows", "predicted", "observed"
        )?;
        for bin in &self.bins {
            let (low, high) = bin.interval();
            writeln!(
                f,
                "{:.2} – {:.2}  {:>8}{:>11.4}{:>10.4}   {low:.4} – {high:.4}",
                bin.low, bin.high, bin.count, bin.predicted, bin.observed
            )?;
        }
        writeln!(
            f,
            "Expected calibration error: {:.4} - Largest: {:.4} - Brier score: {:.4}",
            self.expected_error, self.largest_error, self.brier_score
        )
    }
}
