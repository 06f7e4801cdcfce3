//! TimeDistributed: one layer at every step.

use super::{Built, Dense, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Applies a [`Dense`] layer to every step of a sequence, with the same weights.
///
/// A `Dense` right above a sequence does the same, as in Keras; this wrapper says so, insists on a sequence,
/// and gives the weights Keras's names for it (`time_distributed/kernel`).
///
/// | | |
/// |---|---|
/// | equation | `y_t = activation(x_t·W + b)` |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, steps, units)` |
/// | parameters | those of the layer |
///
/// ```
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm, TimeDistributed};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(8).return_sequences(true));
/// let head = Dense::new(5).activation(Activation::Softmax);
/// let model = layers.with(TimeDistributed::new(head)).compile(1)?;
/// assert!(model.output_per_step());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeDistributed {
    /// The layer that every step goes through.
    pub dense: Dense,
}

impl TimeDistributed {
    /// `dense` at every step.
    pub fn new(dense: Dense) -> Self {
        Self { dense }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        match input {
            Signal::Sequence(_) => self.dense.build(input),
            _ => Err(Error::shape(format!(
                "TimeDistributed reads a sequence of vectors, but its input is {}; set return_sequences on \
                 the recurrent layer before it, or use the Dense itself",
                input.describe()
            ))),
        }
    }
}
