//! Regularizers: penalties on the weights.
//!
//! A regularizer is part of the [`ParamSpec`](super::ParamSpec) of a tensor, and so of the parameter table of
//! the model. As in Keras, training adds the penalty to every reported loss, and its gradient to the gradient
//! before clipping.

use crate::error::{Error, Result};
use crate::kernels::sum_of;
use serde::{Deserialize, Serialize};

/// A regularizer: a penalty on the weights of a tensor, `l1·Σ|w| + l2·Σw²`. Keras's `L1`, `L2` and `L1L2`.
///
/// ```
/// use gatewise::layers::{Dense, Regularizer};
/// let layer = Dense::new(1).kernel_regularizer(Regularizer::l2(0.01));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Regularizer {
    /// Factor of the sum of absolute values.
    #[serde(default)]
    pub l1: f64,
    /// Factor of the sum of squares.
    #[serde(default)]
    pub l2: f64,
}

impl Regularizer {
    /// Creates the penalty `l1·Σ|w|`, which drives weights to zero.
    pub fn l1(l1: f64) -> Self {
        Self { l1, l2: 0.0 }
    }

    /// Creates the penalty `l2·Σw²`, which keeps weights small.
    pub fn l2(l2: f64) -> Self {
        Self { l1: 0.0, l2 }
    }

    /// Creates the sum of both penalties.
    pub fn l1_l2(l1: f64, l2: f64) -> Self {
        Self { l1, l2 }
    }

    /// Computes the penalty of `values`.
    pub fn penalty(&self, values: &[f32]) -> f64 {
        let &Self { l1, l2 } = self;
        sum_of(values, |w| l1 * w.abs() + l2 * (w * w))
    }

    /// Adds the gradient of the penalty with respect to `values` to `grads`. The derivative of |w| at 0 is 0.
    pub(crate) fn add_gradient(&self, values: &[f32], grads: &mut [f32]) {
        let (l1, l2) = (self.l1 as f32, (2.0 * self.l2) as f32);
        for (grad, &w) in grads.iter_mut().zip(values) {
            *grad += l2 * w + if w == 0.0 { 0.0 } else { l1.copysign(w) };
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        for (name, factor) in [("l1", self.l1), ("l2", self.l2)] {
            if !(factor.is_finite() && factor >= 0.0) {
                return Err(Error::config(format!(
                    "the factor {name} of a regularizer is {factor}; it must be a finite number of 0 or more"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_penalty() {
        let values: Vec<f32> = (0..37).map(|i| (i as f32 - 18.5) * 0.1).collect();
        let regularizer = Regularizer::l1_l2(0.03, 0.2);
        let mut grads = vec![1.0; values.len()];
        regularizer.add_gradient(&values, &mut grads);
        for (at, grad) in grads.iter().enumerate() {
            let moved = |by: f32| {
                let mut values = values.clone();
                values[at] += by;
                regularizer.penalty(&values)
            };
            let difference = (moved(0.01) - moved(-0.01)) / 0.02;
            assert!((f64::from(*grad) - 1.0 - difference).abs() < 1e-5, "{at}: {grad} {difference}");
        }
        let mut grads = [0.5];
        regularizer.add_gradient(&[0.0], &mut grads);
        assert_eq!(grads, [0.5]);
    }
}
