//! Lowering: the stages that layers compile to.

use crate::layers::{
    Activation, ActivationStage, DenseStage, DropoutStage, EmbeddingStage, Layer, LayerBelow,
    LayerNormalizationStage, MaskedZerosStage, Pooling, PoolingStage, RepeatVectorStage, Signal, Stage,
    TimeDistributed, WindowPoolingStage, Windows,
};
use std::ops::Range;

/// A layer with its name, its shapes and the places of its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub layer: Layer,
    pub name: String,
    pub input: Signal,
    pub output: Signal,
    /// The ranges of its tensors, in the order of its specification.
    pub params: Vec<Range<usize>>,
}

/// The place of the outputs of a layer after a pass of its model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LayerPlace {
    /// The vectors that the model reads.
    Input,
    /// The rows of the embedding's table at the ids: the embedding is fused with the layer above it.
    Table,
    /// The stage with this index.
    Stage(usize),
}

/// Returns the stages for `layers`, which fit together.
pub(crate) fn lower(layers: &[Placed]) -> Vec<Box<dyn Stage>> {
    plan(layers).0
}

/// Returns the stages for `layers`, and the place of each layer's outputs.
pub(crate) fn plan(layers: &[Placed]) -> (Vec<Box<dyn Stage>>, Vec<LayerPlace>) {
    let mut found = Vec::new();
    let mut stages: Vec<Box<dyn Stage>> = Vec::new();
    let mut rest = layers;
    while let [first, tail @ ..] = rest {
        let param = |index: usize| first.params[index].clone();
        let mut layer_above = None;
        rest = tail;
        match (&first.layer, tail) {
            // These layers are applied when rows are laid into lanes.
            (Layer::Input(_) | Layer::Masking(_), _) => {
                found.push(LayerPlace::Input);
                continue;
            }
            (Layer::Embedding(layer), [above, tail @ ..]) if fuses(above) => {
                let (width, masked, table) = (layer.output_dim, layer.mask_zero, param(0));
                stages.push(recurrent_stage(above, LayerBelow::Embedding { width, masked, table }));
                found.push(LayerPlace::Table);
                layer_above = Some(above);
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
            (Layer::SkipConnection(layer), _) => {
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
            (Layer::Activation(layer), _) => {
                stages.push(Box::new(ActivationStage { activation: layer.activation, signal: first.output }));
            }
            (Layer::RepeatVector(layer), _) => {
                stages.push(Box::new(RepeatVectorStage { n: layer.n, width: first.output.width() }));
            }
            (Layer::MaxPooling1D(layer), _) => stages.push(windows(layer.windows(), first.output)),
            (Layer::AveragePooling1D(layer), _) => stages.push(windows(layer.windows(), first.output)),
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
        // Above the place of the layer, whose signals a trace reads.
        stages.extend(masked_zeros(layer_above.unwrap_or(first)));
    }
    (stages, found)
}

/// Returns the stage that sets the outputs of a recurrent layer at masked steps to zero, if it asks for it.
fn masked_zeros(placed: &Placed) -> Option<Box<dyn Stage>> {
    let layer = placed.layer.recurrent().filter(|layer| layer.zeroes_masked())?;
    Some(Box::new(MaskedZerosStage { signal: placed.output, backwards: layer.goes_backwards() }))
}

fn windows(windows: Windows, output: Signal) -> Box<dyn Stage> {
    Box::new(WindowPoolingStage { windows, width: output.width() })
}

fn pooling(pooling: Pooling, output: Signal) -> Box<dyn Stage> {
    let Signal::Vector(width) = output else { unreachable!("the output of pooling is a vector") };
    Box::new(PoolingStage { pooling, width })
}

/// Returns `true` if the layer and an embedding below it may be one stage.
fn fuses(placed: &Placed) -> bool {
    placed.layer.recurrent().is_some_and(|layer| layer.fuses())
}

/// Returns the stage of a recurrent layer. Without a bias, the range of the bias is empty.
fn recurrent_stage(placed: &Placed, below: LayerBelow) -> Box<dyn Stage> {
    let Some(layer) = placed.layer.recurrent() else { unreachable!("called for recurrent layers only") };
    let params = &placed.params;
    let bias = params.get(2).cloned().unwrap_or(params[1].end..params[1].end);
    layer.stage(below, [params[0].clone(), params[1].clone(), bias])
}
