//! Dense: a fully connected layer.

use super::{
    Activation, Backward, Block, Built, Forward, Initializer, ParamSpec, Regularizer, Signal, Stage,
};
use crate::error::{Error, Result};
use crate::kernels::dense;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fully connected layer.
///
/// | | |
/// |---|---|
/// | equation | `y = activation(x·W + b)` |
/// | input | `(batch, D)`, or `(batch, steps, D)`: the same weights at every step |
/// | output | `(batch, units)`, or `(batch, steps, units)` |
/// | `kernel` W | `(D, units)`, Glorot uniform |
/// | `bias` b | `(units)`, zeros; absent without `use_bias` |
/// | backward | `dz = dy ⊙ activation′`, `dW = xᵀ·dz`, `db = Σ dz`, `dx = dz·Wᵀ` |
///
/// ```
/// use gatewise::layers::{Activation, Dense};
/// let layer = Dense::new(1).activation(Activation::Sigmoid);
/// assert_eq!(layer.units, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Dense {
    /// Number of outputs.
    pub units: usize,
    /// Activation of the output. Default: linear.
    #[serde(default)]
    pub activation: Activation,
    /// Whether the layer has a bias. Default: true.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// Initializer of the kernel. Default: Glorot uniform.
    #[serde(default = "glorot_uniform")]
    pub kernel_initializer: Initializer,
    /// Initializer of the bias. Default: zeros.
    #[serde(default = "zeros")]
    pub bias_initializer: Initializer,
    /// Regularizer of the kernel. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_regularizer: Option<Regularizer>,
    /// Regularizer of the bias. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_regularizer: Option<Regularizer>,
}

fn yes() -> bool {
    true
}

fn glorot_uniform() -> Initializer {
    Initializer::GlorotUniform
}

fn zeros() -> Initializer {
    Initializer::Zeros
}

impl Dense {
    /// Creates a linear layer with `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            units,
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: Initializer::GlorotUniform,
            bias_initializer: Initializer::Zeros,
            kernel_regularizer: None,
            bias_regularizer: None,
        }
    }

    /// Sets the activation.
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// Sets whether the layer has a bias.
    pub fn use_bias(self, use_bias: bool) -> Self {
        Self { use_bias, ..self }
    }

    /// Sets the initializer of the kernel.
    pub fn kernel_initializer(self, kernel_initializer: Initializer) -> Self {
        Self { kernel_initializer, ..self }
    }

    /// Sets the initializer of the bias.
    pub fn bias_initializer(self, bias_initializer: Initializer) -> Self {
        Self { bias_initializer, ..self }
    }

    /// Sets the regularizer of the kernel.
    pub fn kernel_regularizer(self, regularizer: Regularizer) -> Self {
        Self { kernel_regularizer: Some(regularizer), ..self }
    }

    /// Sets the regularizer of the bias.
    pub fn bias_regularizer(self, regularizer: Regularizer) -> Self {
        Self { bias_regularizer: Some(regularizer), ..self }
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
        let kernel = ParamSpec::new("kernel", vec![inputs, self.units], self.kernel_initializer);
        let mut params = vec![kernel.regularizer(self.kernel_regularizer)];
        if self.use_bias {
            let bias = ParamSpec::new("bias", vec![self.units], self.bias_initializer);
            params.push(bias.regularizer(self.bias_regularizer));
        }
        Ok(Built { params, output })
    }
}

/// The affine part of a [`Dense`]. The activation is a separate stage.
#[derive(Debug)]
pub(crate) struct DenseStage {
    output: Signal,
    units: usize,
    kernel: Range<usize>,
    /// Empty without a bias.
    bias: Range<usize>,
    /// The bias of a layer without a bias.
    zeros: Vec<f32>,
}

impl DenseStage {
    /// Creates the stage for `layer`, with its tensors (kernel, and bias if present) at `params`.
    pub fn new(layer: &Dense, output: Signal, params: &[Range<usize>]) -> Self {
        let (units, kernel) = (layer.units, params[0].clone());
        let (bias, zeros) = match params.get(1) {
            Some(bias) => (bias.clone(), Vec::new()),
            None => (kernel.end..kernel.end, vec![0.0; units]),
        };
        Self { output, units, kernel, bias, zeros }
    }

    fn steps(&self, block: Block<'_>) -> usize {
        if let Signal::Sequence(_) = self.output { block.steps } else { 1 }
    }
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
        dense::scratch_len(self.kernel.len() / self.units, self.units) + self.zeros.len()
    }

    fn forward(&self, io: Forward<'_>) {
        let kernel = &io.shared.params[self.kernel.clone()];
        let bias = if self.bias.is_empty() { &self.zeros } else { &io.shared.params[self.bias.clone()] };
        let steps = self.steps(io.block);
        dense::forward(io.shared.isa, dense::Forward { steps, kernel, bias, x: io.x, y: io.y });
    }

    fn backward(&self, io: Backward<'_>) {
        io.partial.fill(0.0);
        let (kernel_grad, bias_grad) = io.partial.split_at_mut(self.kernel.len());
        let (unused, scratch) = io.scratch.split_at_mut(self.zeros.len());
        unused.fill(0.0);
        let bias_grad = if self.bias.is_empty() { unused } else { bias_grad };
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
                scratch,
            },
        );
    }
}
