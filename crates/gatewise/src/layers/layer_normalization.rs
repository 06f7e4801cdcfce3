//! LayerNormalization (Ba, Kiros & Hinton 2016).

use super::{Backward, Built, Dims, Forward, Initializer, ParamSpec, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Normalizes the units of each row, or of each step, to mean 0 and variance 1, then applies a learned scale
/// and shift.
///
/// | | |
/// |---|---|
/// | equation | `x̂ = (x − mean x) / √(var x + epsilon)`, `y = gamma ⊙ x̂ + beta` |
/// | input | `(batch, D)` or `(batch, steps, D)`; mean and variance are over D |
/// | output | as the input |
/// | `gamma` | `(D)`, ones; absent without `scale` |
/// | `beta` | `(D)`, zeros; absent without `center` |
/// | backward | with `g = gamma ⊙ dy`: `dx = (g − mean g − x̂·mean(g ⊙ x̂)) / √(var x + epsilon)`; `dgamma = Σ dy ⊙ x̂`, `dbeta = Σ dy` |
///
/// ```
/// use gatewise::layers::{Dense, Embedding, LayerNormalization, Lstm};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(3));
/// let model = layers.with(LayerNormalization::new()).with(Dense::new(1)).compile(1)?;
/// assert_eq!(model.params().get("layer_normalization/gamma"), Some(&[1.0; 3][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LayerNormalization {
    /// Added to the variance, against division by zero. Default: 0.001.
    pub epsilon: f64,
    /// Whether the layer has a `beta`. Default: true.
    pub center: bool,
    /// Whether the layer has a `gamma`. Default: true.
    pub scale: bool,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self { epsilon: 1e-3, center: true, scale: true }
    }
}

impl LayerNormalization {
    /// Creates a layer with `gamma` and `beta`, and an epsilon of 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number that is added to the variance.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets whether the layer has a `beta`.
    pub fn center(self, center: bool) -> Self {
        Self { center, ..self }
    }

    /// Sets whether the layer has a `gamma`.
    pub fn scale(self, scale: bool) -> Self {
        Self { scale, ..self }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if !(self.epsilon > 0.0 && (self.epsilon as f32).is_finite() && self.epsilon as f32 > 0.0) {
            return Err(Error::config(format!(
                "LayerNormalization needs an epsilon above 0, but got {}",
                self.epsilon
            )));
        }
        let (Signal::Vector(width) | Signal::Sequence(width)) = input else {
            return Err(Error::shape(format!(
                "LayerNormalization reads vectors, but its input is {}; put it above the Embedding",
                input.describe()
            )));
        };
        let gamma = ParamSpec::new("gamma", vec![width], Initializer::Ones);
        let beta = ParamSpec::new("beta", vec![width], Initializer::Zeros);
        let params = [self.scale.then_some(gamma), self.center.then_some(beta)];
        Ok(Built { params: params.into_iter().flatten().collect(), output: input })
    }
}

/// One number for each lane.
type Row = [f32; LANES];

/// The layer over one block. The tape contains `1/√(var + epsilon)` of each step, `[T][16]`, and x̂,
/// `[T][D][16]`.
#[derive(Debug)]
pub(crate) struct LayerNormalizationStage {
    signal: Signal,
    width: usize,
    epsilon: f32,
    /// Empty without a scale.
    gamma: Range<usize>,
    /// Empty without a centre.
    beta: Range<usize>,
}

impl LayerNormalizationStage {
    /// Creates the stage for `layer` over `signal`, with its tensors (gamma and beta, if present) at
    /// `params`.
    pub fn new(layer: &LayerNormalization, signal: Signal, params: &[Range<usize>]) -> Self {
        let width = match signal {
            Signal::Vector(width) | Signal::Sequence(width) => width,
            Signal::Ids => unreachable!("it is built on vectors only"),
        };
        let start = params.first().map_or(0, |first| first.start);
        let mut params = params.iter().cloned();
        let mut take = |present: bool, at| if present { params.next() } else { None }.unwrap_or(at..at);
        let gamma = take(layer.scale, start);
        let beta = take(layer.center, gamma.end);
        Self { signal, width, epsilon: layer.epsilon as f32, gamma, beta }
    }

    fn steps(&self, steps: usize) -> usize {
        if let Signal::Sequence(_) = self.signal { steps } else { 1 }
    }
}

/// Computes the mean over units for each lane.
fn mean(units: impl ExactSizeIterator<Item = Row>) -> Row {
    let n = units.len() as f32;
    let mut sum = [0.0; LANES];
    units.for_each(|x| (0..LANES).for_each(|l| sum[l] += x[l]));
    sum.map(|sum| sum / n)
}

fn times(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|l| a[l] * b[l])
}

impl Stage for LayerNormalizationStage {
    fn describe(&self) -> String {
        "LayerNormalization: samples in lanes".into()
    }

    fn param_range(&self) -> Range<usize> {
        self.gamma.start..self.beta.end
    }

    fn output(&self) -> Signal {
        self.signal
    }

    fn shares_pad_prefix(&self) -> bool {
        matches!(self.signal, Signal::Vector(_))
    }

    fn tape_len(&self, dims: Dims) -> usize {
        self.steps(dims.steps) * (1 + self.width) * LANES
    }

    fn forward(&self, io: Forward<'_>) {
        let steps = self.steps(io.block.steps);
        let params = io.shared.params;
        let (gamma, beta) = (&params[self.gamma.clone()], &params[self.beta.clone()]);
        let (inverse, normal) = io.tape.as_chunks_mut::<LANES>().0.split_at_mut(steps);
        let x = io.x.as_chunks::<LANES>().0.chunks_exact(self.width);
        let y = io.y.as_chunks_mut::<LANES>().0.chunks_exact_mut(self.width);
        let normal = normal.chunks_exact_mut(self.width);
        for (((x, y), normal), inverse) in x.zip(y).zip(normal).zip(inverse) {
            let middle = mean(x.iter().copied());
            for (normal, x) in normal.iter_mut().zip(x) {
                *normal = std::array::from_fn(|l| x[l] - middle[l]);
            }
            let variance = mean(normal.iter().map(|x| times(x, x)));
            *inverse = variance.map(|variance| 1.0 / (variance + self.epsilon).sqrt());
            for (u, (normal, y)) in normal.iter_mut().zip(y).enumerate() {
                *normal = times(normal, inverse);
                let scale = gamma.get(u).copied().unwrap_or(1.0);
                let shift = beta.get(u).copied().unwrap_or(0.0);
                *y = normal.map(|x| scale * x + shift);
            }
        }
    }

    fn backward(&self, io: Backward<'_>) {
        let steps = self.steps(io.block.steps);
        let gamma = &io.shared.params[self.gamma.clone()];
        io.partial.fill(0.0);
        let (gamma_grad, beta_grad) = io.partial.split_at_mut(self.gamma.len());
        let (inverse, normal) = io.tape.as_chunks::<LANES>().0.split_at(steps);
        let dy = || io.dy.as_chunks::<LANES>().0.chunks_exact(self.width);
        for (dy, normal) in dy().zip(normal.chunks_exact(self.width)) {
            for (sum, (dy, normal)) in gamma_grad.iter_mut().zip(dy.iter().zip(normal)) {
                *sum += times(dy, normal).iter().sum::<f32>();
            }
            beta_grad.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy.iter().sum::<f32>());
        }
        let Some(dx) = io.dx else { return };
        let dx = dx.as_chunks_mut::<LANES>().0.chunks_exact_mut(self.width);
        for (((dx, dy), normal), inverse) in dx.zip(dy()).zip(normal.chunks_exact(self.width)).zip(inverse) {
            for (u, (g, dy)) in dx.iter_mut().zip(dy).enumerate() {
                let scale = gamma.get(u).copied().unwrap_or(1.0);
                *g = dy.map(|dy| scale * dy);
            }
            let middle = mean(dx.iter().copied());
            let slope = mean(dx.iter().zip(normal).map(|(g, normal)| times(g, normal)));
            for (dx, normal) in dx.iter_mut().zip(normal) {
                *dx = std::array::from_fn(|l| (dx[l] - middle[l] - normal[l] * slope[l]) * inverse[l]);
            }
        }
    }
}
