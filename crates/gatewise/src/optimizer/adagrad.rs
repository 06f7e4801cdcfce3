//! Adagrad (Duchi, Hazan & Singer 2011), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The Adagrad optimizer: each parameter's learning rate falls with the sum of its squared gradients.
///
/// ```text
/// a ← a + g²        p ← p − lr·g/√(a + ε)
/// ```
///
/// Defaults are Keras's. The original paper uses a learning rate near 1.
///
/// ```
/// use gatewise::optimizer::Adagrad;
/// let adagrad = Adagrad::new(0.5).epsilon(1e-8);
/// assert_eq!(adagrad.initial_accumulator_value, 0.1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Adagrad {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// Initial value of each sum of squares. Default: 0.1.
    pub initial_accumulator_value: f64,
    /// Added under the root, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self { learning_rate: 1e-3.into(), initial_accumulator_value: 0.1, epsilon: 1e-7, weight_decay: None }
    }
}

impl Adagrad {
    /// Creates Adagrad with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the initial value of each sum of squares.
    pub fn initial_accumulator_value(self, initial_accumulator_value: f64) -> Self {
        Self { initial_accumulator_value, ..self }
    }

    /// Sets the number that is added under the root, against division by zero.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }
}

impl Optimizer for Adagrad {
    fn slots(&self) -> usize {
        1
    }

    fn slot_start(&self, _: usize) -> f32 {
        self.initial_accumulator_value as f32
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
        let (rate, epsilon) = (update.learning_rate as f32, self.epsilon as f32);
        update.apply(Rule::Adagrad(update::Adagrad { rate, epsilon }), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("adagrad", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Adagrad", &self.learning_rate, self.weight_decay)?;
        let start = self.initial_accumulator_value;
        check_range("Adagrad", "initial_accumulator_value", start, 0.0..=f64::INFINITY)?;
        check_range("Adagrad", "epsilon", self.epsilon, 0.0..=f64::INFINITY)
    }
}
