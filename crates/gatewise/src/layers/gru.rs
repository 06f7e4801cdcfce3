//! GRU: the gated recurrent unit (Cho et al. 2014).

use super::recurrence::Recurrent;
use super::recurrent_layer::{LayerBelow, RecurrentLayer, RecurrentSettings, function, recurrent_settings};
use super::{Activation, Built, Initializer, Regularizer, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::recurrent::activations::{Activations, Chosen, Function, Standard};
use crate::kernels::recurrent::cell;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A gated recurrent unit (GRU) layer.
///
/// The input `x_t` has width D. The state `h` has width H (= `units`) and starts at zero. The gates are in
/// the order z (update), r (reset), h (candidate):
///
/// ```text
/// z = σ(x_t·W_z + b_z + h_{t-1}·U_z + b'_z)      r = σ(x_t·W_r + b_r + h_{t-1}·U_r + b'_r)
/// g = tanh(x_t·W_h + b_h + r ⊙ (h_{t-1}·U_h + b'_h))
/// h_t = z ⊙ h_{t-1} + (1 − z) ⊙ g
/// ```
///
/// This is Keras's default, `reset_after=True`: the reset gate is applied after the recurrent product. With
/// [`reset_after(false)`](Self::reset_after) the reset gate is applied before the product, as in the paper,
/// and the layer has one bias of shape `(3H)`:
///
/// ```text
/// g = tanh(x_t·W_h + (r ⊙ h_{t-1})·U_h + b_h)
/// ```
///
/// Each candidate then depends on the reset gates of all units. This form is slower: it needs two passes over
/// the units instead of one, and shares neither left padding nor the projected table of an embedding.
///
/// | | |
/// |---|---|
/// | input | `(batch, steps, D)` |
/// | output | `(batch, H)`: `h_T`; with `return_sequences` `(batch, steps, H)`: every `h_t` |
/// | `kernel` W | `(D, 3H)`, Glorot uniform |
/// | `recurrent_kernel` U | `(H, 3H)`, orthogonal |
/// | `bias` b, b' | `(2, 3H)`, zeros: of the input, then of the previous output |
/// | parameters | 3H(D + H + 2) |
///
/// Backward, where `dh` is the gradient from step t + 1 plus the gradient from above, and
/// `s = h_{t-1}·U_h + b'_h`:
///
/// ```text
/// dz_z = dh·(h_{t-1} − g)·z(1 − z)        dz_h = dh·(1 − z)·(1 − g²)        dz_r = dz_h·s·r(1 − r)
/// dW += x_tᵀ·dz      dU += h_{t-1}ᵀ·(dz_z, dz_r, dz_h·r)      dh ← dh·z + (dz_z, dz_r, dz_h·r)·Uᵀ
/// ```
///
/// During training, `dropout` replaces `x_t` by `m ⊙ x_t`. In the product of each gate g, `recurrent_dropout`
/// replaces `h_{t-1}` by `m_g ⊙ h_{t-1}`. The masks m contain 0 or 1/(1 − rate), and are drawn once for each
/// row and training step.
///
/// A masked step keeps `h` and repeats the previous output. A row whose steps are all masked gives zeros.
///
/// A [`State`](crate::State) takes the place of Keras's `stateful`, `return_state` and `initial_state`: it
/// contains `h` of any number of rows. [`Stateful`](crate::Stateful) reads rows piece by piece from a state,
/// with weights that were trained on whole rows.
///
/// ```
/// use gatewise::layers::Gru;
/// let layer = Gru::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Gru {
    /// H, the number of units.
    pub units: usize,
    /// Activation of the candidate. Default: tanh.
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
    /// Whether the reset gate is applied after the recurrent product, which then has a separate bias.
    /// Default: true.
    pub reset_after: bool,
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

impl Default for Gru {
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
            reset_after: true,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            return_sequences: false,
            go_backwards: false,
            zero_output_for_mask: false,
        }
    }
}

recurrent_settings!(Gru);

impl Gru {
    /// Creates a layer of `units` units with Keras's defaults. It returns its last output.
    pub fn new(units: usize) -> Self {
        Self { units, ..Self::default() }
    }

    /// Sets the activation of the gates. The default, sigmoid, is the fastest.
    pub fn recurrent_activation(self, recurrent_activation: Activation) -> Self {
        Self { recurrent_activation, ..self }
    }

    /// Sets whether the reset gate is applied after the recurrent product or before it.
    pub fn reset_after(self, reset_after: bool) -> Self {
        Self { reset_after, ..self }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        self.functions()?;
        if self.recurrent_dropout > 0.0 && !self.reset_after {
            return Err(Error::config(format!(
                "GRU does not support a recurrent_dropout (here {}) with reset_after(false); set reset_after, or use \
                 dropout",
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
        RecurrentSettings {
            name: "GRU",
            units,
            gates: 3,
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
        let cell = function("GRU", "activation", self.activation)?;
        let gate = function("GRU", "recurrent_activation", self.recurrent_activation)?;
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

    fn fuses(&self) -> bool {
        self.dropout == 0.0 && self.reset_after
    }
}
