//! Averages of the weights over the steps (Polyak & Juditsky 1992), as Keras's `use_ema`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// An exponential moving average of the weights, which replaces them when training ends.
///
/// ```text
/// a ← w after the first step        a ← momentum·a + (1 − momentum)·w after every other
/// ```
///
/// Until then training goes on with the weights themselves: validation, callbacks and checkpoints see
/// those, as in Keras.
///
/// ```
/// use gatewise::optimizer::Ema;
/// let ema = Ema { overwrite_frequency: Some(100), ..Ema::default() };
/// assert_eq!(ema.momentum, 0.99);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ema {
    /// Keras's `ema_momentum`: how much of the average stays. Default: 0.99.
    pub momentum: f64,
    /// Keras's `ema_overwrite_frequency`: after every so many steps the weights become their average
    /// already. Default: never before the end.
    pub overwrite_frequency: Option<u64>,
}

impl Default for Ema {
    fn default() -> Self {
        Self { momentum: 0.99, overwrite_frequency: None }
    }
}

impl Ema {
    /// Refuses settings out of range.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting.
    pub fn check(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Error::config(format!("ema_momentum is {}; it must be from 0 to 1", self.momentum)));
        }
        if self.overwrite_frequency == Some(0) {
            return Err(Error::config("ema_overwrite_frequency is 0; it must be at least 1, or left out"));
        }
        Ok(())
    }

    /// Takes `params` into `average` after step `step` (from 1), and back where that is due.
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
