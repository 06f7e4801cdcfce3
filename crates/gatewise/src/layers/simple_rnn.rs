//! SimpleRNN: a fully connected recurrent layer (Elman 1990).

use super::recurrence::Recurrent;
use super::recurrent_layer::{LayerBelow, RecurrentLayer, RecurrentSettings, function, recurrent_settings};
use super::{Activation, Built, Initializer, Regularizer, Signal, Stage};
use crate::error::Result;
use crate::kernels::recurrent::activations::{Activations, Chosen, Function, Standard};
use crate::kernels::recurrent::cell;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fully connected recurrent layer: the output of a step is an input of the next step.
///
/// The input `x_t` has width D. The state `h` has width H (= `units`) and starts at zero:
///
/// ```text
/// h_t = tanh(x_t·W + h_{t-1}·U + b)
/// ```
///
/// | | |
/// |---|---|
/// | input | `(batch, steps, D)` |
/// | output | `(batch, H)`: `h_T`; with `return_sequences` `(batch, steps, H)`: every `h_t` |
/// | `kernel` W | `(D, H)`, Glorot uniform |
/// | `recurrent_kernel` U | `(H, H)`, orthogonal |
/// | `bias` b | `(H)`, zeros |
/// | parameters | H(D + H + 1) |
///
/// Backward, where `dh` is the gradient from step t + 1 plus the gradient from above:
///
/// ```text
/// dz = dh·(1 − h_t²)      dW += x_tᵀ·dz      dU += h_{t-1}ᵀ·dz      db += dz      dx_t = dz·Wᵀ      dh ← dz·Uᵀ
/// ```
///
/// Each step multiplies the gradient by a derivative of at most one, so the gradient vanishes over tens of
/// steps. [`Lstm`](super::Lstm) and [`Gru`](super::Gru) avoid that.
///
/// During training, `dropout` replaces `x_t` by `m ⊙ x_t`, and `recurrent_dropout` replaces `h_{t-1}` by
/// `m' ⊙ h_{t-1}`. The masks contain 0 or 1/(1 − rate), and are drawn once for each row and training step.
///
/// A masked step keeps `h` and repeats the previous output. A row whose steps are all masked gives zeros.
///
/// A [`State`](crate::State) takes the place of Keras's `stateful`, `return_state` and `initial_state`: it
/// contains `h` of any number of rows. [`Stateful`](crate::Stateful) reads rows piece by piece from a state,
/// with weights that were trained on whole rows.
///
/// ```
/// use gatewise::layers::SimpleRnn;
/// let layer = SimpleRnn::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SimpleRnn {
    /// H, the number of units.
    pub units: usize,
    /// Activation of the output. Default: tanh.
    pub activation: Activation,
    /// Whether the layer has a bias. Default: true.
    pub use_bias: bool,
    /// Initializer of the kernel. Default: Glorot uniform.
    pub kernel_initializer: Initializer,
    /// Initializer of the recurrent kernel. Default: orthogonal.
    pub recurrent_initializer: Initializer,
    /// Initializer of the bias. Default: zeros.
    pub bias_initializer: Initializer,
    /// Regularizer of the kernel. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_regularizer: Option<Regularizer>,
    /// Regularizer of the recurrent kernel. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrent_regularizer: Option<Regularizer>,
    /// Regularizer of the bias. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias_regularizer: Option<Regularizer>,
    /// Fraction of the input channels that training drops, the same channels at every step of a row. Default:
    /// 0.
    pub dropout: f64,
    /// Fraction of the units of the previous output that training drops in the product of each gate, the same
    /// units at every step of a row. Default: 0.
    pub recurrent_dropout: f64,
    /// Whether to return the outputs of all steps, in reading order, or only the last output. Default: false.
    pub return_sequences: bool,
    /// Whether to read the steps from the last to the first. Default: false.
    pub go_backwards: bool,
    /// Whether the output of a masked step is zero. Default: false: it repeats the output of the step before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zero_output_for_mask: bool,
}

impl Default for SimpleRnn {
    /// Returns Keras's defaults with 0 units.
    fn default() -> Self {
        Self {
            units: 0,
            activation: Activation::Tanh,
            use_bias: true,
            kernel_initializer: Initializer::GlorotUniform,
            recurrent_initializer: Initializer::orthogonal(),
            bias_initializer: Initializer::Zeros,
            kernel_regularizer: None,
            recurrent_regularizer: None,
            bias_regularizer: None,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            return_sequences: false,
            go_backwards: false,
            zero_output_for_mask: false,
        }
    }
}

recurrent_settings!(SimpleRnn);

impl SimpleRnn {
    /// Creates a layer of `units` units with Keras's defaults. It returns its last output.
    pub fn new(units: usize) -> Self {
        Self { units, ..Self::default() }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        self.functions()?;
        let Self { units, return_sequences, .. } = *self;
        let dropouts = [self.dropout, self.recurrent_dropout];
        let bias = self.use_bias.then(|| (Vec::new(), self.bias_initializer.into()));
        let kernels = [self.kernel_initializer, self.recurrent_initializer];
        let regularizers = [self.kernel_regularizer, self.recurrent_regularizer, self.bias_regularizer];
        RecurrentSettings {
            name: "SimpleRNN",
            units,
            gates: 1,
            kernels,
            regularizers,
            bias,
            return_sequences,
            dropouts,
        }
        .build(input)
    }

    /// The functions of gates and candidate; `None` for the usual ones, which have kernels of their own.
    fn functions(&self) -> Result<Option<Chosen>> {
        let cell = function("SimpleRNN", "activation", self.activation)?;
        let (gate, usual) = (Function::Sigmoid, cell == Function::Tanh);
        Ok((!usual).then_some(Chosen { gate, cell }))
    }

    fn stage_with<A: Activations>(
        &self,
        of: A,
        below: LayerBelow,
        params: [Range<usize>; 3],
    ) -> Box<dyn Stage> {
        let Self { units, return_sequences, go_backwards: backwards, recurrent_dropout, .. } = *self;
        let cell = cell::SimpleRnn(of);
        Recurrent { name: "SimpleRNN", cell, units, return_sequences, backwards, recurrent_dropout, params }
            .stage(below)
    }
}

impl RecurrentLayer for SimpleRnn {
    fn stage(&self, below: LayerBelow, params: [Range<usize>; 3]) -> Box<dyn Stage> {
        match self.functions() {
            Ok(Some(chosen)) => self.stage_with(chosen, below, params),
            _ => self.stage_with(Standard, below, params),
        }
    }

    fn units(&self) -> usize {
        self.units
    }

    fn states(&self) -> &'static [&'static str] {
        &["h"]
    }

    fn goes_backwards(&self) -> bool {
        self.go_backwards
    }

    fn returns_sequences(&self) -> bool {
        self.return_sequences
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }

    fn zeroes_masked(&self) -> bool {
        self.zero_output_for_mask
    }
}
