//! Adamax (Kingma & Ba 2015), as Keras computes it.

use super::adam::check_moments;
use super::{LearningRate, Optimizer, Update, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The Adamax optimizer: [`Adam`](super::Adam) with the largest gradient in place of the mean of squares. Defaults
/// are Keras's.
///
/// ```text
/// m ← β1·m + (1 − β1)·g        u ← max(β2·u, |g|)
/// p ← p − lr/(1 − β1ᵗ)·m/(u + ε)
/// ```
///
/// ```
/// use gatewise::optimizer::Adamax;
/// assert_eq!(Adamax::new(0.01).beta_2, 0.999);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Adamax {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay rate of the mean of gradients. Default: 0.9.
    pub beta_1: f64,
    /// Decay rate of the largest gradient. Default: 0.999.
    pub beta_2: f64,
    /// Added to the divisor, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Adamax {
    fn default() -> Self {
        Self { learning_rate: 1e-3.into(), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay: None }
    }
}

impl Adamax {
    /// Creates Adamax with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the decay rate of the mean of gradients.
    pub fn beta_1(self, beta_1: f64) -> Self {
        Self { beta_1, ..self }
    }

    /// Sets the decay rate of the largest gradient.
    pub fn beta_2(self, beta_2: f64) -> Self {
        Self { beta_2, ..self }
    }

    /// Sets the number that is added to the divisor, against division by zero.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }
}

impl Optimizer for Adamax {
    fn slots(&self) -> usize {
        2
    }

    fn learning_rate(&self, iterations: u64) -> f64 {
        self.learning_rate.at(iterations)
    }

    fn set_learning_rate(&mut self, learning_rate: LearningRate) -> Result<()> {
        self.learning_rate = learning_rate;
        Ok(())
    }

    fn has_schedule(&self) -> bool {
        self.learning_rate.is_schedule()
    }

    fn update(&self, update: Update<'_, '_>) {
        let rule = update::Adamax {
            rate: (update.learning_rate / (1.0 - self.beta_1.powf(update.step as f64))) as f32,
            keep_m: (1.0 - self.beta_1) as f32,
            beta_2: self.beta_2 as f32,
            epsilon: self.epsilon as f32,
        };
        update.apply(Rule::Adamax(rule), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("adamax", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Adamax", &self.learning_rate, self.weight_decay)?;
        check_moments("Adamax", self.beta_1, self.beta_2, self.epsilon)
    }
}
