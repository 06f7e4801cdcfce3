//! The scale of numbers: to mean 0 and standard deviation 1, and back.

use serde::{Deserialize, Serialize};

/// Brings numbers to mean 0 and standard deviation 1, and back.
///
/// It is fitted on the training part only: the test part's mean is not known when a model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    /// Mean of the numbers it was fitted on.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
}

/// No scale at all: mean 0, deviation 1.
impl Default for Scaler {
    fn default() -> Self {
        Self { mean: 0.0, deviation: 1.0 }
    }
}

impl Scaler {
    /// Mean and standard deviation of `values`. Equal values are shifted, not stretched.
    pub fn fit(values: impl Iterator<Item = f32> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().map(f64::from).sum::<f64>() / count;
        let variance = values.map(|value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        let deviation = if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 };
        Self { mean: mean as f32, deviation }
    }

    /// To the scale of the model.
    pub fn scale(self, value: f32) -> f32 {
        (value - self.mean) / self.deviation
    }

    /// Whether it can be undone: both numbers are finite, the deviation above 0.
    pub(crate) fn is_sound(self) -> bool {
        self.mean.is_finite() && self.deviation.is_finite() && self.deviation > 0.0
    }

    /// Back from it.
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
