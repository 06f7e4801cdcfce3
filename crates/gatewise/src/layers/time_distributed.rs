//! TimeDistributed: applies a layer to every step.

use super::{Built, Dense, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Applies a [`Dense`] layer to every step of a sequence, with the same weights.
///
/// As in Keras, a `Dense` directly above a sequence computes the same. This wrapper accepts only sequences,
/// and names the weights as Keras does (`time_distributed/kernel`).
///
/// | | |
/// |---|---|
/// | equation | `y_t = activation(x_t·W + b)` |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, steps, units)` |
/// | parameters | the parameters of the `Dense` |
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
#[non_exhaustive]
pub struct TimeDistributed {
    /// The layer that is applied to every step.
    pub dense: Dense,
}

impl TimeDistributed {
    /// Creates a layer that applies `dense` to every step.
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
