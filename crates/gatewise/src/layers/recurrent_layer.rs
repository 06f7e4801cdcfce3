//! What the recurrent layers have in common: their settings, their parameters, and the stage that each becomes.

use super::projected_recurrent::ProjectedStage;
use super::recurrence::Recurrent;
use super::recurrent_stage::RecurrentStage;
use super::{Activation, Built, Init, Initializer, ParamSpec, Regularizer, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::recurrent::{activations::Function, cell::Cell};
use std::ops::Range;

/// A recurrent layer, as compiling a model sees it.
pub(crate) trait RecurrentLayer {
    /// The stage for the layer over `below`, its tensors at `params`: kernel, recurrent kernel and bias, the
    /// last perhaps empty.
    fn stage(&self, below: LayerBelow, params: [Range<usize>; 3]) -> Box<dyn Stage>;
    /// H, the number of units.
    fn units(&self) -> usize;
    /// What the equations call the parts of its state.
    fn states(&self) -> &'static [&'static str];
    /// Whether the last step is walked first.
    fn goes_backwards(&self) -> bool;
    /// The share of the input's channels that training drops.
    fn dropout(&self) -> f64;
    /// Whether it may be one stage with an embedding below it.
    fn fuses(&self) -> bool {
        self.dropout() == 0.0
    }
}

/// What the three recurrent layers say of themselves when they are built.
pub(super) struct RecurrentSettings {
    /// The class name.
    pub name: &'static str,
    pub units: usize,
    /// Blocks of H columns in the kernels.
    pub gates: usize,
    /// How kernel and recurrent kernel start.
    pub kernels: [Initializer; 2],
    /// What large weights of kernel, recurrent kernel and bias add to the loss.
    pub regularizers: [Option<Regularizer>; 3],
    /// The shape of the bias before its last axis, and how it starts; `None` for no bias.
    pub bias: Option<(Vec<usize>, Init)>,
    pub return_sequences: bool,
    /// The shares that are dropped of the input and of the previous output.
    pub dropouts: [f64; 2],
}

impl RecurrentSettings {
    /// Checks the settings against the input and says which parameters are needed.
    pub fn build(self, input: Signal) -> Result<Built> {
        let Self { name, units, gates, kernels, regularizers, bias, return_sequences, dropouts } = self;
        if units == 0 {
            return Err(Error::config(format!("{name} needs at least 1 unit, but got 0")));
        }
        let named = [("dropout", "input's channels"), ("recurrent_dropout", "previous output's units")];
        for (share, (setting, of)) in dropouts.into_iter().zip(named) {
            if !(0.0..1.0).contains(&share) {
                return Err(Error::config(format!(
                    "{name} has a {setting} of {share}, but it must be at least 0 and below 1: the share of the \
                     {of} that are dropped"
                )));
            }
        }
        let Signal::Sequence(inputs) = input else {
            return Err(Error::shape(format!(
                "{name} reads a sequence of vectors, but its input is {}; {}",
                input.describe(),
                match input {
                    Signal::Ids => "put an Embedding before it",
                    _ => "set return_sequences on the recurrent layer before it",
                }
            )));
        };
        let columns = units.checked_mul(gates).ok_or_else(|| {
            Error::config(format!("{name} of {units} units has more weights than memory has addresses"))
        })?;
        let [kernel, recurrent] = kernels;
        let mut params = vec![
            ParamSpec::new("kernel", vec![inputs, columns], kernel).regularizer(regularizers[0]),
            ParamSpec::new("recurrent_kernel", vec![units, columns], recurrent).regularizer(regularizers[1]),
        ];
        if let Some((mut shape, init)) = bias {
            shape.push(columns);
            params.push(ParamSpec::new("bias", shape, init).regularizer(regularizers[2]));
        }
        let output = if return_sequences { Signal::Sequence(units) } else { Signal::Vector(units) };
        Ok(Built { params, output })
    }
}

/// The function that a recurrent layer asks for, where its kernels know it.
pub(super) fn function(layer: &str, setting: &str, activation: Activation) -> Result<Function> {
    Ok(match activation {
        Activation::Linear => Function::Linear,
        Activation::Sigmoid => Function::Sigmoid,
        Activation::Tanh => Function::Tanh,
        Activation::Relu => Function::Relu,
        Activation::LeakyRelu => Function::LeakyRelu,
        Activation::Elu => Function::Elu,
        Activation::Selu => Function::Selu,
        Activation::Softsign => Function::Softsign,
        Activation::HardSigmoid => Function::HardSigmoid,
        Activation::Exponential => Function::Exponential,
        other => {
            return Err(Error::config(format!(
                "{layer} cannot have the {setting} {}; use linear, sigmoid, tanh, relu, leaky_relu, elu, selu, \
                 softsign, hard_sigmoid or exponential",
                other.name()
            )));
        }
    })
}

/// The settings that all recurrent layers have, as methods.
macro_rules! recurrent_settings {
    ($layer:ident) => {
        impl $layer {
            /// Sets whether every step's output is given, in the order of the walk, or the last one's only.
            pub fn return_sequences(self, return_sequences: bool) -> Self {
                Self { return_sequences, ..self }
            }

            /// Sets the function of the candidate and of the output; tanh by default, and fastest.
            pub fn activation(self, activation: Activation) -> Self {
                Self { activation, ..self }
            }

            /// Sets whether there is a bias.
            pub fn use_bias(self, use_bias: bool) -> Self {
                Self { use_bias, ..self }
            }

            /// Sets how the kernel starts; Glorot uniform by default.
            pub fn kernel_initializer(self, kernel_initializer: Initializer) -> Self {
                Self { kernel_initializer, ..self }
            }

            /// Sets how the recurrent kernel starts; orthogonal by default.
            pub fn recurrent_initializer(self, recurrent_initializer: Initializer) -> Self {
                Self { recurrent_initializer, ..self }
            }

            /// Sets how the bias starts; zero by default.
            pub fn bias_initializer(self, bias_initializer: Initializer) -> Self {
                Self { bias_initializer, ..self }
            }

            /// Adds a penalty on the kernel to the loss.
            pub fn kernel_regularizer(self, regularizer: Regularizer) -> Self {
                Self { kernel_regularizer: Some(regularizer), ..self }
            }

            /// Adds a penalty on the recurrent kernel to the loss.
            pub fn recurrent_regularizer(self, regularizer: Regularizer) -> Self {
                Self { recurrent_regularizer: Some(regularizer), ..self }
            }

            /// Adds a penalty on the bias to the loss.
            pub fn bias_regularizer(self, regularizer: Regularizer) -> Self {
                Self { bias_regularizer: Some(regularizer), ..self }
            }

            /// Sets whether the steps are walked from the last to the first. With `return_sequences`, outputs
            /// stand in the order of the walk, as in Keras.
            pub fn go_backwards(self, go_backwards: bool) -> Self {
                Self { go_backwards, ..self }
            }

            /// Sets the share of the input's channels that training drops: for a row, the same at every step.
            pub fn dropout(self, dropout: f64) -> Self {
                Self { dropout, ..self }
            }

            /// Sets the share of the previous output's units that training drops on their way into each gate:
            /// for a row and a gate, the same at every step.
            pub fn recurrent_dropout(self, recurrent_dropout: f64) -> Self {
                Self { recurrent_dropout, ..self }
            }
        }
    };
}
pub(super) use recurrent_settings;

/// What a recurrent layer stands on.
#[derive(Debug, Clone)]
pub(crate) enum LayerBelow {
    /// Vectors of this width.
    Vectors(usize),
    /// An embedding that the layer is fused with.
    Embedding { width: usize, masked: bool, table: Range<usize> },
}

impl<C: Cell> Recurrent<C> {
    /// The stage for the layer over `below`.
    pub fn stage(self, below: LayerBelow) -> Box<dyn Stage> {
        match below {
            LayerBelow::Vectors(inputs) => Box::new(RecurrentStage::new(inputs, self)),
            LayerBelow::Embedding { width, masked, table } => {
                Box::new(ProjectedStage::new(width, masked, table, self))
            }
        }
    }
}
