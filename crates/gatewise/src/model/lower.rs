//! Layers to stages: the plan of what will execute.

use crate::layers::{
    Activation, ActivationStage, DenseStage, DropoutStage, EmbeddingStage, Layer, LayerNormalizationStage,
    LstmStage, Pooling, PoolingStage, ProjectedLstmStage, Signal, Stage, TimeDistributed,
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
    let mut rest = layers;
    while let [first, tail @ ..] = rest {
        let param = |index: usize| first.params[index].clone();
        rest = tail;
        match (&first.layer, tail) {
            // What these say is done when rows are laid into lanes.
            (Layer::Input(_) | Layer::Masking(_), _) => {}
            (Layer::Embedding(layer), [above @ Placed { layer: Layer::Lstm(lstm), .. }, tail @ ..]) => {
                let [kernel, recurrent, bias] = [0, 1, 2].map(|index| above.params[index].clone());
                let params = [param(0), kernel, recurrent, bias];
                stages.push(Box::new(ProjectedLstmStage::new(
                    layer.output_dim,
                    layer.mask_zero,
                    lstm,
                    params,
                )));
                rest = tail;
            }
            (Layer::Embedding(layer), _) => {
                stages.push(Box::new(EmbeddingStage { table: param(0), width: layer.output_dim }));
            }
            (Layer::Lstm(layer), _) => {
                let params = [param(0), param(1), param(2)];
                stages.push(Box::new(LstmStage::new(first.input, layer, params)));
            }
            (Layer::Dropout(layer), _) => {
                stages.push(Box::new(DropoutStage::new(first.input, layer.rate, false)));
            }
            (Layer::GlobalMaxPooling1D(_), _) => stages.push(pooling(Pooling::Max, first.output)),
            (Layer::GlobalAveragePooling1D(_), _) => stages.push(pooling(Pooling::Average, first.output)),
            (Layer::LayerNormalization(layer), _) => {
                stages.push(Box::new(LayerNormalizationStage::new(layer, first.input, &first.params)));
            }
            (Layer::SpatialDropout1D(layer), _) => {
                stages.push(Box::new(DropoutStage::new(first.input, layer.rate, true)));
            }
            (Layer::Dense(layer) | Layer::TimeDistributed(TimeDistributed { dense: layer }), _) => {
                stages.push(Box::new(DenseStage::new(layer, first.output, &first.params)));
                if layer.activation != Activation::Linear {
                    let (activation, signal) = (layer.activation, first.output);
                    stages.push(Box::new(ActivationStage { activation, signal }));
                }
            }
        }
    }
    stages
}

fn pooling(pooling: Pooling, output: Signal) -> Box<dyn Stage> {
    let Signal::Vector(width) = output else { unreachable!("pooling gives vectors") };
    Box::new(PoolingStage { pooling, width })
}
