//! RMSprop (Hinton 2012; centred: Graves 2013), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// RMSprop with Keras's defaults: 1e-3, ρ = 0.9, no momentum, ε = 1e-7, not centred.
///
/// ```text
/// v ← ρ·v + (1 − ρ)·g²        a ← ρ·a + (1 − ρ)·g   (centred; else a = 0)
/// d = lr·g/√(v − a² + ε)
/// p ← p − d                                          without momentum
/// m ← μ·m + d        p ← p − m                       with momentum μ
/// ```
///
/// ```
/// use gatewise::optimizer::RmsProp;
/// assert_eq!(RmsProp::new(0.01).rho, 0.9);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RmsProp {
    /// Step size.
    pub learning_rate: LearningRate,
    /// Decay of the mean of squares.
    pub rho: f64,
    /// μ: how much of the last step is taken again.
    pub momentum: f64,
    /// Added under the root, against division by zero.
    pub epsilon: f64,
    /// Whether gradients are measured by their variance rather than their mean square.
    pub centered: bool,
    /// The share of each weight, times the learning rate, that every step takes off.
    pub weight_decay: Option<f64>,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3.into(),
            rho: 0.9,
            momentum: 0.0,
            epsilon: 1e-7,
            centered: false,
            weight_decay: None,
        }
    }
}

impl RmsProp {
    /// Keras's defaults at another learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }
}

impl Optimizer for RmsProp {
    fn slots(&self) -> usize {
        1 + usize::from(self.momentum > 0.0) + usize::from(self.centered)
    }

    fn learning_rate(&self, iterations: u64) -> f64 {
        self.learning_rate.at(iterations)
    }

    fn update(&self, update: Update<'_, '_>) {
        let rule = update::RmsProp {
            rate: update.learning_rate as f32,
            rho: self.rho as f32,
            keep: (1.0 - self.rho) as f32,
            epsilon: self.epsilon as f32,
            momentum: (self.momentum > 0.0).then_some(self.momentum as f32),
            centered: self.centered,
        };
        update.apply(Rule::RmsProp(rule), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("rmsprop", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("RmsProp", &self.learning_rate, self.weight_decay)?;
        check_range("RmsProp", "rho", self.rho, 0.0..=1.0)?;
        check_range("RmsProp", "momentum", self.momentum, 0.0..=1.0)?;
        check_range("RmsProp", "epsilon", self.epsilon, 0.0..=f64::INFINITY)
    }
}
