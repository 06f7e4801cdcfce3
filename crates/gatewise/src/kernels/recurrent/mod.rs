//! Recurrent layers over one block of sixteen samples, forward and backward, sample `l` in lane `l`.
//!
//! Equations, for any [`Cell`] (`[x, h]` is the input of a step beside the previous output):
//!
//! ```text
//! z = W·x_t + b and U·h_{t-1} + b', added or apart as the cell says        state_t = cell(z, state_{t-1})
//! ```
//!
//! Backward, with the gradient of the state arriving from step t + 1 and from the layer above:
//!
//! ```text
//! dz, dstate_{t-1} = cell'(dstate_t)        dx_t = Wᵀ·dz        dh_{t-1} += Uᵀ·dz
//! dW += dz·x_t        dU += dz·h_{t-1}      db += dz
//! ```
//!
//! The cells' own equations, and their derivatives, are in [`cell`]. The LSTM's, with gates i, f, c, o:
//!
//! ```text
//! i, f, o = σ(z_i), σ(z_f), σ(z_o)        g = tanh(z_c)        c_t = f·c_{t-1} + i·g        h_t = o·tanh(c_t)
//! dc += dh·o·(1 − tanh²c_t)       dz_o = dh·tanh(c_t)·o(1 − o)            dz_i = dc·g·i(1 − i)
//! dz_f = dc·c_{t-1}·f(1 − f)      dz_c = dc·i·(1 − g²)                    dc ← dc·f
//! ```
//!
//! The GRU's, with gates z, r and the candidate's two parts x (from the input) and s (from `h`):
//!
//! ```text
//! z, r = σ(z_z), σ(z_r)        g = tanh(z_x + r·z_s)        h_t = z·h_{t-1} + (1 − z)·g
//! dz_z = dh·(h_{t-1} − g)·z(1 − z)        dz_x = dh·(1 − z)·(1 − g²)        dz_s = dz_x·r
//! dz_r = dz_x·z_s·r(1 − r)                dh ← dh·z
//! ```
//!
//! Where a lane is masked at a step it keeps its state, and its gradients pass through untouched.
//!
//! Internally columns are ordered kind by kind (see [`Cell`]), within a kind unit by unit, and rows are
//! padded to sixteen. The input of a step is either a block of vectors, multiplied by W step by step, or,
//! where an embedding feeds the layer, a row of the table `P = E·W + b` ([`projected`]): the product is
//! then a look-up, and the layer itself has no inputs.

pub(crate) mod activations;
mod backward;
pub(crate) mod cell;
mod dropped;
mod forward;
pub(crate) mod pad_prefix;
pub(crate) mod projected;

use super::lanes::LANES;
use super::round_up;
use cell::Cell;

pub(crate) use backward::{Backward, Dy, InputGradient, backward};
pub(crate) use dropped::Dropped;
pub(crate) use forward::{Forward, InputSource, forward};

/// Floats behind the last row of a table that may be read, to no effect.
pub(crate) const SLACK: usize = LANES;

/// A cell and the sizes of a layer of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<C> {
    pub cell: C,
    /// D, the width of a step's input.
    pub inputs: usize,
    /// H, the number of units.
    pub units: usize,
}

impl<C: Cell> Shape<C> {
    /// Where the columns that only the input reaches end, and those of both.
    fn sections(self) -> [usize; 2] {
        [C::INPUT_ONLY * self.units, C::INPUT * self.units]
    }

    /// The index of a unit's column in a row of all columns.
    pub(super) fn place(self, unit: usize, column: usize) -> usize {
        let [both, output] = self.sections();
        match column {
            _ if column < C::INPUT_ONLY => unit * C::INPUT_ONLY + column,
            _ if column < C::INPUT => both + unit * C::BOTH + column - C::INPUT_ONLY,
            _ => output + unit * C::OUTPUT_ONLY + column - C::INPUT,
        }
    }

    /// The number of columns that the input reaches, in whole vectors: the stride of a row of dW or of a table.
    pub fn stride(self) -> usize {
        round_up(C::INPUT * self.units)
    }

    /// The number of columns that the previous output reaches, in whole vectors: the stride of a row of dU.
    pub fn recurrent_stride(self) -> usize {
        round_up(C::BOTH * self.units + round_up(C::OUTPUT_ONLY * self.units))
    }

    /// All columns, in whole vectors, also from where those of the previous output begin.
    pub fn columns(self) -> usize {
        round_up((C::INPUT_ONLY * self.units + self.recurrent_stride()).max(self.stride()))
    }

    /// Floats of tape for one step.
    pub fn tape_step(self) -> usize {
        self.units * tape::<C>() * LANES
    }

    /// The values that a step leaves on the tape, by name, and where those of the first unit lie in a step of
    /// it: gates and candidate, then, where there is one, the cell state.
    pub fn signals(self) -> impl Iterator<Item = (&'static str, usize)> {
        let cell = (C::STATES == 2).then_some(("cell", C::KEPT));
        C::SIGNALS.iter().copied().chain(cell).map(|(name, value)| (name, value * LANES))
    }

    /// Floats from a unit's value on the tape to the next unit's.
    pub fn tape_unit(self) -> usize {
        tape::<C>() * LANES
    }

    /// Floats of a state in lanes: `h`, then the rest.
    pub fn state_len(self) -> usize {
        C::STATES * self.units * LANES
    }

    /// The state after a step, `[states][H][16]`, overwritten: `h`, and what the step left on the tape.
    pub fn state_after(self, h: &[f32], tape_step: &[f32], state: &mut [f32]) {
        let (first, rest) = state.split_at_mut(self.units * LANES);
        first.copy_from_slice(h);
        if C::STATES == 2 {
            let units = tape_step.chunks_exact(tape::<C>() * LANES);
            let kept = units.map(|unit| &unit[C::KEPT * LANES..]);
            rest.chunks_exact_mut(LANES).zip(kept).for_each(|(to, from)| to.copy_from_slice(from));
        }
    }

    /// Floats that [`pack`] writes.
    pub fn packed_len(self) -> usize {
        let by_unit = self.units * (C::ALL + self.inputs * C::INPUT + self.units * C::OUTPUT);
        let reset = if C::RESET.is_some() { 2 * self.units * self.units } else { 0 };
        by_unit + self.units * (self.inputs * C::INPUT + self.units * C::OUTPUT) + reset
    }

    /// The parts of [`packed`](Self::packed_len): the bias, W and U unit by unit, W and U in rows, and what a
    /// reset gate comes before, unit by unit and in rows.
    fn packed_parts(self) -> [usize; 7] {
        let (w, u) = (self.inputs * self.units * C::INPUT, self.units * self.units * C::OUTPUT);
        let reset = if C::RESET.is_some() { self.units * self.units } else { 0 };
        [self.units * C::ALL, w, u, w, u, reset, reset]
    }

    /// Where the weights that a reset gate comes before lie in what is packed, unit by unit and in rows.
    fn reset_weights(self) -> [usize; 2] {
        let [.., by_unit, rows] = self.packed_parts();
        [self.packed_len() - by_unit - rows, self.packed_len() - rows]
    }

    /// Floats of gradient that [`backward`] accumulates: dW in rows of `stride`, dU in rows of
    /// `recurrent_stride`, then db of all columns; then, where a reset gate comes before a product, the
    /// gradient of that product's weights in rows of H in whole vectors.
    pub fn grads_len(self) -> usize {
        let reset = if C::RESET.is_some() { self.units * round_up(self.units) } else { 0 };
        self.inputs * self.stride() + self.units * self.recurrent_stride() + self.columns() + reset
    }

    /// Gradients as [`backward`] left them, cut into dW, dU, db and the rest.
    pub fn split_grads(self, grads: &[f32]) -> [&[f32]; 4] {
        let (dw, rest) = grads.split_at(self.inputs * self.stride());
        let (du, db) = rest.split_at(self.units * self.recurrent_stride());
        let (db, reset) = db.split_at(self.columns());
        [dw, du, db, &reset[..reset.len() + self.grads_len() - grads.len()]]
    }

    /// Copies dW, read, to Keras's layout, overwritten.
    pub fn unpack_kernel(self, rows: &[f32], keras: &mut [f32]) {
        let width = C::GATES * self.units;
        for (from, to) in rows.chunks_exact(self.stride()).zip(keras.chunks_exact_mut(width)) {
            for (column, gate) in C::INPUT_GATES.iter().enumerate() {
                for unit in 0..self.units {
                    to[gate * self.units + unit] = from[self.place(unit, column)];
                }
            }
        }
    }

    /// Copies dU, read, to Keras's layout, overwritten.
    pub fn unpack_recurrent(self, rows: &[f32], keras: &mut [f32]) {
        let width = C::GATES * self.units;
        let [both, _] = self.sections();
        for (from, to) in rows.chunks_exact(self.recurrent_stride()).zip(keras.chunks_exact_mut(width)) {
            for (column, gate) in C::OUTPUT_GATES.iter().enumerate() {
                for unit in 0..self.units {
                    to[gate * self.units + unit] = from[self.place(unit, column + C::INPUT_ONLY) - both];
                }
            }
        }
    }

    /// Copies the gradient of the weights behind a reset gate, read, to Keras's layout, overwritten.
    pub fn unpack_reset(self, rows: &[f32], keras: &mut [f32]) {
        let Some(gate) = C::RESET else { return };
        let width = C::GATES * self.units;
        for (from, to) in rows.chunks_exact(round_up(self.units)).zip(keras.chunks_exact_mut(width)) {
            to[gate * self.units..][..self.units].copy_from_slice(&from[..self.units]);
        }
    }

    /// Copies the gradient of the bias of all columns, read, to Keras's layout, overwritten. A layer with one
    /// bias takes the columns that the input reaches.
    pub fn unpack_bias(self, columns: &[f32], keras: &mut [f32]) {
        let row = C::GATES * self.units;
        let mut put = |bias: usize, gate: usize, column: usize| {
            for unit in 0..self.units {
                keras[bias * row + gate * self.units + unit] = columns[self.place(unit, column)];
            }
        };
        for (column, &gate) in C::INPUT_GATES.iter().enumerate() {
            put(0, gate, column);
        }
        if C::BIASES == 2 {
            for (column, &gate) in C::OUTPUT_GATES.iter().enumerate() {
                put(1, gate, C::INPUT_ONLY + column);
            }
        }
    }

    /// Keras's bias of a column, both of them where there are two; zero where the layer has none.
    fn bias(self, bias: &[f32], unit: usize, column: usize) -> f32 {
        let row = C::GATES * self.units;
        if bias.is_empty() {
            return 0.0;
        }
        let input = C::INPUT_GATES.get(column).map_or(0.0, |gate| bias[gate * self.units + unit]);
        match column.checked_sub(C::INPUT_ONLY) {
            Some(output) if C::BIASES == 2 => input + bias[row + C::OUTPUT_GATES[output] * self.units + unit],
            _ => input,
        }
    }

    /// Floats of scratch that [`backward`] needs.
    pub fn scratch_len(self) -> usize {
        // dz in lanes, dz in rows; the gradient of a product with a reset gate.
        2 * self.columns() * LANES + if C::RESET.is_some() { self.units * LANES } else { 0 }
    }
}

/// Values on the tape for each unit and step: what is kept, then the state beside `h`.
const fn tape<C: Cell>() -> usize {
    C::KEPT + C::STATES - 1
}

/// Packs Keras weights for the kernels.
///
/// * `kernel`: `[D, gates·H]`, `recurrent`: `[H, gates·H]`, `bias`: `[biases, gates·H]` or empty, read.
/// * `packed`: for forward, scaled, `[H][columns]` bias, `[H][D][columns]` and `[H][H][columns]` weights;
///   for backward `[D][columns of the input]` and `[H][columns of the output]`; overwritten.
pub(crate) fn pack<C: Cell>(
    shape: Shape<C>,
    kernel: &[f32],
    recurrent: &[f32],
    bias: &[f32],
    packed: &mut [f32],
) {
    let Shape { cell, inputs, units } = shape;
    let width = C::GATES * units;
    let mut rest = packed;
    let [packed_bias, w, u, w_rows, u_rows, reset, reset_rows] = shape.packed_parts().map(|len| {
        let (part, tail) = std::mem::take(&mut rest).split_at_mut(len);
        rest = tail;
        part
    });
    let [both, _] = shape.sections();
    for unit in 0..units {
        for column in 0..C::ALL {
            packed_bias[unit * C::ALL + column] = shape.bias(bias, unit, column) * cell.scale(column);
        }
        for (column, gate) in C::INPUT_GATES.iter().enumerate() {
            let (scale, place) = (cell.scale(column), shape.place(unit, column));
            for row in 0..inputs {
                let value = kernel[row * width + gate * units + unit];
                w[(unit * inputs + row) * C::INPUT + column] = value * scale;
                w_rows[row * C::INPUT * units + place] = value;
            }
        }
        if let Some(gate) = C::RESET {
            for row in 0..units {
                let value = recurrent[row * width + gate * units + unit];
                reset[unit * units + row] = value * cell.scale(0);
                reset_rows[row * units + unit] = value;
            }
        }
        for (column, gate) in C::OUTPUT_GATES.iter().enumerate() {
            let column_of_all = C::INPUT_ONLY + column;
            let (scale, place) = (cell.scale(column_of_all), shape.place(unit, column_of_all) - both);
            for row in 0..units {
                let value = recurrent[row * width + gate * units + unit];
                u[(unit * units + row) * C::OUTPUT + column] = value * scale;
                u_rows[row * C::OUTPUT * units + place] = value;
            }
        }
    }
}
