//! Gradient descent with optional momentum, as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The gradient descent optimizer, with optional momentum. Defaults are Keras's: learning rate 0.01, no
/// momentum.
///
/// ```text
/// p ← p − lr·g                                      without momentum
/// m ← μ·m − lr·g        p ← p + m                   with momentum μ
///                       p ← p + μ·m − lr·g          with Nesterov momentum
/// ```
///
/// ```
/// use gatewise::optimizer::Sgd;
/// let sgd = Sgd::new(0.05).momentum(0.9).nesterov(true);
/// assert_eq!(sgd.momentum, 0.9);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Sgd {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// μ: momentum, from 0 to 1. Default: 0.
    pub momentum: f64,
    /// Whether to apply Nesterov momentum. Default: false.
    pub nesterov: bool,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01.into(), momentum: 0.0, nesterov: false, weight_decay: None }
    }
}

impl Sgd {
    /// Creates gradient descent with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the momentum, from 0 to 1.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Sets whether to apply Nesterov momentum.
    pub fn nesterov(self, nesterov: bool) -> Self {
        Self { nesterov, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }
}

impl Optimizer for Sgd {
    fn slots(&self) -> usize {
        usize::from(self.momentum != 0.0)
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
