//! SimpleRNN: the fully connected recurrent layer (Elman 1990).

use super::recurrence::Recurrent;
use super::recurrent_layer::{Below, Plan, RecurrentLayer, function, recurrent_settings};
use super::{Activation, Built, Initializer, Regularizer, Signal, Stage};
use crate::error::Result;
use crate::kernels::recurrent::activations::{Activations, Chosen, Function, Standard};
use crate::kernels::recurrent::cell;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fully connected recurrent layer: the output is fed back, and nothing guards it.
///
/// With input `x_t` of width D and state `h` of width H (= `units`), starting at zero:
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
/// | `bias` b | `(H)`, zero |
/// | parameters | H(D + H + 1) |
///
/// Backward, with `dh` arriving from step t + 1 and from above:
///
/// ```text
/// dz = dh·(1 − h_t²)      dW += x_tᵀ·dz      dU += h_{t-1}ᵀ·dz      db += dz      dx_t = dz·Wᵀ      dh ← dz·Uᵀ
/// ```
///
/// Each step multiplies the gradient by a slope of at most one: over tens of steps it vanishes, and with it
/// what the layer could learn. That is what [`Lstm`](super::Lstm) and [`Gru`](super::Gru) are for.
///
/// Training with `dropout` replaces `x_t` by `m ⊙ x_t`, with `recurrent_dropout` `h_{t-1}` by `m' ⊙ h_{t-1}` in the
/// recurrent product; the masks m hold 0 or 1/(1 − rate) and are drawn once for a row and a training step.
///
/// A masked step carries `h` and repeats the previous output; a row that is masked throughout gives zeros.
///
/// Keras's `stateful`, `return_state` and `initial_state` are a value here: a [`State`](crate::State) holds
/// `h` of any number of rows, and [`Stateful`](crate::Stateful) reads rows piece by piece from one, with
/// the weights that were trained on whole rows.
///
/// ```
/// use gatewise::layers::SimpleRnn;
/// let layer = SimpleRnn::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimpleRnn {
    /// H, the number of units.
    pub units: usize,
    /// The function of the output.
    pub activation: Activation,
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

impl Default for SimpleRnn {
    /// Keras's defaults, and no units yet.
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
        }
    }
}

recurrent_settings!(SimpleRnn);

impl SimpleRnn {
    /// A layer of `units` units with Keras's defaults: it gives its last output.
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
        Plan { name: "SimpleRNN", units, gates: 1, kernels, regularizers, bias, return_sequences, dropouts }
            .build(input)
    }

    /// The functions of gates and candidate; `None` for the usual ones, which have kernels of their own.
    fn functions(&self) -> Result<Option<Chosen>> {
        let cell = function("SimpleRNN", "activation", self.activation)?;
        let (gate, usual) = (Function::Sigmoid, cell == Function::Tanh);
        Ok((!usual).then_some(Chosen { gate, cell }))
    }

    fn stage_with<A: Activations>(&self, of: A, below: Below, params: [Range<usize>; 3]) -> Box<dyn Stage> {
        let Self { units, return_sequences, go_backwards: backwards, recurrent_dropout, .. } = *self;
        let cell = cell::SimpleRnn(of);
        Recurrent { name: "SimpleRNN", cell, units, return_sequences, backwards, recurrent_dropout, params }
            .stage(below)
    }
}

impl RecurrentLayer for SimpleRnn {
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
        &["h"]
    }

    fn goes_backwards(&self) -> bool {
        self.go_backwards
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }
}
