//! Optimizers: how a gradient changes the parameters.
//!
//! Enters: gradients. Leaves: changed parameters. State lives outside, in slots of one float a
//! parameter, so that it can be saved, and so that any thread can update any part.

mod adam;

pub use adam::Adam;

use crate::kernels::Isa;
use serde_json::Value;
use std::fmt::Debug;

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
    /// The optimizer's state, [`Optimizer::slots`] slices as long as `params`, updated. Zero at first.
    pub slots: &'a mut [&'s mut [f32]],
}

/// A rule for updating parameters, element by element.
///
/// An update must treat each element alone: the parameters may be handed over in any number of runs.
pub trait Optimizer: Debug + Send + Sync {
    /// How many floats of state each parameter has.
    fn slots(&self) -> usize;
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
}
