//! Gradient descent, with momentum if wanted, as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Gradient descent with Keras's defaults: 0.01, no momentum.
///
/// ```text
/// p ← p − lr·g                                      without momentum
/// m ← μ·m − lr·g        p ← p + m                   with momentum μ
///                       p ← p + μ·m − lr·g          with Nesterov's look ahead
/// ```
///
/// ```
/// use gatewise::optimizer::Sgd;
/// let sgd = Sgd { momentum: 0.9, ..Sgd::new(0.05) };
/// assert!(!sgd.nesterov);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sgd {
    /// Step size.
    pub learning_rate: LearningRate,
    /// μ, from 0 to 1: how much of the last step is taken again.
    pub momentum: f64,
    /// Whether the step looks ahead.
    pub nesterov: bool,
    /// The share of each weight, times the learning rate, that every step takes off.
    pub weight_decay: Option<f64>,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01.into(), momentum: 0.0, nesterov: false, weight_decay: None }
    }
}

impl Sgd {
    /// Keras's defaults at another learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }
}

impl Optimizer for Sgd {
    fn slots(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }

    fn learning_rate(&self, iterations: u64) -> f64 {
        self.learning_rate.at(iterations)
    }

    fn update(&self, update: Update<'_, '_>) {
        let (rate, momentum, nesterov) = (update.learning_rate as f32, self.momentum as f32, self.nesterov);
        let rule = match self.slots() {
            0 => Rule::Sgd(update::Sgd { rate }),
            _ => Rule::Momentum(update::Momentum { rate, momentum, nesterov }),
        };
        update.apply(rule, self.weight_decay);
    }

    fn config(&self) -> Value {
        config("sgd", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Sgd", &self.learning_rate, self.weight_decay)?;
        check_range("Sgd", "momentum", self.momentum, 0.0..=1.0)
    }
}
