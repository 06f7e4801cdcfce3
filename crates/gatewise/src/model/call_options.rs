//! What a call of a single layer takes besides rows and weights, and what it returns.
//!
//! Input: a mask, states, a seed. Output: the outputs, the mask and the states of a layer.

use crate::error::{Error, Result};
use crate::rows::{Features, Inputs};

/// The options of [`Layer::call_with`](crate::layers::Layer::call_with): a mask, the initial state, training.
///
/// ```
/// use gatewise::CallOptions;
/// use gatewise::layers::Dropout;
/// use gatewise::rows::Features;
/// let mut x = Features::new(4);
/// x.push(&[1.0; 8])?;
/// let (layer, none): (_, [&[f32]; 0]) = (Dropout::new(0.5), []);
/// let x = x.into();
/// let training = layer.call_with(&x, &none, &CallOptions::new().training(true).seed(7))?;
/// assert!(training.output().values().iter().all(|&y| y == 0.0 || y == 2.0));
/// assert_eq!(layer.call_with(&x, &none, &CallOptions::new())?.output().values(), [1.0; 8]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CallOptions {
    pub(super) mask: Option<Vec<Vec<bool>>>,
    pub(super) initial_state: Option<Vec<Vec<f32>>>,
    pub(super) training: bool,
    pub(super) seed: u64,
}

impl CallOptions {
    /// Creates the options of a call without a mask, from the zero state, outside training.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the mask: for each step of each row, whether the step is there. `false` masks the step. Any steps
    /// may be masked: the first, the last, some between, all of them.
    #[must_use]
    pub fn mask(self, mask: impl Into<Vec<Vec<bool>>>) -> Self {
        Self { mask: Some(mask.into()), ..self }
    }

    /// Sets the state before the first step: one array for each part, in Keras's order, each `[rows][units]`
    /// and row-major. `h` of a `Gru` or `SimpleRnn`; `h` and `c` of an `Lstm`; of a `Bidirectional` first the
    /// forward layer's, then the backward layer's. Default: zeros.
    #[must_use]
    pub fn initial_state(self, initial_state: impl Into<Vec<Vec<f32>>>) -> Self {
        Self { initial_state: Some(initial_state.into()), ..self }
    }

    /// Sets whether dropout is applied. Default: false.
    #[must_use]
    pub fn training(self, training: bool) -> Self {
        Self { training, ..self }
    }

    /// Sets the seed of dropout. Default: 0.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Checks that the mask fits the rows.
    pub(super) fn check(&self, inputs: &Inputs) -> Result<()> {
        let Some(mask) = &self.mask else { return Ok(()) };
        if mask.len() != inputs.len() {
            return Err(Error::shape(format!(
                "the mask has {} rows, but there are {} rows; give one list of true and false a row",
                mask.len(),
                inputs.len()
            )));
        }
        match (0..inputs.len()).find(|&row| mask[row].len() != inputs.steps(row)) {
            Some(row) => Err(Error::shape(format!(
                "row {row} has {} steps, but its mask has {}; give one value a step",
                inputs.steps(row),
                mask[row].len()
            ))),
            None => Ok(()),
        }
    }
}

/// What [`Layer::call_with`](crate::layers::Layer::call_with) returns.
#[derive(Debug, Clone, PartialEq)]
pub struct CallOutputs {
    pub(super) outputs: Vec<Features>,
    pub(super) mask: Option<Vec<Vec<bool>>>,
    pub(super) states: Vec<Vec<f32>>,
}

impl CallOutputs {
    /// Returns the output, one row for each input row: `[steps][units]`, or one step of `units` numbers. With
    /// the merge mode `none`, this is the forward output.
    pub fn output(&self) -> &Features {
        &self.outputs[0]
    }

    /// Returns all outputs: two for a `Bidirectional` with the merge mode `none`, forward and backward, else
    /// one.
    pub fn outputs(&self) -> &[Features] {
        &self.outputs
    }

    /// Returns the mask of the steps of the output, or `None` if none is masked. With `go_backwards` the mask
    /// is still in the order of the input, as in Keras.
    pub fn mask(&self) -> Option<&[Vec<bool>]> {
        self.mask.as_deref()
    }

    /// Returns the state after the step that is computed last, in the order and layout of
    /// [`CallOptions::initial_state`]; empty for layers without a state.
    pub fn states(&self) -> &[Vec<f32>] {
        &self.states
    }
}
