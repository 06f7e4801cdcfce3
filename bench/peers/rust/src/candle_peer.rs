//! Candle: `candle_nn::LSTM` as it comes.

use crate::{EPSILON, Job, LEARNING_RATE, Peer, VOCABULARY, Weights};
use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::loss::binary_cross_entropy_with_logit;
use candle_nn::rnn::{LSTM, LSTMConfig, RNN, lstm};
use candle_nn::{AdamW, Embedding, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap};
use std::error::Error;

pub struct Candle {
    embedding: Embedding,
    lstm: LSTM,
    dense: Linear,
    adam: AdamW,
    steps: usize,
}

impl Candle {
    pub fn new(job: &Job, weights: &Weights) -> Result<Self> {
        let (d, h, device) = (job.width, job.units[0], Device::Cpu);
        let mut vars = VarMap::new();
        let builder = VarBuilder::from_varmap(&vars, DType::F32, &device);
        let embedding = candle_nn::embedding(VOCABULARY, d, builder.pp("embedding"))?;
        let lstm = lstm(d, h, LSTMConfig::default(), builder.pp("lstm"))?;
        let dense = candle_nn::linear(h, 1, builder.pp("dense"))?;
        // Candle's gates are in Keras's order, its matrices turned; its second bias stays 0.
        let tensor = |values: &[f32], shape: (usize, usize)| Tensor::from_slice(values, shape, &device);
        vars.set_one("embedding.weight", tensor(&weights.embeddings, (VOCABULARY, d))?)?;
        vars.set_one("lstm.weight_ih_l0", tensor(&weights.kernel, (d, 4 * h))?.t()?.contiguous()?)?;
        vars.set_one("lstm.weight_hh_l0", tensor(&weights.recurrent, (h, 4 * h))?.t()?.contiguous()?)?;
        vars.set_one("lstm.bias_ih_l0", Tensor::from_slice(&weights.bias, 4 * h, &device)?)?;
        vars.set_one("dense.weight", tensor(&weights.dense, (1, h))?)?;
        vars.set_one("dense.bias", Tensor::from_slice(&weights.dense_bias, 1, &device)?)?;
        let settings =
            ParamsAdamW { lr: LEARNING_RATE, eps: EPSILON, weight_decay: 0., ..ParamsAdamW::default() };
        let adam = AdamW::new(vars.all_vars(), settings)?;
        Ok(Self { embedding, lstm, dense, adam, steps: job.steps })
    }
}

impl Peer for Candle {
    fn step(&mut self, ids: &[i32], labels: &[u8]) -> std::result::Result<f32, Box<dyn Error>> {
        let ids: Vec<u32> = ids.iter().map(|&id| id as u32).collect();
        let targets: Vec<f32> = labels.iter().map(|&label| label.into()).collect();
        let ids = Tensor::from_vec(ids, (labels.len(), self.steps), &Device::Cpu)?;
        let targets = Tensor::from_vec(targets, labels.len(), &Device::Cpu)?;
        let states = self.lstm.seq(&self.embedding.forward(&ids)?)?;
        let last = states.last().ok_or("no steps")?.h();
        let logits = self.dense.forward(last)?.squeeze(D::Minus1)?;
        let loss = binary_cross_entropy_with_logit(&logits, &targets)?;
        self.adam.backward_step(&loss)?;
        Ok(loss.to_scalar()?)
    }

    fn version(&self) -> &'static str {
        "0.11.1"
    }
}
