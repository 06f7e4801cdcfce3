//! The steps of the training loop: forward and loss and backward over blocks, then reduce and update.

use super::score::{Answer, Scorer, Sum};
use crate::error::{Error, Result};
use crate::kernels::noise::Noise;
use crate::kernels::{Isa, LANES};
use crate::layers::{BlockGrads, Finish, Reduce, Shared, Stage};
use crate::loss::Loss;
use crate::model::{BatchBlock, Engine, Mode, Model, Rows};
use crate::optimizer::{Optimizer, Update};
use crate::rng::{Purpose, Random};
use std::ops::Range;

/// A run of parameters that is summed and updated as one piece of work.
#[derive(Debug, Clone)]
struct Piece {
    stage: usize,
    /// Which of the stage's parts, or `None` for what it finishes when all are done.
    part: Option<usize>,
    range: Range<usize>,
}

/// The pieces of `model`, in the order of its parameters, which they cover.
fn pieces(model: &Model) -> Vec<Piece> {
    let of_stage = |(stage, it): (usize, &dyn Stage)| {
        let parts = it.parts().into_iter().enumerate().map(|(part, range)| (Some(part), range));
        let rest = (!it.rest().is_empty()).then(|| (None, it.rest()));
        parts.chain(rest).map(move |(part, range)| Piece { stage, part, range }).collect::<Vec<_>>()
    };
    let mut pieces: Vec<_> =
        model.stages().iter().map(|stage| &**stage).enumerate().flat_map(of_stage).collect();
    pieces.sort_by_key(|piece| piece.range.start);
    pieces
}

/// Everything a run changes besides the model.
#[derive(Debug)]
pub(super) struct Trainer {
    pub engine: Engine,
    /// Stages that training runs: all but an activation that the loss folds in.
    stages: usize,
    blocks: Vec<BatchBlock>,
    sums: Vec<(BlockGrads, (Sum, Answer))>,
    pieces: Vec<Piece>,
    /// What the pieces of each stage left, one after the other.
    left: Vec<Vec<f32>>,
    grads: Vec<f32>,
    slots: Vec<Vec<f32>>,
    step: u64,
    /// What dropout is drawn from; without it, nothing is dropped.
    noise_seed: Option<u64>,
}

impl Trainer {
    /// Checks that `model` and `loss` fit and allocates what a run needs.
    pub fn new(model: &Model, loss: Loss, slots: usize, isa: Isa, threads: usize) -> Result<Self> {
        let all = model.stages().len();
        let last = model.stages().last().and_then(|stage| stage.activation());
        let stages = match loss.folds() {
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
        let zeros = || vec![0.0; model.params().len()];
        let left = model.stages().iter().map(|stage| vec![0.0; stage.left_len() * stage.parts().len()]);
        Ok(Self {
            engine: Engine::new(isa, threads),
            stages,
            blocks: Vec::new(),
            sums: Vec::new(),
            pieces: pieces(model),
            left: left.collect(),
            grads: zeros(),
            slots: (0..slots).map(|_| zeros()).collect(),
            step: 0,
            noise_seed: None,
        })
    }

    /// With dropout, drawn from `seed` and the number of the step.
    pub fn with_noise(self, seed: u64) -> Self {
        Self { noise_seed: Some(seed), ..self }
    }

    /// Forward, loss and backward for the rows `batch`: leaves a gradient in each block.
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
                space.forward(run, block, mode);
                let (y, dy) = space.output_and_gradient(run, block);
                *sum = scorer.block(rows, block.steps, y, scale, dy, answer);
                space.backward(run, block, mode, grads);
            },
        );
        let mut all = Sum::default();
        sums.iter().for_each(|(_, (sum, _))| all.add(*sum));
        all
    }

    /// Sums the blocks' gradients in block order and hands them, piece by piece, to the optimizer, with the
    /// learning rate `set` in place of its own, if any. Returns whether all is finite still; a piece whose
    /// gradient is not is left as it was.
    pub fn update(
        &mut self,
        model: &mut Model,
        optimizer: Option<&dyn Optimizer>,
        set: Option<f64>,
        batch: usize,
    ) -> bool {
        let rate = optimizer.map(|optimizer| set.unwrap_or_else(|| optimizer.learning_rate(self.step)));
        let optimizer = optimizer.zip(rate);
        self.step += 1;
        let (step, isa) = (self.step, self.engine.isa);
        let blocks: Vec<&BlockGrads> =
            self.sums[..batch.div_ceil(LANES)].iter().map(|(grads, _)| grads).collect();
        let (stages, values) = model.stages_and_values();
        let mut left: Vec<_> = stages
            .iter()
            .zip(&mut self.left)
            .map(|(stage, left)| left.chunks_mut(stage.left_len().max(1)))
            .collect();
        let mut work = Vec::with_capacity(self.pieces.len());
        let mut params = values;
        let mut grads = &mut *self.grads;
        let mut slots: Vec<&mut [f32]> = self.slots.iter_mut().map(|slot| &mut **slot).collect();
        let mut finishing = Vec::new();
        for piece in &self.pieces {
            let len = piece.range.len();
            let params = take(&mut params, len);
            let grads = take(&mut grads, len);
            let slots: Vec<_> = slots.iter_mut().map(|slot| take(slot, len)).collect();
            let tensor = Tensor { params, grads, slots, finite: true };
            match piece.part {
                Some(part) => {
                    let left = left[piece.stage].next().unwrap_or_default();
                    work.push((piece.stage, part, tensor, left));
                }
                None => finishing.push((piece.stage, tensor)),
            }
        }
        self.engine.for_each_part(&mut work, |derived, scratch, (stage, part, tensor, left)| {
            let shared = Shared { params: tensor.params, ..derived.shared(*stage) };
            let (stage, part, blocks, grads) = (*stage, *part, &*blocks, &mut *tensor.grads);
            stages[stage].reduce(Reduce { shared, blocks, stage, part, grads, left, scratch });
            tensor.update(step, isa, optimizer);
        });
        let mut finite = work.iter().all(|(.., tensor, _)| tensor.finite);
        drop(work);
        for (stage, mut tensor) in finishing {
            let (blocks, left, grads) = (&*blocks, &*self.left[stage], &mut *tensor.grads);
            stages[stage].finish(Finish { blocks, stage, left, grads });
            tensor.update(step, isa, optimizer);
            finite &= tensor.finite;
        }
        finite
    }

    /// Steps done, and the optimizer's state: with the parameters, all that a later step depends on.
    pub fn state(&self) -> (u64, &[Vec<f32>]) {
        (self.step, &self.slots)
    }

    /// Goes on from a [`state`](Self::state).
    pub fn restore(&mut self, step: u64, slots: Vec<Vec<f32>>) {
        (self.step, self.slots) = (step, slots);
    }

    /// The gradient that the last [`update`](Self::update) summed.
    pub fn grads(&self) -> &[f32] {
        &self.grads
    }
}

/// A run of parameters with all that belongs to it.
struct Tensor<'a> {
    params: &'a mut [f32],
    grads: &'a mut [f32],
    slots: Vec<&'a mut [f32]>,
    finite: bool,
}

impl Tensor<'_> {
    fn update(&mut self, step: u64, isa: Isa, optimizer: Option<(&dyn Optimizer, f64)>) {
        let Some((optimizer, learning_rate)) = optimizer else { return };
        let Self { params, grads, slots, finite } = self;
        // Looked at while they are in the cache, this costs next to nothing, and names the step.
        *finite = all_finite(grads);
        if *finite {
            optimizer.update(Update { step, learning_rate, isa, grads, params, slots });
            *finite = all_finite(params);
        }
    }
}

/// Whether no number is NaN or infinite. Reads to the end: a branch a number would cost more.
fn all_finite(values: &[f32]) -> bool {
    // Without its sign, a number with the highest exponent, and no other, carries into the sign bit.
    let carry = |bad: u32, value: f32| bad | ((value.to_bits() & 0x7fff_ffff) + 0x0080_0000);
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut bad = [0u32; LANES];
    for chunk in chunks {
        for (bad, &value) in bad.iter_mut().zip(chunk) {
            *bad = carry(*bad, value);
        }
    }
    let bad = rest.iter().fold(0, |bad, &value| carry(bad, value)) | bad.into_iter().fold(0, |a, b| a | b);
    bad >> 31 == 0
}

/// Cuts the first `len` values off `rest`.
fn take<'a>(rest: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (head, tail) = std::mem::take(rest).split_at_mut(len);
    *rest = tail;
    head
}
