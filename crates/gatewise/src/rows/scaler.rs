//! Standardization: scales numbers to mean 0 and standard deviation 1, and back.

use serde::{Deserialize, Serialize};

/// A scaler that standardizes numbers to mean 0 and standard deviation 1, and back.
///
/// A scaler is fitted on the training split only, because the test split is unknown when a model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scaler {
    /// The mean of the numbers that the scaler was fitted on.
    pub mean: f32,
    /// The standard deviation of the numbers that the scaler was fitted on.
    pub deviation: f32,
}

/// The identity: mean 0, standard deviation 1.
impl Default for Scaler {
    fn default() -> Self {
        Self { mean: 0.0, deviation: 1.0 }
    }
}

impl Scaler {
    /// Returns the scaler with this mean and standard deviation.
    pub fn new(mean: f32, deviation: f32) -> Self {
        Self { mean, deviation }
    }

    /// Fits the mean and the standard deviation of `values`. The standard deviation of equal values is set to
    /// 1.
    pub fn fit(values: impl Iterator<Item = f32> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().map(f64::from).sum::<f64>() / count;
        let variance = values.map(|value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        let deviation = if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 };
        Self { mean: mean as f32, deviation }
    }

    /// Returns the standardized value.
    pub fn scale(self, value: f32) -> f32 {
        (value - self.mean) / self.deviation
    }

    /// Returns whether the scaler is invertible: both numbers are finite and the deviation is positive.
    pub(crate) fn is_sound(self) -> bool {
        self.mean.is_finite() && self.deviation.is_finite() && self.deviation > 0.0
    }

    /// Returns the value of a standardized value.
    pub fn restore(self, value: f32) -> f32 {
        value * self.deviation + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_is_undone() {
        let scaler = Scaler::fit([1.0, 3.0].into_iter());
        assert_eq!((scaler.mean, scaler.deviation), (2.0, 1.0));
        assert_eq!(scaler.restore(scaler.scale(5.0)), 5.0);
        assert_eq!(Scaler::fit([4.0, 4.0].into_iter()).scale(4.0), 0.0);
    }
}
