//! The LSTM over one block of sixteen samples, forward and backward, sample `l` in lane `l`.
//!
//! Equations (gate order i, f, c, o; `[x, h]` is the input of a step beside the previous output):
//!
//! ```text
//! z = W·[x_t, h_{t-1}] + b        i, f, o = σ(z_i), σ(z_f), σ(z_o)        g = tanh(z_c)
//! c_t = f·c_{t-1} + i·g           h_t = o·tanh(c_t)
//! ```
//!
//! Backward, with `dh` and `dc` arriving from step t + 1 and from the layer above:
//!
//! ```text
//! dc += dh·o·(1 − tanh²c_t)       dz_o = dh·tanh(c_t)·o(1 − o)            dz_i = dc·g·i(1 − i)
//! dz_f = dc·c_{t-1}·f(1 − f)      dz_c = dc·i·(1 − g²)                    dc ← dc·f
//! [dx_t, dh] = Wᵀ·dz              dW += dz·[x_t, h_{t-1}]                 db += dz
//! ```
//!
//! Where a lane is masked at a step it keeps `h` and `c`, and its gradients pass through untouched.
//! Internally the 4H columns are ordered unit by unit (`4·unit + gate`), rows padded to sixteen.

//!
//! The input of a step is either a block of vectors, multiplied by W step by step, or, where an
//! embedding feeds the layer, a row of the table `P = E·W + b` ([`projected`]): the product is then a
//! look-up, and the layer itself has no inputs.

mod backward;
mod forward;
pub(crate) mod projected;
pub(crate) mod shared_start;

use super::activation::SIGMOID_SCALE;
use super::lanes::LANES;
use super::round_up;

pub(crate) use backward::{Backward, Dy, Into, backward};
pub(crate) use forward::{Forward, From, forward};

/// Values kept for each unit and step: i, f, g, o, c, tanh(c).
const TAPE: usize = 6;
const I: usize = 0;
const F: usize = LANES;
const G: usize = 2 * LANES;
const O: usize = 3 * LANES;
const C: usize = 4 * LANES;
const TC: usize = 5 * LANES;

/// Sizes of one LSTM layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// D, the width of a step's input.
    pub inputs: usize,
    /// H, the number of units.
    pub units: usize,
}

impl Shape {
    /// D + H: rows of the joint weight matrix.
    pub fn rows(self) -> usize {
        self.inputs + self.units
    }

    /// 4H rounded up to whole vectors: the stride of a row.
    pub fn stride(self) -> usize {
        round_up(4 * self.units)
    }

    /// Floats of tape for one step.
    pub fn tape_step(self) -> usize {
        self.units * TAPE * LANES
    }

    /// Floats of a state: `h`, then `c`, in lanes.
    pub fn state_len(self) -> usize {
        2 * self.units * LANES
    }

    /// Floats that [`pack`] writes.
    pub fn packed_len(self) -> usize {
        self.units * 4 + 2 * self.rows() * self.units * 4
    }

    /// Floats of gradient that [`backward`] accumulates: dW in rows of `stride`, then db.
    pub fn grads_len(self) -> usize {
        (self.rows() + 1) * self.stride()
    }

    /// Rows of `stride` in kernel column order, read, to rows of 4H in Keras's, overwritten.
    pub fn unpack(self, rows: &[f32], keras: &mut [f32]) {
        for (from, to) in rows.chunks_exact(self.stride()).zip(keras.chunks_exact_mut(4 * self.units)) {
            for gate in 0..4 {
                for unit in 0..self.units {
                    to[gate * self.units + unit] = from[unit * 4 + gate];
                }
            }
        }
    }

    /// Floats of scratch that [`backward`] needs.
    pub fn scratch_len(self) -> usize {
        // dz in lanes, dz in rows.
        2 * self.stride() * LANES
    }
}

/// The factor on a column of the weights that forward uses: what [`sigmoid`](super::activation::sigmoid)
/// wants for the three gates that go through it.
fn forward_scale(gate: usize) -> f32 {
    if gate == 2 { 1.0 } else { SIGMOID_SCALE }
}

/// Packs Keras weights for the kernels.
///
/// * `kernel`: `[D, 4H]`, `recurrent`: `[H, 4H]`, `bias`: `[4H]` (columns i | f | c | o), read.
/// * `packed`: `[H][4]` bias and `[H][D + H][4]` weights, scaled for forward, then `[D + H][4H]` weights for
///   backward, overwritten.
pub(crate) fn pack(shape: Shape, kernel: &[f32], recurrent: &[f32], bias: &[f32], packed: &mut [f32]) {
    let Shape { inputs, units } = shape;
    let rows = shape.rows();
    let (packed_bias, rest) = packed.split_at_mut(units * 4);
    let (by_unit, by_row) = rest.split_at_mut(rows * units * 4);
    for unit in 0..units {
        for gate in 0..4 {
            let column = gate * units + unit;
            packed_bias[unit * 4 + gate] = bias[column] * forward_scale(gate);
            for row in 0..rows {
                let w = if row < inputs {
                    kernel[row * 4 * units + column]
                } else {
                    recurrent[(row - inputs) * 4 * units + column]
                };
                by_unit[(unit * rows + row) * 4 + gate] = w * forward_scale(gate);
                by_row[(row * units + unit) * 4 + gate] = w;
            }
        }
    }
}
