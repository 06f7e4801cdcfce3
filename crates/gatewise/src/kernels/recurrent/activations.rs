//! The functions of a recurrent layer's gates and of its cell: Keras's `recurrent_activation` and
//! `activation`.
//!
//! The defaults, σ and tanh, are fixed when a kernel is compiled. Any other function is chosen while the kernel
//! runs, for one vector at a time. Slopes are computed from the outputs, so that no inputs have to be kept.

use crate::kernels::activation::{SIGMOID_SCALE, exp, sigmoid, tanh};
use crate::kernels::lanes::Lanes;
use std::fmt::Debug;

/// The functions of a cell.
pub(crate) trait Activations: Copy + Debug + Send + Sync + 'static {
    /// Whether these are the defaults, whose kernels are inlined at the cost of compile time.
    const USUAL: bool;

    /// The factor on the weights of a column that [`gate`](Self::gate) takes.
    fn gate_scale(self) -> f32;
    /// The function of the gates.
    ///
    /// # Safety
    /// As [`Lanes`]; so for the others.
    unsafe fn gate<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N];
    /// The function of the candidate and of the output.
    unsafe fn cell<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N];
    /// The slope of the gates' function where its output is `y`.
    unsafe fn gate_slope<V: Lanes>(self, y: V) -> V;
    /// The slope of the function of the candidate where its output is `y`.
    unsafe fn cell_slope<V: Lanes>(self, y: V) -> V;
}

/// σ for the gates, tanh for the cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standard;

impl Activations for Standard {
    const USUAL: bool = true;

    fn gate_scale(self) -> f32 {
        SIGMOID_SCALE
    }

    #[inline(always)]
    unsafe fn gate<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe { sigmoid(z) }
    }

    #[inline(always)]
    unsafe fn cell<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe { tanh(z) }
    }

    #[inline(always)]
    unsafe fn gate_slope<V: Lanes>(self, y: V) -> V {
        // SAFETY: same contract as the caller's.
        unsafe { y.neg_mul_add(y, y) }
    }

    #[inline(always)]
    unsafe fn cell_slope<V: Lanes>(self, y: V) -> V {
        // SAFETY: same contract as the caller's.
        unsafe { y.neg_mul_add(y, V::splat(1.0)) }
    }
}

/// A function of Keras whose slope is a function of its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Linear,
    Sigmoid,
    Tanh,
    Relu,
    LeakyRelu,
    Elu,
    Selu,
    Softsign,
    HardSigmoid,
    Exponential,
}

/// Scale, and scale·α, of [`Function::Selu`].
const SELU: [f32; 2] = [1.050_701, 1.758_099_3];
/// The factor of [`Function::LeakyRelu`] on numbers below 0.
const LEAK: f32 = 0.2;

/// 1 where x > 0, 0 elsewhere.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
unsafe fn positive<V: Lanes>(x: V) -> V {
    // SAFETY: same contract as the caller's. The smallest normal number, so multiplied, exceeds 1.
    unsafe { V::splat(1.0).min(V::zero().max(x).mul(V::splat(f32::MAX))) }
}

/// eˣ − 1 for x of at most 0, from t = tanh(x/2) as 2t/(1 − t), which keeps its digits near 0.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
unsafe fn less_one<V: Lanes>(x: V) -> V {
    // SAFETY: same contract as the caller's.
    unsafe {
        let [t] = tanh([x.mul(V::splat(0.5))]);
        t.add(t).div(V::splat(1.0).sub(t))
    }
}

impl Function {
    /// # Safety
    /// As [`Lanes`].
    #[inline(always)]
    unsafe fn of<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe {
            let (zero, one) = (V::zero(), V::splat(1.0));
            let mut y = z;
            match self {
                Self::Linear => {}
                Self::Sigmoid => {
                    for n in 0..N {
                        y[n] = z[n].mul(V::splat(SIGMOID_SCALE));
                    }
                    y = sigmoid(y);
                }
                Self::Tanh => y = tanh(z),
                Self::Relu => {
                    for n in 0..N {
                        y[n] = zero.max(z[n]);
                    }
                }
                Self::LeakyRelu => {
                    for n in 0..N {
                        y[n] = zero.min(z[n]).mul_add(V::splat(LEAK), zero.max(z[n]));
                    }
                }
                Self::Elu => {
                    for n in 0..N {
                        y[n] = zero.max(z[n]).add(less_one(zero.min(z[n])));
                    }
                }
                Self::Selu => {
                    let [scale, below] = SELU.map(|x| V::splat(x));
                    for n in 0..N {
                        y[n] = zero.max(z[n]).mul_add(scale, less_one(zero.min(z[n])).mul(below));
                    }
                }
                Self::Softsign => {
                    for n in 0..N {
                        y[n] = z[n].div(one.add(z[n].max(zero.sub(z[n]))));
                    }
                }
                Self::HardSigmoid => {
                    for n in 0..N {
                        let line = z[n].mul_add(V::splat(1.0 / 6.0), V::splat(0.5));
                        y[n] = zero.max(one.min(line));
                    }
                }
                Self::Exponential => {
                    for n in 0..N {
                        y[n] = exp(z[n]);
                    }
                }
            }
            y
        }
    }

    /// The slope where the output is `y`.
    ///
    /// # Safety
    /// As [`Lanes`].
    #[inline(always)]
    unsafe fn slope<V: Lanes>(self, y: V) -> V {
        // SAFETY: same contract as the caller's.
        unsafe {
            let (zero, one) = (V::zero(), V::splat(1.0));
            match self {
                Self::Linear => one,
                Self::Sigmoid => y.neg_mul_add(y, y),
                Self::Tanh => y.neg_mul_add(y, one),
                Self::Relu => positive(y),
                Self::LeakyRelu => positive(y).mul_add(V::splat(1.0 - LEAK), V::splat(LEAK)),
                Self::Elu => zero.min(y).add(one),
                Self::Selu => {
                    let [scale, below] = SELU.map(|x| V::splat(x));
                    let step = positive(y);
                    step.mul_add(scale, one.sub(step).mul(zero.min(y).add(below)))
                }
                Self::Softsign => {
                    let rest = one.sub(y.max(zero.sub(y)));
                    rest.mul(rest)
                }
                Self::HardSigmoid => positive(y).mul(positive(one.sub(y))).mul(V::splat(1.0 / 6.0)),
                Self::Exponential => y,
            }
        }
    }
}

/// Any two functions, chosen when they are applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen {
    pub gate: Function,
    pub cell: Function,
}

impl Activations for Chosen {
    const USUAL: bool = false;

    fn gate_scale(self) -> f32 {
        1.0
    }

    #[inline(always)]
    unsafe fn gate<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe { self.gate.of(z) }
    }

    #[inline(always)]
    unsafe fn cell<V: Lanes, const N: usize>(self, z: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe { self.cell.of(z) }
    }

    #[inline(always)]
    unsafe fn gate_slope<V: Lanes>(self, y: V) -> V {
        // SAFETY: same contract as the caller's.
        unsafe { self.gate.slope(y) }
    }

    #[inline(always)]
    unsafe fn cell_slope<V: Lanes>(self, y: V) -> V {
        // SAFETY: same contract as the caller's.
        unsafe { self.cell.slope(y) }
    }
}
