//! LSTM: long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

use super::recurrence::{Recurrence, Walk, WalkBack};
use super::{Backward, Built, Dims, Forward, Init, Initializer, ParamSpec, Regularizer, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::{Isa, lstm};
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
/// | | |
/// |---|---|
/// | input | `(batch, steps, D)` |
/// | output | `(batch, H)`: `h_T`; with `return_sequences` `(batch, steps, H)`: every `h_t` |
/// | `kernel` W | `(D, 4H)`, Glorot uniform |
/// | `recurrent_kernel` U | `(H, 4H)`, orthogonal |
/// | `bias` b | `(4H)`, zero, the forget gate's one |
/// | parameters | 4H(D + H + 1) |
///
/// Backward is written out in `kernels/lstm.rs`. A masked step carries `h` and `c` and repeats the
/// previous output; a row that is masked throughout gives zeros.
///
/// ```
/// use gatewise::layers::Lstm;
/// let layer = Lstm::new(10).return_sequences(true);
/// assert_eq!(layer.units, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lstm {
    /// H, the number of units.
    pub units: usize,
    /// Whether every step's output is given, or the last one's only.
    #[serde(default)]
    pub return_sequences: bool,
    /// What large weights of the kernel add to the loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_regularizer: Option<Regularizer>,
    /// What large weights of the recurrent kernel add to the loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrent_regularizer: Option<Regularizer>,
    /// What large weights of the bias add to the loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_regularizer: Option<Regularizer>,
}

impl Lstm {
    /// A layer of `units` units that gives its last output.
    pub fn new(units: usize) -> Self {
        Self {
            units,
            return_sequences: false,
            kernel_regularizer: None,
            recurrent_regularizer: None,
            bias_regularizer: None,
        }
    }

    /// Sets whether every step's output is given.
    pub fn return_sequences(self, return_sequences: bool) -> Self {
        Self { return_sequences, ..self }
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

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if self.units == 0 {
            return Err(Error::config("LSTM needs at least 1 unit, but got 0"));
        }
        let Signal::Sequence(inputs) = input else {
            return Err(Error::shape(format!(
                "LSTM reads a sequence of vectors, but its input is {}; {}",
                input.describe(),
                match input {
                    Signal::Ids => "put an Embedding before it",
                    _ => "set return_sequences on the recurrent layer before it",
                }
            )));
        };
        let columns = self.units.checked_mul(4).ok_or_else(|| {
            Error::config(format!("LSTM of {} units has more weights than memory has addresses", self.units))
        })?;
        Ok(Built {
            params: vec![
                ParamSpec::new("kernel", vec![inputs, columns], Initializer::GlorotUniform)
                    .regularizer(self.kernel_regularizer),
                ParamSpec::new("recurrent_kernel", vec![self.units, columns], Initializer::orthogonal())
                    .regularizer(self.recurrent_regularizer),
                ParamSpec::new("bias", vec![columns], Init::UnitForgetBias(Initializer::Zeros))
                    .regularizer(self.bias_regularizer),
            ],
            output: if self.return_sequences {
                Signal::Sequence(self.units)
            } else {
                Signal::Vector(self.units)
            },
        })
    }
}

/// The layer over a materialised input block `[T][D][16]`.
#[derive(Debug)]
pub(crate) struct LstmStage {
    recurrence: Recurrence,
    kernel: Range<usize>,
    recurrent: Range<usize>,
    bias: Range<usize>,
}

impl LstmStage {
    /// The stage for `layer` over `input`, its tensors (kernel, recurrent kernel, bias) at `params`.
    pub fn new(input: Signal, layer: &Lstm, [kernel, recurrent, bias]: [Range<usize>; 3]) -> Self {
        let Signal::Sequence(inputs) = input else { unreachable!("an LSTM is built on sequences only") };
        let shape = lstm::Shape { inputs, units: layer.units };
        let recurrence = Recurrence { shape, return_sequences: layer.return_sequences };
        Self { recurrence, kernel, recurrent, bias }
    }
}

impl Stage for LstmStage {
    fn describe(&self) -> String {
        "LSTM: samples in lanes, input projected step by step".into()
    }

    fn param_range(&self) -> Range<usize> {
        self.kernel.start..self.bias.end
    }

    fn output(&self) -> Signal {
        self.recurrence.output()
    }

    fn shares_start(&self) -> bool {
        false
    }

    fn packed_len(&self, _: usize) -> usize {
        self.recurrence.shape.packed_len()
    }

    fn prepare(&self, _: Isa, params: &[f32], _: usize, packed: &mut [f32]) {
        let of = |range: &Range<usize>| &params[range.clone()];
        lstm::pack(self.recurrence.shape, of(&self.kernel), of(&self.recurrent), of(&self.bias), packed);
    }

    fn tape_len(&self, dims: Dims) -> usize {
        self.recurrence.tape_len(dims)
    }

    fn scratch_len(&self, _: usize) -> usize {
        let shape = self.recurrence.shape;
        shape.scratch_len() + shape.grads_len() + shape.state_len()
    }

    fn forward(&self, io: Forward<'_>) {
        let Forward { shared, block, training, x, y, tape, .. } = io;
        tape[..self.recurrence.shape.state_len()].fill(0.0);
        let (isa, packed, from) = (shared.isa, shared.packed, lstm::From::Input(x));
        self.recurrence.walk(Walk { isa, block, training, packed, from, y, tape });
    }

    fn backward(&self, io: Backward<'_>) {
        let Backward { shared, block, x, y, dy, dx, partial, tape, scratch, .. } = io;
        let shape = self.recurrence.shape;
        let (grads, scratch) = scratch.split_at_mut(shape.grads_len());
        let (dstart, scratch) = scratch.split_at_mut(shape.state_len());
        grads.fill(0.0);
        let (isa, packed, into) = (shared.isa, shared.packed, lstm::Into::Input { x, dx });
        let back = WalkBack { isa, block, packed, into, y, dy, tape, grads, dstart, scratch };
        self.recurrence.walk_back(back);
        let (kernel, rest) = partial.split_at_mut(self.kernel.len());
        let (recurrent, bias) = rest.split_at_mut(self.recurrent.len());
        let (input_rows, rest) = grads.split_at(shape.inputs * shape.stride());
        let (recurrent_rows, bias_row) = rest.split_at(shape.units * shape.stride());
        shape.unpack(input_rows, kernel);
        shape.unpack(recurrent_rows, recurrent);
        shape.unpack(bias_row, bias);
    }
}
