//! Optimizers: rules that update parameters from their gradients.
//!
//! Input: gradients. Output: updated parameters. An optimizer does not own its state: the caller passes slots
//! of one float for each parameter, so that the state can be saved and any thread can update any part.
//!
//! [`OptimizerConfig`] makes an optimizer from Keras's name and arguments; [`AppliedOptimizer`] applies one to
//! variables without a model.
//!
//! Names, defaults and formulas are Keras 3's. Bias corrections and schedules are computed in `f64`. [`Clip`]
//! (gradient clipping) and [`Ema`] (moving average of the weights) are set on [`Fit`](crate::Fit).
//!
//! ```
//! use gatewise::Fit;
//! use gatewise::optimizer::{Clip, CosineDecay, Ema, Sgd};
//! let sgd = Sgd::new(CosineDecay::new(0.1, 10_000)).momentum(0.9).nesterov(true);
//! let fit = Fit::new().optimizer(sgd).clip(Clip::GlobalNorm(1.0)).ema(Ema::default());
//! ```

mod adadelta;
mod adagrad;
mod adam;
mod adam_w;
mod adamax;
mod applied;
mod clip;
mod ema;
mod learning_rate;
mod lion;
mod nadam;
mod optimizer_config;
mod rate_function;
mod rms_prop;
mod schedules;
mod sgd;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adam_w::AdamW;
pub use adamax::Adamax;
pub use applied::AppliedOptimizer;
pub use clip::Clip;
pub use ema::Ema;
pub use learning_rate::{LearningRate, Schedule};
pub use lion::Lion;
pub use nadam::Nadam;
pub use optimizer_config::OptimizerConfig;
pub use rate_function::RateFunction;
pub use rms_prop::RmsProp;
pub use schedules::{
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay,
    PolynomialDecay,
};
pub use sgd::Sgd;

use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::kernels::update::{self, Rule};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Debug;
use std::ops::RangeInclusive;

/// The arguments of one optimizer step over a slice of parameters.
#[derive(Debug)]
#[non_exhaustive]
pub struct Update<'a, 's> {
    /// Number of the step, from 1.
    pub step: u64,
    /// Learning rate of the step: [`Optimizer::learning_rate`], unless a callback has set another.
    pub learning_rate: f64,
    /// Instruction set of the kernels. Default: [`Isa::detect`].
    pub isa: Isa,
    /// Whether the weight decay of the optimizer, if any, applies to these parameters. Default: true.
    pub decays: bool,
    /// Gradients: read.
    pub grads: &'a [f32],
    /// Parameters: updated.
    pub params: &'a mut [f32],
    /// State of the optimizer, [`Optimizer::slots`] slices as long as `params`: updated.
    pub slots: &'a mut [&'s mut [f32]],
}

impl<'a, 's> Update<'a, 's> {
    /// Creates the arguments of step `step` (from 1), on the fastest instruction set of this processor.
    pub fn new(
        step: u64,
        learning_rate: f64,
        grads: &'a [f32],
        params: &'a mut [f32],
        slots: &'a mut [&'s mut [f32]],
    ) -> Self {
        Self { step, learning_rate, isa: Isa::detect(), decays: true, grads, params, slots }
    }

    /// Sets the instruction set of the kernels.
    pub fn isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }

    /// Sets whether the weight decay of the optimizer applies to these parameters.
    pub fn decays(self, decays: bool) -> Self {
        Self { decays, ..self }
    }

    /// Decays the weights as Keras does (`p ← p − lr·weight_decay·p`) and applies `rule`.
    fn apply(self, rule: Rule, weight_decay: Option<f64>) {
        let decay = (self.learning_rate * weight_decay.filter(|_| self.decays).unwrap_or(0.0)) as f32;
        let Self { isa, grads, params, slots, .. } = self;
        update::step(isa, update::Step { rule, decay, grads, params, slots });
    }
}

/// A rule that updates parameters element by element.
///
/// An update must treat each element independently: the parameters may arrive in any number of slices.
///
/// ```
/// use gatewise::optimizer::{Optimizer, Update};
///
/// /// Moves each parameter by the learning rate, against the sign of its gradient.
/// #[derive(Debug)]
/// struct SignDescent;
///
/// impl Optimizer for SignDescent {
///     fn slots(&self) -> usize {
///         0
///     }
///     fn learning_rate(&self, _iterations: u64) -> f64 {
///         0.001
///     }
///     fn update(&self, update: Update<'_, '_>) {
///         let rate = update.learning_rate as f32;
///         for (param, grad) in update.params.iter_mut().zip(update.grads) {
///             *param -= if *grad == 0.0 { 0.0 } else { rate.copysign(*grad) };
///         }
///     }
/// }
/// ```
pub trait Optimizer: Debug + Send + Sync {
    /// Returns the number of floats of state of each parameter.
    fn slots(&self) -> usize;
    /// Returns the initial value of each float of `slot`. Default: 0.
    fn slot_start(&self, _slot: usize) -> f32 {
        0.0
    }
    /// Returns the learning rate of the next step, after `iterations` steps: 0 before the first step, as in
    /// Keras.
    fn learning_rate(&self, iterations: u64) -> f64;
    /// Sets the learning rate, or a schedule. Default: an error, for an optimizer without such a setting.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the optimizer does not support it.
    fn set_learning_rate(&mut self, _learning_rate: LearningRate) -> Result<()> {
        Err(Error::config(format!(
            "the learning rate of {self:?} cannot be set from outside; set it where the optimizer is made"
        )))
    }
    /// Returns whether the learning rate follows a schedule, which a callback cannot override. Default: false.
    fn has_schedule(&self) -> bool {
        false
    }
    /// Applies one step.
    fn update(&self, update: Update<'_, '_>);
    /// Returns the settings. A run resumes from a checkpoint only if they are equal. Default: the `Debug`
    /// text.
    fn config(&self) -> Value {
        format!("{self:?}").into()
    }
    /// Checks the settings before training begins. Default: accepts all settings.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the name of the setting.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Returns whether the tensor called `name` decays: none of the parts `excluded` is in its name.
pub(crate) fn decays(excluded: &[String], name: &str) -> bool {
    !excluded.iter().any(|part| name.contains(part.as_str()))
}

/// Returns the settings of an optimizer as JSON, with its name in Keras.
fn config(name: &str, settings: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    value["name"] = name.into();
    value
}

/// Checks that `value` is finite and in `range`.
fn check_range(optimizer: &str, name: &str, value: f64, range: RangeInclusive<f64>) -> Result<()> {
    if range.contains(&value) && value.is_finite() {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    let wanted =
        if high.is_finite() { format!("from {low} to {high}") } else { format!("finite and at least {low}") };
    Err(Error::config(format!("{optimizer}: {name} is {value}; it must be {wanted}")))
}

/// Checks the settings that all optimizers have.
fn check_shared(optimizer: &str, learning_rate: &LearningRate, weight_decay: Option<f64>) -> Result<()> {
    learning_rate.check().map_err(|e| Error::new(e.kind(), format!("{optimizer}: {e}")))?;
    weight_decay.map_or(Ok(()), |decay| check_range(optimizer, "weight_decay", decay, 0.0..=f64::INFINITY))
}

/// Checks that a learning rate may be set to `rate`, over the rate of `optimizer`, and returns it.
pub(crate) fn settable(optimizer: &dyn Optimizer, rate: f64) -> Result<f64> {
    if optimizer.has_schedule() {
        return Err(Error::config(
            "the learning rate cannot be set, because the optimizer has a schedule of its own; give the optimizer a \
             number as its learning rate",
        ));
    }
    match (0.0..f64::INFINITY).contains(&rate) {
        true => Ok(rate),
        false => Err(Error::config(format!(
            "the learning rate is set to {rate}; it must be finite and at least 0"
        ))),
    }
}
