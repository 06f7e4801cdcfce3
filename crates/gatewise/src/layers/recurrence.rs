//! The LSTM kernel over a block as a stage uses it: what the stages with and without a table share.

use super::{Block, Dims, Signal};
use crate::kernels::{Isa, LANES, lstm};

/// An LSTM that gives its last output, or every step's.
///
/// Its tape holds the state before the first step (`[2][H][16]`), the kernel's tape, then, where only the
/// last output is given, the outputs of all steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recurrence {
    pub shape: lstm::Shape,
    pub return_sequences: bool,
}

/// What a walk forward reads and writes.
pub(super) struct Walk<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub training: bool,
    pub packed: &'a [f32],
    pub from: lstm::From<'a>,
    /// The output block, overwritten.
    pub y: &'a mut [f32],
    /// The state before the first step, read; the rest overwritten.
    pub tape: &'a mut [f32],
}

/// What a walk back reads and writes.
pub(super) struct WalkBack<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub packed: &'a [f32],
    pub into: lstm::Into<'a>,
    /// The output block of the walk forward, read.
    pub y: &'a [f32],
    pub dy: &'a [f32],
    pub tape: &'a [f32],
    /// As in [`lstm::Backward`]; accumulated.
    pub grads: &'a mut [f32],
    /// The gradient of the state before the first step, overwritten.
    pub dstart: &'a mut [f32],
    /// [`lstm::Shape::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

impl Recurrence {
    pub fn output(&self) -> Signal {
        match self.return_sequences {
            true => Signal::Sequence(self.shape.units),
            false => Signal::Vector(self.shape.units),
        }
    }

    /// Steps of outputs and of kernel tape that are kept.
    fn kept(dims: Dims) -> (usize, usize) {
        if dims.training { (dims.steps, dims.steps) } else { (2, 1) }
    }

    /// Floats of tape.
    pub fn tape_len(&self, dims: Dims) -> usize {
        let (history, tape) = Self::kept(dims);
        let history = if self.return_sequences { 0 } else { history * self.shape.units * LANES };
        self.shape.state_len() + tape * self.shape.tape_step() + history
    }

    /// Every step of a block.
    pub fn walk(&self, io: Walk<'_>) {
        let Walk { isa, block, training, packed, from, y, tape } = io;
        let (shape, steps, mask) = (self.shape, block.steps, block.mask);
        let width = shape.units * LANES;
        let (slots, tape_slots) = Self::kept(Dims { steps, training });
        let (start, tape) = tape.split_at_mut(shape.state_len());
        let (tape, history) = tape.split_at_mut(tape_slots * shape.tape_step());
        if self.return_sequences {
            lstm::forward(isa, lstm::Forward { shape, steps, packed, from, mask, start, y, tape });
            return;
        }
        lstm::forward(isa, lstm::Forward { shape, steps, packed, from, mask, start, y: history, tape });
        match steps {
            0 => y.copy_from_slice(&start[..width]),
            _ => y.copy_from_slice(&history[(steps - 1) % slots * width..][..width]),
        }
    }

    /// The gradients of every step, from the tape of a training walk.
    pub fn walk_back(&self, io: WalkBack<'_>) {
        let WalkBack { isa, block, packed, into, y, dy, tape, grads, dstart, scratch } = io;
        let (shape, steps, mask) = (self.shape, block.steps, block.mask);
        let (start, tape) = tape.split_at(shape.state_len());
        let (tape, history) = tape.split_at(steps * shape.tape_step());
        let (y, dy) = match self.return_sequences {
            true => (y, lstm::Dy::Sequence(dy)),
            false => (history, lstm::Dy::Last(dy)),
        };
        let back =
            lstm::Backward { shape, steps, packed, into, mask, start, y, tape, dy, grads, dstart, scratch };
        lstm::backward(isa, back);
    }
}
