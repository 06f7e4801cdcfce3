//! Losses, and the gradient each sends back.

use crate::layers::Activation;
use serde::{Deserialize, Serialize};

/// What training minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// −y·ln p − (1 − y)·ln(1 − p), for a target y in 0..=1 and a probability p.
    #[default]
    BinaryCrossentropy,
}

/// Keras's `epsilon()`: reported probabilities are kept this far from 0 and 1.
const EPSILON: f64 = 1e-7;

impl Loss {
    /// The activation that training folds into this loss: the gradient of the pair with respect to the
    /// logit is p − y, exact where p has rounded to 0 or 1.
    pub(crate) fn folds(self) -> Activation {
        match self {
            Self::BinaryCrossentropy => Activation::Sigmoid,
        }
    }

    /// The loss of one sample, from its probability.
    ///
    /// ```
    /// use gatewise::Loss;
    /// assert!((Loss::BinaryCrossentropy.of(0.5, 1.0) - 0.5f64.ln().abs()).abs() < 1e-12);
    /// ```
    pub fn of(self, output: f32, target: f32) -> f64 {
        match self {
            Self::BinaryCrossentropy => {
                let p = f64::from(output).clamp(EPSILON, 1.0 - EPSILON);
                let y = f64::from(target);
                -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
            }
        }
    }
}
