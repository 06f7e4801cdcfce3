//! Activations.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// An activation function: Keras's activations, with Keras's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// y = z
    #[default]
    Linear,
    /// y = 1 / (1 + e⁻ᶻ)
    Sigmoid,
    /// y = tanh z
    Tanh,
    /// y = max(z, 0)
    Relu,
    /// y = z for z ≥ 0, else 0.2·z
    LeakyRelu,
    /// y = z for z ≥ 0, else eᶻ − 1
    Elu,
    /// y = 1.0507·z for z ≥ 0, else 1.7581·(eᶻ − 1); preserves mean 0 and variance 1 (Klambauer et al. 2017)
    Selu,
    /// y = z·Φ(z), where Φ is the standard normal distribution function (exact, not the tanh approximation)
    Gelu,
    /// y = z·σ(z), also called swish
    #[serde(alias = "swish")]
    Silu,
    /// y = z·tanh(ln(1 + eᶻ))
    Mish,
    /// y = ln(1 + eᶻ)
    Softplus,
    /// y = z / (1 + |z|)
    Softsign,
    /// y = z/6 + ½, clipped to 0..1
    HardSigmoid,
    /// y = eᶻ
    Exponential,
    /// y_i = eᶻⁱ / Σ_j eᶻʲ, over the outputs of a row or of one step
    Softmax,
}

/// Klambauer's constants: scale, and scale·α.
const SELU: [f32; 2] = [1.050_701, 1.758_099_3];
/// Slope of [`Activation::LeakyRelu`] below 0.
const LEAK: f32 = 0.2;

fn sigmoid(z: f32) -> f32 {
    // On each side the exponential cannot overflow, and the result is accurate in the tails.
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

fn softplus(z: f32) -> f32 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// Computes Φ, the standard normal distribution function. `erfc` keeps all digits in the lower tail.
fn normal(z: f32) -> f32 {
    0.5 * libm::erfcf(-z * std::f32::consts::FRAC_1_SQRT_2)
}

impl Activation {
    /// All activations.
    const ALL: [Self; 15] = [
        Self::Linear,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LeakyRelu,
        Self::Elu,
        Self::Selu,
        Self::Gelu,
        Self::Silu,
        Self::Mish,
        Self::Softplus,
        Self::Softsign,
        Self::HardSigmoid,
        Self::Exponential,
        Self::Softmax,
    ];

    /// Computes the function of one output. NaN gives NaN. Softmax needs a whole row: see
    /// [`apply_row`](Self::apply_row).
    pub(super) fn apply(self, z: f32) -> f32 {
        match self {
            Self::Linear => z,
            Self::Sigmoid => sigmoid(z),
            Self::Tanh => z.tanh(),
            Self::Relu if z < 0.0 => 0.0,
            Self::Relu => z,
            Self::LeakyRelu if z < 0.0 => LEAK * z,
            Self::LeakyRelu => z,
            Self::Elu if z < 0.0 => z.exp_m1(),
            Self::Elu => z,
            Self::Selu if z < 0.0 => SELU[1] * z.exp_m1(),
            Self::Selu => SELU[0] * z,
            Self::Gelu => z * normal(z),
            Self::Silu => z * sigmoid(z),
            Self::Mish => z * softplus(z).tanh(),
            Self::Softplus => softplus(z),
            Self::Softsign => z / (1.0 + z.abs()),
            Self::HardSigmoid => (z / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Exponential => z.exp(),
            Self::Softmax => unreachable!("softmax is taken over a row"),
        }
    }

    /// Applies the function to the outputs of a row, or of one step.
    pub(crate) fn apply_row(self, z: &mut [f32]) {
        if self != Self::Softmax {
            z.iter_mut().for_each(|z| *z = self.apply(*z));
            return;
        }
        let highest = z.iter().fold(f32::NEG_INFINITY, |highest, &z| highest.max(z));
        z.iter_mut().for_each(|z| *z = (*z - highest).exp());
        let sum: f32 = z.iter().sum();
        z.iter_mut().for_each(|z| *z /= sum);
    }

    /// Returns Keras's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::Elu => "elu",
            Self::Selu => "selu",
            Self::Gelu => "gelu",
            Self::Silu => "silu",
            Self::Mish => "mish",
            Self::Softplus => "softplus",
            Self::Softsign => "softsign",
            Self::HardSigmoid => "hard_sigmoid",
            Self::Exponential => "exponential",
            Self::Softmax => "softmax",
        }
    }

    /// Computes dy/dz from z and y. Where it is not defined, it is TensorFlow's value.
    pub(super) fn slope(self, z: f32, y: f32) -> f32 {
        let positive = |z: f32| f32::from(u8::from(z > 0.0));
        match self {
            Self::Linear => 1.0,
            Self::Sigmoid => y * (1.0 - y),
            Self::Tanh => 1.0 - y * y,
            Self::Relu => positive(z),
            Self::LeakyRelu => LEAK + (1.0 - LEAK) * positive(z),
            Self::Elu if z < 0.0 => z.exp(),
            Self::Elu => 1.0,
            Self::Selu if z < 0.0 => SELU[1] * z.exp(),
            Self::Selu => SELU[0],
            Self::Gelu => {
                let density = (-0.5 * z * z).exp()
                    * (0.5 * std::f32::consts::FRAC_2_SQRT_PI)
                    * std::f32::consts::FRAC_1_SQRT_2;
                normal(z) + z * density
            }
            Self::Silu => {
                let s = sigmoid(z);
                s + y * (1.0 - s)
            }
            Self::Mish => {
                let t = softplus(z).tanh();
                t + z * (1.0 - t * t) * sigmoid(z)
            }
            Self::Softplus => sigmoid(z),
            Self::Softsign => {
                let d = 1.0 + z.abs();
                1.0 / (d * d)
            }
            Self::HardSigmoid => {
                if z.abs() < 3.0 {
                    1.0 / 6.0
                } else {
                    0.0
                }
            }
            Self::Exponential => y,
            Self::Softmax => unreachable!("softmax is taken over a row"),
        }
    }
}

impl FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let name = if name == "swish" { "silu" } else { name };
        Self::ALL.into_iter().find(|activation| activation.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::config(format!("unknown activation '{name}'; the activations are {names}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::reference::activation::twin;

    /// Points between −16 and 16 at which every activation has a derivative.
    fn everywhere() -> impl Iterator<Item = f32> {
        (-16_000..16_000).map(|i| (i as f32 + 0.5) * 1e-3)
    }

    #[test]
    fn functions_and_slopes_follow_their_twins() {
        for activation in Activation::ALL.into_iter().filter(|&a| a != Activation::Softmax) {
            for z in everywhere() {
                let (value, slope) = twin(activation.name(), f64::from(z));
                let y = activation.apply(z);
                for (ours, twin) in [(y, value), (activation.slope(z, y), slope)] {
                    let error = (f64::from(ours) - twin).abs();
                    assert!(error <= 1e-6 * (0.1 + twin.abs()), "{activation:?} at {z}: {ours} {twin}");
                }
            }
        }
    }

    #[test]
    fn nan_is_passed_on_and_infinity_is_no_nan() {
        for activation in Activation::ALL.into_iter().filter(|&a| a != Activation::Softmax) {
            assert!(activation.apply(f32::NAN).is_nan(), "{activation:?}");
            for z in [1e30, -1e30] {
                let y = activation.apply(z);
                assert!(!y.is_nan() && !activation.slope(z, y).is_nan(), "{activation:?} {z}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for activation in Activation::ALL {
            assert_eq!(activation.name().parse::<Activation>().unwrap(), activation);
            let json = serde_json::to_string(&activation).unwrap();
            assert_eq!(json, format!("\"{}\"", activation.name()));
        }
        assert_eq!("swish".parse::<Activation>().unwrap(), Activation::Silu);
        assert!("relo".parse::<Activation>().unwrap_err().to_string().contains("leaky_relu"));
    }
}
