//! Adagrad (Duchi, Hazan & Singer 2011), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Adagrad with Keras's defaults: 1e-3, sums that begin at 0.1, ε = 1e-7.
///
/// ```text
/// a ← a + g²        p ← p − lr·g/√(a + ε)
/// ```
///
/// Steps become smaller as squares add up; the original paper's learning rate is nearer to 1.
///
/// ```
/// use gatewise::optimizer::Adagrad;
/// assert_eq!(Adagrad::new(0.5).initial_accumulator_value, 0.1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adagrad {
    /// Step size.
    pub learning_rate: LearningRate,
    /// What each sum of squares begins at.
    pub initial_accumulator_value: f64,
    /// Added under the root, against division by zero.
    pub epsilon: f64,
    /// The share of each weight, times the learning rate, that every step takes off.
    pub weight_decay: Option<f64>,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self { learning_rate: 1e-3.into(), initial_accumulator_value: 0.1, epsilon: 1e-7, weight_decay: None }
    }
}

impl Adagrad {
    /// Keras's defaults at another learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
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
