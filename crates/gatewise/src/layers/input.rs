//! Input: the first layer of a model that reads vectors instead of token ids.

use super::{Built, Signal};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The input of a model that reads a vector of numbers at each step: Keras's `Input(shape=(None, features))`. With
/// [`Input::vector`], a row is one vector.
///
/// It is the first layer, and computes nothing. [`Features`](crate::rows::Features) contains the rows.
///
/// | | |
/// |---|---|
/// | input | rows of vectors of `features` numbers |
/// | output | `(batch, steps, features)`, of one vector `(batch, features)`; padded steps are zeros (or [`Masking`](super::Masking)'s value) |
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
    /// Whether a row has any number of vectors, one a step, or is one vector. Default: true.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub sequence: bool,
}

fn yes() -> bool {
    true
}

impl Input {
    /// Creates an input of vectors of `features` numbers.
    pub fn new(features: usize) -> Self {
        Self { features, sequence: true }
    }

    /// Creates an input of one vector of `features` numbers a row: Keras's `Input(shape=(features,))`. A row of
    /// [`Features`](crate::rows::Features) then has one step.
    ///
    /// ```
    /// use gatewise::layers::{Activation, Dense, Input};
    /// use gatewise::rows::{Dataset, Features};
    /// use gatewise::{Fit, Sequential};
    /// // Exclusive or: a multilayer perceptron.
    /// let mut rows = Features::new(2);
    /// [[0., 0.], [0., 1.], [1., 0.], [1., 1.]].iter().try_for_each(|row| rows.push(row))?;
    /// let data = Dataset::new(rows, vec![0., 1., 1., 0.])?;
    /// let hidden = Dense::new(8).activation(Activation::Tanh);
    /// let layers = Sequential::new().with(Input::vector(2)).with(hidden);
    /// let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// Fit::new().epochs(300).learning_rate(0.05).run(&mut model, &data)?;
    /// assert_eq!(model.evaluate(&data)?.accuracy, Some(1.0));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn vector(features: usize) -> Self {
        Self { features, sequence: false }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if self.features == 0 {
            return Err(Error::config("Input needs at least 1 feature, but got 0"));
        }
        if input != Signal::Ids {
            return Err(Error::shape("Input must be the first layer of a model; move it there"));
        }
        let output = match self.sequence {
            true => Signal::Sequence(self.features),
            false => Signal::Vector(self.features),
        };
        Ok(Built { params: Vec::new(), output })
    }
}
