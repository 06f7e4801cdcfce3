//! Masking: steps to skip in rows of vectors.

use super::{Built, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Marks the steps whose every number is `mask_value` as absent: the layers above skip them.
///
/// | | |
/// |---|---|
/// | equation | `y_t = x_t`, or zeros where `x_t` is `mask_value` throughout |
/// | input, output | `(batch, steps, D)` |
///
/// Short rows are padded with `mask_value`, so padding is masked. It stands right above
/// [`Input`](super::Input); an `Embedding` has [`mask_zero`](super::Embedding::mask_zero).
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
pub struct Masking {
    /// What an absent step holds.
    #[serde(default)]
    pub mask_value: f32,
}

impl Masking {
    /// Absent steps hold `mask_value`; Keras's default is 0.
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
