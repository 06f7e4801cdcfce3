//! Lion (Chen et al. 2023), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The Lion optimizer: each step has the size of the learning rate, against the sign of a mean of gradients. Defaults
/// are Keras's.
///
/// ```text
/// p ← p − lr·sign(β1·m + (1 − β1)·g)        m ← β2·m + (1 − β2)·g
/// ```
///
/// ```
/// use gatewise::optimizer::Lion;
/// assert_eq!(Lion::new(1e-4).beta_2, 0.99);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Lion {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// Weight of the mean of gradients in a step, above 0. Default: 0.9.
    pub beta_1: f64,
    /// Decay rate of the mean of gradients. Default: 0.99.
    pub beta_2: f64,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Lion {
    fn default() -> Self {
        Self { learning_rate: 1e-3.into(), beta_1: 0.9, beta_2: 0.99, weight_decay: None }
    }
}

impl Lion {
    /// Creates Lion with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the weight of the mean of gradients in a step.
    pub fn beta_1(self, beta_1: f64) -> Self {
        Self { beta_1, ..self }
    }

    /// Sets the decay rate of the mean of gradients.
    pub fn beta_2(self, beta_2: f64) -> Self {
        Self { beta_2, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }
}

impl Optimizer for Lion {
    fn slots(&self) -> usize {
        1
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
        let rule = update::Lion {
            rate: update.learning_rate as f32,
            beta_1: self.beta_1 as f32,
            keep_1: (1.0 - self.beta_1) as f32,
            beta_2: self.beta_2 as f32,
            keep_2: (1.0 - self.beta_2) as f32,
        };
        update.apply(Rule::Lion(rule), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("lion", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Lion", &self.learning_rate, self.weight_decay)?;
        check_range("Lion", "beta_1", self.beta_1, f64::MIN_POSITIVE..=1.0)?;
        check_range("Lion", "beta_2", self.beta_2, 0.0..=1.0)
    }
}
