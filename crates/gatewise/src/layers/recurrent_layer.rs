//! The common part of the recurrent layers: settings, parameters and the choice of the stage.

use super::projected_recurrent::ProjectedStage;
use super::recurrence::Recurrent;
use super::recurrent_stage::RecurrentStage;
use super::{Activation, Built, Init, Initializer, ParamSpec, Regularizer, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::recurrent::{activations::Function, cell::Cell};
use std::ops::Range;

/// The properties of a recurrent layer that the compilation of a model depends on.
pub(crate) trait RecurrentLayer {
    /// Returns the stage for the layer over `below`. `params` are the ranges of kernel, recurrent kernel and
    /// bias; the last may be empty.
    fn stage(&self, below: LayerBelow, params: [Range<usize>; 3]) -> Box<dyn Stage>;
    /// Returns H, the number of units.
    fn units(&self) -> usize;
    /// Returns the names of the parts of the state, as in the equations.
    fn states(&self) -> &'static [&'static str];
    /// Returns `true` if the last step is computed first.
    fn goes_backwards(&self) -> bool;
    /// Returns `true` if the layer has an output at every step.
    fn returns_sequences(&self) -> bool;
    /// Returns the fraction of the input channels that training drops.
    fn dropout(&self) -> f64;
    /// Returns `true` if the output of a masked step is zero.
    fn zeroes_masked(&self) -> bool;
    /// Returns `true` if the layer and an embedding below it may be one stage.
    fn fuses(&self) -> bool {
        self.dropout() == 0.0
    }
}

/// The settings that the three recurrent layers are built from.
pub(super) struct RecurrentSettings {
    /// The class name.
    pub name: &'static str,
    pub units: usize,
    /// Blocks of H columns in the kernels.
    pub gates: usize,
    /// The initializers of kernel and recurrent kernel.
    pub kernels: [Initializer; 2],
    /// The regularizers of kernel, recurrent kernel and bias.
    pub regularizers: [Option<Regularizer>; 3],
    /// The shape of the bias before its last axis, and its initial values; `None` without a bias.
    pub bias: Option<(Vec<usize>, Init)>,
    pub return_sequences: bool,
    /// The fractions of the input and of the previous output that training drops.
    pub dropouts: [f64; 2],
}

impl RecurrentSettings {
    /// Checks the settings against the input and returns the parameters and the output.
    pub fn build(self, input: Signal) -> Result<Built> {
        let Self { name, units, gates, kernels, regularizers, bias, return_sequences, dropouts } = self;
        if units == 0 {
            return Err(Error::config(format!("{name} needs at least 1 unit, but got 0")));
        }
        let named = [("dropout", "input's channels"), ("recurrent_dropout", "previous output's units")];
        for (rate, (setting, of)) in dropouts.into_iter().zip(named) {
            if !(0.0..1.0).contains(&rate) {
                return Err(Error::config(format!(
                    "{name} has a {setting} of {rate}, but it must be at least 0 and below 1: the fraction of the \
                     {of} to drop"
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

/// Returns the kernel function of an activation, or an error if the kernels do not have it.
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
            /// Sets whether to return the outputs of all steps, in the order of computation, or only the last
            /// output.
            pub fn return_sequences(self, return_sequences: bool) -> Self {
                Self { return_sequences, ..self }
            }

            /// Sets the activation of the candidate and of the output. Default: tanh, which is also the
            /// fastest.
            pub fn activation(self, activation: Activation) -> Self {
                Self { activation, ..self }
            }

            /// Sets whether the layer has a bias. Default: true.
            pub fn use_bias(self, use_bias: bool) -> Self {
                Self { use_bias, ..self }
            }

            /// Sets the initializer of the kernel. Default: Glorot uniform.
            pub fn kernel_initializer(self, kernel_initializer: Initializer) -> Self {
                Self { kernel_initializer, ..self }
            }

            /// Sets the initializer of the recurrent kernel. Default: orthogonal.
            pub fn recurrent_initializer(self, recurrent_initializer: Initializer) -> Self {
                Self { recurrent_initializer, ..self }
            }

            /// Sets the initializer of the bias. Default: zeros.
            pub fn bias_initializer(self, bias_initializer: Initializer) -> Self {
                Self { bias_initializer, ..self }
            }

            /// Sets the regularizer of the kernel: a penalty that is added to the loss. Default: none.
            pub fn kernel_regularizer(self, regularizer: Regularizer) -> Self {
                Self { kernel_regularizer: Some(regularizer), ..self }
            }

            /// Sets the regularizer of the recurrent kernel. Default: none.
            pub fn recurrent_regularizer(self, regularizer: Regularizer) -> Self {
                Self { recurrent_regularizer: Some(regularizer), ..self }
            }

            /// Sets the regularizer of the bias. Default: none.
            pub fn bias_regularizer(self, regularizer: Regularizer) -> Self {
                Self { bias_regularizer: Some(regularizer), ..self }
            }

            /// Sets whether to compute the steps from the last to the first. With `return_sequences`, the
            /// outputs are in the order of computation, as in Keras. Default: false.
            pub fn go_backwards(self, go_backwards: bool) -> Self {
                Self { go_backwards, ..self }
            }

            /// Sets whether the output of a masked step is zero, instead of the output of the step before. The
            /// state is carried over masked steps in both cases. Without `return_sequences`, the output of a
            /// row is zero if the step that is computed last is masked, as padding behind the row is. Default:
            /// false.
            pub fn zero_output_for_mask(self, zero_output_for_mask: bool) -> Self {
                Self { zero_output_for_mask, ..self }
            }

            /// Sets the fraction of the input channels that training drops. A row drops the same channels at
            /// every step. Default: 0.
            pub fn dropout(self, dropout: f64) -> Self {
                Self { dropout, ..self }
            }

            /// Sets the fraction of the units of the previous output that training drops in each gate. A row
            /// drops the same units of a gate at every step. Default: 0.
            pub fn recurrent_dropout(self, recurrent_dropout: f64) -> Self {
                Self { recurrent_dropout, ..self }
            }
        }
    };
}
pub(super) use recurrent_settings;

/// The input of a recurrent layer.
#[derive(Debug, Clone)]
pub(crate) enum LayerBelow {
    /// Vectors of this width.
    Vectors(usize),
    /// The ids of an embedding that the layer is fused with.
    Embedding { width: usize, masked: bool, table: Range<usize> },
}

impl<C: Cell> Recurrent<C> {
    /// Returns the stage for the layer over `below`.
    pub fn stage(self, below: LayerBelow) -> Box<dyn Stage> {
        match below {
            LayerBelow::Vectors(inputs) => Box::new(RecurrentStage::new(inputs, self)),
            LayerBelow::Embedding { width, masked, table } => {
                Box::new(ProjectedStage::new(width, masked, table, self))
            }
        }
    }
}
