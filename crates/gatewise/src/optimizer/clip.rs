//! Clipping: gradients that are too large are made smaller before the optimizer sees them.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// How gradients are clipped, with Keras's meanings. There is one of them at most, as there.
///
/// A norm needs the whole gradient before any weight moves, which costs some speed; `Value` does not.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::optimizer::Clip;
/// let fit = Fit::new().clip(Clip::GlobalNorm(1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Clip {
    /// `clipnorm`: the gradient of each tensor is scaled down to this norm if its own is higher.
    #[serde(rename = "clipnorm")]
    Norm(f64),
    /// `clipvalue`: each number is held within ± this.
    #[serde(rename = "clipvalue")]
    Value(f64),
    /// `global_clipnorm`: the gradient of all tensors together is scaled down to this norm.
    #[serde(rename = "global_clipnorm")]
    GlobalNorm(f64),
}

impl Clip {
    /// Refuses a bound that is not above 0.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the kind.
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
}
