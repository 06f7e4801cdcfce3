//! AdamW (Loshchilov & Hutter 2019), as Keras computes it.

use super::adam::check_moments;
use super::{Adam, LearningRate, Optimizer, Update, check_shared, config};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// [`Adam`] with weight decay, and Keras's defaults: 1e-3, decay 0.004, 0.9, 0.999, ε = 1e-7.
///
/// Every step first takes the share lr·wd off each weight, `p ← p − lr·wd·p`, and then is Adam's.
///
/// ```
/// use gatewise::optimizer::AdamW;
/// assert_eq!(AdamW::default().weight_decay, 0.004);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdamW {
    /// Step size.
    pub learning_rate: LearningRate,
    /// The share of each weight, times the learning rate, that every step takes off.
    pub weight_decay: f64,
    /// Decay of the mean of gradients.
    pub beta_1: f64,
    /// Decay of the mean of their squares.
    pub beta_2: f64,
    /// Added to the root, against division by zero.
    pub epsilon: f64,
    /// Whether the root never shrinks.
    pub amsgrad: bool,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { learning_rate, beta_1, beta_2, epsilon, amsgrad, .. } = Adam::default();
        Self { learning_rate, weight_decay: 0.004, beta_1, beta_2, epsilon, amsgrad }
    }
}

impl AdamW {
    /// Keras's defaults at another learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    fn adam(&self) -> Adam {
        let Self { learning_rate, weight_decay, beta_1, beta_2, epsilon, amsgrad } = self.clone();
        Adam { learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay: Some(weight_decay) }
    }
}

impl Optimizer for AdamW {
    fn slots(&self) -> usize {
        self.adam().slots()
    }

    fn learning_rate(&self, iterations: u64) -> f64 {
        self.learning_rate.at(iterations)
    }

    fn update(&self, update: Update<'_, '_>) {
        self.adam().update(update);
    }

    fn config(&self) -> Value {
        config("adamw", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("AdamW", &self.learning_rate, Some(self.weight_decay))?;
        check_moments("AdamW", self.beta_1, self.beta_2, self.epsilon)
    }
}
