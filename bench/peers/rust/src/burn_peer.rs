//! Burn on its flex backend: `burn::nn::Lstm` as it comes.

use crate::{EPSILON, Job, LEARNING_RATE, Peer, VOCABULARY, Weights};
use burn::module::Param;
use burn::nn::loss::{BinaryCrossEntropyLoss, BinaryCrossEntropyLossConfig};
use burn::nn::{Embedding, EmbeddingConfig, GateController, Linear, LinearConfig, Lstm, LstmConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::prelude::*;
use burn::tensor::TensorData;
use std::error::Error;

#[derive(Module, Debug)]
struct Classifier {
    embedding: Embedding,
    lstm: Lstm,
    dense: Linear,
}

pub struct Burn {
    /// Taken and put back by each step.
    model: Option<Classifier>,
    adam: ModuleOptimizer,
    loss: BinaryCrossEntropyLoss,
    device: Device,
    steps: usize,
}

impl Burn {
    pub fn new(job: &Job, weights: &Weights) -> Self {
        let (d, h) = (job.width, job.units[0]);
        let device = Device::flex().autodiff();
        let matrix = |values: Vec<f32>, shape: [usize; 2]| {
            Param::from_data(TensorData::new(values, shape), &device)
        };
        let vector = |values: Vec<f32>| {
            let length = values.len();
            Some(Param::from_data(TensorData::new(values, [length]), &device))
        };
        // One gate's columns of a Keras matrix with 4 h columns.
        let gate = |values: &[f32], gate: usize| -> Vec<f32> {
            values.chunks_exact(4 * h).flat_map(|row| &row[gate * h..(gate + 1) * h]).copied().collect()
        };
        let set = |controller: &mut GateController, index: usize| {
            controller.input_transform.weight = matrix(gate(&weights.kernel, index), [d, h]);
            controller.input_transform.bias = vector(gate(&weights.bias, index));
            controller.hidden_transform.weight = matrix(gate(&weights.recurrent, index), [h, h]);
            controller.hidden_transform.bias = vector(vec![0.; h]);
        };
        let mut lstm = LstmConfig::new(d, h, true).init(&device);
        set(&mut lstm.input_gate, 0);
        set(lstm.forget_gate.as_mut().expect("gates are not coupled"), 1);
        set(&mut lstm.cell_gate, 2);
        set(&mut lstm.output_gate, 3);
        let mut embedding = EmbeddingConfig::new(VOCABULARY, d).init(&device);
        embedding.weight = matrix(weights.embeddings.clone(), [VOCABULARY, d]);
        let mut dense = LinearConfig::new(h, 1).init(&device);
        dense.weight = matrix(weights.dense.clone(), [h, 1]);
        dense.bias = vector(weights.dense_bias.clone());
        Self {
            model: Some(Classifier { embedding, lstm, dense }),
            adam: AdamConfig::new().with_epsilon(EPSILON as f32).init(),
            loss: BinaryCrossEntropyLossConfig::new().with_logits(true).init(&device),
            device,
            steps: job.steps,
        }
    }
}

impl Peer for Burn {
    fn step(&mut self, ids: &[i32], labels: &[u8]) -> Result<f32, Box<dyn Error>> {
        let model = self.model.take().ok_or("a step failed before")?;
        let shape = [labels.len(), self.steps];
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids.to_vec(), shape), &self.device);
        let targets: Vec<i32> = labels.iter().map(|&label| label.into()).collect();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [labels.len()]), &self.device);
        let (_, state) = model.lstm.forward(model.embedding.forward(ids), None);
        let logits = model.dense.forward(state.hidden).squeeze_dim::<1>(1);
        let loss = self.loss.forward(logits, targets);
        let value = loss.clone().into_scalar::<f32>();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.adam.step(LEARNING_RATE, model, gradients));
        Ok(value)
    }

    fn version(&self) -> &'static str {
        "0.22.1"
    }
}
