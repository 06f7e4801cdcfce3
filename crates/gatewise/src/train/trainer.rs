//! The first half of a training step: forward, loss and backward over blocks. `update` is the second.

use super::score::{Answer, Scorer, Sum};
use super::update::{Piece, pieces};
use crate::error::{Error, Result};
use crate::kernels::noise::Noise;
use crate::kernels::{Isa, LANES};
use crate::layers::{BlockGrads, StartGrads};
use crate::loss::Loss;
use crate::model::{BatchBlock, Engine, Mode, Model, Rows};
use crate::rng::{Purpose, Random};

/// Everything a run changes besides the model.
#[derive(Debug)]
pub(super) struct Trainer {
    pub engine: Engine,
    /// Stages that training runs: all but an activation that the loss folds in.
    stages: usize,
    blocks: Vec<BatchBlock>,
    pub(super) sums: Vec<(BlockGrads, (Sum, Answer))>,
    pub(super) pieces: Vec<Piece>,
    /// What the pieces of each stage left, one after the other.
    pub(super) left: Vec<Vec<f32>>,
    /// What the shared steps add to each stage's gradient.
    pub(super) starts: Vec<StartGrads>,
    pub(super) grads: Vec<f32>,
    pub(super) slots: Vec<Vec<f32>>,
    pub(super) step: u64,
    /// What dropout is drawn from; without it, nothing is dropped.
    noise_seed: Option<u64>,
}

impl Trainer {
    /// Checks that `model` and `loss` fit and allocates what a run needs; `slots` are the values that the
    /// slots of each parameter begin with.
    pub fn new(model: &Model, loss: Loss, slots: &[f32], isa: Isa, threads: usize) -> Result<Self> {
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
            engine: Engine::new(isa, threads),
            stages,
            blocks: Vec::new(),
            sums: Vec::new(),
            pieces: pieces(model),
            left: left.collect(),
            starts: Vec::new(),
            grads: filled(0.0),
            slots: slots.iter().map(|&start| filled(start)).collect(),
            step: 0,
            noise_seed: None,
        })
    }

    /// With dropout, drawn from `seed` and the number of the step.
    pub fn with_noise(self, seed: u64) -> Self {
        Self { noise_seed: Some(seed), ..self }
    }

    /// Forward, loss (penalties on weights included) and backward for the rows `batch`: leaves a gradient,
    /// that of penalties not included, in each block.
    pub fn forward_backward(
        &mut self,
        model: &Model,
        scorer: &Scorer<'_>,
        rows: &Rows<'_>,
        batch: &mut [usize],
    ) -> Sum {
        rows.sort_by_length(batch);
        let count = batch.len().div_ceil(LANES);
        self.blocks.resize_with(self.blocks.len().max(count), BatchBlock::default);
        self.sums.resize_with(self.sums.len().max(count), Default::default);
        let (blocks, sums) = (&mut self.blocks[..count], &mut self.sums[..count]);
        self.engine.prepare_batch(model, rows, batch, blocks);
        let scale = 1.0 / scorer.count(batch).max(1) as f32;
        let noise_key = self.noise_seed.map(|seed| Random::new(seed, Purpose::Dropout, self.step).bits());
        self.engine.for_each_block(
            model,
            self.stages,
            blocks,
            sums,
            |space, run, rows, block, grads, (sum, answer)| {
                let mode = Mode::Gradient(noise_key.map(|key| Noise::new(key, rows)));
                space.forward(run, block, mode, None);
                let (y, dy) = space.output_and_gradient(run, block);
                *sum = scorer.block(rows, block.steps, y, scale, dy, answer);
                space.backward(run, block, mode, grads);
            },
        );
        let mut all = Sum::default();
        sums.iter().for_each(|(_, (sum, _))| all.add(*sum));
        all.loss += model.params().penalty() * all.count as f64;
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
