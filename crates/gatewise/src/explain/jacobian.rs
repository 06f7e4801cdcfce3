//! How the state after one step of a recurrent layer depends on the state before it, in `f64`.
//!
//! Input: a layer, its weights, and the values of a step as a trace has them. Output: products of vectors with
//! the Jacobian of the step, `d ← d·∂s_t/∂s_{t−1}`, where the state s is h, and for an LSTM h and c.

use super::recurrent_part::RecurrentPart;
use crate::error::{Error, Result};
use crate::layers::{Activation, Layer};
use crate::model::{Model, Trace};

/// The weights and functions of a recurrent layer that its Jacobian depends on.
#[derive(Debug)]
pub(super) struct CellWeights {
    kind: Kind,
    /// H
    pub units: usize,
    /// The functions of the gates and of the cell.
    gate: Activation,
    cell: Activation,
    /// `[H][G·H]`
    recurrent: Vec<f64>,
    /// `[H]`: the recurrent bias of the candidate of a GRU that resets after the product.
    bias: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Gates i, f, c, o; without a forget gate i, c, o.
    Lstm {
        forget: bool,
    },
    /// Gates z, r, h.
    Gru {
        reset_after: bool,
    },
    SimpleRnn,
}

/// What the products with the Jacobian of one step need, each `[H]`.
#[derive(Debug)]
pub(super) enum StepJacobian {
    Lstm {
        /// ∂h_t/∂c_t = o ⊙ φ'(c_t)
        out: Vec<f64>,
        /// ∂c_t/∂c_{t−1} = f
        keep: Vec<f64>,
        /// ∂c_t/∂z of the gates i, f and c.
        into_cell: [Vec<f64>; 3],
        /// ∂h_t/∂z_o, where c_t is fixed.
        into_output: Vec<f64>,
    },
    Gru {
        /// ∂h_t/∂h_{t−1}, where the gates and the candidate are fixed: z.
        keep: Vec<f64>,
        /// ∂h_t/∂z of the update gate.
        update: Vec<f64>,
        /// ∂h_t/∂z of the candidate.
        candidate: Vec<f64>,
        reset: Vec<f64>,
        /// By what the reset gate is multiplied, times the slope of the gate.
        into_reset: Vec<f64>,
    },
    SimpleRnn {
        slope: Vec<f64>,
    },
}

impl StepJacobian {
    /// Returns ∂h_t/∂c_t, which is diagonal, of a layer with a cell state.
    pub fn output_of_cell(&self) -> Option<&[f64]> {
        match self {
            Self::Lstm { out, .. } => Some(out),
            _ => None,
        }
    }
}

/// Returns y = φ(z).
fn value(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
        Activation::Tanh => z.tanh(),
        Activation::Relu => z.max(0.0),
        Activation::LeakyRelu => z.max(LEAK * z),
        Activation::Elu if z < 0.0 => z.exp_m1(),
        Activation::Selu if z < 0.0 => SELU[1] * z.exp_m1(),
        Activation::Selu => SELU[0] * z,
        Activation::Softsign => z / (1.0 + z.abs()),
        Activation::HardSigmoid => (z / 6.0 + 0.5).clamp(0.0, 1.0),
        Activation::Exponential => z.exp(),
        _ => z,
    }
}

/// Returns φ'(z) from y = φ(z), which the recurrent layers' functions allow.
fn slope(activation: Activation, y: f64) -> f64 {
    match activation {
        Activation::Sigmoid => y * (1.0 - y),
        Activation::Tanh => 1.0 - y * y,
        Activation::Relu => f64::from(u8::from(y > 0.0)),
        Activation::LeakyRelu if y <= 0.0 => LEAK,
        Activation::Elu if y < 0.0 => y + 1.0,
        Activation::Selu if y < 0.0 => y + SELU[1],
        Activation::Selu => SELU[0],
        Activation::Softsign => (1.0 - y.abs()) * (1.0 - y.abs()),
        Activation::HardSigmoid if y > 0.0 && y < 1.0 => 1.0 / 6.0,
        Activation::HardSigmoid => 0.0,
        Activation::Exponential => y,
        _ => 1.0,
    }
}

/// The factor of `leaky_relu` below 0; the scale, and scale·α, of `selu`: Keras's.
const LEAK: f64 = 0.2;
const SELU: [f64; 2] = [1.050_700_987_355_480_5, 1.758_099_340_847_376_6];

/// Returns f(0), …, f(H − 1).
fn each(units: usize, f: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..units).map(f).collect()
}

impl CellWeights {
    /// Returns the weights of `part`, a layer of `model`.
    pub fn of(model: &Model, part: &RecurrentPart) -> Result<Self> {
        let (kind, cell, gate) = match &part.layer {
            Layer::Lstm(it) => {
                (Kind::Lstm { forget: it.forget_gate }, it.activation, it.recurrent_activation)
            }
            Layer::Gru(it) => {
                (Kind::Gru { reset_after: it.reset_after }, it.activation, it.recurrent_activation)
            }
            Layer::SimpleRnn(it) => (Kind::SimpleRnn, it.activation, Activation::Linear),
            other => {
                return Err(Error::config(format!(
                    "{} ({}) is not a layer whose Jacobian is known; use an Lstm, a Gru or a SimpleRnn",
                    part.name,
                    other.class_name()
                )));
            }
        };
        let units = part.units();
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let (_, recurrent) = model.params().tensor(&format!("{}/recurrent_kernel", part.name))?;
        // Keras's bias of such a GRU is [2][3H]: of the inputs, of the recurrent products.
        let bias = match model.params().get(&format!("{}/bias", part.name)) {
            Some(bias) if kind == (Kind::Gru { reset_after: true }) => wide(&bias[5 * units..]),
            _ => vec![0.0; units],
        };
        Ok(Self { kind, units, gate, cell, recurrent: wide(recurrent), bias })
    }

    /// Returns `true` if the state has a part c.
    pub fn has_cell_state(&self) -> bool {
        matches!(self.kind, Kind::Lstm { .. })
    }

    /// Returns the Jacobian of the layer `name` at step `t` of a row, where `before` is the step read before
    /// it, if there is one.
    pub fn jacobian(
        &self,
        trace: &Trace,
        row: usize,
        name: &str,
        t: usize,
        before: Option<usize>,
    ) -> Result<StepJacobian> {
        let signal = |signal: &str, step: Option<usize>| -> Result<Vec<f64>> {
            let array = trace.get(row, name, signal)?;
            let wide = |step| array.step(step).iter().map(|&value| f64::from(value)).collect();
            Ok(step.map_or_else(|| vec![0.0; self.units], wide))
        };
        let now = |name: &str| signal(name, Some(t));
        let (gate_slope, cell_slope) = (|y| slope(self.gate, y), |y| slope(self.cell, y));
        let units = self.units;
        Ok(match self.kind {
            Kind::Lstm { forget } => {
                let (i, g, o) = (now("input_gate")?, now("candidate")?, now("output_gate")?);
                let f = if forget { now("forget_gate")? } else { vec![1.0; units] };
                let c_before = signal("cell", before)?;
                let y: Vec<f64> = now("cell")?.into_iter().map(|c| value(self.cell, c)).collect();
                StepJacobian::Lstm {
                    out: each(units, |u| o[u] * cell_slope(y[u])),
                    into_cell: [
                        each(units, |u| g[u] * gate_slope(i[u])),
                        each(units, |u| if forget { c_before[u] * gate_slope(f[u]) } else { 0.0 }),
                        each(units, |u| i[u] * cell_slope(g[u])),
                    ],
                    into_output: each(units, |u| y[u] * gate_slope(o[u])),
                    keep: f,
                }
            }
            Kind::Gru { reset_after } => {
                let (z, reset, g) = (now("update_gate")?, now("reset_gate")?, now("candidate")?);
                let h = signal("output", before)?;
                let part = match reset_after {
                    true => each(units, |u| {
                        self.bias[u] + (0..units).map(|k| h[k] * self.row(k)[2 * units + u]).sum::<f64>()
                    }),
                    false => h.clone(),
                };
                StepJacobian::Gru {
                    update: each(units, |u| (h[u] - g[u]) * gate_slope(z[u])),
                    candidate: each(units, |u| (1.0 - z[u]) * cell_slope(g[u])),
                    into_reset: each(units, |u| part[u] * gate_slope(reset[u])),
                    reset,
                    keep: z,
                }
            }
            Kind::SimpleRnn => {
                StepJacobian::SimpleRnn { slope: now("output")?.into_iter().map(cell_slope).collect() }
            }
        })
    }

    /// Returns the weights from the previous output `unit` to all columns.
    fn row(&self, unit: usize) -> &[f64] {
        let width = self.recurrent.len() / self.units;
        &self.recurrent[unit * width..][..width]
    }

    /// Adds U_gᵀ·dz of the gate in the columns from `gate`·H to `dh`.
    fn add_product(&self, gate: usize, dz: &[f64], dh: &mut [f64]) {
        for (k, dh) in dh.iter_mut().enumerate() {
            let weights = &self.row(k)[gate * self.units..][..self.units];
            *dh += weights.iter().zip(dz).map(|(weight, dz)| weight * dz).sum::<f64>();
        }
    }

    /// Replaces a row vector over the state after a step by its product with the Jacobian of the step: the
    /// vector over the state before. `dc` is empty without a cell state.
    pub fn back(&self, step: &StepJacobian, dh: &mut Vec<f64>, dc: &mut [f64]) {
        let units = self.units;
        let mut before = vec![0.0; units];
        match step {
            StepJacobian::Lstm { out, keep, into_cell, into_output } => {
                let forget = self.kind == Kind::Lstm { forget: true };
                for (u, dc) in dc.iter_mut().enumerate() {
                    *dc += dh[u] * out[u];
                }
                let gates = into_cell.iter().enumerate().filter(|(gate, _)| forget || *gate != 1);
                for (column, (_, into)) in gates.enumerate() {
                    self.add_product(column, &each(units, |u| dc[u] * into[u]), &mut before);
                }
                let last = 2 + usize::from(forget);
                self.add_product(last, &each(units, |u| dh[u] * into_output[u]), &mut before);
                dc.iter_mut().zip(keep).for_each(|(dc, keep)| *dc *= keep);
            }
            StepJacobian::Gru { keep, update, candidate, reset, into_reset } => {
                let after = self.kind == Kind::Gru { reset_after: true };
                let dg = each(units, |u| dh[u] * candidate[u]);
                before = each(units, |u| dh[u] * keep[u]);
                self.add_product(0, &each(units, |u| dh[u] * update[u]), &mut before);
                let dr = if after {
                    self.add_product(2, &each(units, |u| dg[u] * reset[u]), &mut before);
                    dg
                } else {
                    let mut part = vec![0.0; units];
                    self.add_product(2, &dg, &mut part);
                    (0..units).for_each(|u| before[u] += part[u] * reset[u]);
                    part
                };
                self.add_product(1, &each(units, |u| dr[u] * into_reset[u]), &mut before);
            }
            StepJacobian::SimpleRnn { slope } => {
                self.add_product(0, &each(units, |u| dh[u] * slope[u]), &mut before);
            }
        }
        *dh = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::reference::activation::twin;

    #[test]
    fn functions_and_slopes_follow_their_twins() {
        let functions = "linear sigmoid tanh relu leaky_relu elu selu softsign hard_sigmoid exponential";
        for name in functions.split(' ') {
            let activation: Activation = name.parse().unwrap();
            for z in (-60..60).map(|i| (f64::from(i) + 0.5) * 0.1) {
                let (y, dy) = twin(name, z);
                assert!((value(activation, z) - y).abs() < 1e-12 * (1.0 + y.abs()), "{name} at {z}");
                assert!((slope(activation, y) - dy).abs() < 1e-12 * (1.0 + dy.abs()), "{name} at {z}");
            }
        }
    }
}
