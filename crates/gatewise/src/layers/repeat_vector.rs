//! RepeatVector: one vector at every step of a new sequence.

use super::{Backward, Built, Forward, Signal, Stage};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Repeats a vector `n` times: the input of a decoder.
///
/// | | |
/// |---|---|
/// | equation | `y_t = x` for t = 1, …, n |
/// | input | `(batch, D)` |
/// | output | `(batch, n, D)`; no step is masked |
/// | parameters | none |
/// | backward | `dx = Σ_t dy_t` |
///
/// A model with an output at every one of these steps predicts n outputs a row, whatever the length of the row.
/// [`Fit`](crate::Fit) then needs rows of n steps, since a target belongs to a step of its row.
///
/// ```
/// use gatewise::layers::{Dense, Input, Lstm, RepeatVector, TimeDistributed};
/// use gatewise::Sequential;
/// // An autoencoder of series of 7 steps.
/// let model = Sequential::new()
///     .with(Input::new(2))
///     .with(Lstm::new(4))
///     .with(RepeatVector::new(7))
///     .with(Lstm::new(4).return_sequences(true))
///     .with(TimeDistributed::new(Dense::new(2)))
///     .compile(1)?;
/// assert!(model.summary(None).contains("(None, 7, 2)"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RepeatVector {
    /// Number of steps of the output.
    pub n: usize,
}

/// The largest number of steps: as of a row.
const MOST: usize = 1 << 16;

impl RepeatVector {
    /// Creates a layer that repeats its input `n` times.
    pub fn new(n: usize) -> Self {
        Self { n }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if !(1..=MOST).contains(&self.n) {
            return Err(Error::config(format!(
                "RepeatVector needs n of at least 1 and at most {MOST}, but got {}",
                self.n
            )));
        }
        match input {
            Signal::Vector(width) => Ok(Built { params: Vec::new(), output: Signal::Sequence(width) }),
            _ => Err(Error::shape(format!(
                "RepeatVector reads one vector a row, but its input is {}; put it above a recurrent layer without \
                 return_sequences",
                input.describe()
            ))),
        }
    }
}

/// Copies of a vector.
#[derive(Debug)]
pub(crate) struct RepeatVectorStage {
    pub n: usize,
    pub width: usize,
}

impl Stage for RepeatVectorStage {
    fn describe(&self) -> String {
        format!("RepeatVector: {} steps", self.n)
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        Signal::Sequence(self.width)
    }

    fn other_steps(&self, _: usize) -> Option<usize> {
        Some(self.n)
    }

    fn forward(&self, io: Forward<'_>) {
        io.y.chunks_exact_mut(io.x.len()).for_each(|y| y.copy_from_slice(io.x));
    }

    fn backward(&self, io: Backward<'_>) {
        let Some(dx) = io.dx else { return };
        dx.fill(0.0);
        for dy in io.dy.chunks_exact(dx.len()) {
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += dy);
        }
    }
}
