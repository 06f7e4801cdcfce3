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

use super::activation::{sigmoid, tanh};
use super::lanes::{LANES, Lanes};
use super::{for_each_isa, round_up};

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

    /// Floats of [`Packed`] weights.
    pub fn packed_len(self) -> usize {
        self.units * 4 + 2 * self.rows() * self.units * 4
    }

    /// Floats of gradient that [`backward`] accumulates: dW in rows of `stride`, then db.
    pub fn grads_len(self) -> usize {
        (self.rows() + 1) * self.stride()
    }

    /// Floats of scratch that [`backward`] needs.
    pub fn scratch_len(self) -> usize {
        // dz in lanes, dz in rows, dh, dc.
        2 * self.stride() * LANES + 2 * self.units * LANES
    }
}

/// Packs Keras weights for the kernels.
///
/// * `kernel`: `[D, 4H]`, `recurrent`: `[H, 4H]`, `bias`: `[4H]` (columns i | f | c | o), read.
/// * `packed`: `[H][4]` bias, `[H][D + H][4]` for forward, `[D + H][H][4]` for backward, overwritten.
pub(crate) fn pack(shape: Shape, kernel: &[f32], recurrent: &[f32], bias: &[f32], packed: &mut [f32]) {
    let Shape { inputs, units } = shape;
    let rows = shape.rows();
    let (packed_bias, rest) = packed.split_at_mut(units * 4);
    let (by_unit, by_row) = rest.split_at_mut(rows * units * 4);
    for unit in 0..units {
        for gate in 0..4 {
            let column = gate * units + unit;
            packed_bias[unit * 4 + gate] = bias[column];
            for row in 0..rows {
                let w = if row < inputs {
                    kernel[row * 4 * units + column]
                } else {
                    recurrent[(row - inputs) * 4 * units + column]
                };
                by_unit[(unit * rows + row) * 4 + gate] = w;
                by_row[(row * units + unit) * 4 + gate] = w;
            }
        }
    }
}

/// Adds gradients in kernel order to gradients in Keras order.
///
/// * `grads`: as [`backward`] left them, read.
/// * `kernel` `[D, 4H]`, `recurrent` `[H, 4H]`, `bias` `[4H]`: accumulated.
pub(crate) fn unpack_grads(
    shape: Shape,
    grads: &[f32],
    kernel: &mut [f32],
    recurrent: &mut [f32],
    bias: &mut [f32],
) {
    let Shape { inputs, units } = shape;
    let add_row = |row: usize, to: &mut [f32]| {
        let from = &grads[row * shape.stride()..];
        for gate in 0..4 {
            for unit in 0..units {
                to[gate * units + unit] += from[unit * 4 + gate];
            }
        }
    };
    for (row, to) in kernel.chunks_exact_mut(4 * units).enumerate() {
        add_row(row, to);
    }
    for (row, to) in recurrent.chunks_exact_mut(4 * units).enumerate() {
        add_row(inputs + row, to);
    }
    add_row(shape.rows(), bias);
}

/// What [`forward`] reads and writes. Lane vectors are written `[…][16]`.
pub(crate) struct Forward<'a> {
    pub shape: Shape,
    /// T, steps to walk.
    pub steps: usize,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// `[T][D][16]`, read.
    pub x: &'a [f32],
    /// Bit `l` of `mask[t]` set where lane `l` has a real token at step `t`; read.
    pub mask: Option<&'a [u16]>,
    /// `[slots][H][16]`, overwritten: `h_t` goes to slot `t mod slots`; at least 2 slots (or T).
    pub y: &'a mut [f32],
    /// `[slots][H][6][16]`, overwritten in the same way; T slots where [`backward`] follows, else 1.
    pub tape: &'a mut [f32],
}

#[inline(always)]
unsafe fn forward_lanes<V: Lanes>(io: Forward<'_>) {
    let Forward { shape, steps, packed, x, mask, y, tape } = io;
    let Shape { inputs, units } = shape;
    let (rows, y_step, tape_step) = (shape.rows(), units * LANES, shape.tape_step());
    let (y_slots, tape_slots) = (y.len() / y_step, tape.len() / tape_step);
    assert!(packed.len() >= shape.packed_len() && x.len() >= steps * inputs * LANES);
    assert!(y_slots >= steps.min(2) && tape_slots >= steps.min(1));
    assert!(mask.is_none_or(|mask| mask.len() >= steps));
    let bias = packed.as_ptr();
    // SAFETY: every pointer below stays inside the slice it comes from, by the sizes just asserted:
    // weights `[units][rows][4]` after the bias, `x` and `mask` by `t < steps`, `y` and `tape` by slot.
    unsafe {
        let weights = bias.add(4 * units);
        for t in 0..steps {
            let x_t = x.as_ptr().add(t * inputs * LANES);
            let h = y.as_mut_ptr().add(t % y_slots * y_step);
            let tape_t = tape.as_mut_ptr().add(t % tape_slots * tape_step);
            let before = (t > 0).then(|| {
                let slot = t - 1;
                (y.as_ptr().add(slot % y_slots * y_step), tape.as_ptr().add(slot % tape_slots * tape_step))
            });
            for unit in 0..units {
                let mut z = [V::zero(); 4];
                for gate in 0..4 {
                    z[gate] = V::splat(*bias.add(unit * 4 + gate));
                }
                let w = weights.add(unit * rows * 4);
                for k in 0..inputs {
                    let v = V::load(x_t.add(k * LANES));
                    for gate in 0..4 {
                        z[gate] = v.mul_add(V::splat(*w.add(k * 4 + gate)), z[gate]);
                    }
                }
                let (mut c_before, mut h_before) = (V::zero(), V::zero());
                if let Some((h_prev, tape_prev)) = before {
                    let w = w.add(inputs * 4);
                    for k in 0..units {
                        let v = V::load(h_prev.add(k * LANES));
                        for gate in 0..4 {
                            z[gate] = v.mul_add(V::splat(*w.add(k * 4 + gate)), z[gate]);
                        }
                    }
                    c_before = V::load(tape_prev.add(unit * TAPE * LANES + C));
                    h_before = V::load(h_prev.add(unit * LANES));
                }
                let [i, f, o] = sigmoid([z[0], z[1], z[3]]);
                let [g] = tanh([z[2]]);
                let mut c = f.mul_add(c_before, i.mul(g));
                let [tc] = tanh([c]);
                let mut out = o.mul(tc);
                if let Some(mask) = mask {
                    let m = *mask.get_unchecked(t);
                    c = c.select(m, c_before);
                    out = out.select(m, h_before);
                }
                let q = tape_t.add(unit * TAPE * LANES);
                i.store(q.add(I));
                f.store(q.add(F));
                g.store(q.add(G));
                o.store(q.add(O));
                c.store(q.add(C));
                tc.store(q.add(TC));
                out.store(h.add(unit * LANES));
            }
        }
    }
}

for_each_isa!(
    /// Runs the layer from zero state over one block.
    pub(crate) fn forward = forward_lanes(io: Forward<'_>)
);

/// The gradient that arrives from above.
#[derive(Clone, Copy)]
pub(crate) enum Dy<'a> {
    /// `[H][16]`, of the last step's output.
    Last(&'a [f32]),
    /// `[T][H][16]`, of every step's output.
    Sequence(&'a [f32]),
}

/// What [`backward`] reads and writes.
pub(crate) struct Backward<'a> {
    pub shape: Shape,
    pub steps: usize,
    pub packed: &'a [f32],
    /// As in [`Forward`], read.
    pub x: &'a [f32],
    pub mask: Option<&'a [u16]>,
    /// `[T][H][16]` from [`forward`], read.
    pub y: &'a [f32],
    /// T slots from [`forward`], read.
    pub tape: &'a [f32],
    pub dy: Dy<'a>,
    /// `[T][D][16]`, overwritten.
    pub dx: Option<&'a mut [f32]>,
    /// `[D + H + 1][stride]` in kernel column order, accumulated.
    pub grads: &'a mut [f32],
    /// [`Shape::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

#[inline(always)]
unsafe fn backward_lanes<V: Lanes>(io: Backward<'_>) {
    let Backward { shape, steps, packed, x, mask, y, tape, dy, mut dx, grads, scratch } = io;
    let Shape { inputs, units } = shape;
    let (rows, stride, tape_step) = (shape.rows(), shape.stride(), shape.tape_step());
    assert!(packed.len() >= shape.packed_len() && x.len() >= steps * inputs * LANES);
    assert!(y.len() >= steps * units * LANES && tape.len() >= steps * tape_step);
    assert!(mask.is_none_or(|mask| mask.len() >= steps));
    assert!(match dy {
        Dy::Last(dy) => dy.len() >= units * LANES,
        Dy::Sequence(dy) => dy.len() >= steps * units * LANES,
    });
    assert!(dx.as_ref().is_none_or(|dx| dx.len() >= steps * inputs * LANES));
    assert!(grads.len() >= shape.grads_len() && scratch.len() >= shape.scratch_len());
    scratch.fill(0.0);
    let (dz, rest) = scratch.split_at_mut(stride * LANES);
    let (dz_rows, rest) = rest.split_at_mut(stride * LANES);
    let (dh, dc) = rest.split_at_mut(units * LANES);
    if let Dy::Last(dy) = dy {
        dh.copy_from_slice(&dy[..units * LANES]);
    }
    // SAFETY: as in `forward_lanes`: every offset is within the sizes asserted and split above.
    unsafe {
        let one = V::splat(1.0);
        let weights = packed.as_ptr().add(4 * units + rows * units * 4);
        for t in (0..steps).rev() {
            let tape_t = tape.as_ptr().add(t * tape_step);
            if let Dy::Sequence(dy) = dy {
                for k in 0..units {
                    let p = dh.as_mut_ptr().add(k * LANES);
                    V::load(p).add(V::load(dy.as_ptr().add((t * units + k) * LANES))).store(p);
                }
            }
            let real = mask.map_or(u16::MAX, |mask| *mask.get_unchecked(t));
            for unit in 0..units {
                let q = tape_t.add(unit * TAPE * LANES);
                let [i, f, g, o, tc] = [I, F, G, O, TC].map(|at| V::load(q.add(at)));
                let c_before = if t > 0 { V::load(q.sub(tape_step).add(C)) } else { V::zero() };
                let (dh, dc) = (dh.as_mut_ptr().add(unit * LANES), dc.as_mut_ptr().add(unit * LANES));
                let dh_unit = V::load(dh);
                let dc_after = V::load(dc);
                let dc_unit = dh_unit.mul(o).mul_add(tc.neg_mul_add(tc, one), dc_after);
                let mut d = [
                    dc_unit.mul(g).mul(i.neg_mul_add(i, i)),
                    dc_unit.mul(c_before).mul(f.neg_mul_add(f, f)),
                    dc_unit.mul(i).mul(g.neg_mul_add(g, one)),
                    dh_unit.mul(tc).mul(o.neg_mul_add(o, o)),
                ];
                let mut dc_before = dc_unit.mul(f);
                if mask.is_some() {
                    d = d.map(|d| d.select(real, V::zero()));
                    dc_before = dc_before.select(real, dc_after);
                    // What a masked lane passes through; the product below adds nothing to it.
                    V::zero().select(real, dh_unit).store(dh);
                } else {
                    V::zero().store(dh);
                }
                dc_before.store(dc);
                for gate in 0..4 {
                    d[gate].store(dz.as_mut_ptr().add((unit * 4 + gate) * LANES));
                }
                V::scatter4(d, dz_rows.as_mut_ptr().add(unit * 4), stride);
            }
            if let Some(dx) = &mut dx {
                let dx_t = dx.as_mut_ptr().add(t * inputs * LANES);
                transposed_product::<V>(weights, inputs, 4 * units, dz.as_ptr(), dx_t, false);
            }
            if t > 0 {
                let w = weights.add(inputs * units * 4);
                transposed_product::<V>(w, units, 4 * units, dz.as_ptr(), dh.as_mut_ptr(), true);
                let h = y.as_ptr().add((t - 1) * units * LANES);
                let dw = grads.as_mut_ptr().add(inputs * stride);
                outer_product::<V>(h, units, dz_rows.as_ptr(), stride, dw);
            }
            let x_t = x.as_ptr().add(t * inputs * LANES);
            outer_product::<V>(x_t, inputs, dz_rows.as_ptr(), stride, grads.as_mut_ptr());
            let db = grads.as_mut_ptr().add(rows * stride);
            for n in (0..stride).step_by(LANES) {
                let mut acc = V::load(db.add(n));
                for l in 0..LANES {
                    acc = acc.add(V::load(dz_rows.as_ptr().add(l * stride + n)));
                }
                acc.store(db.add(n));
            }
        }
    }
}

for_each_isa!(
    /// Gradients of one block, from the tape of [`forward`].
    pub(crate) fn backward = backward_lanes(io: Backward<'_>)
);

/// `out[k] (+)= Σ_n w[k][n]·d[n]` in lanes: `w` is `[rows][cols]`, `d` `[cols][16]`, `out` `[rows][16]`.
///
/// # Safety
/// As [`Lanes`]; the pointers are valid for these sizes.
#[inline(always)]
unsafe fn transposed_product<V: Lanes>(
    w: *const f32,
    rows: usize,
    cols: usize,
    d: *const f32,
    out: *mut f32,
    accumulate: bool,
) {
    const TILE: usize = 4;
    // SAFETY: the caller's promise; rows past the end of the last tile repeat the last row.
    unsafe {
        for k0 in (0..rows).step_by(TILE) {
            let row = |u: usize| w.add((k0 + u).min(rows - 1) * cols);
            let rows4 = [row(0), row(1), row(2), row(3)];
            let mut acc = [V::zero(); TILE];
            for n in 0..cols {
                let v = V::load(d.add(n * LANES));
                for u in 0..TILE {
                    acc[u] = v.mul_add(V::splat(*rows4[u].add(n)), acc[u]);
                }
            }
            for u in 0..TILE.min(rows - k0) {
                let p = out.add((k0 + u) * LANES);
                if accumulate { acc[u].add(V::load(p)).store(p) } else { acc[u].store(p) }
            }
        }
    }
}

/// `dw[k][n] += Σ_l a[k][l]·d[l][n]`: `a` is `[rows][16]` in lanes, `d` `[16][stride]` in rows, `dw`
/// `[rows][stride]`. The sixteen samples are always added in order, 0 to 15.
///
/// # Safety
/// As [`Lanes`]; the pointers are valid for these sizes; `stride` is a multiple of 16.
#[inline(always)]
unsafe fn outer_product<V: Lanes>(a: *const f32, rows: usize, d: *const f32, stride: usize, dw: *mut f32) {
    const TILE: usize = 4;
    // SAFETY: the caller's promise; rows past the end of the last tile are computed but not stored.
    unsafe {
        for n in (0..stride).step_by(LANES) {
            for k0 in (0..rows).step_by(TILE) {
                let at = |u: usize| (k0 + u).min(rows - 1);
                let mut acc = [V::zero(); TILE];
                for u in 0..TILE {
                    acc[u] = V::load(dw.add(at(u) * stride + n));
                }
                for l in 0..LANES {
                    let v = V::load(d.add(l * stride + n));
                    for u in 0..TILE {
                        acc[u] = v.mul_add(V::splat(*a.add(at(u) * LANES + l)), acc[u]);
                    }
                }
                for u in 0..TILE.min(rows - k0) {
                    acc[u].store(dw.add((k0 + u) * stride + n));
                }
            }
        }
    }
}
