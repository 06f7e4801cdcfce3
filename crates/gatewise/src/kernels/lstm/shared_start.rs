//! The shared start: what the layer does to left padding, once instead of once a sample.
//!
//! Left padding is the same id at every step, from the same zero state: after k steps of it every sample
//! is in the same state. The trajectory of that state is walked once, one sequence with its **units** in
//! lanes; each block of samples starts from the step its longest row begins at. Backward, each block
//! leaves the gradient of its starting state, and one walk back takes all of them up.
//!
//! Every number is computed by the same operations in the same order as in a block, so that a sample's
//! result does not depend on how much of its padding was shared.

use super::{Shape, forward_scale};
use crate::kernels::activation::{sigmoid, tanh};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::Product;
use crate::kernels::round_up;

/// Sizes of a trajectory.
impl Shape {
    /// H in whole vectors.
    pub fn units_padded(self) -> usize {
        round_up(self.units)
    }

    /// 4H', four numbers for each lane of whole vectors of units.
    fn gates_padded(self) -> usize {
        4 * self.units_padded()
    }

    /// Floats that [`pack`] writes: `[H][4H']` for forward, `[4H][H']` for backward.
    pub fn single_packed_len(self) -> usize {
        self.units * self.gates_padded() + 4 * self.units * self.units_padded()
    }

    /// Floats of one step of a trajectory: h, c, tanh(c), i, f, g and o after the step, `[7][H']`.
    pub fn trajectory_step(self) -> usize {
        7 * self.units_padded()
    }

    /// Floats of scratch for [`walk`] and for each step of [`walk_back`].
    pub fn single_scratch_len(self) -> usize {
        self.gates_padded()
    }
}

/// Where the parts of a trajectory's step lie, in units of H'.
const H_AT: usize = 0;
const C_AT: usize = 1;
const TC_AT: usize = 2;
const GATES_AT: usize = 3;

/// Packs Keras's `recurrent` `[H, 4H]`, read, into `packed`, overwritten.
pub(crate) fn pack(shape: Shape, recurrent: &[f32], packed: &mut [f32]) {
    let units = shape.units;
    let (rows, transposed) = packed.split_at_mut(units * shape.gates_padded());
    for row in 0..units {
        for unit in 0..units {
            for gate in 0..4 {
                let w = recurrent[row * 4 * units + gate * units + unit];
                rows[row * shape.gates_padded() + unit * 4 + gate] = w * forward_scale(gate);
                transposed[(unit * 4 + gate) * shape.units_padded() + row] = w;
            }
        }
    }
}

/// What [`walk`] reads and writes.
pub(crate) struct Walk<'a> {
    pub shape: Shape,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// Rows of the projected table, and where in it each step's row starts; read.
    pub table: &'a [f32],
    pub offsets: Offsets<'a>,
    /// `[steps + 1][7][H']`: slot 0, the state to start from, read; the others overwritten. With
    /// `keep` false only two slots are used, by turns.
    pub trajectory: &'a mut [f32],
    pub keep: bool,
    /// [`Shape::single_scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

/// The table rows of a sequence's steps.
#[derive(Clone, Copy)]
pub(crate) enum Offsets<'a> {
    /// The same row at every one of so many steps.
    Same(u32, usize),
    /// One row a step.
    Each(&'a [u32]),
}

#[inline(always)]
unsafe fn walk_units<V: Lanes>(io: Walk<'_>) {
    let Walk { shape, packed, table, offsets, trajectory, keep, scratch } = io;
    let (units, padded, gates) = (shape.units, shape.units_padded(), shape.gates_padded());
    let (steps, furthest) = match offsets {
        Offsets::Same(at, steps) => (steps, at),
        Offsets::Each(each) => (each.len(), each.iter().copied().max().unwrap_or(0)),
    };
    let (step, stride) = (shape.trajectory_step(), shape.stride());
    assert!(packed.len() >= shape.single_packed_len() && scratch.len() >= gates);
    assert!(trajectory.len() >= step * if keep { steps + 1 } else { 2 });
    assert!(steps == 0 || furthest as usize + stride <= table.len());
    // Lanes of units that do not exist stay zero.
    scratch[stride..gates].fill(0.0);
    // SAFETY: the sizes just asserted; slots are `t` and `t + 1`, or their parity.
    unsafe {
        let z = scratch.as_mut_ptr();
        let quads: [u32; LANES] = std::array::from_fn(|lane| 4 * lane as u32);
        for t in 0..steps {
            let (from, to) = if keep { (t, t + 1) } else { (t % 2, (t + 1) % 2) };
            let before = trajectory.as_ptr().add(from * step);
            let after = trajectory.as_mut_ptr().add(to * step);
            let at = match offsets {
                Offsets::Same(at, _) => at,
                Offsets::Each(each) => *each.get_unchecked(t),
            };
            std::ptr::copy_nonoverlapping(table.as_ptr().add(at as usize), z, stride);
            let product = Product {
                rows: 1,
                columns: stride,
                depth: units,
                a: before.add(H_AT * padded),
                a_row: 0,
                a_col: 1,
                b: packed.as_ptr(),
                b_row: gates,
                c: z,
                c_row: 0,
                accumulate: true,
            };
            product.run::<V>();
            for n in (0..padded).step_by(LANES) {
                let [i, f, g, o] = V::gather4(z.add(4 * n), quads.as_ptr());
                let [i, f, o] = sigmoid([i, f, o]);
                let [g] = tanh([g]);
                let c = f.mul_add(V::load(before.add(C_AT * padded + n)), i.mul(g));
                let [tc] = tanh([c]);
                o.mul(tc).store(after.add(H_AT * padded + n));
                c.store(after.add(C_AT * padded + n));
                if keep {
                    tc.store(after.add(TC_AT * padded + n));
                    for (gate, v) in [i, f, g, o].into_iter().enumerate() {
                        v.store(after.add((GATES_AT + gate) * padded + n));
                    }
                }
            }
        }
    }
}

for_each_isa!(
    /// Walks one sequence.
    pub(crate) fn walk = walk_units(io: Walk<'_>)
);

/// What [`walk_back`] reads and writes.
pub(crate) struct WalkBack<'a> {
    pub shape: Shape,
    pub packed: &'a [f32],
    /// `[steps + 1][7][H']` from [`walk`], read.
    pub trajectory: &'a [f32],
    pub steps: usize,
    /// `[steps + 1][2][H']`: gradients of h and c after each number of steps, read.
    pub dstates: &'a [f32],
    /// `[stride]`: the gradient of the repeated table row, accumulated.
    pub drow: &'a mut [f32],
    /// `[H][stride]`: the gradient of the recurrent weights in kernel column order, accumulated.
    pub dw: &'a mut [f32],
    /// `steps` times [`Shape::single_scratch_len`], and 2H' more, dead on return.
    pub scratch: &'a mut [f32],
}

#[inline(always)]
unsafe fn walk_back_units<V: Lanes>(io: WalkBack<'_>) {
    let WalkBack { shape, packed, trajectory, steps, dstates, drow, dw, scratch } = io;
    let (units, padded, gates) = (shape.units, shape.units_padded(), shape.gates_padded());
    let (step, stride) = (shape.trajectory_step(), shape.stride());
    assert!(packed.len() >= shape.single_packed_len() && trajectory.len() >= (steps + 1) * step);
    assert!(dstates.len() >= (steps + 1) * 2 * padded);
    assert!(drow.len() >= stride && dw.len() >= units * stride);
    assert!(scratch.len() >= steps * gates + 2 * padded);
    let (state, dz) = scratch.split_at_mut(2 * padded);
    state.fill(0.0);
    // SAFETY: the sizes just asserted.
    unsafe {
        let one = V::splat(1.0);
        let (dh, dc) = (state.as_mut_ptr(), state.as_mut_ptr().add(padded));
        let transposed = packed.as_ptr().add(units * gates);
        for t in (0..steps).rev() {
            let (before, after) =
                (trajectory.as_ptr().add(t * step), trajectory.as_ptr().add((t + 1) * step));
            let injected = dstates.as_ptr().add((t + 1) * 2 * padded);
            let dz_t = dz.as_mut_ptr().add(t * gates);
            for n in (0..padded).step_by(LANES) {
                let gate = |at: usize| after.add((GATES_AT + at) * padded + n);
                let (i, f, g, o) = (V::load(gate(0)), V::load(gate(1)), V::load(gate(2)), V::load(gate(3)));
                let tc = V::load(after.add(TC_AT * padded + n));
                let c_before = V::load(before.add(C_AT * padded + n));
                let dh_unit = V::load(dh.add(n)).add(V::load(injected.add(n)));
                let dc_after = V::load(dc.add(n)).add(V::load(injected.add(padded + n)));
                let dc_unit = dh_unit.mul(o).mul_add(tc.neg_mul_add(tc, one), dc_after);
                let d = [
                    dc_unit.mul(g).mul(i.neg_mul_add(i, i)),
                    dc_unit.mul(c_before).mul(f.neg_mul_add(f, f)),
                    dc_unit.mul(i).mul(g.neg_mul_add(g, one)),
                    dh_unit.mul(tc).mul(o.neg_mul_add(o, o)),
                ];
                dc_unit.mul(f).store(dc.add(n));
                V::scatter4(d, dz_t.add(4 * n), 4);
            }
            for n in (0..padded).step_by(LANES) {
                // Four sums, one a gate, so that the additions of one do not wait for another's.
                let mut acc = [V::zero(); 4];
                for unit in 0..units {
                    for gate in 0..4 {
                        let row = unit * 4 + gate;
                        let w = V::load(transposed.add(row * padded + n));
                        acc[gate] = V::splat(*dz_t.add(row)).mul_add(w, acc[gate]);
                    }
                }
                acc[0].add(acc[1]).add(acc[2].add(acc[3])).store(dh.add(n));
            }
        }
        let outer = Product {
            rows: units,
            columns: stride,
            depth: steps,
            a: trajectory.as_ptr().add(H_AT * padded),
            a_row: 1,
            a_col: step,
            b: dz.as_ptr(),
            b_row: gates,
            c: dw.as_mut_ptr(),
            c_row: stride,
            accumulate: true,
        };
        outer.run::<V>();
        for n in (0..stride).step_by(LANES) {
            let mut acc = V::load(drow.as_ptr().add(n));
            for t in 0..steps {
                acc = acc.add(V::load(dz.as_ptr().add(t * gates + n)));
            }
            acc.store(drow.as_mut_ptr().add(n));
        }
    }
}

for_each_isa!(
    /// Gradients of the shared steps.
    pub(crate) fn walk_back = walk_back_units(io: WalkBack<'_>)
);
