//! The recurrent kernels over a block, as the stages of the recurrent layers call them, with and without a
//! table.

use super::{Block, BlockGrads, Dims, Signal, SignalPlace};
use crate::kernels::noise::{self, Noise, Rate};
use crate::kernels::recurrent::{self, cell::Cell};
use crate::kernels::{Isa, LANES};
use std::ops::Range;

/// The settings of a recurrent layer that its stage depends on.
#[derive(Debug)]
pub(super) struct Recurrent<C> {
    /// The class name.
    pub name: &'static str,
    pub cell: C,
    pub units: usize,
    pub return_sequences: bool,
    /// Whether the last step is computed first.
    pub backwards: bool,
    /// The fraction of the previous output that training drops.
    pub recurrent_dropout: f64,
    /// The ranges of kernel, recurrent kernel and bias; the last may be empty.
    pub params: [Range<usize>; 3],
}

/// A recurrent layer that returns its last output, or the outputs of all steps.
///
/// The tape holds, in this order:
/// * the state before the first step, `[states][H][16]`;
/// * the tape of the kernel;
/// * without `return_sequences`, the outputs of all steps;
/// * with recurrent dropout, in training, the factors on the outputs, and scratch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recurrence<C> {
    pub shape: recurrent::Shape<C>,
    pub return_sequences: bool,
    pub backwards: bool,
    /// The recurrent dropout of training.
    pub drops: Option<Rate>,
}

/// The arguments of [`Recurrence::forward`].
pub(super) struct ForwardSteps<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub training: bool,
    pub noise: Option<Noise<'a>>,
    pub packed: &'a [f32],
    pub from: recurrent::InputSource<'a>,
    /// The output block, overwritten.
    pub y: &'a mut [f32],
    /// The state before the first step, read where `state` is `None`; the rest overwritten.
    pub tape: &'a mut [f32],
    /// As in [`Forward`](super::Forward).
    pub state: Option<&'a mut [f32]>,
}

/// The arguments of [`Recurrence::backward`].
pub(super) struct BackwardSteps<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub packed: &'a [f32],
    pub into: recurrent::InputGradient<'a>,
    /// As in [`ForwardSteps`].
    pub noise: Option<Noise<'a>>,
    /// The output block of forward, read.
    pub y: &'a [f32],
    pub dy: &'a [f32],
    pub tape: &'a [f32],
    /// As in [`recurrent::Backward`]; accumulated.
    pub grads: &'a mut [f32],
    /// The gradient of the state before the first step, overwritten.
    pub dstart: &'a mut [f32],
    /// [`Recurrence::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

impl<C: Cell> Recurrence<C> {
    /// Returns the recurrence of `layer` with this shape.
    pub fn new(shape: recurrent::Shape<C>, layer: &Recurrent<C>) -> Self {
        let Recurrent { return_sequences, backwards, recurrent_dropout, .. } = *layer;
        let drops = (recurrent_dropout > 0.0).then(|| Rate::new(recurrent_dropout));
        Self { shape, return_sequences, backwards, drops }
    }

    /// Returns `true` if rows with the same first inputs have the same first states. Recurrent dropout, which
    /// differs by row, rules it out.
    pub fn shares_pad_prefix(&self) -> bool {
        !self.backwards && self.drops.is_none() && C::RESET.is_none()
    }

    /// Writes the state after `steps` steps of a trajectory to the start of a block's tape, in every lane.
    pub fn begin(&self, trajectory: &[f32], steps: usize, tape: &mut [f32]) {
        let shape = self.shape;
        let state = &trajectory[steps * shape.trajectory_step()..];
        let start = tape[..shape.state_len()].chunks_exact_mut(shape.units * LANES);
        for (part, start) in start.enumerate() {
            let from = &state[part * shape.units_padded()..];
            start.chunks_exact_mut(LANES).zip(from).for_each(|(lanes, &value)| lanes.fill(value));
        }
    }

    /// Sums the gradient of a block's initial state over the lanes.
    pub fn sum_start(&self, dstart: &[f32], sum: &mut [f32]) {
        let shape = self.shape;
        sum.fill(0.0);
        for (part, lanes) in dstart.chunks_exact(shape.units * LANES).enumerate() {
            let to = &mut sum[part * shape.units_padded()..];
            lanes.chunks_exact(LANES).zip(to).for_each(|(lanes, sum)| *sum = lanes.iter().sum());
        }
    }

    /// Copies the outputs of the first steps of a trajectory, as many as `outputs` holds.
    pub fn pad_prefix_outputs(&self, trajectory: &[f32], outputs: &mut [f32]) {
        let (step, padded) = (self.shape.trajectory_step(), self.shape.units_padded());
        let after = trajectory.chunks_exact(step).skip(1);
        outputs
            .chunks_exact_mut(padded)
            .zip(after)
            .for_each(|(to, from)| to.copy_from_slice(&from[..padded]));
    }

    /// Sums the gradients of the states of a trajectory: the gradient of each block's initial state, which is
    /// `skip` floats into the block's part, and the gradients `above` of the outputs.
    pub fn gather_state_gradients(
        &self,
        blocks: &[&BlockGrads],
        stage: usize,
        skip: usize,
        above: &[f32],
        dstates: &mut [f32],
    ) {
        let (state, padded) = (self.shape.state_padded(), self.shape.units_padded());
        for block in blocks {
            let share = &block.partials[stage][skip..][..state];
            let sum = &mut dstates[block.prefix_steps * state..][..state];
            sum.iter_mut().zip(share).for_each(|(sum, share)| *sum += share);
        }
        for (sum, dy) in dstates.chunks_exact_mut(state).skip(1).zip(above.chunks_exact(padded)) {
            sum.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
        }
    }

    /// Returns `true` if the outputs are in reverse order of the steps, so that no step may be left out.
    pub fn reverses(&self) -> bool {
        self.backwards && self.return_sequences
    }

    pub fn output(&self) -> Signal {
        match self.return_sequences {
            true => Signal::Sequence(self.shape.units),
            false => Signal::Vector(self.shape.units),
        }
    }

    /// As [`Stage::signals`].
    pub fn signals(&self, steps: usize) -> Vec<SignalPlace> {
        let (shape, reversed) = (self.shape, self.backwards);
        let (start, step_stride) = (shape.state_len(), shape.tape_step());
        let output = SignalPlace {
            per_step: true,
            on_tape: !self.return_sequences,
            start: if self.return_sequences { 0 } else { start + steps * step_stride },
            reversed,
            ..SignalPlace::output(self.output())
        };
        let kept = shape.signals().map(|(name, at)| SignalPlace {
            name,
            on_tape: true,
            start: start + at,
            step_stride,
            unit_stride: shape.tape_unit(),
            ..output.clone()
        });
        kept.chain([output.clone()]).collect()
    }

    /// Returns the number of steps of outputs and of kernel tape that are kept.
    fn kept(dims: Dims) -> (usize, usize) {
        if dims.training { (dims.steps, dims.steps) } else { (2, 1) }
    }

    /// Returns the number of floats of tape.
    pub fn tape_len(&self, dims: Dims) -> usize {
        let (history, tape) = Self::kept(dims);
        let history = if self.return_sequences { 0 } else { history * self.shape.units * LANES };
        let dropped = match self.drops {
            Some(_) if dims.training => self.shape.factors_len() + self.shape.dropped_forward(),
            _ => 0,
        };
        self.shape.state_len() + tape * self.shape.tape_step() + history + dropped
    }

    /// Returns the number of floats of scratch for [`backward`](Self::backward).
    pub fn scratch_len(&self) -> usize {
        let dropped = if self.drops.is_some() { self.shape.dropped_backward() } else { 0 };
        self.shape.scratch_len() + dropped
    }

    /// Computes all steps of a block.
    pub fn forward(&self, io: ForwardSteps<'_>) {
        let ForwardSteps { isa, block, training, noise, packed, from, y, tape, state } = io;
        let (shape, backwards, steps, mask) = (self.shape, self.backwards, block.steps, block.mask);
        let width = shape.units * LANES;
        let (slots, tape_slots) = Self::kept(Dims { steps, training });
        let (start, tape) = tape.split_at_mut(shape.state_len());
        let (tape, rest) = tape.split_at_mut(tape_slots * shape.tape_step());
        let history = if self.return_sequences { 0 } else { slots * width };
        let (history, rest) = rest.split_at_mut(history);
        let dropped = match (self.drops, noise) {
            (Some(rate), Some(noise)) if training => {
                let (factors, scratch) = rest.split_at_mut(shape.factors_len());
                draw_factors(isa, noise, rate, width, factors);
                Some(recurrent::Dropped { factors, scratch })
            }
            _ => None,
        };
        if let Some(state) = &state {
            start.copy_from_slice(state);
        }
        let outputs = if self.return_sequences { &mut *y } else { &mut *history };
        recurrent::forward(
            isa,
            recurrent::Forward {
                shape,
                steps,
                backwards,
                packed,
                from,
                mask,
                start,
                y: &mut *outputs,
                tape: &mut *tape,
                dropped,
            },
        );
        let last = steps.checked_sub(1);
        // Masked steps carry the state, so the state after the block's last step is the last state of every row.
        if let (Some(state), Some(last)) = (state, last) {
            let slots = outputs.len() / width;
            let kept = &tape[last % tape_slots * shape.tape_step()..][..shape.tape_step()];
            shape.state_after(&outputs[last % slots * width..][..width], kept, state);
        }
        if !self.return_sequences {
            match last {
                None => y.copy_from_slice(&start[..width]),
                Some(last) => y.copy_from_slice(&history[last % slots * width..][..width]),
            }
        }
    }

    /// Computes the gradients of all steps of a block from the tape of a training forward.
    pub fn backward(&self, io: BackwardSteps<'_>) {
        let BackwardSteps { isa, block, packed, into, noise, y, dy, tape, grads, dstart, scratch } = io;
        let (shape, backwards, steps, mask) = (self.shape, self.backwards, block.steps, block.mask);
        let (start, tape) = tape.split_at(shape.state_len());
        let (tape, rest) = tape.split_at(steps * shape.tape_step());
        let history = if self.return_sequences { 0 } else { steps * shape.units * LANES };
        let (history, factors) = rest.split_at(history);
        let (scratch, more) = scratch.split_at_mut(shape.scratch_len());
        let dropped = (self.drops.is_some() && noise.is_some())
            .then_some(recurrent::Dropped { factors, scratch: more });
        let (y, dy) = match self.return_sequences {
            true => (y, recurrent::Dy::Sequence(dy)),
            false => (history, recurrent::Dy::Last(dy)),
        };
        let back = recurrent::Backward {
            shape,
            steps,
            backwards,
            packed,
            into,
            mask,
            start,
            y,
            tape,
            dy,
            grads,
            dstart,
            scratch,
            dropped,
        };
        recurrent::backward(isa, back);
    }
}

/// Draws the dropout factors on the previous output for each gate: `[gates][H][16]`, where `width` is H·16.
fn draw_factors(isa: Isa, noise: Noise<'_>, rate: Rate, width: usize, factors: &mut [f32]) {
    let ones = vec![1.0; width];
    for (gate, y) in factors.chunks_exact_mut(width).enumerate() {
        let keys = noise.stream(gate).keys();
        noise::drop(isa, noise::Drop { keys, rate, first: 0, x: &ones, y });
    }
}
