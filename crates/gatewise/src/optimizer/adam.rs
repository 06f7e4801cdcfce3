//! Adam (Kingma & Ba 2015; AMSGrad: Reddi, Kale & Kumar 2018), as Keras computes it.

use super::{LearningRate, Optimizer, Update, check_range, check_shared, config};
use crate::error::Result;
use crate::kernels::update::{self, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The Adam optimizer: adaptive estimates of the first and second moments of the gradient.
///
/// ```text
/// m ← β1·m + (1 − β1)·g        v ← β2·v + (1 − β2)·g²
/// p ← p − lr·√(1 − β2ᵗ)/(1 − β1ᵗ)·m/(√v + ε)
/// ```
///
/// With `amsgrad`, the largest v so far replaces v in the second line. The update is dense: rows of an
/// embedding that a batch does not use still decay and move. Defaults are Keras's.
///
/// ```
/// use gatewise::optimizer::{Adam, Optimizer};
/// assert_eq!(Adam::default().learning_rate(0), 1e-3);
/// let adam = Adam::new(0.01).beta_1(0.8).weight_decay(0.004);
/// assert_eq!((adam.beta_1, adam.weight_decay), (0.8, Some(0.004)));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Adam {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay rate of the mean of gradients. Default: 0.9.
    pub beta_1: f64,
    /// Decay rate of the mean of squared gradients. Default: 0.999.
    pub beta_2: f64,
    /// Added to the root, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Whether to apply AMSGrad: the largest mean of squares so far replaces the current one. Default: false.
    pub amsgrad: bool,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: none.
    pub weight_decay: Option<f64>,
}

impl Default for Adam {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3.into(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
            weight_decay: None,
        }
    }
}

impl Adam {
    /// Creates Adam with Keras's defaults and this learning rate.
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

    /// Sets whether to apply AMSGrad.
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        Self { amsgrad, ..self }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: impl Into<Option<f64>>) -> Self {
        Self { weight_decay: weight_decay.into(), ..self }
    }

    fn rule(&self, step: u64, learning_rate: f64) -> update::Adam {
        let t = step as f64;
        let correction = (1.0 - self.beta_2.powf(t)).sqrt() / (1.0 - self.beta_1.powf(t));
        update::Adam {
            rate: (learning_rate * correction) as f32,
            keep_m: (1.0 - self.beta_1) as f32,
            keep_v: (1.0 - self.beta_2) as f32,
            epsilon: self.epsilon as f32,
            amsgrad: self.amsgrad,
        }
    }
}

impl Optimizer for Adam {
    fn slots(&self) -> usize {
        2 + usize::from(self.amsgrad)
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
        update.apply(Rule::Adam(rule), self.weight_decay);
    }

    fn config(&self) -> Value {
        config("adam", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("Adam", &self.learning_rate, self.weight_decay)?;
        check_moments("Adam", self.beta_1, self.beta_2, self.epsilon)
    }
}

/// Checks the settings that Adam, AdamW and Nadam have. A decay rate of 1 would divide by zero.
pub(super) fn check_moments(optimizer: &str, beta_1: f64, beta_2: f64, epsilon: f64) -> Result<()> {
    let below_one = 0.0..=1.0f64.next_down();
    check_range(optimizer, "beta_1", beta_1, below_one.clone())?;
    check_range(optimizer, "beta_2", beta_2, below_one)?;
    check_range(optimizer, "epsilon", epsilon, 0.0..=f64::INFINITY)
}
