//! Nadam (Dozat 2016), as Keras computes it.

use super::adam::check_moments;
use super::{LearningRate, Optimizer, Update, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The Nadam optimizer: [`Adam`](super::Adam) with Nesterov momentum. Defaults are Keras's.
///
/// ```text
/// u_t = β1·(1 − 0.96ᵗ/2)        U_t = u_1·u_2·…·u_t
/// m ← β1·m + (1 − β1)·g         v ← β2·v + (1 − β2)·g²
/// m̂ = u_{t+1}·m/(1 − U_{t+1}) + (1 − u_t)·g/(1 − U_t)        v̂ = v/(1 − β2ᵗ)
/// p ← p − lr·m̂/(√v̂ + ε)
/// ```
///
/// ```
/// use gatewise::optimizer::Nadam;
/// assert_eq!(Nadam::default().beta_1, 0.9);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Nadam {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay rate of the mean of gradients. Default: 0.9.
    pub beta_1: f64,
    /// Decay rate of the mean of squared gradients. Default: 0.999.
    pub beta_2: f64,
    /// Added to the root, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Nadam {
    fn default() -> Self {
        Self { learning_rate: 1e-3.into(), beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay: None }
    }
}

impl Nadam {
    /// Creates Nadam with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the decay rate of the mean of gradients.
    pub fn beta_1(self, beta_1: f64) -> Self {
        Self { beta_1, ..self }
    }

    /// Sets the decay rate of the mean of squared gradients.
    pub fn beta_2(self, beta_2: f64) -> Self {
        Self { beta_2, ..self }
    }

    /// Sets the number that is added to the root, against division by zero.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }

    fn rule(&self, step: u64, learning_rate: f64) -> update::Nadam {
        let schedule = |power: f64| self.beta_1 * (1.0 - 0.5 * power);
        // U_t and 0.96ᵗ. Below this bound the product no longer changes 1 − U.
        let (mut product, mut power, mut t) = (1.0, 1.0, 0);
        while t < step && product > f64::EPSILON / 8.0 {
            power *= 0.96;
            product *= schedule(power);
            t += 1;
        }
        let power = 0.96f64.powf(step as f64);
        let (now, next) = (schedule(power), schedule(0.96 * power));
        update::Nadam {
            rate: learning_rate as f32,
            keep_m: (1.0 - self.beta_1) as f32,
            keep_v: (1.0 - self.beta_2) as f32,
            epsilon: self.epsilon as f32,
            of_m: (next / (1.0 - product * next)) as f32,
            of_g: ((1.0 - now) / (1.0 - product)) as f32,
            of_v: (1.0 / (1.0 - self.beta_2.powf(step as f64))) as f32,
        }
    }
}

impl Optimizer for Nadam {
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
        let rule = self.rule(update.step, update.learning_rate);
        update.apply(Rule::Nadam(rule), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("nadam", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Nadam", &self.learning_rate, self.weight_decay)?;
        check_moments("Nadam", self.beta_1, self.beta_2, self.epsilon)
    }
}
