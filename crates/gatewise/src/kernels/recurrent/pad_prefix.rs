//! The pad prefix: the steps of left padding that all rows of a batch begin with, computed once instead of once
//! a row.
//!
//! Left padding is the same id at every step, from the same zero state: after k steps of it all rows are in the
//! same state. The trajectory of this state is computed once, as one sequence with its **units** in lanes. Each
//! block starts from the step at which its longest row begins. Backward, each block leaves the gradient of its
//! initial state, and one backward pass over the prefix takes up all of them.
//!
//! Every number is computed by the same operations in the same order as in a block, so that the result of a row
//! does not depend on the length of the prefix that it shares.

use super::Shape;
use super::backward::run;
use super::cell::{COLUMNS, Cell, CellStep, KEPT, STATES};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::Product;
use crate::kernels::round_up;

/// Sizes of a trajectory. Each kind of columns begins on a whole vector here.
impl<C: Cell> Shape<C> {
    /// H, rounded up to whole vectors.
    pub fn units_padded(self) -> usize {
        round_up(self.units)
    }

    /// Pre-activations, those of units that do not exist included.
    fn columns_padded(self) -> usize {
        C::ALL * self.units_padded()
    }

    /// The columns that the previous output reaches, padded, and the index of the first.
    fn output_padded(self) -> [usize; 2] {
        [C::OUTPUT * self.units_padded(), C::INPUT_ONLY * self.units_padded()]
    }

    /// The index of a unit's column in this layout.
    fn place_padded(self, unit: usize, column: usize) -> usize {
        let padded = self.units_padded();
        match column {
            _ if column < C::INPUT_ONLY => unit * C::INPUT_ONLY + column,
            _ if column < C::INPUT => C::INPUT_ONLY * padded + unit * C::BOTH + column - C::INPUT_ONLY,
            _ => C::INPUT * padded + unit * C::OUTPUT_ONLY + column - C::INPUT,
        }
    }

    /// Floats that [`pack`] writes: the bias of columns that the input does not reach, `[H][columns]` for
    /// forward, `[columns][H']` for backward.
    pub fn single_packed_len(self) -> usize {
        let [output, _] = self.output_padded();
        C::OUTPUT_ONLY * self.units_padded() + self.units * output + output * self.units_padded()
    }

    /// Floats of one step of a trajectory: the state after the step, `h` first, then what is kept for
    /// backward, each `[H']`.
    pub fn trajectory_step(self) -> usize {
        (C::STATES + C::KEPT) * self.units_padded()
    }

    /// Floats of a state in a trajectory.
    pub fn state_padded(self) -> usize {
        C::STATES * self.units_padded()
    }

    /// Floats of scratch for [`forward`] and for each step of [`backward`].
    pub fn single_scratch_len(self) -> usize {
        self.columns_padded() + LANES
    }
}

/// Packs Keras's `recurrent` `[H, gates·H]` and `bias` `[biases, gates·H]` (or empty), read, into `packed`,
/// overwritten.
pub(crate) fn pack<C: Cell>(shape: Shape<C>, recurrent: &[f32], bias: &[f32], packed: &mut [f32]) {
    let (units, padded) = (shape.units, shape.units_padded());
    let [output, first] = shape.output_padded();
    let (biases, rest) = packed.split_at_mut(C::OUTPUT_ONLY * padded);
    let (rows, transposed) = rest.split_at_mut(units * output);
    for unit in 0..units {
        for column in C::INPUT..C::ALL {
            let at = shape.place_padded(unit, column) - C::INPUT * padded;
            biases[at] = shape.bias(bias, unit, column) * shape.cell.scale(column);
        }
        for (column, gate) in C::OUTPUT_GATES.iter().enumerate() {
            let column = column + C::INPUT_ONLY;
            let (scale, to) = (shape.cell.scale(column), shape.place_padded(unit, column) - first);
            for row in 0..units {
                let w = recurrent[(row * C::GATES + gate) * units + unit];
                rows[row * output + to] = w * scale;
                transposed[to * padded + row] = w;
            }
        }
    }
}

/// What [`forward`] reads and writes.
pub(crate) struct Forward<'a, C> {
    pub shape: Shape<C>,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// Rows of the projected table, and where in it each step's row starts; read.
    pub table: &'a [f32],
    pub offsets: Offsets<'a>,
    /// `[steps + 1][state and kept][H']`: slot 0, the state to start from, read; the others overwritten. With
    /// `keep` false only two slots are used, by turns.
    pub trajectory: &'a mut [f32],
    pub keep: bool,
    /// [`Shape::single_scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

/// The table rows of a sequence's steps.
#[derive(Clone, Copy)]
pub(crate) enum Offsets<'a> {
    /// The same row at every step; then the number of steps.
    Same(u32, usize),
    /// One row a step.
    Each(&'a [u32]),
}

#[inline(always)]
unsafe fn forward_units<V: Lanes, C: Cell>(io: Forward<'_, C>) {
    let Forward { shape, packed, table, offsets, trajectory, keep, scratch } = io;
    let (units, padded, columns) = (shape.units, shape.units_padded(), shape.columns_padded());
    let ([both, inputs], [output, first]) = (shape.sections(), shape.output_padded());
    let (steps, furthest) = match offsets {
        Offsets::Same(at, steps) => (steps, at),
        Offsets::Each(each) => (each.len(), each.iter().copied().max().unwrap_or(0)),
    };
    let step = shape.trajectory_step();
    assert!(packed.len() >= shape.single_packed_len() && scratch.len() >= shape.single_scratch_len());
    assert!(trajectory.len() >= step * if keep { steps + 1 } else { 2 });
    assert!(steps == 0 || furthest as usize + inputs <= table.len());
    // Lanes of units that do not exist stay zero.
    scratch[..columns].fill(0.0);
    // As far as there are weights that are not zero.
    let reached = if C::OUTPUT_ONLY > 0 { output } else { C::BOTH * units };
    let (bias, rest) = packed.split_at(C::OUTPUT_ONLY * padded);
    // SAFETY: the sizes just asserted; slots are `t` and `t + 1`, or their parity.
    unsafe {
        let z = scratch.as_mut_ptr();
        let places: [[u32; LANES]; 5] = std::array::from_fn(|n| std::array::from_fn(|l| (n * l) as u32));
        for t in 0..steps {
            let (from, to) = if keep { (t, t + 1) } else { (t % 2, (t + 1) % 2) };
            let before = trajectory.as_ptr().add(from * step);
            let after = trajectory.as_mut_ptr().add(to * step);
            let at = match offsets {
                Offsets::Same(at, _) => at,
                Offsets::Each(each) => *each.get_unchecked(t),
            };
            let row = table.as_ptr().add(at as usize);
            std::ptr::copy_nonoverlapping(row, z, both);
            std::ptr::copy_nonoverlapping(row.add(both), z.add(first), inputs - both);
            std::ptr::copy_nonoverlapping(bias.as_ptr(), z.add(C::INPUT * padded), bias.len());
            let product = Product {
                rows: 1,
                columns: reached,
                depth: units,
                a: before,
                a_row: 0,
                a_col: 1,
                b: rest.as_ptr(),
                b_row: output,
                c: z.add(first),
                c_row: 0,
                accumulate: true,
            };
            run::<V, C>(&product, None);
            for n in (0..padded).step_by(LANES) {
                let mut z_n = [V::zero(); COLUMNS];
                let mut column = 0;
                for (width, start) in
                    [(C::INPUT_ONLY, 0), (C::BOTH, first), (C::OUTPUT_ONLY, C::INPUT * padded)]
                {
                    if width == 1 {
                        z_n[column] = V::load(z.add(start + n));
                    } else if width > 1 {
                        // Four floats each: the last lane's may reach past the kind, and are not used.
                        let four = V::gather4(z.add(start + width * n), places[width].as_ptr());
                        z_n[column..column + width].copy_from_slice(&four[..width]);
                    }
                    column += width;
                }
                let mut state = [V::zero(); STATES];
                for s in 0..C::STATES {
                    state[s] = V::load(before.add(s * padded + n));
                }
                let [done] = shape.cell.forward([z_n], [state]);
                for s in 0..C::STATES {
                    done.state[s].store(after.add(s * padded + n));
                }
                if keep {
                    for k in 0..C::KEPT {
                        done.kept[k].store(after.add((C::STATES + k) * padded + n));
                    }
                }
            }
        }
    }
}

for_each_isa!(
    /// Computes the trajectory of one sequence.
    pub(crate) fn forward<C: Cell> = forward_units(io: Forward<'_, C>)
);

/// What [`backward`] reads and writes.
pub(crate) struct Backward<'a, C> {
    pub shape: Shape<C>,
    pub packed: &'a [f32],
    /// `[steps + 1][state and kept][H']` from [`forward`], read.
    pub trajectory: &'a [f32],
    pub steps: usize,
    /// `[steps + 1][states][H']`: the gradient of the state after each number of steps, read.
    pub dstates: &'a [f32],
    /// [`Shape::columns`] floats: the gradient of the repeated table row, and of the biases behind it,
    /// accumulated.
    pub drow: &'a mut [f32],
    /// `[H][recurrent stride]`: the gradient of the recurrent weights, accumulated.
    pub dw: &'a mut [f32],
    /// `[steps][stride]`: the gradient of each step's row, overwritten; `None` where one row was repeated.
    pub rows: Option<&'a mut [f32]>,
    /// `steps` times [`Shape::single_scratch_len`], and a state more, dead on return.
    pub scratch: &'a mut [f32],
}

#[inline(always)]
unsafe fn backward_units<V: Lanes, C: Cell>(io: Backward<'_, C>) {
    let Backward { shape, packed, trajectory, steps, dstates, drow, dw, rows, scratch } = io;
    let (units, padded, columns) = (shape.units, shape.units_padded(), shape.columns_padded());
    let (step, state) = (shape.trajectory_step(), shape.state_padded());
    let (stride, [output, first]) = (shape.recurrent_stride(), shape.output_padded());
    assert!(packed.len() >= shape.single_packed_len() && trajectory.len() >= (steps + 1) * step);
    assert!(dstates.len() >= (steps + 1) * state);
    assert!(drow.len() >= shape.columns() && dw.len() >= units * stride);
    assert!(scratch.len() >= steps * columns + state);
    let (dstate, dz) = scratch.split_at_mut(state);
    dstate.fill(0.0);
    // Kinds of columns: how many a unit has, where they begin here, and in rows.
    let kinds = {
        let [both, output] = shape.sections();
        [(C::INPUT_ONLY, 0, 0), (C::BOTH, first, both), (C::OUTPUT_ONLY, C::INPUT * padded, output)]
    };
    // SAFETY: the sizes just asserted.
    unsafe {
        let dstate = dstate.as_mut_ptr();
        let transposed = packed.as_ptr().add(C::OUTPUT_ONLY * padded + units * output);
        for t in (0..steps).rev() {
            let (before, after) =
                (trajectory.as_ptr().add(t * step), trajectory.as_ptr().add((t + 1) * step));
            let injected = dstates.as_ptr().add((t + 1) * state);
            let dz_t = dz.as_mut_ptr().add(t * columns);
            for n in (0..padded).step_by(LANES) {
                let zero = V::zero();
                let mut of = CellStep {
                    before: [zero; STATES],
                    h: V::load(after.add(n)),
                    kept: [zero; KEPT],
                    d: [zero; STATES],
                };
                for k in 0..C::KEPT {
                    of.kept[k] = V::load(after.add((C::STATES + k) * padded + n));
                }
                for s in 0..C::STATES {
                    of.before[s] = V::load(before.add(s * padded + n));
                    let at = s * padded + n;
                    of.d[s] = V::load(dstate.add(at)).add(V::load(injected.add(at)));
                }
                let back = shape.cell.backward(of);
                for s in 0..C::STATES {
                    back.before[s].store(dstate.add(s * padded + n));
                }
                let mut column = 0;
                for (width, start, _) in kinds {
                    // Kind by kind, unit by unit.
                    if width == COLUMNS {
                        V::scatter4(back.z, dz_t.add(start + n * width), width);
                    } else {
                        for k in 0..width {
                            let mut lanes = [0.0; LANES];
                            back.z[column + k].store(lanes.as_mut_ptr());
                            for (lane, value) in lanes.into_iter().enumerate() {
                                *dz_t.add(start + (n + lane) * width + k) = value;
                            }
                        }
                    }
                    column += width;
                }
            }
            for n in (0..padded).step_by(LANES) {
                // Four sums, so that the additions of one do not wait for another's.
                let mut acc = [V::zero(); 4];
                for (width, start, _) in &kinds[1..] {
                    let (dz, w) = (dz_t.add(*start), transposed.add((start - first) * padded + n));
                    let (count, mut k) = (width * units, 0);
                    while k < count {
                        for j in 0..4 {
                            if k + j < count {
                                let w = V::load(w.add((k + j) * padded));
                                acc[j] = V::splat(*dz.add(k + j)).mul_add(w, acc[j]);
                            }
                        }
                        k += 4;
                    }
                }
                let sum = acc[0].add(acc[1]).add(acc[2].add(acc[3]));
                let dh = dstate.add(n);
                if C::CARRIES { V::load(dh).add(sum) } else { sum }.store(dh);
            }
        }
        for (width, start, place) in kinds {
            if start >= first && width > 0 {
                let outer = Product {
                    rows: units,
                    columns: width * units,
                    depth: steps,
                    a: trajectory.as_ptr(),
                    a_row: 1,
                    a_col: step,
                    b: dz.as_ptr().add(start),
                    b_row: columns,
                    c: dw.as_mut_ptr().add(place - shape.sections()[0]),
                    c_row: stride,
                    accumulate: true,
                };
                outer.run::<V>();
            }
            // Columns of units that do not exist are zero: what stands behind the kind is left as it is.
            for n in (0..width * units).step_by(LANES) {
                let sum = drow.as_mut_ptr().add(place + n);
                let mut acc = V::load(sum);
                for t in 0..steps {
                    acc = acc.add(V::load(dz.as_ptr().add(t * columns + start + n)));
                }
                acc.store(sum);
            }
        }
    }
    let Some(rows) = rows else { return };
    let row = shape.stride();
    for (dz, to) in dz.chunks_exact(columns).zip(rows.chunks_exact_mut(row)).take(steps) {
        to.fill(0.0);
        for (width, start, place) in &kinds[..2] {
            to[*place..][..width * units].copy_from_slice(&dz[*start..][..width * units]);
        }
    }
}

for_each_isa!(
    /// Computes the gradients of all steps of a trajectory.
    pub(crate) fn backward<C: Cell> = backward_units(io: Backward<'_, C>)
);
