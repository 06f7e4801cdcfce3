//! The backward pass over one block.

use super::{C, F, G, I, O, Shape, TAPE, TC};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::{Product, Scatter};

/// The gradient that arrives from above.
#[derive(Clone, Copy)]
pub(crate) enum Dy<'a> {
    /// `[H][16]`, of the last step's output.
    Last(&'a [f32]),
    /// `[T][H][16]`, of every step's output.
    Sequence(&'a [f32]),
}

/// Where the gradient of the pre-activations goes, beside the recurrent weights.
pub(crate) enum Into<'a> {
    /// To the layer's own input weights and, where wanted, to its input.
    Input {
        /// As in [`From::Input`](super::From::Input), read.
        x: &'a [f32],
        /// `[T][D][16]`, overwritten.
        dx: Option<&'a mut [f32]>,
    },
    /// To the rows of the projected table.
    Table {
        /// Rows of `stride`, accumulated.
        rows: &'a mut [f32],
        /// As in [`From::Table`](super::From::Table), read.
        offsets: &'a [u32],
    },
}

/// What [`backward`] reads and writes.
pub(crate) struct Backward<'a> {
    pub shape: Shape,
    pub steps: usize,
    /// From [`pack`](super::pack), read.
    pub packed: &'a [f32],
    pub into: Into<'a>,
    /// As in [`Forward`](super::Forward), read.
    pub mask: Option<&'a [u16]>,
    pub start: &'a [f32],
    /// `[T][H][16]` from [`forward`](super::forward()), read.
    pub y: &'a [f32],
    /// T slots from [`forward`](super::forward()), read.
    pub tape: &'a [f32],
    pub dy: Dy<'a>,
    /// `[D + H + 1][stride]` in kernel column order, accumulated. The last row, the bias's, only where
    /// the layer has inputs of its own: a table's rows hold the bias.
    pub grads: &'a mut [f32],
    /// `[2][H][16]`: the gradient with respect to `start`, overwritten.
    pub dstart: &'a mut [f32],
    /// [`Shape::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

#[inline(always)]
unsafe fn backward_lanes<V: Lanes>(io: Backward<'_>) {
    let Backward { shape, steps, packed, mut into, mask, start, y, tape, dy, grads, dstart, scratch } = io;
    let Shape { inputs, units } = shape;
    let (rows, stride, tape_step) = (shape.rows(), shape.stride(), shape.tape_step());
    assert!(packed.len() >= shape.packed_len() && start.len() >= shape.state_len());
    assert!(y.len() >= steps * units * LANES && tape.len() >= steps * tape_step);
    assert!(mask.is_none_or(|mask| mask.len() >= steps));
    assert!(match dy {
        Dy::Last(dy) => dy.len() >= units * LANES,
        Dy::Sequence(dy) => dy.len() >= steps * units * LANES,
    });
    match &into {
        Into::Input { x, dx } => {
            assert!(x.len() >= steps * inputs * LANES);
            assert!(dx.as_ref().is_none_or(|dx| dx.len() >= steps * inputs * LANES));
        }
        Into::Table { rows, offsets } => {
            assert!(inputs == 0 && offsets.len() >= steps * LANES);
            let furthest = offsets[..steps * LANES].iter().max().map_or(0, |&at| at as usize);
            assert!(steps == 0 || furthest + stride <= rows.len());
        }
    }
    assert!(grads.len() >= shape.grads_len() && dstart.len() >= shape.state_len());
    assert!(scratch.len() >= shape.scratch_len());
    let (dz, dz_rows) = scratch[..2 * stride * LANES].split_at_mut(stride * LANES);
    // The padding columns are never written but are read: they must be zero.
    dz[4 * units * LANES..].fill(0.0);
    let (dh, dc) = dstart[..shape.state_len()].split_at_mut(units * LANES);
    dc.fill(0.0);
    match dy {
        Dy::Last(dy) => dh.copy_from_slice(&dy[..units * LANES]),
        Dy::Sequence(_) => dh.fill(0.0),
    }
    // SAFETY: every offset is within the sizes asserted and split above.
    unsafe {
        let one = V::splat(1.0);
        let weights = packed.as_ptr().add(4 * units + rows * units * 4);
        let (dz, dz_rows) = (dz.as_mut_ptr(), dz_rows.as_mut_ptr());
        let (dh, dc) = (dh.as_mut_ptr(), dc.as_mut_ptr());
        for t in (0..steps).rev() {
            let tape_t = tape.as_ptr().add(t * tape_step);
            if let Dy::Sequence(dy) = dy {
                for k in 0..units {
                    let p = dh.add(k * LANES);
                    V::load(p).add(V::load(dy.as_ptr().add((t * units + k) * LANES))).store(p);
                }
            }
            let (h_before, c_before, c_stride) = match t {
                0 => (start.as_ptr(), start.as_ptr().add(units * LANES), LANES),
                t => (y.as_ptr().add((t - 1) * units * LANES), tape_t.sub(tape_step).add(C), TAPE * LANES),
            };
            for unit in 0..units {
                let q = tape_t.add(unit * TAPE * LANES);
                let (i, f, g) = (V::load(q.add(I)), V::load(q.add(F)), V::load(q.add(G)));
                let (o, tc) = (V::load(q.add(O)), V::load(q.add(TC)));
                let c_before = V::load(c_before.add(unit * c_stride));
                let (dh_unit, dc_after) = (V::load(dh.add(unit * LANES)), V::load(dc.add(unit * LANES)));
                let dc_unit = dh_unit.mul(o).mul_add(tc.neg_mul_add(tc, one), dc_after);
                let mut d = [
                    dc_unit.mul(g).mul(i.neg_mul_add(i, i)),
                    dc_unit.mul(c_before).mul(f.neg_mul_add(f, f)),
                    dc_unit.mul(i).mul(g.neg_mul_add(g, one)),
                    dh_unit.mul(tc).mul(o.neg_mul_add(o, o)),
                ];
                let mut dc_before = dc_unit.mul(f);
                if let Some(mask) = mask {
                    let real = *mask.get_unchecked(t);
                    for gate in 0..4 {
                        d[gate] = d[gate].select(real, V::zero());
                    }
                    dc_before = dc_before.select(real, dc_after);
                    // What a masked lane passes through; the product below adds nothing to it.
                    V::zero().select(real, dh_unit).store(dh.add(unit * LANES));
                }
                dc_before.store(dc.add(unit * LANES));
                for gate in 0..4 {
                    d[gate].store(dz.add((unit * 4 + gate) * LANES));
                }
            }
            // The same numbers in rows, one a sample.
            for n in (0..stride).step_by(LANES) {
                V::transpose(dz.add(n * LANES), dz_rows.add(n), stride);
            }
            // dh = U·dz, in lanes.
            let back = Product {
                rows: units,
                columns: LANES,
                depth: 4 * units,
                a: weights.add(inputs * 4 * units),
                a_row: 4 * units,
                a_col: 1,
                b: dz,
                b_row: LANES,
                c: dh,
                c_row: LANES,
                accumulate: mask.is_some(),
            };
            back.run::<V>();
            // dU += h·dz over the sixteen samples, in rows.
            let outer = Product {
                rows: units,
                columns: 4 * units,
                depth: LANES,
                a: h_before,
                a_row: LANES,
                a_col: 1,
                b: dz_rows,
                b_row: stride,
                c: grads.as_mut_ptr().add(inputs * stride),
                c_row: stride,
                accumulate: true,
            };
            match &mut into {
                Into::Table { rows, offsets } => {
                    let at = |t: usize| offsets.as_ptr().add(t * LANES);
                    let (offsets, next) = (at(t), at(t.saturating_sub(1)));
                    outer.run_and_scatter::<V>(Scatter { rows: rows.as_mut_ptr(), offsets, next });
                }
                Into::Input { x, dx } => {
                    outer.run::<V>();
                    if let Some(dx) = dx {
                        let c = dx.as_mut_ptr().add(t * inputs * LANES);
                        Product { rows: inputs, a: weights, c, accumulate: false, ..back }.run::<V>();
                    }
                    let a = x.as_ptr().add(t * inputs * LANES);
                    Product { rows: inputs, a, c: grads.as_mut_ptr(), ..outer }.run::<V>();
                    let db = grads.as_mut_ptr().add(rows * stride);
                    for n in (0..stride).step_by(LANES) {
                        let mut acc = V::load(db.add(n));
                        for lane in 0..LANES {
                            acc = acc.add(V::load(dz_rows.add(lane * stride + n)));
                        }
                        acc.store(db.add(n));
                    }
                }
            }
        }
    }
}

for_each_isa!(
    /// Gradients of one block, from the tape of [`forward`](super::forward()).
    pub(crate) fn backward = backward_lanes(io: Backward<'_>)
);
