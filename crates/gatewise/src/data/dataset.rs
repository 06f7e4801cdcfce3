//! Sequences with one target each: what `fit` and `evaluate` take.

use crate::data::{Padding, Sequences};
use crate::error::{Error, Result};

/// Rows of token ids, each with its target (for a binary model 0.0 or 1.0).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    sequences: Sequences,
    targets: Vec<f32>,
    padding: Padding,
}

impl Dataset {
    /// Pairs `sequences` with `targets`, one a row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the two differ in length.
    pub fn new(sequences: Sequences, targets: Vec<f32>) -> Result<Self> {
        if sequences.len() != targets.len() {
            return Err(Error::data(format!(
                "a data set needs one target for each sequence, but there are {} sequences and {} targets",
                sequences.len(),
                targets.len()
            )));
        }
        Ok(Self { sequences, targets, padding: Padding::default() })
    }

    /// The same rows under another padding policy (the default is Keras's: to the longest row, `pre`).
    pub fn with_padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The inputs.
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }

    /// The targets, one a row.
    pub fn targets(&self) -> &[f32] {
        &self.targets
    }

    /// How rows are padded and cut.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// The rows named by `order`, in that order.
    pub fn select(&self, order: &[usize]) -> Self {
        Self {
            sequences: self.sequences.select(order),
            targets: order.iter().map(|&i| self.targets[i]).collect(),
            padding: self.padding,
        }
    }
}
