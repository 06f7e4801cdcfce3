//! The engine: runs a model's stages over blocks of sixteen samples, on every thread it has.
//!
//! Enters: a model and rows of ids. Leaves: outputs, or one gradient for each block. Which thread ran a
//! block never shows in the result.

use super::Model;
use crate::data::{PAD, Padding, Sequences};
use crate::error::{Error, Result};
use crate::kernels::{Buffer, Isa, LANES, Pool};
use crate::layers::{Backward, Block, Dims, Forward, Stage};
use crate::text::Side;

/// Rows longer than this are refused rather than given memory without bound.
pub(crate) const MAX_STEPS: usize = 1 << 16;

/// Rows under a padding policy whose length is settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub sequences: &'a Sequences,
    padding: Padding,
    /// T, the length of every row after padding.
    pub steps: usize,
}

impl<'a> Rows<'a> {
    /// Settles the length and checks every id against the model's vocabulary.
    pub fn new(model: &Model, sequences: &'a Sequences, padding: Padding) -> Result<Self> {
        let longest = || sequences.rows().map(<[u32]>::len).max().unwrap_or(0);
        let steps = padding.maxlen.unwrap_or_else(longest);
        if steps > MAX_STEPS {
            return Err(Error::config(format!(
                "rows of {steps} steps were asked for, but at most {MAX_STEPS} are supported; set maxlen lower"
            )));
        }
        let vocabulary = model.vocabulary();
        if let Some((row, id)) = sequences
            .ids()
            .iter()
            .position(|&id| id as usize >= vocabulary)
            .and_then(|at| sequences.locate(at).map(|row| (row, sequences.ids()[at])))
        {
            return Err(Error::data(format!(
                "row {row} has the id {id}, but the model's Embedding has input_dim {vocabulary}: ids \
                 must be below it; encode the text with a vocabulary of at most {vocabulary} words"
            )));
        }
        Ok(Self { sequences, padding, steps })
    }

    /// The padding policy with its length settled.
    pub fn settled(&self) -> Padding {
        Padding { maxlen: Some(self.steps), ..self.padding }
    }

    /// What the model sees of row `index`.
    fn seen(&self, index: usize) -> &'a [u32] {
        self.padding.seen(self.sequences.row(index), self.steps)
    }

    /// Puts the longest rows first, so that blocks hold rows of like length. Stable.
    pub fn sort_by_length(&self, indices: &mut [usize]) {
        indices.sort_by_key(|&index| std::cmp::Reverse(self.seen(index).len()));
    }
}

/// Everything one thread changes while it computes: allocated once, grown when a longer block comes.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    ids: Vec<u32>,
    mask: Vec<u16>,
    outputs: Vec<Buffer>,
    tapes: Vec<Buffer>,
    dy: Buffer,
    dx: Buffer,
    scratch: Buffer,
}

/// What a block is run with.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub isa: Isa,
    pub rows: Rows<'a>,
    pub stages: &'a [Box<dyn Stage>],
    pub params: &'a [f32],
    pub masked: bool,
    packed: &'a [Buffer],
}

impl Workspace {
    /// Lays the rows `indices` (at most sixteen) into lanes, padded, and returns the steps to walk.
    ///
    /// Masked padding is only laid where some other lane still has a token: steps that no lane has a
    /// token at change nothing.
    fn lay(&mut self, run: &Run<'_>, indices: &[usize]) -> usize {
        let Rows { padding, steps, .. } = run.rows;
        let steps = match run.masked {
            true => indices.iter().map(|&index| run.rows.seen(index).len()).max().unwrap_or(0),
            false => steps,
        };
        self.ids.clear();
        self.ids.resize(steps * LANES, PAD);
        for (lane, &index) in indices.iter().enumerate() {
            let row = run.rows.seen(index);
            let start = if padding.padding == Side::Pre { steps - row.len() } else { 0 };
            for (t, &id) in row.iter().enumerate() {
                self.ids[(start + t) * LANES + lane] = id;
            }
        }
        self.mask.clear();
        if run.masked {
            let bits = |ids: &[u32]| {
                ids.iter().enumerate().fold(0, |bits, (lane, &id)| bits | u16::from(id != PAD) << lane)
            };
            self.mask.extend(self.ids.chunks_exact(LANES).map(bits));
        }
        steps
    }

    fn block<'a>(ids: &'a [u32], mask: &'a [u16], steps: usize, masked: bool) -> Block<'a> {
        Block { steps, ids: &ids[..steps * LANES], mask: masked.then(|| &mask[..steps]) }
    }

    /// Runs the stages over the rows `indices`; the output is `[width][16]`.
    pub fn forward(&mut self, run: &Run<'_>, indices: &[usize], training: bool) -> (&[f32], usize) {
        let steps = self.lay(run, indices);
        let dims = Dims { steps, training };
        self.outputs.resize_with(run.stages.len(), Buffer::default);
        self.tapes.resize_with(run.stages.len(), Buffer::default);
        for (index, stage) in run.stages.iter().enumerate() {
            let (before, rest) = self.outputs.split_at_mut(index);
            let (y, tape) = (&mut rest[0], &mut self.tapes[index]);
            let (y_len, tape_len) = (stage.output().block_len(steps), stage.tape_len(dims));
            y.reserve(y_len);
            tape.reserve(tape_len);
            let x_len = index.checked_sub(1).map_or(0, |i| run.stages[i].output().block_len(steps));
            stage.forward(Forward {
                isa: run.isa,
                block: Self::block(&self.ids, &self.mask, steps, run.masked),
                training,
                params: run.params,
                packed: &run.packed[index],
                x: before.last().map_or(&[], |x| &x[..x_len]),
                y: &mut y[..y_len],
                tape: &mut tape[..tape_len],
            });
        }
        let last = run.stages.len() - 1;
        (&self.outputs[last][..run.stages[last].output().block_len(steps)], steps)
    }

    /// Walks the stages back from `dy` (`[width][16]`) and adds to `grads`, after a training
    /// [`forward`](Self::forward) that returned `steps`.
    pub fn backward(&mut self, run: &Run<'_>, steps: usize, dy: &[f32], grads: &mut [f32]) {
        let dims = Dims { steps, training: true };
        self.dy.reserve(dy.len());
        self.dy[..dy.len()].copy_from_slice(dy);
        for (index, stage) in run.stages.iter().enumerate().rev() {
            let (before, rest) = self.outputs.split_at(index);
            let (y_len, scratch_len) = (stage.output().block_len(steps), stage.scratch_len(steps));
            self.scratch.reserve(scratch_len);
            let x_len = index.checked_sub(1).map_or(0, |i| run.stages[i].output().block_len(steps));
            self.dx.reserve(x_len);
            stage.backward(Backward {
                isa: run.isa,
                block: Self::block(&self.ids, &self.mask, steps, run.masked),
                params: run.params,
                packed: &run.packed[index],
                x: before.last().map_or(&[], |x| &x[..x_len]),
                y: &rest[0][..y_len],
                dy: &self.dy[..y_len],
                dx: (index > 0).then_some(&mut self.dx[..x_len]),
                grads,
                tape: &self.tapes[index][..stage.tape_len(dims)],
                scratch: &mut self.scratch[..scratch_len],
            });
            std::mem::swap(&mut self.dy, &mut self.dx);
        }
    }
}

/// Threads, their workspaces, and weights packed for the kernels.
#[derive(Debug)]
pub(crate) struct Engine {
    pub isa: Isa,
    pool: Pool,
    workspaces: Vec<Workspace>,
    packed: Vec<Buffer>,
}

impl Engine {
    pub fn new(isa: Isa, threads: usize) -> Self {
        let pool = Pool::new(threads);
        let workspaces = (0..pool.threads()).map(|_| Workspace::default()).collect();
        Self { isa, pool, workspaces, packed: Vec::new() }
    }

    /// Packs the model's weights; to be called whenever they have changed.
    pub fn prepare(&mut self, model: &Model) {
        self.packed.resize_with(model.stages().len(), Buffer::default);
        for (stage, packed) in model.stages().iter().zip(&mut self.packed) {
            packed.reserve(stage.packed_len());
            stage.prepare(model.params().values(), packed);
        }
    }

    /// Calls `f` once for each item with the worker's workspace, in parallel. `stages` is how many of
    /// the model's stages `f` wants to run.
    pub fn for_each<'a, T: Send>(
        &'a mut self,
        model: &'a Model,
        rows: Rows<'a>,
        stages: usize,
        items: &mut [T],
        f: impl Fn(&mut Workspace, &Run<'a>, usize, &mut T) + Sync,
    ) {
        let run = Run {
            isa: self.isa,
            rows,
            stages: &model.stages()[..stages],
            params: model.params().values(),
            masked: model.masks(),
            packed: &self.packed,
        };
        self.pool.for_each(&mut self.workspaces, items, |space, index, item| f(space, &run, index, item));
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Calls `f` once for each item, in parallel.
    pub fn for_each_part<T: Send>(&mut self, items: &mut [T], f: impl Fn(usize, &mut T) + Sync) {
        self.pool.for_each(&mut self.workspaces, items, |_, index, item| f(index, item));
    }

    /// The model's outputs for all rows, `[rows][width]`.
    pub fn predict(&mut self, model: &Model, rows: Rows<'_>) -> Vec<f32> {
        let width = model.output_width();
        let count = rows.sequences.len();
        let mut order: Vec<usize> = (0..count).collect();
        rows.sort_by_length(&mut order);
        self.prepare(model);
        let mut sorted = vec![0.0; count * width];
        let mut items: Vec<_> = order.chunks(LANES).zip(sorted.chunks_mut(LANES * width)).collect();
        self.for_each(model, rows, model.stages().len(), &mut items, |space, run, _, (indices, out)| {
            let (y, _) = space.forward(run, indices, false);
            for (lane, out) in out.chunks_exact_mut(width).enumerate() {
                for (unit, out) in out.iter_mut().enumerate() {
                    *out = y[unit * LANES + lane];
                }
            }
        });
        let mut outputs = vec![0.0; count * width];
        for (place, &index) in order.iter().enumerate() {
            outputs[index * width..][..width].copy_from_slice(&sorted[place * width..][..width]);
        }
        outputs
    }
}

/// Threads to use when none are asked for: the cores this process may run on (cgroup limits and
/// affinity respected).
pub(crate) fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
