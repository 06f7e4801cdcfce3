//! The first half of a training step: forward, loss and backward over blocks. `update` is the second.
//!
//! Enters: a model and the rows of a batch. Leaves: a gradient in each block, and what was scored.

use super::pieces::{Piece, pieces};
use crate::error::{Error, Result};
use crate::evaluate::{RowBuffer, ScoreSum, Scorer};
use crate::kernels::LANES;
use crate::kernels::noise::Noise;
use crate::layers::{BlockGrads, PadPrefixGrads};
use crate::loss::Loss;
use crate::model::{BatchBlock, Engine, Machine, Model, Pass};
use crate::rng::{Purpose, Random};

/// Everything a run changes besides the model.
#[derive(Debug)]
pub(super) struct Trainer {
    pub engine: Engine,
    /// Stages that training runs: all but an activation that the loss folds in.
    stages: usize,
    blocks: Vec<BatchBlock>,
    pub(super) sums: Vec<(BlockGrads, (ScoreSum, RowBuffer))>,
    pub(super) pieces: Vec<Piece>,
    /// What the pieces of each stage left, one after the other.
    pub(super) left: Vec<Vec<f32>>,
    /// What the shared steps add to each stage's gradient.
    pub(super) starts: Vec<PadPrefixGrads>,
    pub(super) grads: Vec<f32>,
    pub(super) slots: Vec<Vec<f32>>,
    pub(super) step: u64,
    /// What dropout is drawn from, and the number of the first row; without it, nothing is dropped.
    noise: Option<(u64, usize)>,
}

/// What a gradient is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Of {
    /// The mean over the answers that are scored: the loss's gradient is divided by their count before backward.
    Mean,
    /// The sum over them.
    Sum,
}

impl Trainer {
    /// Checks that `model` and `loss` fit and allocates what a run needs; `slots` are the values that the
    /// slots of each parameter begin with.
    pub fn new(model: &Model, loss: Loss, slots: &[f32], machine: &Machine) -> Result<Self> {
        let all = model.stages().len();
        let last = model.stages().last().and_then(|stage| stage.activation());
        let stages = match loss.fused_activation() {
            None => all,
            Some(folded) if last == Some(folded) => all - 1,
            Some(folded) => {
                return Err(Error::config(format!(
                    "{loss} needs probabilities, but the last layer does not end in {folded:?}; use \
                     Dense::new({}).activation(Activation::{folded:?})",
                    model.output_width()
                )));
            }
        };
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

    /// With dropout, drawn from `seed`, the number of the step and that of the row, row 0 being `first_row`.
    pub fn with_noise(self, seed: u64, first_row: usize) -> Self {
        Self { noise: Some((seed, first_row)), ..self }
    }

    /// Forward, loss and backward for the rows `batch`, which it sorts by length: leaves a gradient in each
    /// block. Penalties on weights are in neither. Dropout knows the rows by `numbers`, where the data are a
    /// selection, else by their place.
    pub fn forward_backward(
        &mut self,
        model: &Model,
        scorer: &Scorer<'_>,
        batch: &mut [usize],
        numbers: Option<&[usize]>,
        of: Of,
    ) -> ScoreSum {
        let rows = &scorer.rows();
        rows.sort_by_length(batch);
        let count = batch.len().div_ceil(LANES);
        self.blocks.resize_with(self.blocks.len().max(count), BatchBlock::default);
        self.sums.resize_with(self.sums.len().max(count), Default::default);
        let (blocks, sums) = (&mut self.blocks[..count], &mut self.sums[..count]);
        self.engine.prepare_batch(model, rows, batch, blocks);
        let scale = match of {
            Of::Mean => 1.0 / scorer.count(batch).max(1) as f32,
            Of::Sum => 1.0,
        };
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
                let mode = Pass::Gradient(noise);
                space.forward(run, block, mode, None);
                let (y, dy) = space.output_and_gradient(run, block);
                *sum = scorer.block(rows, block.steps, y, scale, dy, answer);
                space.backward(run, block, mode, grads);
            },
        );
        let mut all = ScoreSum::default();
        sums.iter().for_each(|(_, (sum, _))| all.add(*sum));
        all
    }

    /// Steps done, and the optimizer's state: with the parameters, all that a later step depends on.
    pub fn state(&self) -> (u64, &[Vec<f32>]) {
        (self.step, &self.slots)
    }

    /// Goes on from a [`state`](Self::state).
    pub fn restore(&mut self, step: u64, slots: Vec<Vec<f32>>) {
        (self.step, self.slots) = (step, slots);
    }

    /// The gradient that the last [`update`](Self::update) summed, penalties and clipping included.
    pub fn grads(&self) -> &[f32] {
        &self.grads
    }
}
