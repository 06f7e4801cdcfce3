//! The stage of `zero_output_for_mask`: sets the outputs of a recurrent layer at masked steps to zero.
//!
//! Input: the output block of a recurrent layer. Output: the same block with zeros. It is a separate stage
//! because the layer's way back needs the outputs that masked steps carry on.

use super::{Backward, Forward, Signal, Stage};
use crate::kernels::LANES;
use std::ops::Range;

/// Zeros at the masked steps of each lane.
#[derive(Debug)]
pub(crate) struct MaskedZerosStage {
    pub signal: Signal,
    /// Whether the last step of the layer's input is computed first.
    pub backwards: bool,
}

impl MaskedZerosStage {
    /// Copies `from` to `to`, with zeros in the lanes that are masked.
    fn pass(&self, mask: Option<&[u16]>, from: &[f32], to: &mut [f32]) {
        to.copy_from_slice(from);
        let Some(mask) = mask else { return };
        match self.signal {
            Signal::Sequence(width) => {
                let slots = to.chunks_exact_mut(width * LANES);
                match self.backwards {
                    true => slots.zip(mask.iter().rev()).for_each(|(slot, &lanes)| zero(slot, lanes)),
                    false => slots.zip(mask).for_each(|(slot, &lanes)| zero(slot, lanes)),
                }
            }
            // The only output is that of the step that is computed last.
            _ => {
                let last = if self.backwards { mask.first() } else { mask.last() };
                last.into_iter().for_each(|&lanes| zero(to, lanes));
            }
        }
    }
}

/// Sets the lanes whose bit is not set to zero.
pub(super) fn zero(values: &mut [f32], lanes: u16) {
    if lanes == u16::MAX {
        return;
    }
    for values in values.as_chunks_mut::<LANES>().0 {
        for (lane, value) in values.iter_mut().enumerate() {
            if lanes >> lane & 1 == 0 {
                *value = 0.0;
            }
        }
    }
}

impl Stage for MaskedZerosStage {
    fn describe(&self) -> String {
        "zeros at masked steps".into()
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        self.signal
    }

    // Whether the last step of a row is masked shows only if all steps are laid.
    fn reads_masked_steps(&self) -> bool {
        true
    }

    fn forward(&self, io: Forward<'_>) {
        self.pass(io.block.mask, io.x, io.y);
    }

    fn backward(&self, io: Backward<'_>) {
        if let Some(dx) = io.dx {
            self.pass(io.block.mask, io.dy, dx);
        }
    }
}
