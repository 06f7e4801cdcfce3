//! Global pooling: reduces a sequence of vectors to one vector.

use super::{Backward, Block, Built, Forward, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Computes the maximum of each unit over all steps.
///
/// | | |
/// |---|---|
/// | equation | `y = max_t x_t` |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, D)` |
/// | parameters | none |
/// | backward | `dy` flows to the step of the maximum; tied steps share it equally |
///
/// As in Keras, **masks are ignored**: padding counts with the output of the layers below. A masked recurrent
/// layer repeats its last output there, or zero before the first step. Rows without steps give zeros.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, GlobalMaxPooling1D, Lstm};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(3).return_sequences(true));
/// let model = layers.with(GlobalMaxPooling1D::new()).with(Dense::new(1)).compile(1)?;
/// assert!(model.summary(None).contains("global_max_pooling1d"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GlobalMaxPooling1D {}

/// Computes the mean of each unit over the steps that are not masked.
///
/// | | |
/// |---|---|
/// | equation | `y = Σ_t x_t / n` over the n unmasked steps |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, D)` |
/// | parameters | none |
/// | backward | `dx_t = dy / n` at unmasked steps, else 0 |
///
/// Padding that is not masked counts. If all steps are masked, the output is zero (Keras divides by zero).
///
/// ```
/// use gatewise::layers::{Dense, Embedding, GlobalAveragePooling1D};
/// use gatewise::Sequential;
/// // The mean of the word vectors: fastText's model.
/// let layers = Sequential::new().with(Embedding::new(9, 4).mask_zero(true));
/// let model = layers.with(GlobalAveragePooling1D::new()).with(Dense::new(1)).compile(1)?;
/// assert_eq!(model.params().len(), 9 * 4 + 5);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GlobalAveragePooling1D {}

impl GlobalMaxPooling1D {
    /// Creates the layer, which has no settings.
    pub fn new() -> Self {
        Self {}
    }
}

impl GlobalAveragePooling1D {
    /// Creates the layer, which has no settings.
    pub fn new() -> Self {
        Self {}
    }
}

/// The kind of pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    Max,
    Average,
}

impl Pooling {
    pub(super) fn build(self, input: Signal) -> Result<Built> {
        let remedy = match input {
            Signal::Sequence(width) => {
                return Ok(Built { params: vec![], output: Signal::Vector(width) });
            }
            Signal::Ids => "put an Embedding before it",
            Signal::Vector(_) => "set return_sequences on the recurrent layer before it, or leave it out",
        };
        Err(Error::shape(format!(
            "Global{self:?}Pooling1D reads a sequence of vectors, but its input is {}; {remedy}",
            input.describe()
        )))
    }
}

/// Global pooling over one block.
#[derive(Debug)]
pub(crate) struct PoolingStage {
    pub pooling: Pooling,
    pub width: usize,
}

/// One number for each lane.
type Row = [f32; LANES];

impl PoolingStage {
    /// Returns the unmasked lanes of each step of the block, as bits.
    fn counting(block: Block<'_>) -> impl Iterator<Item = u16> {
        (0..block.steps).map(move |t| block.mask.map_or(u16::MAX, |mask| mask[t]))
    }

    /// Returns 1/n of each lane; 0 if all steps are masked.
    fn reciprocals(block: Block<'_>) -> Row {
        let mut counts = [0u32; LANES];
        for lanes in Self::counting(block) {
            counts.iter_mut().enumerate().for_each(|(l, count)| *count += u32::from(lanes >> l & 1));
        }
        counts.map(|count| if count == 0 { 0.0 } else { 1.0 / count as f32 })
    }
}

impl Stage for PoolingStage {
    fn describe(&self) -> String {
        match self.pooling {
            Pooling::Max => "GlobalMaxPooling1D: over all steps, padding too".into(),
            Pooling::Average => "GlobalAveragePooling1D: over the steps that count".into(),
        }
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        Signal::Vector(self.width)
    }

    fn shares_pad_prefix(&self) -> bool {
        false
    }

    fn reads_masked_steps(&self) -> bool {
        self.pooling == Pooling::Max
    }

    fn forward(&self, io: Forward<'_>) {
        let y = io.y.as_chunks_mut::<LANES>().0;
        let mut steps = io.x.as_chunks::<LANES>().0.chunks_exact(self.width);
        match self.pooling {
            Pooling::Max => {
                match steps.next() {
                    Some(first) => y.copy_from_slice(first),
                    None => y.fill([0.0; LANES]),
                }
                for x in steps {
                    for (y, x) in y.iter_mut().zip(x) {
                        for l in 0..LANES {
                            // A NaN stays.
                            y[l] = if x[l] <= y[l] { y[l] } else { x[l] };
                        }
                    }
                }
            }
            Pooling::Average => {
                y.fill([0.0; LANES]);
                for (x, lanes) in steps.zip(Self::counting(io.block)) {
                    for (y, x) in y.iter_mut().zip(x) {
                        (0..LANES).for_each(|l| y[l] += if lanes >> l & 1 == 1 { x[l] } else { 0.0 });
                    }
                }
                let scale = Self::reciprocals(io.block);
                y.iter_mut().for_each(|y| (0..LANES).for_each(|l| y[l] *= scale[l]));
            }
        }
    }

    fn backward(&self, io: Backward<'_>) {
        let Some(dx) = io.dx else { return };
        let (y, dy) = (io.y.as_chunks::<LANES>().0, io.dy.as_chunks::<LANES>().0);
        let steps = dx.as_chunks_mut::<LANES>().0.chunks_exact_mut(self.width);
        match self.pooling {
            Pooling::Max => {
                let x = || io.x.as_chunks::<LANES>().0.chunks_exact(self.width);
                // The number of tied steps of each unit.
                let mut ties = vec![[0.0; LANES]; self.width];
                for x in x() {
                    for ((ties, x), y) in ties.iter_mut().zip(x).zip(y) {
                        (0..LANES).for_each(|l| ties[l] += f32::from(u8::from(x[l] == y[l])));
                    }
                }
                for (dx, x) in steps.zip(x()) {
                    for (((dx, x), y), (dy, ties)) in dx.iter_mut().zip(x).zip(y).zip(dy.iter().zip(&ties)) {
                        for l in 0..LANES {
                            dx[l] = if x[l] == y[l] { dy[l] / ties[l] } else { 0.0 };
                        }
                    }
                }
            }
            Pooling::Average => {
                let scale = Self::reciprocals(io.block);
                for (dx, lanes) in steps.zip(Self::counting(io.block)) {
                    let scale: Row =
                        std::array::from_fn(|l| if lanes >> l & 1 == 1 { scale[l] } else { 0.0 });
                    for (dx, dy) in dx.iter_mut().zip(dy) {
                        (0..LANES).for_each(|l| dx[l] = scale[l] * dy[l]);
                    }
                }
            }
        }
    }
}
