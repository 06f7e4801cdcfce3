//! Adadelta (Zeiler 2012), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The Adadelta optimizer: steps in the size of recent steps. Defaults are Keras's; the original paper has a learning
/// rate of 1.
///
/// ```text
/// a ← ρ·a + (1 − ρ)·g²        d = g·√(b + ε)/√(a + ε)
/// b ← ρ·b + (1 − ρ)·d²        p ← p − lr·d
/// ```
///
/// ```
/// use gatewise::optimizer::Adadelta;
/// assert_eq!(Adadelta::new(1.0).rho, 0.95);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Adadelta {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// ρ: decay rate of the means of squares. Default: 0.95.
    pub rho: f64,
    /// Added under the roots, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self { learning_rate: 1e-3.into(), rho: 0.95, epsilon: 1e-7, weight_decay: None }
    }
}

impl Adadelta {
    /// Creates Adadelta with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the decay rate of the means of squares.
    pub fn rho(self, rho: f64) -> Self {
        Self { rho, ..self }
    }

    /// Sets the number that is added under the roots, against division by zero.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }
}

impl Optimizer for Adadelta {
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
        let rule = update::Adadelta {
            rate: update.learning_rate as f32,
            rho: self.rho as f32,
            keep: (1.0 - self.rho) as f32,
            epsilon: self.epsilon as f32,
        };
        update.apply(Rule::Adadelta(rule), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("adadelta", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Adadelta", &self.learning_rate, self.weight_decay)?;
        check_range("Adadelta", "rho", self.rho, 0.0..=1.0)?;
        check_range("Adadelta", "epsilon", self.epsilon, 0.0..=f64::INFINITY)
    }
}
