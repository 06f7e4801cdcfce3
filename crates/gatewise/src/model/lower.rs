//! Layers to stages: the plan of what will execute.

use crate::layers::{
    Activation, ActivationStage, DenseStage, DropoutStage, EmbeddingStage, Layer, LayerBelow,
    LayerNormalizationStage, Pooling, PoolingStage, Signal, Stage, TimeDistributed,
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

/// Where the numbers of a layer are found when its model has run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LayerPlace {
    /// Among the vectors that the model reads.
    Input,
    /// In the table, under each step's id: an embedding that is fused with the layer above it.
    Table,
    /// With the stage of this index.
    Stage(usize),
}

/// Chooses the stages for `layers`, which have been built and so fit together.
pub(crate) fn lower(layers: &[Placed]) -> Vec<Box<dyn Stage>> {
    plan(layers).0
}

/// The stages for `layers`, and where each layer is found.
pub(crate) fn plan(layers: &[Placed]) -> (Vec<Box<dyn Stage>>, Vec<LayerPlace>) {
    let mut found = Vec::new();
    let mut stages: Vec<Box<dyn Stage>> = Vec::new();
    let mut rest = layers;
    while let [first, tail @ ..] = rest {
        let param = |index: usize| first.params[index].clone();
        rest = tail;
        match (&first.layer, tail) {
            // What these say is done when rows are laid into lanes.
            (Layer::Input(_) | Layer::Masking(_), _) => {
                found.push(LayerPlace::Input);
                continue;
            }
            (Layer::Embedding(layer), [above, tail @ ..]) if fuses(above) => {
                let (width, masked, table) = (layer.output_dim, layer.mask_zero, param(0));
                stages.push(recurrent_stage(above, LayerBelow::Embedding { width, masked, table }));
                found.push(LayerPlace::Table);
                rest = tail;
            }
            (Layer::Embedding(layer), _) => {
                stages.push(Box::new(EmbeddingStage { table: param(0), width: layer.output_dim }));
            }
            (Layer::Lstm(_) | Layer::Gru(_) | Layer::SimpleRnn(_), _) => {
                let rate = first.layer.recurrent().map_or(0.0, |layer| layer.dropout());
                if rate > 0.0 {
                    stages.push(Box::new(DropoutStage::new(first.input, rate, true)));
                }
                let Signal::Sequence(width) = first.input else { unreachable!("built on sequences only") };
                stages.push(recurrent_stage(first, LayerBelow::Vectors(width)));
            }
            (Layer::Bidirectional(layer), _) => {
                let Signal::Sequence(width) = first.input else { unreachable!("built on sequences only") };
                stages.push(layer.stage(width, &first.params));
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
        found.push(LayerPlace::Stage(stages.len() - 1));
    }
    (stages, found)
}

fn pooling(pooling: Pooling, output: Signal) -> Box<dyn Stage> {
    let Signal::Vector(width) = output else { unreachable!("pooling gives vectors") };
    Box::new(PoolingStage { pooling, width })
}

/// Whether a layer may be one stage with an embedding below it.
fn fuses(placed: &Placed) -> bool {
    placed.layer.recurrent().is_some_and(|layer| layer.fuses())
}

/// The stage of a recurrent layer. Without a bias, an empty range stands behind its other two tensors.
fn recurrent_stage(placed: &Placed, below: LayerBelow) -> Box<dyn Stage> {
    let Some(layer) = placed.layer.recurrent() else { unreachable!("asked of recurrent layers only") };
    let params = &placed.params;
    let bias = params.get(2).cloned().unwrap_or(params[1].end..params[1].end);
    layer.stage(below, [params[0].clone(), params[1].clone(), bias])
}
