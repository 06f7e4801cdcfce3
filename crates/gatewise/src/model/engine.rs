//! The engine: runs the stages of a model over blocks of sixteen samples, on all threads of a machine.
//!
//! Input: a model and rows. Output: the outputs, or one gradient for each block. The result does not depend
//! on which thread ran a block.

pub(super) mod inputs;
mod one;

use super::block::{LaidRows, PaddedRows, Treatment, union};
use super::machine::Machine;
use super::pass::{Execution, Pass};
use super::{Model, State};
use crate::kernels::{Buffer, Isa, LANES, Pool, round_up};
use crate::layers::{Backward, Block, BlockGrads, Dims, Forward, PadPrefixBackward, PadPrefixGrads, Shared};
use crate::rows::Padding;
use std::sync::Arc;

/// The memory of one thread. It is allocated once and grows when a longer block arrives.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    lanes: LaidRows,
    outputs: Vec<Buffer>,
    tapes: Vec<Buffer>,
    dy: Buffer,
    dx: Buffer,
    scratch: Buffer,
    flags: Vec<u8>,
    one: SingleRow,
}

/// The owner of a workspace, or of the right to one as soon as there is work.
pub(super) trait HasWorkspace: Send {
    fn workspace(&mut self) -> &mut Workspace;
}

impl HasWorkspace for Workspace {
    fn workspace(&mut self) -> &mut Workspace {
        self
    }
}

/// Memory for a single row.
#[derive(Debug, Default)]
struct SingleRow {
    offsets: Vec<u32>,
    y: Vec<f32>,
}

impl Workspace {
    /// Runs the stages over a block and returns the output of the last stage. `carried` is the state of all
    /// stages, stage after stage: the state before the block, overwritten with the state after it.
    pub fn forward(
        &mut self,
        run: &Execution<'_>,
        block: Block<'_>,
        pass: Pass<'_>,
        mut carried: Option<&mut [f32]>,
    ) -> &[f32] {
        let (mut block, training) = (block, pass.training());
        self.outputs.resize_with(run.stages.len(), Buffer::default);
        self.tapes.resize_with(run.stages.len(), Buffer::default);
        for (index, stage) in run.stages.iter().enumerate() {
            let (before, rest) = self.outputs.split_at_mut(index);
            let (y, tape) = (&mut rest[0], &mut self.tapes[index]);
            let (above, dims) = (block.above(&**stage), Dims { steps: block.steps, training });
            let (y_len, tape_len) = (stage.output().block_len(above.steps), stage.tape_len(dims));
            y.reserve(y_len);
            tape.reserve(tape_len);
            stage.forward(Forward {
                shared: run.shared(index),
                block,
                training,
                noise: pass.noise(index),
                x: run.input(index, block, before),
                y: &mut y[..y_len],
                tape: &mut tape[..tape_len],
                state: carried.as_mut().and_then(|rest| rest.split_off_mut(..stage.state_len())),
            });
            block = above;
        }
        let last = run.stages.len() - 1;
        &self.outputs[last][..run.stages[last].output().block_len(block.steps)]
    }

    /// Returns the output block and the tape of stage `index` after a training [`forward`](Self::forward).
    pub fn kept(&self, index: usize) -> [&[f32]; 2] {
        [&self.outputs[index], &self.tapes[index]]
    }

    /// Returns the output of a training [`forward`](Self::forward), and the memory for its gradient.
    pub fn output_and_gradient(&mut self, run: &Execution<'_>, block: Block<'_>) -> (&[f32], &mut [f32]) {
        let last = run.stages.len() - 1;
        let len = run.stages[last].output().block_len(run.outputs_block(block).steps);
        self.dy.reserve(len);
        (&self.outputs[last][..len], &mut self.dy[..len])
    }

    /// Runs the stages backward from the gradient of the output, after a [`forward`](Self::forward) of the
    /// same block in the same pass. Writes the block's part of each stage's gradient to `partials`.
    pub fn backward(
        &mut self,
        run: &Execution<'_>,
        block: Block<'_>,
        pass: Pass<'_>,
        partials: &mut Vec<Buffer>,
    ) {
        self.back(run, block, pass, partials, false);
    }

    /// Runs the stages backward. With `to_input`, the first stage writes the gradient of its input vectors to
    /// `dy`.
    fn back(
        &mut self,
        run: &Execution<'_>,
        block: Block<'_>,
        pass: Pass<'_>,
        partials: &mut Vec<Buffer>,
        to_input: bool,
    ) {
        let first = block;
        partials.resize_with(run.stages.len(), Buffer::default);
        for (index, stage) in run.stages.iter().enumerate().rev() {
            let (before, rest) = self.outputs.split_at(index);
            let block = run.block(index, first);
            let (steps, dims) = (block.steps, Dims { steps: block.steps, training: true });
            let y_len = stage.output().block_len(block.above(&**stage).steps);
            let x = run.input(index, block, before);
            let (scratch_len, partial_len) = (stage.scratch_len(steps), stage.partial_len(run.ids.len()));
            self.scratch.reserve(scratch_len);
            self.dx.reserve(x.len());
            partials[index].reserve(partial_len);
            stage.backward(Backward {
                shared: run.shared(index),
                block,
                noise: pass.noise(index),
                x,
                y: &rest[0][..y_len],
                dy: &self.dy[..y_len],
                dx: (index > 0 || to_input).then_some(&mut self.dx[..x.len()]),
                partial: &mut partials[index][..partial_len],
                tape: &self.tapes[index][..stage.tape_len(dims)],
                scratch: &mut self.scratch[..scratch_len],
            });
            std::mem::swap(&mut self.dy, &mut self.dx);
        }
    }
}

/// One block of a batch: its rows, and the same rows laid into lanes.
#[derive(Debug, Default)]
pub(crate) struct BatchBlock {
    rows: Vec<usize>,
    lanes: LaidRows,
}

/// The data derived from the weights once a step, for all blocks.
#[derive(Debug, Default)]
pub(super) struct Derived {
    packed: Vec<Buffer>,
    table: Buffer,
    /// The ids whose rows are in the table, and the rank of each id among them.
    ids: Vec<u32>,
    rank: Vec<u32>,
    used: Vec<u64>,
}

impl Derived {
    fn run<'a>(&'a self, isa: Isa, model: &'a Model, stages: usize) -> Execution<'a> {
        Execution {
            isa,
            stages: &model.stages()[..stages],
            params: model.params().values(),
            packed: &self.packed,
            table: &self.table,
            ids: &self.ids,
        }
    }

    /// Prepares any number of calls of [`outputs`](Self::outputs), for rows padded to `steps` steps under
    /// `padding`: packs the weights and computes the table for the whole vocabulary.
    pub fn prepare(
        &mut self,
        (isa, pool): (Isa, &Pool),
        spaces: &mut [impl HasWorkspace],
        model: &Model,
        padding: Padding,
        steps: usize,
    ) {
        let shared = model.treatment().shares(padding);
        pack(isa, model, if shared { steps } else { 0 }, &mut self.packed);
        self.ids.clear();
        self.ids.extend(0..model.vocabulary() as u32);
        self.project((isa, pool), spaces, model);
    }

    /// Computes the rows of the first stage's table for the ids in use.
    fn project(&mut self, (isa, pool): (Isa, &Pool), spaces: &mut [impl HasWorkspace], model: &Model) {
        let Some(stride) = model.table_stride() else { return };
        let Self { packed, table, ids, .. } = self;
        // Kernels may read a little behind the last row.
        table.reserve(ids.len() * stride + LANES);
        let (params, packed, stage) = (model.params().values(), &*packed[0], &model.stages()[0]);
        let rows = table[..ids.len() * stride].chunks_mut(TABLE_PART * stride);
        let mut items: Vec<_> = ids.chunks(TABLE_PART).zip(rows).collect();
        pool.for_each(spaces, &mut items, |space, _, (ids, table)| {
            let shared = Shared { isa, params, packed, table: &[], ids };
            stage.project(shared, &mut table[..ids.len() * stride], &mut space.workspace().scratch);
        });
    }

    /// Returns the outputs for all rows: `[rows][width]`, or, if the model has an output at every step,
    /// `[width]` for each step of each row that truncation leaves. Needs [`prepare`](Self::prepare) for the
    /// same padding and at least as many steps.
    ///
    /// Rows start from `state`, which is overwritten with the state after their last step. With a state, or
    /// without `padded`, padding is masked.
    pub fn outputs(
        &self,
        (isa, pool): (Isa, &Pool),
        spaces: &mut [impl HasWorkspace],
        model: &Model,
        rows: PaddedRows<'_>,
        padded: bool,
        state: Option<&mut State>,
    ) -> Vec<f32> {
        let (width, per_step) = (model.output_width(), model.output_per_step());
        let other_steps = model.other_steps(rows.steps);
        let len = |index: usize| match (per_step, other_steps) {
            (true, Some(steps)) => steps * width,
            (true, None) => rows.seen(index).len() * width,
            (false, _) => width,
        };
        let mut order: Vec<usize> = (0..rows.inputs.len()).collect();
        rows.sort_by_length(&mut order);
        let mut outputs = vec![0.0; order.iter().map(|&index| len(index)).sum()];
        // The place of each row in the outputs, in the order in which rows are computed.
        let mut places: Vec<&mut [f32]> = Vec::with_capacity(order.len());
        let mut rest = &mut *outputs;
        for index in 0..order.len() {
            let (place, tail) = std::mem::take(&mut rest).split_at_mut(len(index));
            places.push(place);
            rest = tail;
        }
        let mut sorted: Vec<_> = order.iter().map(|&index| std::mem::take(&mut places[index])).collect();
        let mut carried: Vec<_> =
            order.chunks(LANES).map(|indices| state.as_deref().map(|state| state.lay(indices))).collect();
        let mut items: Vec<_> = order.chunks(LANES).zip(sorted.chunks_mut(LANES)).zip(&mut carried).collect();
        let padded = padded && state.is_none();
        let treatment = if padded { model.treatment() } else { model.treatment().carrying() };
        let stride = model.table_stride();
        let run = self.run(isa, model, model.stages().len());
        pool.for_each(spaces, &mut items, |space, _, ((indices, out), carried)| {
            let space = space.workspace();
            let mut lanes = std::mem::take(&mut space.lanes);
            lanes.lay(&rows, treatment, indices);
            if let Some(stride) = stride {
                lanes.place_all(stride);
            }
            let y = space.forward(&run, lanes.block(&[]), Pass::Outputs, carried.as_deref_mut());
            for (lane, out) in out.iter_mut().enumerate() {
                let own_steps = per_step && other_steps.is_none();
                let start = if own_steps { rows.start(out.len() / width, lanes.steps) } else { 0 };
                // An empty row may begin after the last step.
                let from = y.get(start * width * LANES + lane..).unwrap_or_default();
                out.iter_mut().zip(from.iter().step_by(LANES)).for_each(|(out, &y)| *out = y);
            }
            space.lanes = lanes;
        });
        if let Some(state) = state {
            let blocks = order.chunks(LANES).zip(carried.iter().flatten());
            blocks.for_each(|(indices, lanes)| state.take(indices, lanes));
        }
        outputs
    }
}

/// Threads with their workspaces, and the data that the blocks of a step share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub isa: Isa,
    pool: Arc<Pool>,
    workspaces: Vec<Workspace>,
    derived: Derived,
}

/// The number of rows of the table that are computed as one piece of work.
const TABLE_PART: usize = 256;

impl Engine {
    pub fn new(machine: &Machine) -> Self {
        let pool = machine.pool();
        let workspaces = (0..pool.threads()).map(|_| Workspace::default()).collect();
        Self { isa: machine.instruction_set(), pool, workspaces, derived: Derived::default() }
    }

    /// Cuts `batch`, longest rows first, into `blocks`, lays the blocks into lanes, and derives the data that
    /// they share from the weights of the model.
    pub fn prepare_batch(
        &mut self,
        model: &Model,
        rows: &PaddedRows<'_>,
        batch: &[usize],
        blocks: &mut [BatchBlock],
    ) {
        self.prepare_batch_as(model, rows, model.treatment(), batch, blocks);
    }

    /// As [`prepare_batch`](Self::prepare_batch), with another treatment of padding.
    pub fn prepare_batch_as(
        &mut self,
        model: &Model,
        rows: &PaddedRows<'_>,
        treatment: Treatment,
        batch: &[usize],
        blocks: &mut [BatchBlock],
    ) {
        let isa = self.isa;
        let vocabulary = model.table_stride().map(|_| model.vocabulary());
        for (block, indices) in blocks.iter_mut().zip(batch.chunks(LANES)) {
            block.rows.clear();
            block.rows.extend_from_slice(indices);
        }
        // The last block has the shortest rows, and so the longest pad prefix.
        let shortest = batch.chunks(LANES).last().unwrap_or(&[]);
        let prefix_steps = treatment.prefix_steps(rows, shortest);
        let mut items = vec![Preparation::Weights(&mut self.derived.packed)];
        items.extend(blocks.iter_mut().map(Preparation::Block));
        self.pool.for_each(&mut self.workspaces, &mut items, |space, _, item| match item {
            Preparation::Weights(packed) => pack(isa, model, prefix_steps, packed),
            Preparation::Block(block) => {
                block.lanes.lay(rows, treatment, &block.rows);
                if let Some(vocabulary) = vocabulary {
                    block.lanes.note_used(vocabulary, &mut space.flags);
                }
            }
        });
        if vocabulary.is_some() {
            let Derived { ids, rank, used, .. } = &mut self.derived;
            union(blocks.iter().map(|block| &block.lanes), ids, rank, used);
            self.derived.project((isa, &self.pool), &mut self.workspaces, model);
        }
    }

    /// Calls `f` for each block that [`prepare_batch`](Self::prepare_batch) prepared, in parallel. `f` writes
    /// a gradient and a result. `stages` is the number of stages, from the input up, that `f` may run.
    pub fn for_each_block<T: Send>(
        &mut self,
        model: &Model,
        stages: usize,
        blocks: &mut [BatchBlock],
        results: &mut [(BlockGrads, T)],
        f: impl Fn(&mut Workspace, &Execution<'_>, &[usize], Block<'_>, &mut Vec<Buffer>, &mut T) + Sync,
    ) {
        let run = self.derived.run(self.isa, model, stages);
        let (stride, rank) = (model.table_stride(), &self.derived.rank);
        let mut items: Vec<_> = blocks.iter_mut().zip(results).collect();
        self.pool.for_each(&mut self.workspaces, &mut items, |space, _, (block, (grads, result))| {
            let BlockGrads { places, prefix_steps, partials } = grads;
            *prefix_steps = block.lanes.prefix_steps;
            if let Some(stride) = stride {
                block.lanes.place(rank, stride, places);
            }
            f(space, &run, &block.rows, block.lanes.block(places), partials, result);
        });
    }

    /// Computes the gradients of the last batch's pad prefix, from the top stage down. Writes the prefix's
    /// part of the gradient of each stage to `starts`.
    pub fn pad_prefixes_backward(
        &self,
        model: &Model,
        blocks: &[&BlockGrads],
        starts: &mut Vec<PadPrefixGrads>,
    ) {
        let steps = blocks.iter().map(|block| block.prefix_steps).max().unwrap_or(0);
        starts.resize_with(model.stages().len(), PadPrefixGrads::default);
        let derivation = Derivation { isa: self.isa, derived: &self.derived };
        for (stage, it) in model.stages().iter().enumerate().rev() {
            let (starts, over) = starts.split_at_mut(stage + 1);
            let PadPrefixGrads { params, below } = &mut starts[stage];
            params.clear();
            if steps == 0 || !it.consumes_pad_prefix() {
                continue;
            }
            params.resize(it.param_range().len(), 0.0);
            let above = PadPrefixGrads::above(over, it.output().width(), steps);
            let shared = derivation.shared(stage);
            it.pad_prefix_backward(PadPrefixBackward {
                shared,
                blocks,
                stage,
                steps,
                above,
                below,
                grads: params,
            });
        }
    }

    /// Calls `f` once for each item, in parallel, with the data that the blocks of the last batch shared. `f`
    /// must not read the parameters of the model, which items may be updating.
    pub fn for_each_part<T: Send>(
        &mut self,
        items: &mut [T],
        f: impl Fn(Derivation<'_>, &mut Buffer, &mut T) + Sync,
    ) {
        let derivation = Derivation { isa: self.isa, derived: &self.derived };
        self.pool
            .for_each(&mut self.workspaces, items, |space, _, item| f(derivation, &mut space.scratch, item));
    }

    /// Returns the outputs for all rows, as [`Derived::outputs`] does, after preparing for these rows only.
    pub fn predict(&mut self, model: &Model, rows: PaddedRows<'_>) -> Vec<f32> {
        let Self { isa, pool, workspaces, derived } = self;
        derived.prepare((*isa, pool), workspaces, model, rows.settled(), rows.steps);
        derived.outputs((*isa, pool), workspaces, model, rows, true, None)
    }
}

/// A piece of work before a batch is computed.
enum Preparation<'a> {
    Weights(&'a mut Vec<Buffer>),
    Block(&'a mut BatchBlock),
}

/// Packs the weights of the model, and computes the pad prefix of `steps` steps.
fn pack(isa: Isa, model: &Model, steps: usize, packed: &mut Vec<Buffer>) {
    packed.resize_with(model.stages().len(), Buffer::default);
    let mut emitted = Buffer::default();
    for (index, stage) in model.stages().iter().enumerate() {
        let (below, rest) = packed.split_at_mut(index);
        let mut outputs: &[f32] = &[];
        if steps > 0 && stage.consumes_pad_prefix() {
            let (Some(below), Some(it)) = (below.last(), model.stages().get(index.wrapping_sub(1))) else {
                unreachable!("the first stage of a model does not consume a pad prefix")
            };
            let len = steps * round_up(it.output().width());
            emitted.reserve(len);
            it.pad_prefix_outputs(below, steps, &mut emitted[..len]);
            outputs = &emitted[..len];
        }
        rest[0].reserve(stage.packed_len(steps));
        stage.prepare(isa, model.params().values(), steps, outputs, &mut rest[0]);
    }
}

/// The data that blocks shared, for work that has its own parameters.
#[derive(Clone, Copy)]
pub(crate) struct Derivation<'a> {
    isa: Isa,
    derived: &'a Derived,
}

impl<'a> Derivation<'a> {
    /// Returns the inputs of stage `index` that were the same for all blocks.
    pub fn shared(self, index: usize) -> Shared<'a> {
        let Derived { packed, table, ids, .. } = self.derived;
        Shared { isa: self.isa, params: &[], packed: &packed[index], table, ids }
    }
}
