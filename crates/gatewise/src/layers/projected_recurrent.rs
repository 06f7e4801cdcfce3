//! An embedding and a recurrent layer fused: the input projection of a token is a row of a table, and the pad
//! prefix is computed once for all rows.

use super::recurrence::{BackwardSteps, ForwardSteps, Recurrence, Recurrent};
use super::{
    Backward, Block, BlockGrads, Dims, Finish, Forward, ForwardOne, Reduce, Shared, Signal, SignalPlace,
    Stage,
};
use crate::kernels::recurrent::{self, SLACK, cell::Cell, pad_prefix, projected};
use crate::kernels::{Buffer, Isa, LANES};
use crate::rows::PAD;
use std::ops::Range;

/// An embedding and a recurrent layer as one stage (see `kernels/recurrent/projected.rs` and `pad_prefix.rs`).
///
/// A block's part of the gradient is `[dU, db][gradient of the initial state][dP]`, where db has the columns
/// that are not in the table.
#[derive(Debug)]
pub(crate) struct ProjectedStage<C> {
    name: &'static str,
    projection: projected::Projection<C>,
    vocabulary: usize,
    recurrence: Recurrence<C>,
    masked: bool,
    embeddings: Range<usize>,
    kernel: Range<usize>,
    recurrent: Range<usize>,
    bias: Range<usize>,
}

/// The number of parts in which the vocabulary is summed and updated, at any number of threads.
const PARTS: usize = 16;
/// The smallest number of rows in a part.
const MIN_PART_ROWS: usize = 64;

impl<C: Cell> ProjectedStage<C> {
    /// Returns the stage for an embedding of `width`, masked or not, with `layer` above it. The tensor of the
    /// embedding is at `embeddings`.
    pub fn new(width: usize, masked: bool, embeddings: Range<usize>, layer: Recurrent<C>) -> Self {
        let projection = projected::Projection::new(layer.cell, width, layer.units);
        let recurrence = Recurrence::new(projection.shape, &layer);
        let [kernel, recurrent, bias] = layer.params;
        Self {
            name: layer.name,
            projection,
            vocabulary: embeddings.len() / width,
            recurrence,
            masked,
            embeddings,
            kernel,
            recurrent,
            bias,
        }
    }

    fn shape(&self) -> recurrent::Shape<C> {
        self.projection.shape
    }

    /// Returns the packed weights: for blocks, for the projection, for the pad prefix; then the trajectory.
    fn split_packed<'a>(&self, packed: &'a [f32]) -> [&'a [f32]; 4] {
        let shape = self.shape();
        let (blocks, rest) = packed.split_at(shape.packed_len());
        let (projection, rest) = rest.split_at(self.projection.packed_len());
        let (single, trajectory) = rest.split_at(shape.single_packed_len());
        [blocks, projection, single, trajectory]
    }

    /// Returns the lengths in a block's part of the gradient: dU and db, and the initial state. dP follows.
    fn partial_parts(&self) -> [usize; 2] {
        [self.shape().grads_len(), self.shape().state_padded()]
    }

    fn part_rows(&self) -> usize {
        self.vocabulary.div_ceil(PARTS).max(MIN_PART_ROWS)
    }
}

impl<C: Cell> Stage for ProjectedStage<C> {
    fn describe(&self) -> String {
        format!("Embedding + {}: projected table, samples in lanes", self.name)
    }

    fn param_range(&self) -> Range<usize> {
        self.embeddings.start..self.bias.end
    }

    fn output(&self) -> Signal {
        self.recurrence.output()
    }

    fn signals(&self, steps: usize) -> Vec<SignalPlace> {
        self.recurrence.signals(steps)
    }

    fn shares_pad_prefix(&self) -> bool {
        // Masked padding is not computed at all.
        !self.masked && self.recurrence.shares_pad_prefix()
    }

    fn state_len(&self) -> usize {
        self.shape().state_len()
    }

    fn reads_masked_steps(&self) -> bool {
        self.recurrence.reverses()
    }

    fn emits_pad_prefix(&self) -> bool {
        self.shares_pad_prefix() && self.recurrence.return_sequences
    }

    fn pad_prefix_outputs(&self, packed: &[f32], _: usize, outputs: &mut [f32]) {
        let [_, _, _, trajectory] = self.split_packed(packed);
        self.recurrence.pad_prefix_outputs(trajectory, outputs);
    }

    fn packed_len(&self, steps: usize) -> usize {
        let shape = self.shape();
        let weights = shape.packed_len() + self.projection.packed_len() + shape.single_packed_len();
        weights + (steps + 1) * shape.trajectory_step()
    }

    fn prepare(&self, isa: Isa, params: &[f32], steps: usize, _: &[f32], packed: &mut [f32]) {
        let (shape, projection) = (self.shape(), self.projection);
        let of = |range: &Range<usize>| &params[range.clone()];
        let (blocks, rest) = packed.split_at_mut(shape.packed_len());
        let (projected, rest) = rest.split_at_mut(projection.packed_len());
        let (single, trajectory) = rest.split_at_mut(shape.single_packed_len());
        recurrent::pack(shape, &[], of(&self.recurrent), of(&self.bias), blocks);
        projected::pack(projection, of(&self.kernel), of(&self.bias), projected);
        pad_prefix::pack(shape, of(&self.recurrent), of(&self.bias), single);
        trajectory[..shape.trajectory_step()].fill(0.0);
        if steps == 0 {
            return;
        }
        let mut scratch = Buffer::default();
        scratch.reserve(
            projection.stride()
                + SLACK
                + projection.scratch_len(projected::TILE)
                + shape.single_scratch_len(),
        );
        let (table, scratch) = scratch.split_at_mut(projection.stride() + SLACK);
        let embeddings = of(&self.embeddings);
        let ids = &[PAD];
        let project = projected::Project {
            projection,
            embeddings,
            first_id: 0,
            packed: projected,
            ids,
            table,
            scratch,
        };
        projected::project(isa, project);
        let offsets = pad_prefix::Offsets::Same(0, steps);
        let io =
            pad_prefix::Forward { shape, packed: single, table, offsets, trajectory, keep: true, scratch };
        pad_prefix::forward(isa, io);
    }

    fn table_stride(&self) -> Option<usize> {
        Some(self.projection.stride())
    }

    fn project(&self, shared: Shared<'_>, table: &mut [f32], scratch: &mut Buffer) {
        scratch.reserve(self.projection.scratch_len(projected::TILE));
        let project = projected::Project {
            projection: self.projection,
            embeddings: &shared.params[self.embeddings.clone()],
            first_id: 0,
            packed: self.split_packed(shared.packed)[1],
            ids: shared.ids,
            table,
            scratch,
        };
        projected::project(shared.isa, project);
    }

    fn tape_len(&self, dims: Dims) -> usize {
        let alone = 2 * self.shape().trajectory_step() + self.shape().single_scratch_len();
        self.recurrence.tape_len(dims).max(alone)
    }

    fn scratch_len(&self, _: usize) -> usize {
        self.recurrence.scratch_len() + self.shape().state_len()
    }

    fn partial_len(&self, rows: usize) -> usize {
        self.partial_parts().iter().sum::<usize>() + rows * self.projection.stride()
    }

    fn forward(&self, io: Forward<'_>) {
        let Forward { shared, block, training, noise, y, tape, mut state, .. } = io;
        if let Some(state) = state.as_deref_mut().filter(|_| !training && block.is_first_lane_only()) {
            return self.forward_first_lane(shared, block, y, tape, state);
        }
        let isa = shared.isa;
        let [packed, _, _, trajectory] = self.split_packed(shared.packed);
        self.recurrence.begin(trajectory, block.prefix_steps, tape);
        let from = recurrent::InputSource::Table { rows: shared.table, offsets: block.offsets };
        self.recurrence.forward(ForwardSteps { isa, block, training, noise, packed, from, y, tape, state });
    }

    fn forward_one(&self, io: ForwardOne<'_>) -> bool {
        if self.recurrence.return_sequences || self.recurrence.backwards {
            return false;
        }
        let ForwardOne { shared, prefix_steps, offsets, y, scratch } = io;
        let (shape, step) = (self.shape(), self.shape().trajectory_step());
        let [_, _, packed, prefix] = self.split_packed(shared.packed);
        scratch.reserve(2 * step + shape.single_scratch_len());
        let (trajectory, scratch) = scratch.split_at_mut(2 * step);
        trajectory[..step].copy_from_slice(&prefix[prefix_steps * step..][..step]);
        let (table, steps) = (shared.table, offsets.len());
        let offsets = pad_prefix::Offsets::Each(offsets);
        let io = pad_prefix::Forward { shape, packed, table, offsets, trajectory, keep: false, scratch };
        pad_prefix::forward(shared.isa, io);
        y.copy_from_slice(&trajectory[steps % 2 * step..][..shape.units]);
        true
    }

    fn backward(&self, io: Backward<'_>) {
        let Backward { shared, block, noise, y, dy, partial, tape, scratch, .. } = io;
        let (isa, shape, stride) = (shared.isa, self.shape(), self.projection.stride());
        let [grads_len, start_len] = self.partial_parts();
        let (grads, rest) = partial.split_at_mut(grads_len);
        let (dstart_sum, rows) = rest.split_at_mut(start_len);
        let (dstart, scratch) = scratch.split_at_mut(shape.state_len());
        grads.fill(0.0);
        for &place in block.places {
            rows[place as usize * stride..][..stride].fill(0.0);
        }
        let packed = self.split_packed(shared.packed)[0];
        let into = recurrent::InputGradient::Table { rows, offsets: block.offsets };
        let back = BackwardSteps { isa, block, packed, into, noise, y, dy, tape, grads, dstart, scratch };
        self.recurrence.backward(back);
        self.recurrence.sum_start(dstart, dstart_sum);
    }

    fn parts(&self) -> Vec<Range<usize>> {
        let (rows, width) = (self.part_rows(), self.projection.width);
        (0..self.vocabulary)
            .step_by(rows)
            .map(|row| (row, (row + rows).min(self.vocabulary)))
            .map(|(from, to)| self.embeddings.start + from * width..self.embeddings.start + to * width)
            .collect()
    }

    fn rest(&self) -> Range<usize> {
        self.kernel.start..self.bias.end
    }

    /// `[dW; db]` of the part's rows, then dU and db of the pad prefix.
    fn left_len(&self) -> usize {
        self.projection.grads_len() + self.shape().grads_len()
    }

    fn reduce(&self, io: Reduce<'_>) {
        let Reduce { shared, blocks, stage, part, prefix, grads, left, scratch } = io;
        let projection = self.projection;
        let first_id = part * self.part_rows();
        let from = shared.ids.partition_point(|&id| (id as usize) < first_id);
        let to = shared.ids.partition_point(|&id| (id as usize) < first_id + self.part_rows());
        let ids = &shared.ids[from..to];
        grads.fill(0.0);
        left.fill(0.0);
        let (dw, du) = left.split_at_mut(projection.grads_len());
        let columns = self.shape().columns();
        scratch.reserve(columns + projection.scratch_len(ids.len()));
        let (extra, scratch) = scratch.split_at_mut(columns);
        let holds_pad = ids.first() == Some(&PAD);
        if holds_pad {
            extra.fill(0.0);
            self.reduce_pad_prefix(shared, blocks, stage, prefix.above, extra, du);
            // The columns that are not in the table belong to db.
            let db = self.shape().grads_len() - columns + C::INPUT * self.shape().units;
            du[db..].copy_from_slice(&extra[C::INPUT * self.shape().units..]);
        }
        let skip = self.partial_parts().iter().sum::<usize>();
        let shares: Vec<_> = blocks
            .iter()
            .map(|block| projected::Share { places: &block.places, rows: &block.partials[stage][skip..] })
            .collect();
        let unproject = projected::Unproject {
            projection,
            embeddings: shared.params,
            first_id: first_id as u32,
            packed: self.split_packed(shared.packed)[1],
            ids,
            first_place: from,
            shares: &shares,
            extra: holds_pad.then_some(extra),
            de: grads,
            dw,
            scratch,
        };
        projected::unproject(shared.isa, unproject);
    }

    fn finish(&self, io: Finish<'_>) {
        let (shape, stride) = (self.shape(), self.projection.stride());
        let mut sums = io.left[..self.left_len()].to_vec();
        for left in io.left.chunks_exact(self.left_len()).skip(1) {
            sums.iter_mut().zip(left).for_each(|(sum, left)| *sum += left);
        }
        let (dw, du) = sums.split_at_mut(self.projection.grads_len());
        for block in io.blocks {
            du.iter_mut().zip(&*block.partials[io.stage]).for_each(|(sum, share)| *sum += share);
        }
        let (du, db) = du.split_at_mut(shape.units * shape.recurrent_stride());
        let (kernel, rest) = io.grads.split_at_mut(self.kernel.len());
        let (recurrent, bias) = rest.split_at_mut(self.recurrent.len());
        let (weights, bias_row) = dw.split_at(self.projection.width * stride);
        shape.unpack_kernel(weights, kernel);
        shape.unpack_recurrent(du, recurrent);
        if !bias.is_empty() {
            let input = C::INPUT * shape.units;
            db[..input].copy_from_slice(&bias_row[..input]);
            shape.unpack_bias(db, bias);
        }
    }
}

impl<C: Cell> ProjectedStage<C> {
    /// Computes a block in which only the first lane has steps, with its units in lanes: the same bits for a
    /// fraction of the work. `tape` is scratch.
    fn forward_first_lane(
        &self,
        shared: Shared<'_>,
        block: Block<'_>,
        y: &mut [f32],
        tape: &mut [f32],
        state: &mut [f32],
    ) {
        let (shape, step) = (self.shape(), self.shape().trajectory_step());
        let (units, padded) = (shape.units, shape.units_padded());
        let [_, _, packed, _] = self.split_packed(shared.packed);
        let (trajectory, scratch) = tape.split_at_mut(2 * step);
        trajectory.fill(0.0);
        // Rows without steps repeat their output.
        y.chunks_exact_mut(units * LANES).for_each(|y| y.copy_from_slice(&state[..units * LANES]));
        let first_lane = |lanes: &mut [f32], values: &[f32]| {
            lanes.iter_mut().step_by(LANES).zip(values).for_each(|(lane, &value)| *lane = value);
        };
        for (lanes, single) in state.chunks_exact(units * LANES).zip(trajectory.chunks_exact_mut(padded)) {
            single.iter_mut().zip(lanes.iter().step_by(LANES)).for_each(|(single, &lane)| *single = lane);
        }
        for (t, ids) in block.offsets.chunks_exact(LANES).enumerate() {
            let (table, offsets) = (shared.table, pad_prefix::Offsets::Each(&ids[..1]));
            let (trajectory, scratch) = (&mut *trajectory, &mut *scratch);
            let io = pad_prefix::Forward { shape, packed, table, offsets, trajectory, keep: false, scratch };
            pad_prefix::forward(shared.isa, io);
            trajectory.copy_within(step..step + shape.state_padded(), 0);
            if self.recurrence.return_sequences {
                first_lane(&mut y[t * units * LANES..][..units * LANES], trajectory);
            }
        }
        if !self.recurrence.return_sequences {
            first_lane(y, trajectory);
        }
        for (lanes, single) in state.chunks_exact_mut(units * LANES).zip(trajectory.chunks_exact(padded)) {
            first_lane(lanes, single);
        }
    }

    /// Computes the gradients of the pad prefix. Each block's gradient enters at the step where the block
    /// begins.
    fn reduce_pad_prefix(
        &self,
        shared: Shared<'_>,
        blocks: &[&BlockGrads],
        stage: usize,
        above: &[f32],
        drow: &mut [f32],
        dw: &mut [f32],
    ) {
        let shape = self.shape();
        let steps = blocks.iter().map(|block| block.prefix_steps).max().unwrap_or(0);
        if steps == 0 {
            return;
        }
        let state = shape.state_padded();
        let mut memory = Buffer::default();
        memory.reserve((steps + 1) * state + steps * shape.single_scratch_len() + state);
        let (dstates, scratch) = memory.split_at_mut((steps + 1) * state);
        self.recurrence.gather_state_gradients(blocks, stage, self.partial_parts()[0], above, dstates);
        let [_, _, packed, trajectory] = self.split_packed(shared.packed);
        let rows = None;
        let back =
            pad_prefix::Backward { shape, packed, trajectory, steps, dstates, drow, dw, rows, scratch };
        pad_prefix::backward(shared.isa, back);
    }
}
