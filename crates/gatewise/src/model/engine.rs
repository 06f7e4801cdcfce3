//! The engine: runs a model's stages over blocks of sixteen samples, on every thread it has.
//!
//! Enters: a model and rows of ids. Leaves: outputs, or one gradient for each block. Which thread ran a
//! block never shows in the result.

pub(super) mod inputs;
mod one;

use super::block::{LaidRows, PaddedRows, Treatment, union};
use super::machine::Machine;
use super::{Model, State};
use crate::kernels::noise::Noise;
use crate::kernels::{Buffer, Isa, LANES, Pool, round_up};
use crate::layers::{
    Backward, Block, BlockGrads, Dims, Forward, PadPrefixBackward, PadPrefixGrads, Shared, Stage,
};
use crate::rows::Padding;
use std::sync::Arc;

/// Everything one thread changes while it computes: allocated once, grown when a longer block comes.
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

/// Who has a workspace, or will have one as soon as there is work for it.
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

/// What all blocks of a step are run with.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub isa: Isa,
    pub stages: &'a [Box<dyn Stage>],
    pub params: &'a [f32],
    packed: &'a [Buffer],
    table: &'a [f32],
    ids: &'a [u32],
}

impl<'a> Execution<'a> {
    /// What stage `index` shares between blocks.
    pub fn shared(&self, index: usize) -> Shared<'a> {
        Shared {
            isa: self.isa,
            params: self.params,
            packed: &self.packed[index],
            table: self.table,
            ids: self.ids,
        }
    }

    /// The input of stage `index`, given the outputs of the stages.
    fn input<'b>(&self, index: usize, block: Block<'b>, outputs: &'b [Buffer]) -> &'b [f32] {
        match index.checked_sub(1) {
            Some(before) => &outputs[before][..self.stages[before].output().block_len(block.steps)],
            None => block.features,
        }
    }
}

/// What a block is run for.
#[derive(Clone, Copy)]
pub(crate) enum Pass<'a> {
    /// Outputs alone.
    Outputs,
    /// A gradient, with what training leaves to chance, or without.
    Gradient(Option<Noise<'a>>),
}

impl<'a> Pass<'a> {
    fn training(self) -> bool {
        matches!(self, Self::Gradient(_))
    }

    /// The random numbers of stage `index`.
    fn noise(self, index: usize) -> Option<Noise<'a>> {
        match self {
            Self::Outputs => None,
            Self::Gradient(noise) => noise.map(|noise| noise.stream(index)),
        }
    }
}

impl Workspace {
    /// Runs the stages over a block and returns the output of the last. `carried` is the state of all stages,
    /// one behind the other: that before the block, read, and that after it, overwritten.
    pub fn forward(
        &mut self,
        run: &Execution<'_>,
        block: Block<'_>,
        mode: Pass<'_>,
        mut carried: Option<&mut [f32]>,
    ) -> &[f32] {
        let (steps, training) = (block.steps, mode.training());
        let dims = Dims { steps, training };
        self.outputs.resize_with(run.stages.len(), Buffer::default);
        self.tapes.resize_with(run.stages.len(), Buffer::default);
        for (index, stage) in run.stages.iter().enumerate() {
            let (before, rest) = self.outputs.split_at_mut(index);
            let (y, tape) = (&mut rest[0], &mut self.tapes[index]);
            let (y_len, tape_len) = (stage.output().block_len(steps), stage.tape_len(dims));
            y.reserve(y_len);
            tape.reserve(tape_len);
            stage.forward(Forward {
                shared: run.shared(index),
                block,
                training,
                noise: mode.noise(index),
                x: run.input(index, block, before),
                y: &mut y[..y_len],
                tape: &mut tape[..tape_len],
                state: carried.as_mut().and_then(|rest| rest.split_off_mut(..stage.state_len())),
            });
        }
        let last = run.stages.len() - 1;
        &self.outputs[last][..run.stages[last].output().block_len(steps)]
    }

    /// After a training [`forward`](Self::forward), the output block and the tape of stage `index`.
    pub fn kept(&self, index: usize) -> [&[f32]; 2] {
        [&self.outputs[index], &self.tapes[index]]
    }

    /// The output of a training [`forward`](Self::forward), and the place for its gradient.
    pub fn output_and_gradient(&mut self, run: &Execution<'_>, block: Block<'_>) -> (&[f32], &mut [f32]) {
        let last = run.stages.len() - 1;
        let len = run.stages[last].output().block_len(block.steps);
        self.dy.reserve(len);
        (&self.outputs[last][..len], &mut self.dy[..len])
    }

    /// Walks the stages back from the gradient of the output, after a [`forward`](Self::forward) of the
    /// same block in the same mode, and leaves the block's share of each stage's gradient in `partials`.
    pub fn backward(
        &mut self,
        run: &Execution<'_>,
        block: Block<'_>,
        mode: Pass<'_>,
        partials: &mut Vec<Buffer>,
    ) {
        self.back(run, block, mode, partials, false);
    }

    /// As [`backward`](Self::backward); with `to_input` the first stage leaves the gradient of the vectors that
    /// it reads in `dy`.
    fn back(
        &mut self,
        run: &Execution<'_>,
        block: Block<'_>,
        mode: Pass<'_>,
        partials: &mut Vec<Buffer>,
        to_input: bool,
    ) {
        let steps = block.steps;
        let dims = Dims { steps, training: true };
        partials.resize_with(run.stages.len(), Buffer::default);
        for (index, stage) in run.stages.iter().enumerate().rev() {
            let (before, rest) = self.outputs.split_at(index);
            let (y_len, x) = (stage.output().block_len(steps), run.input(index, block, before));
            let (scratch_len, partial_len) = (stage.scratch_len(steps), stage.partial_len(run.ids.len()));
            self.scratch.reserve(scratch_len);
            self.dx.reserve(x.len());
            partials[index].reserve(partial_len);
            stage.backward(Backward {
                shared: run.shared(index),
                block,
                noise: mode.noise(index),
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

/// SingleRow block of a batch: its rows, and their ids in lanes.
#[derive(Debug, Default)]
pub(crate) struct BatchBlock {
    rows: Vec<usize>,
    lanes: LaidRows,
}

/// What is derived from the weights once a step, for all blocks.
#[derive(Debug, Default)]
pub(super) struct Derived {
    packed: Vec<Buffer>,
    table: Buffer,
    /// The ids whose rows the table holds, and the place of each id among them.
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

    /// Derives what all rows' computation shares, for outputs only, under `padding` to `steps` steps: the
    /// table holds the vocabulary. [`outputs`](Self::outputs) may then be called any number of times.
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

    /// The model's outputs for all rows: `[rows][width]`, or, where it answers at every step, `[width]` for
    /// each step that is seen of each row. After [`prepare`](Self::prepare) for the same padding and at least
    /// as many steps. Without `padded`, and with a state, in which rows then begin and end, padding is no step.
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
        let len = |index: usize| if per_step { rows.seen(index).len() * width } else { width };
        let mut order: Vec<usize> = (0..rows.inputs.len()).collect();
        rows.sort_by_length(&mut order);
        let mut outputs = vec![0.0; order.iter().map(|&index| len(index)).sum()];
        // Each row's place in the outputs, in the order in which rows are computed.
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
                let start = if per_step { rows.start(out.len() / width, lanes.steps) } else { 0 };
                // Nothing is seen of an empty row: it may begin behind the last step.
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

/// Threads with their workspaces, and what the blocks of a step share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub isa: Isa,
    pool: Arc<Pool>,
    workspaces: Vec<Workspace>,
    derived: Derived,
}

/// Rows of the table that are computed as one piece of work.
const TABLE_PART: usize = 256;

impl Engine {
    pub fn new(machine: &Machine) -> Self {
        let pool = machine.pool();
        let workspaces = (0..pool.threads()).map(|_| Workspace::default()).collect();
        Self { isa: machine.instruction_set(), pool, workspaces, derived: Derived::default() }
    }

    /// Cuts `batch`, longest rows first, into `blocks`, lays them into lanes, and derives what their
    /// computation shares from the model's weights.
    pub fn prepare_batch(
        &mut self,
        model: &Model,
        rows: &PaddedRows<'_>,
        batch: &[usize],
        blocks: &mut [BatchBlock],
    ) {
        self.prepare_batch_as(model, rows, model.treatment(), batch, blocks);
    }

    /// As [`prepare_batch`](Self::prepare_batch), with padding treated this way.
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
        // The last block has the shortest rows, and so the longest shared start.
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

    /// Calls `f` for each of the blocks that [`prepare_batch`](Self::prepare_batch) prepared, in
    /// parallel, for it to leave a gradient and a result. `stages` is how many of the model's stages it
    /// wants to run.
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

    /// Walks the shared steps of the last batch back through the stages that follow one another there, from
    /// the top; leaves what they add in `starts`, one a stage.
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

    /// Calls `f` once for each item, in parallel, with what the blocks of the last batch shared. It must
    /// not read the model's parameters, which items may be changing.
    pub fn for_each_part<T: Send>(
        &mut self,
        items: &mut [T],
        f: impl Fn(Derivation<'_>, &mut Buffer, &mut T) + Sync,
    ) {
        let derivation = Derivation { isa: self.isa, derived: &self.derived };
        self.pool
            .for_each(&mut self.workspaces, items, |space, _, item| f(derivation, &mut space.scratch, item));
    }

    /// The model's outputs for all rows, as [`Derived::outputs`] gives them, with what they share derived for
    /// these rows alone.
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

/// Packs the model's weights for at most `steps` shared steps.
fn pack(isa: Isa, model: &Model, steps: usize, packed: &mut Vec<Buffer>) {
    packed.resize_with(model.stages().len(), Buffer::default);
    let mut told = Buffer::default();
    for (index, stage) in model.stages().iter().enumerate() {
        let (below, rest) = packed.split_at_mut(index);
        let mut outputs: &[f32] = &[];
        if steps > 0 && stage.consumes_pad_prefix() {
            let (Some(below), Some(it)) = (below.last(), model.stages().get(index.wrapping_sub(1))) else {
                unreachable!("a model that shares starts with a stage that walks them")
            };
            let len = steps * round_up(it.output().width());
            told.reserve(len);
            it.pad_prefix_outputs(below, steps, &mut told[..len]);
            outputs = &told[..len];
        }
        rest[0].reserve(stage.packed_len(steps));
        stage.prepare(isa, model.params().values(), steps, outputs, &mut rest[0]);
    }
}

/// What blocks shared, for work that brings parameters of its own.
#[derive(Clone, Copy)]
pub(crate) struct Derivation<'a> {
    isa: Isa,
    derived: &'a Derived,
}

impl<'a> Derivation<'a> {
    /// What stage `index` shared.
    pub fn shared(self, index: usize) -> Shared<'a> {
        let Derived { packed, table, ids, .. } = self.derived;
        Shared { isa: self.isa, params: &[], packed: &packed[index], table, ids }
    }
}
