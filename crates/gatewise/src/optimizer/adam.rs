//! Adam (Kingma & Ba 2015), as Keras computes it.

use super::{Optimizer, Update};
use crate::kernels::adam;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Adam with Keras's defaults: 1e-3, 0.9, 0.999, ε = 1e-7.
///
/// ```text
/// m ← β1·m + (1 − β1)·g        v ← β2·v + (1 − β2)·g²
/// p ← p − lr·√(1 − β2ᵗ)/(1 − β1ᵗ)·m/(√v + ε)
/// ```
///
/// The update is dense: rows of an embedding that a batch does not touch still decay and move.
///
/// ```
/// use gatewise::optimizer::Adam;
/// assert_eq!(Adam::default().learning_rate, 1e-3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the mean of gradients.
    pub beta_1: f64,
    /// Decay of the mean of their squares.
    pub beta_2: f64,
    /// Added to the root, against division by zero.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

impl Adam {
    /// Keras's defaults at another learning rate.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, ..Self::default() }
    }
}

impl Optimizer for Adam {
    fn config(&self) -> Value {
        let Self { learning_rate, beta_1, beta_2, epsilon } = self;
        json!({
            "name": "adam",
            "learning_rate": learning_rate,
            "beta_1": beta_1,
            "beta_2": beta_2,
            "epsilon": epsilon,
        })
    }

    fn slots(&self) -> usize {
        2
    }

    fn learning_rate(&self, _iterations: u64) -> f64 {
        self.learning_rate
    }

    fn update(&self, update: Update<'_, '_>) {
        let [m, v] = update.slots else { panic!("Adam has two slots, not {}", update.slots.len()) };
        let t = update.step as f64;
        let correction = (1.0 - self.beta_2.powf(t)).sqrt() / (1.0 - self.beta_1.powf(t));
        let step = adam::Step {
            rate: (update.learning_rate * correction) as f32,
            keep_m: (1.0 - self.beta_1) as f32,
            keep_v: (1.0 - self.beta_2) as f32,
            epsilon: self.epsilon as f32,
            grads: update.grads,
            m,
            v,
            params: update.params,
        };
        adam::step(update.isa, step);
    }
}
