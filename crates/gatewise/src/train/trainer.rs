//! The steps of the training loop: forward and loss and backward over blocks, then reduce and update.

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::kernels::{Buffer, Isa, LANES};
use crate::layers::Activation;
use crate::loss::Loss;
use crate::metrics::binary_hit;
use crate::model::{Engine, Model, Rows};
use crate::optimizer::{Optimizer, Update};

/// One block's share of a batch: its gradient, alone, and its figures.
#[derive(Debug, Default)]
struct BlockSum {
    rows: Vec<usize>,
    grads: Buffer,
    loss: f64,
    hits: usize,
}

/// A batch's loss (sum over rows) and correct answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BatchSum {
    pub loss: f64,
    pub hits: usize,
}

/// Everything a run changes besides the model.
#[derive(Debug)]
pub(super) struct Trainer {
    pub engine: Engine,
    loss: Loss,
    /// Stages that training runs: all but an activation that the loss folds in.
    stages: usize,
    blocks: Vec<BlockSum>,
    grads: Vec<f32>,
    slots: Vec<Vec<f32>>,
    step: u64,
}

impl Trainer {
    /// Checks that `model` and `loss` fit and allocates what a run needs.
    pub fn new(model: &Model, loss: Loss, slots: usize, isa: Isa, threads: usize) -> Result<Self> {
        if model.output_width() != 1 {
            return Err(Error::shape(format!(
                "binary cross-entropy needs a model with one output, but this one has {}; end it with \
                 Dense::new(1).activation(Activation::Sigmoid)",
                model.output_width()
            )));
        }
        let stages = model.stages().len();
        let folded =
            stages.checked_sub(1).filter(|&last| model.stages()[last].activation() == Some(loss.folds()));
        let Some(stages) = folded else {
            return Err(Error::config(format!(
                "binary cross-entropy needs probabilities, but the last layer does not end in {:?}; use \
                 Dense::new(1).activation(Activation::Sigmoid)",
                Activation::Sigmoid
            )));
        };
        let zeros = || vec![0.0; model.params().len()];
        Ok(Self {
            engine: Engine::new(isa, threads),
            loss,
            stages,
            blocks: Vec::new(),
            grads: zeros(),
            slots: (0..slots).map(|_| zeros()).collect(),
            step: 0,
        })
    }

    /// Forward, loss and backward for the rows `batch`: leaves a gradient in each block.
    pub fn forward_backward(
        &mut self,
        model: &Model,
        data: &Dataset,
        rows: Rows<'_>,
        batch: &mut [usize],
    ) -> BatchSum {
        rows.sort_by_length(batch);
        self.engine.prepare(model);
        let (loss, count) = (self.loss, batch.len().div_ceil(LANES));
        self.blocks.resize_with(self.blocks.len().max(count), BlockSum::default);
        let blocks = &mut self.blocks[..count];
        for (block, indices) in blocks.iter_mut().zip(batch.chunks(LANES)) {
            block.rows.clear();
            block.rows.extend_from_slice(indices);
        }
        let scale = 1.0 / batch.len() as f32;
        let targets = data.targets();
        self.engine.for_each(model, rows, self.stages, blocks, |space, run, _, block| {
            let BlockSum { rows, grads, loss: loss_sum, hits } = block;
            grads.reserve(run.params.len());
            grads.fill(0.0);
            (*loss_sum, *hits) = (0.0, 0);
            let (logits, steps) = space.forward(run, rows, true);
            let mut dz = [0.0; LANES];
            for (lane, &index) in rows.iter().enumerate() {
                let (p, y) = (loss.folds().apply(logits[lane]), targets[index]);
                *loss_sum += loss.of(p, y);
                *hits += usize::from(binary_hit(p, y, 0.5));
                dz[lane] = (p - y) * scale;
            }
            space.backward(run, steps, &dz, &mut grads[..run.params.len()]);
        });
        blocks.iter().fold(BatchSum::default(), |sum, block| BatchSum {
            loss: sum.loss + block.loss,
            hits: sum.hits + block.hits,
        })
    }

    /// Sums the blocks' gradients in block order and hands them to the optimizer, part by part.
    pub fn update(&mut self, model: &mut Model, optimizer: Option<&dyn Optimizer>, batch: usize) {
        self.step += 1;
        let (step, isa) = (self.step, self.engine.isa);
        let blocks = &self.blocks[..batch.div_ceil(LANES)];
        let part = self.grads.len().div_ceil(self.engine.threads()).next_multiple_of(LANES);
        let mut slots: Vec<_> = self.slots.iter_mut().map(|slot| slot.chunks_mut(part)).collect();
        let params = model.params_mut().values_mut().chunks_mut(part);
        let mut parts: Vec<_> = params
            .zip(self.grads.chunks_mut(part))
            .map(|(params, grads)| {
                (params, grads, slots.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>())
            })
            .collect();
        self.engine.for_each_part(&mut parts, |index, (params, grads, slots)| {
            let range = index * part..index * part + grads.len();
            grads.fill(0.0);
            for block in blocks {
                grads.iter_mut().zip(&block.grads[range.clone()]).for_each(|(sum, g)| *sum += g);
            }
            if let Some(optimizer) = optimizer {
                optimizer.update(Update { step, isa, grads, params, slots });
            }
        });
    }

    /// The gradient that the last [`update`](Self::update) summed.
    pub fn grads(&self) -> &[f32] {
        &self.grads
    }
}
