//! A recurrent layer over a block of vectors, as a stage.
//!
//! If the layer below emits its outputs at the pad prefix, this stage computes the prefix once too, because
//! its input there is the same for all rows (see `kernels/recurrent/pad_prefix.rs`).

use super::recurrence::{BackwardSteps, ForwardSteps, Recurrence, Recurrent};
use super::{Backward, Dims, Forward, PadPrefixBackward, Signal, SignalPlace, Stage};
use crate::kernels::recurrent::{self, cell::Cell, pad_prefix, projected};
use crate::kernels::{Buffer, Isa, round_up};
use std::ops::Range;

/// A recurrent layer over a materialised input block `[T][D][16]`.
///
/// A block's part of the gradient has the gradient of the parameters, then the gradient of the initial state.
#[derive(Debug)]
pub(super) struct RecurrentStage<C> {
    name: &'static str,
    recurrence: Recurrence<C>,
    params: [Range<usize>; 3],
}

impl<C: Cell> RecurrentStage<C> {
    /// Returns the stage for `layer` over vectors of `inputs` numbers.
    pub fn new(inputs: usize, layer: Recurrent<C>) -> Self {
        let shape = recurrent::Shape { cell: layer.cell, inputs, units: layer.units };
        Self { name: layer.name, recurrence: Recurrence::new(shape, &layer), params: layer.params }
    }

    /// Returns the projection of the input at the pad prefix.
    fn projection(&self) -> projected::Projection<C> {
        let recurrent::Shape { cell, inputs, units } = self.recurrence.shape;
        projected::Projection::new(cell, inputs, units)
    }

    /// Returns the numbers of floats in the packed weights: for blocks, for the projection, for the pad
    /// prefix; then, for a prefix of `steps` steps, in the trajectory and in the input.
    fn parts(&self, steps: usize) -> [usize; 5] {
        let shape = self.recurrence.shape;
        let (projection, single) = (self.projection().packed_len(), shape.single_packed_len());
        let trajectory = (steps + 1) * shape.trajectory_step();
        [shape.packed_len(), projection, single, trajectory, steps * round_up(shape.inputs)]
    }

    fn split<'a>(&self, mut packed: &'a [f32], steps: usize) -> [&'a [f32]; 5] {
        self.parts(steps).map(|len| {
            let (part, rest) = packed.split_at(len);
            packed = rest;
            part
        })
    }

    fn params_len(&self) -> usize {
        self.params[2].end - self.params[0].start
    }

    /// Copies gradients from kernel layout to Keras's layout.
    fn unpack(&self, [dw, du, db]: [&[f32]; 3], grads: &mut [f32]) {
        let shape = self.recurrence.shape;
        let (kernel, rest) = grads.split_at_mut(self.params[0].len());
        let (recurrent, bias) = rest.split_at_mut(self.params[1].len());
        shape.unpack_kernel(dw, kernel);
        shape.unpack_recurrent(du, recurrent);
        if !bias.is_empty() {
            shape.unpack_bias(db, bias);
        }
    }
}

impl<C: Cell> Stage for RecurrentStage<C> {
    fn describe(&self) -> String {
        format!("{}: samples in lanes, input projected step by step", self.name)
    }

    fn param_range(&self) -> Range<usize> {
        self.params[0].start..self.params[2].end
    }

    fn output(&self) -> Signal {
        self.recurrence.output()
    }

    fn signals(&self, steps: usize) -> Vec<SignalPlace> {
        self.recurrence.signals(steps)
    }

    fn shares_pad_prefix(&self) -> bool {
        self.recurrence.shares_pad_prefix()
    }

    fn consumes_pad_prefix(&self) -> bool {
        true
    }

    fn emits_pad_prefix(&self) -> bool {
        self.shares_pad_prefix() && self.recurrence.return_sequences
    }

    fn pad_prefix_outputs(&self, packed: &[f32], steps: usize, outputs: &mut [f32]) {
        let [.., trajectory, _] = self.split(packed, steps);
        self.recurrence.pad_prefix_outputs(trajectory, outputs);
    }

    fn state_len(&self) -> usize {
        self.recurrence.shape.state_len()
    }

    fn reads_masked_steps(&self) -> bool {
        self.recurrence.reverses()
    }

    fn packed_len(&self, steps: usize) -> usize {
        let shape = self.recurrence.shape;
        match steps {
            0 => shape.packed_len(),
            _ => self.parts(steps).iter().sum(),
        }
    }

    fn prepare(&self, isa: Isa, params: &[f32], steps: usize, below: &[f32], packed: &mut [f32]) {
        let (shape, projection) = (self.recurrence.shape, self.projection());
        let [kernel, recurrent, bias] = self.params.each_ref().map(|range| &params[range.clone()]);
        recurrent::pack(shape, kernel, recurrent, bias, packed);
        if steps == 0 {
            return;
        }
        let mut rest = packed;
        let [_, projected, single, trajectory, x] = self.parts(steps).map(|len| {
            let (part, tail) = std::mem::take(&mut rest).split_at_mut(len);
            rest = tail;
            part
        });
        projected::pack(projection, kernel, bias, projected);
        pad_prefix::pack(shape, recurrent, bias, single);
        x.copy_from_slice(&below[..x.len()]);
        let stride = projection.stride();
        let mut memory = Buffer::default();
        memory.reserve(steps * stride + shape.single_scratch_len());
        let (table, scratch) = memory.split_at_mut(steps * stride);
        projected::project_rows(isa, projected::ProjectRows { projection, packed: projected, x, table });
        trajectory[..shape.trajectory_step()].fill(0.0);
        let offsets: Vec<u32> = (0..steps).map(|step| (step * stride) as u32).collect();
        let offsets = pad_prefix::Offsets::Each(&offsets);
        let packed = &*single;
        let io = pad_prefix::Forward { shape, packed, table, offsets, trajectory, keep: true, scratch };
        pad_prefix::forward(isa, io);
    }

    fn tape_len(&self, dims: Dims) -> usize {
        self.recurrence.tape_len(dims)
    }

    fn scratch_len(&self, _: usize) -> usize {
        let shape = self.recurrence.shape;
        self.recurrence.scratch_len() + shape.grads_len() + shape.state_len()
    }

    fn partial_len(&self, _: usize) -> usize {
        self.params_len() + self.recurrence.shape.state_padded()
    }

    fn forward(&self, io: Forward<'_>) {
        let Forward { shared, block, training, noise, x, y, tape, state } = io;
        match block.prefix_steps {
            0 => tape[..self.recurrence.shape.state_len()].fill(0.0),
            steps => {
                let [.., trajectory, _] = self.split(shared.packed, steps);
                self.recurrence.begin(trajectory, steps, tape);
            }
        }
        let (isa, packed, from) = (shared.isa, shared.packed, recurrent::InputSource::Vectors(x));
        self.recurrence.forward(ForwardSteps { isa, block, training, noise, packed, from, y, tape, state });
    }

    fn backward(&self, io: Backward<'_>) {
        let Backward { shared, block, noise, x, y, dy, dx, partial, tape, scratch } = io;
        let shape = self.recurrence.shape;
        let (grads, scratch) = scratch.split_at_mut(shape.grads_len());
        let (dstart, scratch) = scratch.split_at_mut(shape.state_len());
        grads.fill(0.0);
        let (isa, packed, into) = (shared.isa, shared.packed, recurrent::InputGradient::Vectors { x, dx });
        let back = BackwardSteps { isa, block, packed, into, noise, y, dy, tape, grads, dstart, scratch };
        self.recurrence.backward(back);
        let [dw, du, db, reset] = shape.split_grads(grads);
        let (params, start) = partial.split_at_mut(self.params_len());
        self.unpack([dw, du, db], params);
        shape.unpack_reset(reset, &mut params[self.params[0].len()..][..self.params[1].len()]);
        // A direction of Bidirectional has no pad prefix, and no room for this gradient.
        if !start.is_empty() {
            self.recurrence.sum_start(dstart, start);
        }
    }

    fn pad_prefix_backward(&self, io: PadPrefixBackward<'_>) {
        let PadPrefixBackward { shared, blocks, stage, steps, above, below, grads } = io;
        let (shape, projection) = (self.recurrence.shape, self.projection());
        let (state, stride) = (shape.state_padded(), projection.stride());
        let [_, projected, packed, trajectory, x] = self.split(shared.packed, steps);
        let lens = [
            (steps + 1) * state,
            shape.inputs * stride,
            shape.units * shape.recurrent_stride(),
            shape.columns(),
            steps * stride,
        ];
        let mut memory = Buffer::default();
        memory.reserve(lens.iter().sum::<usize>() + steps * shape.single_scratch_len() + state);
        let mut scratch = &mut *memory;
        let [dstates, dw, du, drow, rows] = lens.map(|len| {
            let (part, tail) = std::mem::take(&mut scratch).split_at_mut(len);
            scratch = tail;
            part
        });
        self.recurrence.gather_state_gradients(blocks, stage, self.params_len(), above, dstates);
        let back = pad_prefix::Backward {
            shape,
            packed,
            trajectory,
            steps,
            dstates,
            drow,
            dw: du,
            rows: Some(rows),
            scratch,
        };
        pad_prefix::backward(shared.isa, back);
        below.reserve(steps * round_up(shape.inputs));
        let (dz, dx) = (&*rows, &mut **below);
        let unproject = projected::UnprojectRows { projection, packed: projected, x, dz, dw, dx };
        projected::unproject_rows(shared.isa, unproject);
        self.unpack([dw, du, drow], grads);
    }
}
