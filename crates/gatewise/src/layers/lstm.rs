//! LSTM: long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

use super::recurrence::Recurrent;
use super::recurrent_layer::{Below, Plan, RecurrentLayer, function, recurrent_settings};
use super::{Activation, Built, Init, Initializer, Regularizer, Signal, Stage};
use crate::error::Result;
use crate::kernels::recurrent::activations::{Activations, Chosen, Function, Standard};
use crate::kernels::recurrent::cell;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A layer of LSTM units.
///
/// With input `x_t` of width D, state `h`, `c` of width H (= `units`), all starting at zero, and gates
/// in the order i, f, c, o:
///
/// ```text
/// i = σ(x_t·W_i + h_{t-1}·U_i + b_i)      f = σ(x_t·W_f + h_{t-1}·U_f + b_f)
/// g = tanh(x_t·W_c + h_{t-1}·U_c + b_c)   o = σ(x_t·W_o + h_{t-1}·U_o + b_o)
/// c_t = f ⊙ c_{t-1} + i ⊙ g               h_t = o ⊙ tanh(c_t)
/// ```
///
/// The cell of 1997 has no forget gate ([`forget_gate`](Self::forget_gate)): `f = 1`, so that a unit keeps
/// what it holds for as long as nothing is added; its gates are in the order i, c, o, and its tensors have
/// 3H columns.
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
/// | `bias` b | `(4H)`, zero, the forget gate's one |
/// | parameters | 4H(D + H + 1) |
///
/// Training with `dropout` replaces `x_t` by `m ⊙ x_t`, with `recurrent_dropout` `h_{t-1}` by `m_g ⊙ h_{t-1}` in the
/// product of each gate g; the masks m hold 0 or 1/(1 − rate) and are drawn once for a row and a training step.
///
/// Backward is written out in `kernels/recurrent/mod.rs`. A masked step carries `h` and `c` and repeats the
/// previous output; a row that is masked throughout gives zeros.
///
/// Keras's `stateful`, `return_state` and `initial_state` are a value here: a [`State`](crate::State) holds
/// `h` and `c` of any number of rows, and [`Stateful`](crate::Stateful) reads rows piece by piece from one, with
/// the weights that were trained on whole rows.
///
/// ```
/// use gatewise::layers::Lstm;
/// let layer = Lstm::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lstm {
    /// H, the number of units.
    pub units: usize,
    /// The function of the candidate and of the output.
    pub activation: Activation,
    /// The function of the gates.
    pub recurrent_activation: Activation,
    /// Whether there is a bias.
    pub use_bias: bool,
    /// How the kernel starts.
    pub kernel_initializer: Initializer,
    /// How the recurrent kernel starts.
    pub recurrent_initializer: Initializer,
    /// How the bias starts.
    pub bias_initializer: Initializer,
    /// What large weights of the kernel add to the loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_regularizer: Option<Regularizer>,
    /// What large weights of the recurrent kernel add to the loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrent_regularizer: Option<Regularizer>,
    /// What large weights of the bias add to the loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias_regularizer: Option<Regularizer>,
    /// Whether the bias of the forget gate starts at one instead of zero.
    pub unit_forget_bias: bool,
    /// Whether there is a forget gate. Without it (Keras has no such layer) the cell is that of 1997.
    pub forget_gate: bool,
    /// The share of the input's channels that training drops: for a row, the same at every step.
    pub dropout: f64,
    /// The share of the previous output's units that training drops on their way into each gate: for a row and
    /// a gate, the same at every step.
    pub recurrent_dropout: f64,
    /// Whether every step's output is given, in the order of the walk, or the last one's only.
    pub return_sequences: bool,
    /// Whether the steps are walked from the last to the first.
    pub go_backwards: bool,
}

impl Default for Lstm {
    /// Keras's defaults, and no units yet.
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
        }
    }
}

recurrent_settings!(Lstm);

impl Lstm {
    /// A layer of `units` units with Keras's defaults: it gives its last output.
    pub fn new(units: usize) -> Self {
        Self { units, ..Self::default() }
    }

    /// Sets the function of the gates; sigmoid by default, and fastest.
    pub fn recurrent_activation(self, recurrent_activation: Activation) -> Self {
        Self { recurrent_activation, ..self }
    }

    /// Sets whether the bias of the forget gate starts at one instead of zero.
    pub fn unit_forget_bias(self, unit_forget_bias: bool) -> Self {
        Self { unit_forget_bias, ..self }
    }

    /// Sets whether there is a forget gate.
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
        Plan {
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

    /// The functions of gates and candidate; `None` for the usual ones, which have kernels of their own.
    fn functions(&self) -> Result<Option<Chosen>> {
        let cell = function("LSTM", "activation", self.activation)?;
        let gate = function("LSTM", "recurrent_activation", self.recurrent_activation)?;
        let usual = gate == Function::Sigmoid && cell == Function::Tanh;
        Ok((!usual).then_some(Chosen { gate, cell }))
    }

    fn stage_with<A: Activations>(&self, of: A, below: Below, params: [Range<usize>; 3]) -> Box<dyn Stage> {
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
    fn stage(&self, below: Below, params: [Range<usize>; 3]) -> Box<dyn Stage> {
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

    fn dropout(&self) -> f64 {
        self.dropout
    }
}
