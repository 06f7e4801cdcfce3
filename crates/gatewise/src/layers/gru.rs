//! GRU: the gated recurrent unit (Cho et al. 2014), its reset gate after the product or before.

use super::recurrence::Recurrent;
use super::recurrent_layer::{Below, Plan, RecurrentLayer, function, recurrent_settings};
use super::{Activation, Built, Initializer, Regularizer, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::recurrent::activations::{Activations, Chosen, Function, Standard};
use crate::kernels::recurrent::cell;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A layer of gated recurrent units.
///
/// With input `x_t` of width D, state `h` of width H (= `units`), starting at zero, and gates in the order
/// z (update), r (reset), h (candidate):
///
/// ```text
/// z = σ(x_t·W_z + b_z + h_{t-1}·U_z + b'_z)      r = σ(x_t·W_r + b_r + h_{t-1}·U_r + b'_r)
/// g = tanh(x_t·W_h + b_h + r ⊙ (h_{t-1}·U_h + b'_h))
/// h_t = z ⊙ h_{t-1} + (1 − z) ⊙ g
/// ```
///
/// This is Keras's default, `reset_after=True`: the reset gate is applied after the recurrent product. With
/// [`reset_after(false)`](Self::reset_after) it is applied before, as in the paper, and there is one bias,
/// `(3H)`:
///
/// ```text
/// g = tanh(x_t·W_h + (r ⊙ h_{t-1})·U_h + b_h)
/// ```
///
/// A unit's candidate then waits for the reset gates of all others. That takes two walks over the units where
/// the other form takes one, and such a layer does not share left padding or an embedding's table.
///
/// | | |
/// |---|---|
/// | input | `(batch, steps, D)` |
/// | output | `(batch, H)`: `h_T`; with `return_sequences` `(batch, steps, H)`: every `h_t` |
/// | `kernel` W | `(D, 3H)`, Glorot uniform |
/// | `recurrent_kernel` U | `(H, 3H)`, orthogonal |
/// | `bias` b, b' | `(2, 3H)`, zero: the input's, then the previous output's |
/// | parameters | 3H(D + H + 2) |
///
/// Backward, with `dh` arriving from step t + 1 and from above; `s = h_{t-1}·U_h + b'_h`:
///
/// ```text
/// dz_z = dh·(h_{t-1} − g)·z(1 − z)        dz_h = dh·(1 − z)·(1 − g²)        dz_r = dz_h·s·r(1 − r)
/// dW += x_tᵀ·dz      dU += h_{t-1}ᵀ·(dz_z, dz_r, dz_h·r)      dh ← dh·z + (dz_z, dz_r, dz_h·r)·Uᵀ
/// ```
///
/// Training with `dropout` replaces `x_t` by `m ⊙ x_t`, with `recurrent_dropout` `h_{t-1}` by `m_g ⊙ h_{t-1}` in the
/// product of each gate g; the masks m hold 0 or 1/(1 − rate) and are drawn once for a row and a training step.
///
/// A masked step carries `h` and repeats the previous output; a row that is masked throughout gives zeros.
///
/// Keras's `stateful`, `return_state` and `initial_state` are a value here: a [`State`](crate::State) holds
/// `h` of any number of rows, and [`Stateful`](crate::Stateful) reads rows piece by piece from one, with
/// the weights that were trained on whole rows.
///
/// ```
/// use gatewise::layers::Gru;
/// let layer = Gru::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gru {
    /// H, the number of units.
    pub units: usize,
    /// The function of the candidate.
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
    /// Whether the reset gate is applied after the recurrent product (which then has a bias of its own).
    pub reset_after: bool,
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

impl Default for Gru {
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
            reset_after: true,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            return_sequences: false,
            go_backwards: false,
        }
    }
}

recurrent_settings!(Gru);

impl Gru {
    /// A layer of `units` units with Keras's defaults: it gives its last output.
    pub fn new(units: usize) -> Self {
        Self { units, ..Self::default() }
    }

    /// Sets the function of the gates; sigmoid by default, and fastest.
    pub fn recurrent_activation(self, recurrent_activation: Activation) -> Self {
        Self { recurrent_activation, ..self }
    }

    /// Sets whether the reset gate is applied after the recurrent product, or before it.
    pub fn reset_after(self, reset_after: bool) -> Self {
        Self { reset_after, ..self }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        self.functions()?;
        if self.recurrent_dropout > 0.0 && !self.reset_after {
            return Err(Error::config(format!(
                "GRU has a recurrent_dropout of {} and reset_after unset, which it cannot have together; set \
                 reset_after, or use dropout",
                self.recurrent_dropout
            )));
        }
        let Self { units, return_sequences, .. } = *self;
        let dropouts = [self.dropout, self.recurrent_dropout];
        let bias = self.use_bias.then(|| {
            let two = if self.reset_after { vec![2] } else { Vec::new() };
            (two, self.bias_initializer.into())
        });
        let kernels = [self.kernel_initializer, self.recurrent_initializer];
        let regularizers = [self.kernel_regularizer, self.recurrent_regularizer, self.bias_regularizer];
        Plan { name: "GRU", units, gates: 3, kernels, regularizers, bias, return_sequences, dropouts }
            .build(input)
    }

    /// The functions of gates and candidate; `None` for the usual ones, which have kernels of their own.
    fn functions(&self) -> Result<Option<Chosen>> {
        let cell = function("GRU", "activation", self.activation)?;
        let gate = function("GRU", "recurrent_activation", self.recurrent_activation)?;
        let usual = gate == Function::Sigmoid && cell == Function::Tanh;
        Ok((!usual).then_some(Chosen { gate, cell }))
    }

    fn stage_with<A: Activations>(&self, of: A, below: Below, params: [Range<usize>; 3]) -> Box<dyn Stage> {
        let Self { units, return_sequences, go_backwards: backwards, recurrent_dropout, .. } = *self;
        if self.reset_after {
            let cell = cell::Gru(of);
            Recurrent { name: "GRU", cell, units, return_sequences, backwards, recurrent_dropout, params }
                .stage(below)
        } else {
            let cell = cell::ResetBefore(of);
            Recurrent { name: "GRU", cell, units, return_sequences, backwards, recurrent_dropout, params }
                .stage(below)
        }
    }
}

impl RecurrentLayer for Gru {
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

    fn fuses(&self) -> bool {
        self.dropout == 0.0 && self.reset_after
    }
}
