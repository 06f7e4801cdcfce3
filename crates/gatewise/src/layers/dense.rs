//! Dense: the fully connected layer.

use super::{Activation, Backward, Built, Forward, Init, ParamSpec, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::dense;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fully connected layer.
///
/// | | |
/// |---|---|
/// | equation | `y = activation(x·W + b)` |
/// | input | `(batch, D)` |
/// | output | `(batch, units)` |
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
        let Signal::Vector(inputs) = input else {
            return Err(Error::shape(format!(
                "Dense reads one vector a sample, but its input is {}; leave return_sequences unset on \
                 the recurrent layer before it",
                input.describe()
            )));
        };
        Ok(Built {
            params: vec![
                ParamSpec { name: "kernel", shape: vec![inputs, self.units], init: Init::GlorotUniform },
                ParamSpec { name: "bias", shape: vec![self.units], init: Init::Zeros },
            ],
            output: Signal::Vector(self.units),
        })
    }
}

/// The affine part; the activation is a stage of its own.
#[derive(Debug)]
pub(crate) struct DenseStage {
    pub kernel: Range<usize>,
    pub bias: Range<usize>,
}

impl Stage for DenseStage {
    fn describe(&self) -> String {
        "Dense: samples in lanes".into()
    }

    fn param_range(&self) -> Range<usize> {
        self.kernel.start..self.bias.end
    }

    fn output(&self) -> Signal {
        Signal::Vector(self.bias.len())
    }

    fn forward(&self, io: Forward<'_>) {
        let (kernel, bias) = (&io.shared.params[self.kernel.clone()], &io.shared.params[self.bias.clone()]);
        dense::forward(io.shared.isa, dense::Forward { kernel, bias, x: io.x, y: io.y });
    }

    fn backward(&self, io: Backward<'_>) {
        io.partial.fill(0.0);
        let (kernel_grad, bias_grad) = io.partial.split_at_mut(self.kernel.len());
        dense::backward(
            io.shared.isa,
            dense::Backward {
                kernel: &io.shared.params[self.kernel.clone()],
                x: io.x,
                dz: io.dy,
                kernel_grad,
                bias_grad,
                dx: io.dx,
            },
        );
    }
}
