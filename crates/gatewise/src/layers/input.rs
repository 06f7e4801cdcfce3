//! Input: the first layer of a model that reads vectors instead of token ids.

use super::{Built, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The input of a model that reads a vector of numbers at each step: Keras's `Input(shape=(None, features))`.
///
/// It is the first layer, and computes nothing. [`Features`](crate::rows::Features) contains the rows.
///
/// | | |
/// |---|---|
/// | input | rows of vectors of `features` numbers |
/// | output | `(batch, steps, features)`; padded steps are zeros (or [`Masking`](super::Masking)'s value) |
///
/// ```
/// use gatewise::layers::{Dense, Input, Lstm};
/// use gatewise::Sequential;
/// let model = Sequential::new().with(Input::new(12)).with(Lstm::new(8)).with(Dense::new(3)).compile(1)?;
/// assert_eq!(model.params().table()[0].shape, [12, 32]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Input {
    /// Number of features of a vector.
    pub features: usize,
}

impl Input {
    /// Creates an input of vectors of `features` numbers.
    pub fn new(features: usize) -> Self {
        Self { features }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if self.features == 0 {
            return Err(Error::config("Input needs at least 1 feature, but got 0"));
        }
        if input != Signal::Ids {
            return Err(Error::shape("Input must be the first layer of a model; move it there"));
        }
        Ok(Built { params: Vec::new(), output: Signal::Sequence(self.features) })
    }
}
