//! Moving averages of the weights over the steps (Polyak & Juditsky 1992): Keras's `use_ema`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// An exponential moving average of the weights, which replaces the weights when training ends.
///
/// ```text
/// a ← w after the first step        a ← momentum·a + (1 − momentum)·w after every later step
/// ```
///
/// During training, validation, callbacks and checkpoints use the weights, not the average, as in Keras.
///
/// ```
/// use gatewise::optimizer::Ema;
/// let ema = Ema::new().overwrite_frequency(100);
/// assert_eq!(ema.momentum, 0.99);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ema {
    /// Keras's `ema_momentum`: weight of the previous average, from 0 to 1. Default: 0.99.
    pub momentum: f64,
    /// Keras's `ema_overwrite_frequency`: every this many steps the average replaces the weights. Default:
    /// only when training ends.
    pub overwrite_frequency: Option<u64>,
}

impl Default for Ema {
    fn default() -> Self {
        Self { momentum: 0.99, overwrite_frequency: None }
    }
}

impl Ema {
    /// Creates an average with Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the weight of the previous average, from 0 to 1.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Sets the number of steps after which the average replaces the weights, again and again.
    pub fn overwrite_frequency(self, overwrite_frequency: impl Into<Option<u64>>) -> Self {
        Self { overwrite_frequency: overwrite_frequency.into(), ..self }
    }

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the name of the setting.
    pub fn check(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Error::config(format!("ema_momentum is {}; it must be from 0 to 1", self.momentum)));
        }
        if self.overwrite_frequency == Some(0) {
            return Err(Error::config("ema_overwrite_frequency is 0; it must be at least 1, or left out"));
        }
        Ok(())
    }

    /// Updates `average` from `params` after step `step` (from 1), and overwrites `params` if that is due.
    pub(crate) fn update(&self, step: u64, params: &mut [f32], average: &mut [f32]) {
        let momentum = if step == 1 { 0.0 } else { self.momentum };
        let (keep, take) = (momentum as f32, (1.0 - momentum) as f32);
        for (average, param) in average.iter_mut().zip(&*params) {
            *average = keep * *average + take * param;
        }
        if self.overwrite_frequency.is_some_and(|frequency| step.is_multiple_of(frequency)) {
            params.copy_from_slice(average);
        }
    }
}
