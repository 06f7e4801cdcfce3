//! Calibration: whether eight in ten of the rows with a predicted probability of 0.8 are positive.

use super::probability::check_probabilities;
use super::{brier_score, check, is_positive};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A reliability curve of a binary model: predicted probabilities against observed frequencies.
///
/// ```
/// use gatewise::metrics::Calibration;
///
/// let calibration = Calibration::new(&[0.125, 0.125, 0.75, 0.75], &[0.0, 0.0, 1.0, 0.0], 2)?;
/// assert_eq!(calibration.bins.len(), 2);
/// assert_eq!((calibration.bins[1].predicted, calibration.bins[1].observed), (0.75, 0.5));
/// // The error is 0.125 for half of the rows and 0.25 for the other half.
/// assert_eq!(calibration.expected_error, 0.1875);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// The bins that contain rows, of equal width, in ascending order.
    pub bins: Vec<CalibrationBin>,
    /// Expected calibration error: the mean over the rows of the absolute difference of `predicted` and
    /// `observed`.
    pub expected_error: f64,
    /// Maximum calibration error: the largest difference of any bin.
    pub largest_error: f64,
    /// Brier score: the mean squared difference of probability and target.
    pub brier_score: f64,
    /// Number of rows.
    pub samples: usize,
    /// Name of the positive class, whose probabilities and rows are counted; `None` if unknown.
    #[serde(default)]
    pub positive: Option<String>,
}

/// One bin of a [`Calibration`]: the rows with probabilities in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationBin {
    /// Lower bound of the probabilities, exclusive (inclusive in the lowest bin).
    pub low: f64,
    /// Upper bound of the probabilities, inclusive.
    pub high: f64,
    /// Number of rows.
    pub count: usize,
    /// Mean predicted probability.
    pub predicted: f64,
    /// Observed fraction of positive rows.
    pub observed: f64,
}

impl CalibrationBin {
    /// Returns the 95 % confidence interval of the observed fraction: Wilson's interval, which is valid for
    /// few rows too.
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
    /// Computes the curve with `bins` bins of equal width; 10 are usual. A probability on an edge belongs to
    /// the lower bin, as in scikit-learn.
    ///
    /// # Errors
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config): `bins` is not from 1 to 1000.
    /// - [`ErrorKind::Data`](crate::ErrorKind::Data): there are no rows, an output is not a probability, or a
    ///   target is not from 0 to 1.
    /// - [`ErrorKind::Shape`](crate::ErrorKind::Shape): the slices have lengths that do not match.
    pub fn new(outputs: &[f32], targets: &[f32], bins: usize) -> Result<Self> {
        if !(1..=1000).contains(&bins) {
            return Err(Error::config(format!(
                "a calibration curve has {bins} bins; it must have 1 to 1000"
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
            all[bin].observed += f64::from(u8::from(is_positive(y)));
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
            positive: None,
        })
    }

    /// Sets the name of the positive class.
    pub fn with_positive(self, name: Option<&str>) -> Self {
        Self { positive: name.map(String::from), ..self }
    }
}

impl fmt::Display for Calibration {
    /// Writes the positive class, the curve as a table, and the errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(positive) = &self.positive {
            writeln!(f, "Calibration of the positive class '{positive}'")?;
        }
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
