//! RMSprop (Hinton 2012; centred: Graves 2013), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The RMSprop optimizer: divides the gradient by the root of a moving average of its square. Defaults are
/// Keras's.
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
/// let rms_prop = RmsProp::new(0.01).momentum(0.5).centered(true);
/// assert_eq!(rms_prop.rho, 0.9);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RmsProp {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// ρ: decay rate of the mean of squared gradients. Default: 0.9.
    pub rho: f64,
    /// μ: momentum, from 0 to 1. Default: 0.
    pub momentum: f64,
    /// Added under the root, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Whether to divide by the estimated variance of the gradient instead of its mean square. Default:
    /// false.
    pub centered: bool,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
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
    /// Creates RMSprop with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the decay rate of the mean of squared gradients.
    pub fn rho(self, rho: f64) -> Self {
        Self { rho, ..self }
    }

    /// Sets the momentum, from 0 to 1.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Sets the number that is added under the root, against division by zero.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets whether to divide by the estimated variance of the gradient instead of its mean square.
    pub fn centered(self, centered: bool) -> Self {
        Self { centered, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }
}

impl Optimizer for RmsProp {
    fn slots(&self) -> usize {
        1 + usize::from(self.momentum > 0.0) + usize::from(self.centered)
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
