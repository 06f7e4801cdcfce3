//! A data set: rows with their targets, the input of `fit` and `evaluate`.

use super::{Inputs, Padding, Sequences, Targets};
use crate::error::{Error, Result};

/// A data set: rows of token ids or vectors, each with one target or with one target for each step.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    inputs: Inputs,
    targets: Targets,
    padding: Padding,
    sample_weight: Option<Vec<f32>>,
}

impl Dataset {
    /// Returns the data set of `inputs` and `targets` (a `Vec<f32>` is one number for each row).
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if `inputs` and `targets` differ in length.
    pub fn new(inputs: impl Into<Inputs>, targets: impl Into<Targets>) -> Result<Self> {
        let (inputs, targets) = (inputs.into(), targets.into());
        targets.check(&inputs)?;
        Ok(Self { inputs, targets, padding: Padding::default(), sample_weight: None })
    }

    /// Sets the padding policy. The default is Keras's: to the length of the longest row, on the side `pre`.
    pub fn with_padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// Sets the sample weights, which multiply the losses of the rows. As in Keras, the loss is the weighted
    /// sum divided by the number of rows.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of weights differs from the number of rows,
    /// or if a weight is negative, infinite or NaN.
    pub fn with_sample_weight(self, weights: Vec<f32>) -> Result<Self> {
        if weights.len() != self.len() {
            return Err(Error::data(format!(
                "sample_weight needs one weight for each row, but there are {} rows and {} weights",
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

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the rows.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Returns the rows of token ids, or `None` if the rows are vectors.
    pub fn sequences(&self) -> Option<&Sequences> {
        match &self.inputs {
            Inputs::Ids(rows) => Some(rows),
            Inputs::Features(_) => None,
        }
    }

    /// Returns the targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Returns the sample weight of row `i`; 1 without sample weights.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[track_caller]
    pub fn weight(&self, i: usize) -> f32 {
        assert!(i < self.len(), "row {i} is out of range: there are {} rows", self.len());
        self.sample_weight.as_ref().map_or(1.0, |weights| weights[i])
    }

    /// Returns the sample weights, if they are set.
    pub fn sample_weight(&self) -> Option<&[f32]> {
        self.sample_weight.as_deref()
    }

    /// Returns the padding policy.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
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
