//! Activation as a layer.

use super::{Activation, Built, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// Applies an [`Activation`] to its input: Keras's `Activation` layer.
///
/// | | |
/// |---|---|
/// | equation | `y = activation(x)`; softmax is taken over the units |
/// | input | any |
/// | output | as the input |
/// | parameters | none |
///
/// ```
/// use gatewise::layers::{Activation, ActivationLayer, Dense, Input};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Input::vector(3)).with(Dense::new(2));
/// let model = layers.with(ActivationLayer::new(Activation::Softmax)).compile(1)?;
/// assert!(model.summary(None).contains("activation (Activation)"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ActivationLayer {
    /// The activation.
    pub activation: Activation,
}

impl ActivationLayer {
    /// Creates a layer that applies `activation`.
    pub fn new(activation: Activation) -> Self {
        Self { activation }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        match input {
            Signal::Ids => Err(Error::shape(format!(
                "Activation reads vectors, but its input is {}; put it above an Embedding",
                input.describe()
            ))),
            _ => Ok(Built { params: Vec::new(), output: input }),
        }
    }
}
