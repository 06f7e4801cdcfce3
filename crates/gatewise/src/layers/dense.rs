//! Dense: the fully connected layer.

use super::{Activation, Backward, Block, Built, Forward, Init, ParamSpec, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::dense;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fully connected layer.
///
/// | | |
/// |---|---|
/// | equation | `y = activation(x·W + b)` |
/// | input | `(batch, D)`, or `(batch, steps, D)`: then the same layer at every step |
/// | output | `(batch, units)`, or `(batch, steps, units)` |
/// | `kernel` W | `(D, units)`, Glorot uniform |
/// | `bias` b | `(units)`, zero |
/// | backward | `dz = dy ⊙ activation′`, `dW = xᵀ·dz`, `db = Σ dz`, `dx = dz·Wᵀ` |
///
/// ```
/// use gatewise::layers::{Activation, Dense};
/// let layer = Dense::new(1).activation(Activation::Sigmoid);
/// assert_eq!(layer.units, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Width of the output.
    pub units: usize,
    /// Applied to the output.
    #[serde(default)]
    pub activation: Activation,
}

impl Dense {
    /// A linear layer of `units` outputs.
    pub fn new(units: usize) -> Self {
        Self { units, activation: Activation::Linear }
    }

    /// Sets the activation.
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if self.units == 0 {
            return Err(Error::config("Dense needs at least 1 unit, but got 0"));
        }
        let (inputs, output) = match input {
            Signal::Vector(inputs) => (inputs, Signal::Vector(self.units)),
            Signal::Sequence(inputs) => (inputs, Signal::Sequence(self.units)),
            Signal::Ids => {
                return Err(Error::shape(format!(
                    "Dense reads vectors, but its input is {}; put an Embedding before it",
                    input.describe()
                )));
            }
        };
        Ok(Built {
            params: vec![
                ParamSpec { name: "kernel", shape: vec![inputs, self.units], init: Init::GlorotUniform },
                ParamSpec { name: "bias", shape: vec![self.units], init: Init::Zeros },
            ],
            output,
        })
    }
}

/// The affine part; the activation is a stage of its own.
#[derive(Debug)]
pub(crate) struct DenseStage {
    pub output: Signal,
    pub kernel: Range<usize>,
    pub bias: Range<usize>,
}

impl Stage for DenseStage {
    fn describe(&self) -> String {
        match self.output {
            Signal::Sequence(_) => "Dense: samples in lanes, step by step".into(),
            _ => "Dense: samples in lanes".into(),
        }
    }

    fn param_range(&self) -> Range<usize> {
        self.kernel.start..self.bias.end
    }

    fn output(&self) -> Signal {
        self.output
    }

    fn scratch_len(&self, _: usize) -> usize {
        dense::scratch_len(self.kernel.len() / self.bias.len(), self.bias.len())
    }

    fn forward(&self, io: Forward<'_>) {
        let (kernel, bias) = (&io.shared.params[self.kernel.clone()], &io.shared.params[self.bias.clone()]);
        let steps = self.steps(io.block);
        dense::forward(io.shared.isa, dense::Forward { steps, kernel, bias, x: io.x, y: io.y });
    }

    fn backward(&self, io: Backward<'_>) {
        io.partial.fill(0.0);
        let (kernel_grad, bias_grad) = io.partial.split_at_mut(self.kernel.len());
        dense::backward(
            io.shared.isa,
            dense::Backward {
                steps: self.steps(io.block),
                kernel: &io.shared.params[self.kernel.clone()],
                x: io.x,
                dz: io.dy,
                kernel_grad,
                bias_grad,
                dx: io.dx,
                scratch: io.scratch,
            },
        );
    }
}

impl DenseStage {
    fn steps(&self, block: Block<'_>) -> usize {
        if let Signal::Sequence(_) = self.output { block.steps } else { 1 }
    }
}
