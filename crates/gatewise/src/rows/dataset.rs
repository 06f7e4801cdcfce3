//! Rows with their targets: what `fit` and `evaluate` take.

use super::{Inputs, Padding, Sequences, Targets};
use crate::error::{Error, Result};

/// Rows of token ids or of vectors, each with its target, or with a target for each of its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    inputs: Inputs,
    targets: Targets,
    padding: Padding,
    sample_weight: Option<Vec<f32>>,
}

impl Dataset {
    /// Pairs `inputs` with `targets`, one a row (a `Vec<f32>` is one number a row).
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the two differ in length.
    pub fn new(inputs: impl Into<Inputs>, targets: impl Into<Targets>) -> Result<Self> {
        let (inputs, targets) = (inputs.into(), targets.into());
        targets.check(&inputs)?;
        Ok(Self { inputs, targets, padding: Padding::default(), sample_weight: None })
    }

    /// The same rows under another padding policy (the default is Keras's: to the longest row, `pre`).
    pub fn with_padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// Weighs the rows' losses. As in Keras, the loss stays the sum over the rows by their number.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there is not one weight a row, or a weight is
    /// negative, infinite or NaN.
    pub fn with_sample_weight(self, weights: Vec<f32>) -> Result<Self> {
        if weights.len() != self.len() {
            return Err(Error::data(format!(
                "sample_weight needs one weight a row, but there are {} rows and {} weights",
                self.len(),
                weights.len()
            )));
        }
        match weights.iter().position(|&weight| !(0.0..f32::INFINITY).contains(&weight)) {
            Some(row) => Err(Error::data(format!(
                "row {row} has the sample weight {}; weights must be finite and at least 0",
                weights[row]
            ))),
            None => Ok(Self { sample_weight: Some(weights), ..self }),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The rows of ids; `None` where rows are vectors.
    pub fn sequences(&self) -> Option<&Sequences> {
        match &self.inputs {
            Inputs::Ids(rows) => Some(rows),
            Inputs::Features(_) => None,
        }
    }

    /// The targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// What the loss of row `i` is multiplied by.
    pub fn weight(&self, i: usize) -> f32 {
        self.sample_weight.as_ref().map_or(1.0, |weights| weights[i])
    }

    /// The weights of all rows, where there are any.
    pub fn sample_weight(&self) -> Option<&[f32]> {
        self.sample_weight.as_deref()
    }

    /// How rows are padded and cut.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// Returns the rows named by `order`, in that order; a row may be named any number of times.
    ///
    /// # Panics
    /// When there is no such row. The message names it.
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        let weights = self.sample_weight.as_ref();
        Self {
            inputs: self.inputs.select(order),
            targets: self.targets.select(order),
            padding: self.padding,
            sample_weight: weights.map(|weights| order.iter().map(|&i| weights[i]).collect()),
        }
    }
}
