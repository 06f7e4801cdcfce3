//! Elementwise activations.

use super::{Backward, Forward, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::LANES;
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
    /// y_i = eᶻⁱ / Σ_j eᶻʲ, over the outputs of a row (or of one step of it)
    Softmax,
}

impl Activation {
    /// The function of one output; softmax is none of one output alone (see
    /// [`apply_row`](Self::apply_row)).
    fn apply(self, z: f32) -> f32 {
        match self {
            Self::Linear => z,
            // Each side computed from an exponential that cannot overflow, accurate into the tails.
            Self::Sigmoid if z >= 0.0 => 1.0 / (1.0 + (-z).exp()),
            Self::Sigmoid => z.exp() / (1.0 + z.exp()),
            Self::Tanh => z.tanh(),
            Self::Relu => z.max(0.0),
            Self::Softmax => unreachable!("softmax is taken over a row"),
        }
    }

    /// The function of all outputs of a row, or of one step of it.
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

    /// Keras's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Softmax => "softmax",
        }
    }

    /// dy/dz, given y.
    fn slope(self, y: f32) -> f32 {
        match self {
            Self::Linear => 1.0,
            Self::Sigmoid => y * (1.0 - y),
            Self::Tanh => 1.0 - y * y,
            Self::Relu => f32::from(u8::from(y > 0.0)),
            Self::Softmax => unreachable!("softmax is taken over a row"),
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
            "softmax" => Self::Softmax,
            _ => {
                return Err(Error::config(format!(
                    "no activation '{name}'; there are linear, sigmoid, tanh, relu and softmax"
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
        if self.activation != Activation::Softmax {
            io.y.iter_mut().zip(io.x).for_each(|(y, &z)| *y = self.activation.apply(z));
            return;
        }
        let mut row = vec![0.0; self.width()];
        self.for_each_row(io.y.len(), |at| {
            gather(&mut row, &io.x[at..]);
            self.activation.apply_row(&mut row);
            scatter(&row, &mut io.y[at..]);
        });
    }

    fn backward(&self, io: Backward<'_>) {
        let Some(dx) = io.dx else { return };
        if self.activation != Activation::Softmax {
            for ((dx, &dy), &y) in dx.iter_mut().zip(io.dy).zip(io.y) {
                *dx = dy * self.activation.slope(y);
            }
            return;
        }
        let [mut y, mut dy, mut dz] = [(); 3].map(|()| vec![0.0; self.width()]);
        self.for_each_row(dx.len(), |at| {
            gather(&mut y, &io.y[at..]);
            gather(&mut dy, &io.dy[at..]);
            softmax_back(&y, &dy, &mut dz);
            scatter(&dz, &mut dx[at..]);
        });
    }
}

impl ActivationStage {
    fn width(&self) -> usize {
        match self.signal {
            Signal::Ids => 0,
            Signal::Sequence(width) | Signal::Vector(width) => width,
        }
    }

    /// Where, in a block of `len` floats, each lane's row of each step begins.
    fn for_each_row(&self, len: usize, mut f: impl FnMut(usize)) {
        for step in (0..len).step_by(self.width() * LANES) {
            (0..LANES).for_each(|lane| f(step + lane));
        }
    }
}

/// One lane's numbers, out of lanes.
fn gather(row: &mut [f32], lanes: &[f32]) {
    row.iter_mut().zip(lanes.iter().step_by(LANES)).for_each(|(row, &lane)| *row = lane);
}

/// One lane's numbers, into lanes.
fn scatter(row: &[f32], lanes: &mut [f32]) {
    row.iter().zip(lanes.iter_mut().step_by(LANES)).for_each(|(&row, lane)| *lane = row);
}

/// dz_i = y_i·(dy_i − Σ_j y_j·dy_j)
fn softmax_back(y: &[f32], dy: &[f32], dz: &mut [f32]) {
    let mean: f32 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
    for ((dz, &dy), &y) in dz.iter_mut().zip(dy).zip(y) {
        *dz = y * (dy - mean);
    }
}
