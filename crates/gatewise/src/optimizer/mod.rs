//! Optimizers: how a gradient changes the parameters.
//!
//! Enters: gradients. Leaves: changed parameters. State lives outside, in slots of one float a
//! parameter, so that it can be saved, and so that any thread can update any part.
//!
//! All have Keras 3's names, defaults and formulas; a step's own numbers (bias corrections, schedules) are
//! computed in `f64`. What looks at more than one element, or at the weights over time, is set on
//! [`Fit`](crate::Fit): [`Clip`] and [`Ema`].
//!
//! ```
//! use gatewise::Fit;
//! use gatewise::optimizer::{Clip, CosineDecay, Ema, Sgd};
//! let sgd = Sgd { momentum: 0.9, nesterov: true, ..Sgd::new(CosineDecay::new(0.1, 10_000)) };
//! let fit = Fit::new().optimizer(sgd).clip(Clip::GlobalNorm(1.0)).ema(Ema::default());
//! ```

mod adagrad;
mod adam;
mod adam_w;
mod clip;
mod ema;
mod learning_rate;
mod nadam;
mod rms_prop;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adam_w::AdamW;
pub use clip::Clip;
pub use ema::Ema;
pub use learning_rate::{
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, LearningRate,
    PiecewiseConstantDecay, PolynomialDecay, Schedule,
};
pub use nadam::Nadam;
pub use rms_prop::RmsProp;
pub use sgd::Sgd;

use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::kernels::update::{self, Rule};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Debug;
use std::ops::RangeInclusive;

/// One optimizer step over a run of parameters.
#[derive(Debug)]
pub struct Update<'a, 's> {
    /// Number of this step, from 1.
    pub step: u64,
    /// The learning rate: [`Optimizer::learning_rate`], unless a callback has set another.
    pub learning_rate: f64,
    /// Instruction set to use.
    pub isa: Isa,
    /// Gradients, read.
    pub grads: &'a [f32],
    /// Parameters, updated.
    pub params: &'a mut [f32],
    /// The optimizer's state, [`Optimizer::slots`] slices as long as `params`, updated.
    pub slots: &'a mut [&'s mut [f32]],
}

impl Update<'_, '_> {
    /// Takes `weight_decay` off, in Keras's way (`p ← p − lr·wd·p`), and applies `rule`.
    fn apply(self, rule: Rule, weight_decay: Option<f64>) {
        let decay = (self.learning_rate * weight_decay.unwrap_or(0.0)) as f32;
        let Self { isa, grads, params, slots, .. } = self;
        update::step(isa, update::Step { rule, decay, grads, params, slots });
    }
}

/// A rule for updating parameters, element by element.
///
/// An update must treat each element alone: the parameters may be handed over in any number of runs.
///
/// ```
/// use gatewise::optimizer::{Optimizer, Update};
///
/// /// Steps of one size, whatever the gradient's.
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
    /// How many floats of state each parameter has.
    fn slots(&self) -> usize;
    /// What each float of `slot` is before the first step. Default: 0.
    fn slot_start(&self, _slot: usize) -> f32 {
        0.0
    }
    /// The learning rate of the next step, `iterations` steps having been done: 0 before the first one, as
    /// Keras counts.
    fn learning_rate(&self, iterations: u64) -> f64;
    /// Applies one step.
    fn update(&self, update: Update<'_, '_>);
    /// Its settings, by which a checkpoint knows that a run resumes with the same. Default: as it is
    /// printed for debugging.
    fn config(&self) -> Value {
        format!("{self:?}").into()
    }
    /// Refuses settings that cannot work, before training begins. Default: accepts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// An optimizer's fields as JSON, with its name in Keras.
fn config(name: &str, settings: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    value["name"] = name.into();
    value
}

/// Refuses `value` outside `range`, or not a number.
fn check_range(optimizer: &str, name: &str, value: f64, range: RangeInclusive<f64>) -> Result<()> {
    if range.contains(&value) && value.is_finite() {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    let wanted =
        if high.is_finite() { format!("from {low} to {high}") } else { format!("finite and at least {low}") };
    Err(Error::config(format!("{optimizer}: {name} is {value}; it must be {wanted}")))
}

/// Checks what all optimizers have.
fn check_shared(optimizer: &str, learning_rate: &LearningRate, weight_decay: Option<f64>) -> Result<()> {
    learning_rate.check().map_err(|e| Error::new(e.kind(), format!("{optimizer}: {e}")))?;
    weight_decay.map_or(Ok(()), |decay| check_range(optimizer, "weight_decay", decay, 0.0..=f64::INFINITY))
}
