//! Layers to stages: the plan of what will execute.

use crate::layers::{
    Activation, ActivationStage, DenseStage, EmbeddingStage, Layer, LstmStage, Signal, Stage,
};
use std::ops::Range;

/// A layer beside what building it found.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub layer: Layer,
    pub name: String,
    pub input: Signal,
    pub output: Signal,
    /// Where its tensors lie, in the order the layer asked for them.
    pub params: Vec<Range<usize>>,
}

/// Chooses the stages for `layers`, which have been built and so fit together.
pub(crate) fn lower(layers: &[Placed]) -> Vec<Box<dyn Stage>> {
    let mut stages: Vec<Box<dyn Stage>> = Vec::new();
    for placed in layers {
        let param = |index: usize| placed.params[index].clone();
        match &placed.layer {
            Layer::Embedding(layer) => {
                stages.push(Box::new(EmbeddingStage { table: param(0), width: layer.output_dim }));
            }
            Layer::Lstm(layer) => {
                stages.push(Box::new(LstmStage::new(placed.input, layer, [param(0), param(1), param(2)])))
            }
            Layer::Dense(layer) => {
                stages.push(Box::new(DenseStage { kernel: param(0), bias: param(1) }));
                if layer.activation != Activation::Linear {
                    let (activation, signal) = (layer.activation, placed.output);
                    stages.push(Box::new(ActivationStage { activation, signal }));
                }
            }
        }
    }
    stages
}
