//! The first half of a training step: forward, loss and backward over blocks. `update` is the second.
//!
//! Input: a model and the rows of a batch. Output: a gradient per block, and the scores.

use super::pieces::{Piece, pieces};
use crate::error::Result;
use crate::evaluate::{KeptRows, RowBuffer, ScoreSum, Scorer};
use crate::kernels::LANES;
use crate::kernels::noise::Noise;
use crate::layers::{BlockGrads, PadPrefixGrads};
use crate::loss::{Loss, Reduction};
use crate::model::{BatchBlock, Engine, Machine, Model, Pass};
use crate::rng::{Purpose, Random};

/// The scores of a block, or the error of a custom loss, and memory for the outputs.
type BlockScore = (Result<ScoreSum>, RowBuffer);

/// The working state of training, besides the model.
#[derive(Debug)]
pub(super) struct Trainer {
    pub engine: Engine,
    /// Number of stages to run: all, without an activation that is fused with the loss.
    stages: usize,
    blocks: Vec<BatchBlock>,
    pub(super) sums: Vec<(BlockGrads, BlockScore)>,
    pub(super) pieces: Vec<Piece>,
    /// Intermediate results of the pieces of each stage, in order.
    pub(super) left: Vec<Vec<f32>>,
    /// Contribution of the shared steps to each stage's gradient.
    pub(super) starts: Vec<PadPrefixGrads>,
    pub(super) grads: Vec<f32>,
    pub(super) slots: Vec<Vec<f32>>,
    pub(super) step: u64,
    /// Seed of dropout and number of the first row; `None` disables dropout.
    noise: Option<(u64, usize)>,
}

impl Trainer {
    /// Checks that `model` and `loss` fit, and allocates the buffers; `slots` are the initial values of the
    /// slots.
    pub fn new(model: &Model, loss: &Loss, slots: &[f32], machine: &Machine) -> Result<Self> {
        let all = model.stages().len();
        let last = model.stages().last().and_then(|stage| stage.activation());
        loss.check_activation(last, model.output_width())?;
        let stages = if loss.fused_activation().is_some() { all - 1 } else { all };
        let filled = |value: f32| vec![value; model.params().len()];
        let left = model.stages().iter().map(|stage| vec![0.0; stage.left_len() * stage.parts().len()]);
        Ok(Self {
            engine: Engine::new(machine),
            stages,
            blocks: Vec::new(),
            sums: Vec::new(),
            pieces: pieces(model),
            left: left.collect(),
            starts: Vec::new(),
            grads: filled(0.0),
            slots: slots.iter().map(|&start| filled(start)).collect(),
            step: 0,
            noise: None,
        })
    }

    /// Enables dropout, drawn from `seed`, the step and the row number, which starts at `first_row`.
    pub fn with_noise(self, seed: u64, first_row: usize) -> Self {
        Self { noise: Some((seed, first_row)), ..self }
    }

    /// Computes forward, loss and backward for the rows `batch`, which are sorted by length, and stores a
    /// gradient in each block: of the summed loss, divided as `reduction` says. Returns the unreduced scores.
    /// Penalties are excluded. Dropout uses `numbers` as row numbers if the data are
    /// a selection, else the indices of the rows.
    pub fn forward_backward(
        &mut self,
        model: &Model,
        scorer: &Scorer<'_>,
        batch: &mut [usize],
        numbers: Option<&[usize]>,
        reduction: Reduction,
    ) -> Result<ScoreSum> {
        let rows = &scorer.rows();
        rows.sort_by_length(batch);
        let count = batch.len().div_ceil(LANES);
        self.blocks.resize_with(self.blocks.len().max(count), BatchBlock::default);
        self.sums.resize_with(self.sums.len().max(count), || {
            (BlockGrads::default(), (Ok(ScoreSum::default()), RowBuffer::default()))
        });
        let (blocks, sums) = (&mut self.blocks[..count], &mut self.sums[..count]);
        self.engine.prepare_batch(model, rows, batch, blocks);
        let scale = 1.0 / scorer.divisor(batch, reduction) as f32;
        let step = self.step;
        let noise = self.noise.map(|(seed, first)| (Random::new(seed, Purpose::Dropout, step).bits(), first));
        self.engine.for_each_block(
            model,
            self.stages,
            blocks,
            sums,
            |space, run, rows, block, grads, (sum, answer)| {
                let mut known = [0; LANES];
                let noise = noise.map(|(key, first)| {
                    let number = |row: usize| first.wrapping_add(numbers.map_or(row, |numbers| numbers[row]));
                    known.iter_mut().zip(rows).for_each(|(known, &row)| *known = number(row));
                    Noise::new(key, &known[..rows.len()])
                });
                let pass = Pass::Gradient(noise);
                space.forward(run, block, pass, None);
                let (y, dy) = space.output_and_gradient(run, block);
                *sum = scorer.block(rows, run.outputs_block(block).steps, y, scale, dy, answer);
                if sum.is_ok() {
                    space.backward(run, block, pass, grads);
                }
            },
        );
        let mut all = ScoreSum::default();
        for (_, (sum, _)) in sums {
            all.add(std::mem::replace(sum, Ok(ScoreSum::default()))?);
        }
        Ok(all)
    }

    /// Returns the rows of the last `batch` rows that the blocks kept, in block order.
    pub fn kept(&self, batch: usize) -> impl Iterator<Item = &KeptRows> {
        self.sums[..batch.div_ceil(LANES)].iter().map(|(_, (_, buffer))| &buffer.kept)
    }

    /// Returns the gradient of the last [`update`](Self::update), penalties and clipping included.
    pub fn grads(&self) -> &[f32] {
        &self.grads
    }
}
