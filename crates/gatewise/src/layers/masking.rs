//! Masking: skips steps in rows of vectors.

use super::{Built, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Masks the steps whose features all equal `mask_value`: the layers above skip them.
///
/// | | |
/// |---|---|
/// | equation | `y_t = x_t`, or zeros where all of `x_t` is `mask_value` |
/// | input, output | `(batch, steps, D)` |
///
/// Short rows are padded with `mask_value`, so that padding is masked. `Masking` belongs directly above
/// [`Input`](super::Input). For token ids use [`mask_zero`](super::Embedding::mask_zero) of `Embedding`.
///
/// ```
/// use gatewise::layers::{Dense, Input, Lstm, Masking};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Input::new(3)).with(Masking::new(0.0));
/// let model = layers.with(Lstm::new(4)).with(Dense::new(1)).compile(1)?;
/// assert!(model.summary(None).contains("masking (Masking)"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Masking {
    /// The value of the features of a masked step. Default: 0.
    #[serde(default)]
    pub mask_value: f32,
}

impl Masking {
    /// Creates a layer that masks the steps of `mask_value`. Keras's default is 0.
    pub fn new(mask_value: f32) -> Self {
        Self { mask_value }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if !self.mask_value.is_finite() {
            return Err(Error::config(format!(
                "Masking needs a finite mask_value, but got {}",
                self.mask_value
            )));
        }
        match input {
            Signal::Sequence(_) => Ok(Built { params: Vec::new(), output: input }),
            _ => Err(Error::shape(format!(
                "Masking reads a sequence of vectors, but its input is {}; put it right after Input",
                input.describe()
            ))),
        }
    }
}
