//! Elementwise activations.

use super::{Backward, Forward, Signal, Stage};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::str::FromStr;

/// The function applied to a layer's output.
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
}

impl Activation {
    /// The function itself.
    pub(crate) fn apply(self, z: f32) -> f32 {
        match self {
            Self::Linear => z,
            // Each side computed from an exponential that cannot overflow, accurate into the tails.
            Self::Sigmoid if z >= 0.0 => 1.0 / (1.0 + (-z).exp()),
            Self::Sigmoid => z.exp() / (1.0 + z.exp()),
            Self::Tanh => z.tanh(),
            Self::Relu => z.max(0.0),
        }
    }

    /// Keras's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
        }
    }

    /// dy/dz, given y.
    fn slope(self, y: f32) -> f32 {
        match self {
            Self::Linear => 1.0,
            Self::Sigmoid => y * (1.0 - y),
            Self::Tanh => 1.0 - y * y,
            Self::Relu => f32::from(u8::from(y > 0.0)),
        }
    }
}

impl FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "linear" => Self::Linear,
            "sigmoid" => Self::Sigmoid,
            "tanh" => Self::Tanh,
            "relu" => Self::Relu,
            _ => {
                return Err(Error::config(format!(
                    "no activation '{name}'; there are linear, sigmoid, tanh and relu"
                )));
            }
        })
    }
}

/// An activation of a whole block. It is a stage of its own so that training can stop before the last
/// one and take its loss from the logits.
#[derive(Debug)]
pub(crate) struct ActivationStage {
    pub activation: Activation,
    pub signal: Signal,
}

impl Stage for ActivationStage {
    fn describe(&self) -> String {
        format!("{:?}: element by element", self.activation)
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        self.signal
    }

    fn activation(&self) -> Option<Activation> {
        Some(self.activation)
    }

    fn forward(&self, io: Forward<'_>) {
        for (y, &z) in io.y.iter_mut().zip(io.x) {
            *y = self.activation.apply(z);
        }
    }

    fn backward(&self, io: Backward<'_>) {
        let Some(dx) = io.dx else { return };
        for ((dx, &dy), &y) in dx.iter_mut().zip(io.dy).zip(io.y) {
            *dx = dy * self.activation.slope(y);
        }
    }
}
