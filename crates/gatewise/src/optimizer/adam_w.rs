//! AdamW (Loshchilov & Hutter 2019), as Keras computes it.

use super::adam::check_moments;
use super::{Adam, LearningRate, Optimizer, Update, check_shared, config};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The AdamW optimizer: [`Adam`] with decoupled weight decay.
///
/// Every step first decays each weight, `p ← p − lr·weight_decay·p`, and then applies Adam's update. Defaults
/// are Keras's.
///
/// ```
/// use gatewise::optimizer::AdamW;
/// assert_eq!(AdamW::default().weight_decay, 0.004);
/// let adam_w = AdamW::new(0.01).weight_decay(0.01).beta_2(0.99);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdamW {
    /// Learning rate, or a schedule.
    pub learning_rate: LearningRate,
    /// Weight decay: every step subtracts this times the learning rate times the weight. Default: 0.004.
    pub weight_decay: f64,
    /// Decay rate of the mean of gradients. Default: 0.9.
    pub beta_1: f64,
    /// Decay rate of the mean of squared gradients. Default: 0.999.
    pub beta_2: f64,
    /// Added to the root, against division by zero. Default: 1e-7.
    pub epsilon: f64,
    /// Whether to apply AMSGrad: the largest mean of squares so far replaces the current one. Default: false.
    pub amsgrad: bool,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { learning_rate, beta_1, beta_2, epsilon, amsgrad, .. } = Adam::default();
        Self { learning_rate, weight_decay: 0.004, beta_1, beta_2, epsilon, amsgrad }
    }
}

impl AdamW {
    /// Creates AdamW with Keras's defaults and this learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: learning_rate.into(), ..Self::default() }
    }

    /// Sets the weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
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

    fn adam(&self) -> Adam {
        let Self { learning_rate, weight_decay, beta_1, beta_2, epsilon, amsgrad } = self.clone();
        Adam { learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay: Some(weight_decay) }
    }
}

impl Optimizer for AdamW {
    fn slots(&self) -> usize {
        self.adam().slots()
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
        self.adam().update(update);
    }

    fn config(&self) -> Value {
        config("adamw", self)
    }

    fn check(&self) -> Result<()> {
        check_shared("AdamW", &self.learning_rate, Some(self.weight_decay))?;
        check_moments("AdamW", self.beta_1, self.beta_2, self.epsilon)
    }
}
