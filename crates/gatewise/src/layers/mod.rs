//! Layers: one file each, with its settings, equations, shapes, initializers and stage.
//!
//! Input: the settings of layers. Output: parameter specifications for the model, and stages for its engine.

mod activation;
mod activation_layer;
mod activation_stage;
mod bidirectional;
mod bidirectional_stage;
mod dense;
mod dropout;
mod embedding;
mod entry;
mod gru;
mod init;
mod input;
mod layer_normalization;
mod lstm;
mod masked_zeros;
mod masking;
mod merge_mode;
mod pooling;
mod projected_recurrent;
mod recurrence;
mod recurrent_cell;
mod recurrent_layer;
mod recurrent_stage;
mod regularizer;
mod repeat_vector;
mod simple_rnn;
mod skip_connection;
mod stage;
mod time_distributed;
mod window_pooling;
mod wrapped;

pub use activation::Activation;
pub use activation_layer::ActivationLayer;
pub(crate) use activation_stage::ActivationStage;
pub use bidirectional::Bidirectional;
pub use dense::Dense;
pub(crate) use dense::DenseStage;
pub(crate) use dropout::DropoutStage;
pub use dropout::{Dropout, SpatialDropout1D};
pub use embedding::Embedding;
pub(crate) use embedding::EmbeddingStage;
pub use entry::LayerEntry;
pub use gru::Gru;
pub(crate) use init::Init;
pub use init::{Distribution, Fan, Initializer};
pub use input::Input;
pub use layer_normalization::LayerNormalization;
pub(crate) use layer_normalization::LayerNormalizationStage;
pub use lstm::Lstm;
pub(crate) use masked_zeros::MaskedZerosStage;
pub use masking::Masking;
pub use merge_mode::MergeMode;
pub use pooling::{GlobalAveragePooling1D, GlobalMaxPooling1D};
pub(crate) use pooling::{Pooling, PoolingStage};
pub use recurrent_cell::RecurrentCell;
pub(crate) use recurrent_layer::{LayerBelow, RecurrentLayer};
pub use regularizer::Regularizer;
pub use repeat_vector::RepeatVector;
pub(crate) use repeat_vector::RepeatVectorStage;
pub use simple_rnn::SimpleRnn;
pub use skip_connection::SkipConnection;
pub(crate) use stage::{
    Backward, Block, BlockGrads, Dims, Finish, Forward, ForwardOne, PadPrefixBackward, PadPrefixGrads,
    PadPrefixSums, Reads, Reduce, Shared, Signal, SignalPlace, Stage,
};

pub use time_distributed::TimeDistributed;
pub use window_pooling::{AveragePooling1D, MaxPooling1D, PoolPadding};
pub(crate) use window_pooling::{WindowPoolingStage, Windows};

use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A layer of a [`Sequential`](crate::Sequential) model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Layer {
    /// The input of a model that reads vectors.
    Input(Input),
    /// A mask on steps.
    Masking(Masking),
    /// Token ids to vectors.
    Embedding(Embedding),
    /// Long short-term memory.
    Lstm(Lstm),
    /// Gated recurrent unit.
    Gru(Gru),
    /// Fully connected recurrent layer.
    SimpleRnn(SimpleRnn),
    /// A recurrent layer in both directions.
    Bidirectional(Bidirectional),
    /// A recurrent layer whose input is concatenated to its output.
    SkipConnection(SkipConnection),
    /// Fully connected layer.
    Dense(Dense),
    /// Fully connected layer, at every step.
    TimeDistributed(TimeDistributed),
    /// Dropout of single values in training.
    Dropout(Dropout),
    /// Dropout of channels of a sequence in training.
    #[serde(rename = "spatial_dropout1d")]
    SpatialDropout1D(SpatialDropout1D),
    /// The maximum over time.
    #[serde(rename = "global_max_pooling1d")]
    GlobalMaxPooling1D(GlobalMaxPooling1D),
    /// The mean over time.
    #[serde(rename = "global_average_pooling1d")]
    GlobalAveragePooling1D(GlobalAveragePooling1D),
    /// Normalization to mean 0 and variance 1 over the units.
    LayerNormalization(LayerNormalization),
    /// An activation.
    Activation(ActivationLayer),
    /// One vector at every step.
    RepeatVector(RepeatVector),
    /// The maximum over windows of steps.
    #[serde(rename = "max_pooling1d")]
    MaxPooling1D(MaxPooling1D),
    /// The mean over windows of steps.
    #[serde(rename = "average_pooling1d")]
    AveragePooling1D(AveragePooling1D),
}

/// The specification of one parameter tensor of a layer.
#[derive(Debug, Clone)]
pub(crate) struct ParamSpec {
    pub name: Cow<'static, str>,
    pub shape: Vec<usize>,
    pub init: Init,
    /// The penalty on the weights that is added to the loss.
    pub regularizer: Option<Regularizer>,
    /// Whether training updates the tensor.
    pub trainable: bool,
}

impl ParamSpec {
    /// Returns the specification of a trainable tensor without a regularizer.
    pub fn new(name: impl Into<Cow<'static, str>>, shape: Vec<usize>, init: impl Into<Init>) -> Self {
        Self { name: name.into(), shape, init: init.into(), regularizer: None, trainable: true }
    }

    /// Sets the regularizer.
    pub fn regularizer(self, regularizer: Option<Regularizer>) -> Self {
        Self { regularizer, ..self }
    }
}

/// The parameters and the output of a layer for a given input.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub params: Vec<ParamSpec>,
    pub output: Signal,
}

impl Layer {
    /// Returns the class name, as Keras prints it.
    pub fn class_name(&self) -> &'static str {
        match self {
            Self::Input(_) => "InputLayer",
            Self::Masking(_) => "Masking",
            Self::Embedding(_) => "Embedding",
            Self::Lstm(_) => "LSTM",
            Self::Gru(_) => "GRU",
            Self::SimpleRnn(_) => "SimpleRNN",
            Self::Bidirectional(_) => "Bidirectional",
            Self::SkipConnection(_) => "SkipConnection",
            Self::Dense(_) => "Dense",
            Self::TimeDistributed(_) => "TimeDistributed",
            Self::Dropout(_) => "Dropout",
            Self::SpatialDropout1D(_) => "SpatialDropout1D",
            Self::GlobalMaxPooling1D(_) => "GlobalMaxPooling1D",
            Self::GlobalAveragePooling1D(_) => "GlobalAveragePooling1D",
            Self::LayerNormalization(_) => "LayerNormalization",
            Self::Activation(_) => "Activation",
            Self::RepeatVector(_) => "RepeatVector",
            Self::MaxPooling1D(_) => "MaxPooling1D",
            Self::AveragePooling1D(_) => "AveragePooling1D",
        }
    }

    /// Returns the class with its main settings: `Dense(1, sigmoid)`.
    pub(crate) fn describe(&self) -> String {
        let class = self.class_name();
        match self {
            Self::Input(layer) => format!("Input({})", layer.features),
            Self::Masking(layer) => format!("{class}({})", layer.mask_value),
            Self::Embedding(layer) => format!("{class}({}, {})", layer.input_dim, layer.output_dim),
            Self::Lstm(Lstm { units, .. })
            | Self::Gru(Gru { units, .. })
            | Self::SimpleRnn(SimpleRnn { units, .. }) => format!("{class}({units})"),
            Self::Bidirectional(Bidirectional { wrapped, .. })
            | Self::SkipConnection(SkipConnection { wrapped }) => format!("{class}({})", wrapped.describe()),
            Self::Dense(layer) if layer.activation == Activation::Linear => {
                format!("{class}({})", layer.units)
            }
            Self::Dense(layer) => format!("{class}({}, {})", layer.units, layer.activation.name()),
            Self::TimeDistributed(layer) => {
                format!("{class}({})", Self::Dense(layer.dense.clone()).describe())
            }
            Self::Activation(layer) => format!("{class}({})", layer.activation.name()),
            Self::RepeatVector(layer) => format!("{class}({})", layer.n),
            Self::MaxPooling1D(MaxPooling1D { pool_size, .. })
            | Self::AveragePooling1D(AveragePooling1D { pool_size, .. }) => format!("{class}({pool_size})"),
            Self::Dropout(layer) => format!("{class}({})", layer.rate),
            Self::SpatialDropout1D(layer) => format!("{class}({})", layer.rate),
            Self::GlobalMaxPooling1D(_) | Self::GlobalAveragePooling1D(_) | Self::LayerNormalization(_) => {
                class.into()
            }
        }
    }

    /// Returns the default name, without the number that distinguishes layers of the same class.
    pub(crate) fn base_name(&self) -> &'static str {
        match self {
            Self::Input(_) => "input_layer",
            Self::Masking(_) => "masking",
            Self::Embedding(_) => "embedding",
            Self::Lstm(_) => "lstm",
            Self::Gru(_) => "gru",
            Self::SimpleRnn(_) => "simple_rnn",
            Self::Bidirectional(_) => "bidirectional",
            Self::SkipConnection(_) => "skip_connection",
            Self::Dense(_) => "dense",
            Self::TimeDistributed(_) => "time_distributed",
            Self::Dropout(_) => "dropout",
            Self::SpatialDropout1D(_) => "spatial_dropout1d",
            Self::GlobalMaxPooling1D(_) => "global_max_pooling1d",
            Self::GlobalAveragePooling1D(_) => "global_average_pooling1d",
            Self::LayerNormalization(_) => "layer_normalization",
            Self::Activation(_) => "activation",
            Self::RepeatVector(_) => "repeat_vector",
            Self::MaxPooling1D(_) => "max_pooling1d",
            Self::AveragePooling1D(_) => "average_pooling1d",
        }
    }

    /// Returns the largest size among the settings: a lower bound of the number of weights.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Input(layer) => layer.features,
            Self::Masking(_) => 0,
            Self::Embedding(layer) => layer.input_dim.max(layer.output_dim),
            Self::Lstm(layer) => layer.units,
            Self::Gru(layer) => layer.units,
            Self::SimpleRnn(layer) => layer.units,
            Self::Bidirectional(Bidirectional { wrapped, backward_layer, .. }) => {
                backward_layer.as_deref().map_or(0, Self::width).max(wrapped.width())
            }
            Self::SkipConnection(layer) => layer.wrapped.width(),
            Self::Dense(layer) => layer.units,
            Self::TimeDistributed(layer) => layer.dense.units,
            Self::Dropout(_) | Self::SpatialDropout1D(_) | Self::LayerNormalization(_) => 0,
            Self::GlobalMaxPooling1D(_) | Self::GlobalAveragePooling1D(_) | Self::Activation(_) => 0,
            Self::RepeatVector(_) | Self::MaxPooling1D(_) | Self::AveragePooling1D(_) => 0,
        }
    }

    /// Returns the recurrent layer; `None` for other layers.
    pub(crate) fn recurrent(&self) -> Option<&dyn RecurrentLayer> {
        match self {
            Self::Lstm(layer) => Some(layer),
            Self::Gru(layer) => Some(layer),
            Self::SimpleRnn(layer) => Some(layer),
            _ => None,
        }
    }

    /// Returns the parts of the state of a recurrent layer with their units, in Keras's order; none for other
    /// layers.
    pub(crate) fn states(&self) -> Vec<(String, usize)> {
        match (self, self.recurrent()) {
            (Self::Bidirectional(layer), _) => layer.states(),
            (Self::SkipConnection(layer), _) => layer.states(),
            (_, Some(layer)) => {
                layer.states().iter().map(|part| ((*part).to_owned(), layer.units())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the layer with this setting of `return_sequences`; `None` for layers without the setting.
    pub(crate) fn with_return_sequences(&self, every: bool) -> Option<Self> {
        match self.clone() {
            Self::Lstm(layer) => Some(layer.return_sequences(every).into()),
            Self::Gru(layer) => Some(layer.return_sequences(every).into()),
            Self::SimpleRnn(layer) => Some(layer.return_sequences(every).into()),
            Self::Bidirectional(layer) => {
                let with = |layer: &Self| layer.with_return_sequences(every).map(Box::new);
                let (wrapped, backward_layer) =
                    (with(&layer.wrapped)?, layer.backward_layer.as_deref().and_then(with));
                Some(Bidirectional { wrapped, backward_layer, ..layer }.into())
            }
            _ => None,
        }
    }

    /// Returns `true` if the outputs are in reverse order of the steps.
    pub(crate) fn reverses(&self) -> bool {
        match self {
            Self::Lstm(layer) => layer.go_backwards && layer.return_sequences,
            Self::Gru(layer) => layer.go_backwards && layer.return_sequences,
            Self::SimpleRnn(layer) => layer.go_backwards && layer.return_sequences,
            _ => false,
        }
    }

    /// Returns the number of steps of the output for `steps` steps of the input; `None` is an unknown number.
    pub(crate) fn steps_after(&self, steps: Option<usize>) -> Option<usize> {
        match self {
            Self::RepeatVector(layer) => Some(layer.n),
            Self::MaxPooling1D(layer) => steps.map(|steps| layer.windows().count(steps)),
            Self::AveragePooling1D(layer) => steps.map(|steps| layer.windows().count(steps)),
            _ => steps,
        }
    }

    /// Checks the settings against the input and returns the parameters and the output.
    pub(crate) fn build(&self, input: Signal) -> Result<Built> {
        match self {
            Self::Input(layer) => layer.build(input),
            Self::Masking(layer) => layer.build(input),
            Self::Embedding(layer) => layer.build(input),
            Self::Lstm(layer) => layer.build(input),
            Self::Gru(layer) => layer.build(input),
            Self::SimpleRnn(layer) => layer.build(input),
            Self::Bidirectional(layer) => layer.build(input),
            Self::SkipConnection(layer) => layer.build(input),
            Self::Dense(layer) => layer.build(input),
            Self::TimeDistributed(layer) => layer.build(input),
            Self::Dropout(layer) => layer.build(input),
            Self::SpatialDropout1D(layer) => layer.build(input),
            Self::GlobalMaxPooling1D(_) => Pooling::Max.build(input),
            Self::GlobalAveragePooling1D(_) => Pooling::Average.build(input),
            Self::LayerNormalization(layer) => layer.build(input),
            Self::Activation(layer) => layer.build(input),
            Self::RepeatVector(layer) => layer.build(input),
            Self::MaxPooling1D(layer) => layer.build(input),
            Self::AveragePooling1D(layer) => layer.build(input),
        }
    }
}
