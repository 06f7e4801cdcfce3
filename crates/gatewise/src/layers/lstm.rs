//! LSTM: long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

use super::recurrence::Recurrent;
use super::recurrent_layer::{LayerBelow, RecurrentLayer, RecurrentSettings, function, recurrent_settings};
use super::{Activation, Built, Init, Initializer, Regularizer, Signal, Stage};
use crate::error::Result;
use crate::kernels::recurrent::activations::{Activations, Chosen, Function, Standard};
use crate::kernels::recurrent::cell;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A long short-term memory (LSTM) layer.
///
/// The input `x_t` has width D. The states `h` and `c` have width H (= `units`) and start at zero. The gates
/// are in the order i, f, c, o:
///
/// ```text
/// i = σ(x_t·W_i + h_{t-1}·U_i + b_i)      f = σ(x_t·W_f + h_{t-1}·U_f + b_f)
/// g = tanh(x_t·W_c + h_{t-1}·U_c + b_c)   o = σ(x_t·W_o + h_{t-1}·U_o + b_o)
/// c_t = f ⊙ c_{t-1} + i ⊙ g               h_t = o ⊙ tanh(c_t)
/// ```
///
/// The LSTM of 1997 has no forget gate ([`forget_gate(false)`](Self::forget_gate)): `f = 1`, so that a cell
/// keeps its value until something is added. Its gates are in the order i, c, o, and its tensors have 3H
/// columns.
///
/// ```text
/// c_t = c_{t-1} + i ⊙ g                   h_t = o ⊙ tanh(c_t)
/// ```
///
/// | | |
/// |---|---|
/// | input | `(batch, steps, D)` |
/// | output | `(batch, H)`: `h_T`; with `return_sequences` `(batch, steps, H)`: every `h_t` |
/// | `kernel` W | `(D, 4H)`, Glorot uniform |
/// | `recurrent_kernel` U | `(H, 4H)`, orthogonal |
/// | `bias` b | `(4H)`, zeros; ones for the forget gate |
/// | parameters | 4H(D + H + 1) |
///
/// During training, `dropout` replaces `x_t` by `m ⊙ x_t`. In the product of each gate g, `recurrent_dropout`
/// replaces `h_{t-1}` by `m_g ⊙ h_{t-1}`. The masks m contain 0 or 1/(1 − rate), and are drawn once for each
/// row and training step.
///
/// `kernels/recurrent/mod.rs` derives the backward pass. A masked step keeps `h` and `c` and repeats the
/// previous output. A row whose steps are all masked gives zeros.
///
/// A [`State`](crate::State) takes the place of Keras's `stateful`, `return_state` and `initial_state`: it
/// contains `h` and `c` of any number of rows. [`Stateful`](crate::Stateful) reads rows piece by piece from a
/// state, with weights that were trained on whole rows.
///
/// ```
/// use gatewise::layers::Lstm;
/// let layer = Lstm::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Lstm {
    /// H, the number of units.
    pub units: usize,
    /// Activation of the candidate and of the cell state at the output. Default: tanh.
    pub activation: Activation,
    /// Activation of the gates. Default: sigmoid.
    pub recurrent_activation: Activation,
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
    /// Whether the bias of the forget gate starts at one instead of zero. Default: true.
    pub unit_forget_bias: bool,
    /// Whether the cell has a forget gate. Default: true. Without it the layer is the LSTM of 1997, which
    /// Keras does not have.
    pub forget_gate: bool,
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

impl Default for Lstm {
    /// Returns Keras's defaults with 0 units.
    fn default() -> Self {
        Self {
            units: 0,
            activation: Activation::Tanh,
            recurrent_activation: Activation::Sigmoid,
            use_bias: true,
            kernel_initializer: Initializer::GlorotUniform,
            recurrent_initializer: Initializer::orthogonal(),
            bias_initializer: Initializer::Zeros,
            kernel_regularizer: None,
            recurrent_regularizer: None,
            bias_regularizer: None,
            unit_forget_bias: true,
            forget_gate: true,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            return_sequences: false,
            go_backwards: false,
            zero_output_for_mask: false,
        }
    }
}

recurrent_settings!(Lstm);

impl Lstm {
    /// Creates a layer of `units` units with Keras's defaults. It returns its last output.
    pub fn new(units: usize) -> Self {
        Self { units, ..Self::default() }
    }

    /// Sets the activation of the gates. The default, sigmoid, is the fastest.
    pub fn recurrent_activation(self, recurrent_activation: Activation) -> Self {
        Self { recurrent_activation, ..self }
    }

    /// Sets whether the bias of the forget gate starts at one instead of zero.
    pub fn unit_forget_bias(self, unit_forget_bias: bool) -> Self {
        Self { unit_forget_bias, ..self }
    }

    /// Sets whether the cell has a forget gate.
    pub fn forget_gate(self, forget_gate: bool) -> Self {
        Self { forget_gate, ..self }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        self.functions()?;
        let Self { units, return_sequences, .. } = *self;
        let dropouts = [self.dropout, self.recurrent_dropout];
        let start = self.bias_initializer;
        let bias = self.use_bias.then(|| match self.forget_gate && self.unit_forget_bias {
            true => (Vec::new(), Init::UnitForgetBias(start)),
            false => (Vec::new(), Init::Plain(start)),
        });
        let kernels = [self.kernel_initializer, self.recurrent_initializer];
        let regularizers = [self.kernel_regularizer, self.recurrent_regularizer, self.bias_regularizer];
        RecurrentSettings {
            name: "LSTM",
            units,
            gates: 3 + usize::from(self.forget_gate),
            kernels,
            regularizers,
            bias,
            return_sequences,
            dropouts,
        }
        .build(input)
    }

    /// Returns the activations of gates and candidate; `None` for the defaults, which have specialised
    /// kernels.
    fn functions(&self) -> Result<Option<Chosen>> {
        let cell = function("LSTM", "activation", self.activation)?;
        let gate = function("LSTM", "recurrent_activation", self.recurrent_activation)?;
        let usual = gate == Function::Sigmoid && cell == Function::Tanh;
        Ok((!usual).then_some(Chosen { gate, cell }))
    }

    fn stage_with<A: Activations>(
        &self,
        of: A,
        below: LayerBelow,
        params: [Range<usize>; 3],
    ) -> Box<dyn Stage> {
        let Self { units, return_sequences, go_backwards: backwards, recurrent_dropout, .. } = *self;
        if self.forget_gate {
            let cell = cell::Lstm::<A, true>(of);
            Recurrent { name: "LSTM", cell, units, return_sequences, backwards, recurrent_dropout, params }
                .stage(below)
        } else {
            let cell = cell::Lstm::<A, false>(of);
            Recurrent { name: "LSTM", cell, units, return_sequences, backwards, recurrent_dropout, params }
                .stage(below)
        }
    }
}

impl RecurrentLayer for Lstm {
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
        &["h", "c"]
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
