//! Gradient clipping: bounds the gradients before the optimizer reads them.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Gradient clipping, as in Keras. A run applies at most one kind.
///
/// The norms need the whole gradient before the first weight is updated, which costs some speed; `Value` does
/// not.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::optimizer::Clip;
/// let fit = Fit::new().clip(Clip::GlobalNorm(1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Clip {
    /// `clipnorm`: scales the gradient of each tensor down to at most this norm.
    #[serde(rename = "clipnorm")]
    Norm(f64),
    /// `clipvalue`: clips each number of the gradient to ± this value.
    #[serde(rename = "clipvalue")]
    Value(f64),
    /// `global_clipnorm`: scales the gradient of all tensors together down to at most this norm.
    #[serde(rename = "global_clipnorm")]
    GlobalNorm(f64),
}

impl Clip {
    /// Checks that the bound is finite and above 0.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the name of the kind.
    pub fn check(&self) -> Result<()> {
        let (name, bound) = match *self {
            Self::Norm(bound) => ("clipnorm", bound),
            Self::Value(bound) => ("clipvalue", bound),
            Self::GlobalNorm(bound) => ("global_clipnorm", bound),
        };
        match bound.is_finite() && bound > 0.0 {
            true => Ok(()),
            false => Err(Error::config(format!("{name} is {bound}; it must be a finite number above 0"))),
        }
    }

    /// Clips each number of a gradient, if the kind does.
    pub(crate) fn clip_values(self, grads: &mut [f32]) {
        if let Self::Value(bound) = self {
            let bound = bound as f32;
            grads.iter_mut().for_each(|grad| *grad = grad.clamp(-bound, bound));
        }
    }

    /// Scales the gradient of a tensor by its norm and the norm of all tensors, if the kind does. A norm that is not
    /// finite is left for the check of divergence.
    pub(crate) fn scale(self, grads: &mut [f32], own: f64, all: f64) {
        let (norm, bound) = match self {
            Self::Norm(bound) => (own, bound),
            Self::GlobalNorm(bound) => (all, bound),
            Self::Value(_) => return,
        };
        if norm > bound && norm.is_finite() {
            let scale = (bound / norm) as f32;
            grads.iter_mut().for_each(|grad| *grad *= scale);
        }
    }
}
