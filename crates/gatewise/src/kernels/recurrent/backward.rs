//! The backward pass over one block.

use super::cell::{Cell, CellStep, KEPT, STATES};
use super::{Dropped, Shape, tape};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::{Product, Scatter};
use crate::kernels::round_up;

/// The gradient that arrives from above.
#[derive(Clone, Copy)]
pub(crate) enum Dy<'a> {
    /// `[H][16]`, of the last step's output.
    Last(&'a [f32]),
    /// `[T][H][16]`, of every step's output.
    Sequence(&'a [f32]),
}

/// The destination of the gradient of the pre-activations, besides the recurrent weights.
pub(crate) enum InputGradient<'a> {
    /// The input weights of the layer and, if `dx` is set, its input.
    Vectors {
        /// As in [`InputSource::Vectors`](super::InputSource::Vectors), read.
        x: &'a [f32],
        /// `[T][D][16]`, overwritten.
        dx: Option<&'a mut [f32]>,
    },
    /// The rows of the projected table.
    Table {
        /// Rows of `stride`, accumulated; the floats after the input columns are unused.
        rows: &'a mut [f32],
        /// As in [`InputSource::Table`](super::InputSource::Table), read.
        offsets: &'a [u32],
    },
}

/// What [`backward`] reads and writes.
pub(crate) struct Backward<'a, C> {
    pub shape: Shape<C>,
    pub steps: usize,
    /// As in [`Forward`](super::Forward).
    pub backwards: bool,
    /// From [`pack`](super::pack), read.
    pub packed: &'a [f32],
    pub into: InputGradient<'a>,
    /// As in [`Forward`](super::Forward), read.
    pub mask: Option<&'a [u16]>,
    pub start: &'a [f32],
    /// `[T][H][16]` from [`forward`](super::forward()), read.
    pub y: &'a [f32],
    /// T slots from [`forward`](super::forward()), read.
    pub tape: &'a [f32],
    pub dy: Dy<'a>,
    /// [`Shape::grads_len`] floats, accumulated. Of the bias, where the layer has no inputs of its own,
    /// only the columns that the input does not reach: a table's rows hold the others.
    pub grads: &'a mut [f32],
    /// `[states][H][16]`: the gradient with respect to `start`, overwritten.
    pub dstart: &'a mut [f32],
    /// [`Shape::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
    /// What [`forward`](super::forward()) dropped.
    pub dropped: Option<Dropped<'a>>,
}

#[inline(always)]
unsafe fn backward_lanes<V: Lanes, C: Cell>(io: Backward<'_, C>) {
    let Backward {
        shape,
        steps,
        backwards,
        packed,
        mut into,
        mask,
        start,
        y,
        tape: kept,
        dy,
        grads,
        dstart,
        scratch,
        mut dropped,
    } = io;
    let Shape { cell, inputs, units } = shape;
    let (stride, recurrent_stride, columns) = (shape.stride(), shape.recurrent_stride(), shape.columns());
    let (tape_step, [both, output]) = (shape.tape_step(), shape.sections());
    assert!(packed.len() >= shape.packed_len() && start.len() >= shape.state_len());
    assert!(y.len() >= steps * units * LANES && kept.len() >= steps * tape_step);
    assert!(mask.is_none_or(|mask| mask.len() >= steps));
    assert!(match dy {
        Dy::Last(dy) => dy.len() >= units * LANES,
        Dy::Sequence(dy) => dy.len() >= steps * units * LANES,
    });
    match &into {
        InputGradient::Vectors { x, dx } => {
            assert!(x.len() >= steps * inputs * LANES);
            assert!(dx.as_ref().is_none_or(|dx| dx.len() >= steps * inputs * LANES));
        }
        InputGradient::Table { rows, offsets } => {
            assert!(inputs == 0 && offsets.len() >= steps * LANES);
            let furthest = offsets[..steps * LANES].iter().max().map_or(0, |&at| at as usize);
            assert!(steps == 0 || furthest + stride <= rows.len());
        }
    }
    assert!(grads.len() >= shape.grads_len() && dstart.len() >= shape.state_len());
    assert!(scratch.len() >= shape.scratch_len());
    if let Some(dropped) = &mut dropped {
        dropped.assert_backward(shape);
        dropped.begin(shape);
    }
    let (dz, rest) = scratch[..shape.scratch_len()].split_at_mut(columns * LANES);
    let (dz_rows, dproduct) = rest.split_at_mut(columns * LANES);
    // The padding columns are never written but are read: they must be zero.
    dz[C::ALL * units * LANES..].fill(0.0);
    let (dh, drest) = dstart[..shape.state_len()].split_at_mut(units * LANES);
    drest.fill(0.0);
    match dy {
        Dy::Last(dy) => dh.copy_from_slice(&dy[..units * LANES]),
        Dy::Sequence(_) => dh.fill(0.0),
    }
    let [bias_len, w_len, u_len, w_rows_len, ..] = shape.packed_parts();
    // SAFETY: every offset is within the sizes asserted and split above.
    unsafe {
        let weights = packed.as_ptr().add(bias_len + w_len + u_len);
        let recurrent = weights.add(w_rows_len);
        let (dz, dz_rows) = (dz.as_mut_ptr(), dz_rows.as_mut_ptr());
        let dproduct = dproduct.as_mut_ptr();
        let (dh, drest) = (dh.as_mut_ptr(), drest.as_mut_ptr());
        let dw = grads.as_mut_ptr();
        let du = dw.add(inputs * stride);
        let db = du.add(units * recurrent_stride);
        for t in (0..steps).rev() {
            let time = if backwards { steps - 1 - t } else { t };
            let tape_t = kept.as_ptr().add(t * tape_step);
            if let Dy::Sequence(dy) = dy {
                for k in 0..units {
                    let p = dh.add(k * LANES);
                    V::load(p).add(V::load(dy.as_ptr().add((t * units + k) * LANES))).store(p);
                }
            }
            let h_after = y.as_ptr().add(t * units * LANES);
            let (h_before, rest_before, rest_stride) = match t {
                0 => (start.as_ptr(), start.as_ptr().add(units * LANES), LANES),
                _ => (
                    h_after.sub(units * LANES),
                    tape_t.sub(tape_step).add(C::KEPT * LANES),
                    tape::<C>() * LANES,
                ),
            };
            for unit in 0..units {
                let mut step = step_of::<V, C>(tape_t, h_before, unit);
                step.h = V::load(h_after.add(unit * LANES));
                step.d[0] = V::load(dh.add(unit * LANES));
                if C::STATES == 2 {
                    step.before[1] = V::load(rest_before.add(unit * rest_stride));
                    step.d[1] = V::load(drest.add(unit * LANES));
                }
                let mut back = cell.backward(step);
                if let Some(mask) = mask {
                    let real = *mask.get_unchecked(time);
                    for column in 0..C::ALL {
                        back.z[column] = back.z[column].select(real, V::zero());
                    }
                    // What a masked lane passes through; the product below adds nothing to it.
                    for s in 0..C::STATES {
                        back.before[s] = back.before[s].select(real, step.d[s]);
                    }
                }
                if C::CARRIES || mask.is_some() {
                    back.before[0].store(dh.add(unit * LANES));
                }
                if C::STATES == 2 {
                    back.before[1].store(drest.add(unit * LANES));
                }
                for column in 0..C::ALL {
                    back.z[column].store(dz.add(shape.place(unit, column) * LANES));
                }
            }
            if C::RESET.is_some() {
                // The gradient of r ⊙ h, and what it means for both.
                let weights = packed.as_ptr().add(shape.reset_weights()[1]);
                let through = Product {
                    rows: units,
                    columns: LANES,
                    depth: units,
                    a: weights,
                    a_row: units,
                    a_col: 1,
                    b: dz,
                    b_row: LANES,
                    c: dproduct,
                    c_row: LANES,
                    accumulate: false,
                };
                through.run::<V>();
                for unit in 0..units {
                    let step = step_of::<V, C>(tape_t, h_before, unit);
                    let [dr, more] = cell.reset_back(V::load(dproduct.add(unit * LANES)), &step);
                    dr.store(dz.add(shape.place(unit, 2) * LANES));
                    let p = dh.add(unit * LANES);
                    V::load(p).add(more).store(p);
                }
            }
            // The same numbers in rows, one a sample.
            for n in (0..columns).step_by(LANES) {
                V::transpose(dz.add(n * LANES), dz_rows.add(n), columns);
            }
            // dh = U·dz, in lanes.
            let back = Product {
                rows: units,
                columns: LANES,
                depth: C::OUTPUT * units,
                a: recurrent,
                a_row: C::OUTPUT * units,
                a_col: 1,
                b: dz.add(both * LANES),
                b_row: LANES,
                c: dh,
                c_row: LANES,
                accumulate: C::CARRIES || mask.is_some(),
            };
            match &mut dropped {
                None => run::<V, C>(&back, None),
                // And dU.
                Some(dropped) => {
                    dropped.back::<V, C>(shape, recurrent, h_before, back.b, dh, back.accumulate);
                }
            }
            // dU += h·dz over the sixteen samples, in rows.
            let outer = Product {
                rows: units,
                columns: C::OUTPUT * units,
                depth: LANES,
                a: h_before,
                a_row: LANES,
                a_col: 1,
                b: dz_rows.add(both),
                b_row: columns,
                c: du,
                c_row: recurrent_stride,
                accumulate: true,
            };
            if C::RESET.is_some() {
                let (a, a_row) = (tape_t.add(3 * LANES), tape::<C>() * LANES);
                let c_row = round_up(units);
                let (b, c) = (dz_rows, db.add(columns));
                Product { columns: units, a, a_row, b, c, c_row, ..outer }.run::<V>();
            }
            let biased = match &mut into {
                InputGradient::Table { rows, offsets } => {
                    let next = match (t, backwards) {
                        (0, _) => time,
                        (_, false) => time - 1,
                        (_, true) => time + 1,
                    };
                    let [offsets, next] = [time, next].map(|time| offsets.as_ptr().add(time * LANES));
                    let rows = rows.as_mut_ptr();
                    if C::INPUT == C::ALL && C::OUTPUT == C::ALL && dropped.is_none() {
                        run::<V, C>(&outer, Some(&Scatter { rows, offsets, next }));
                    } else {
                        if dropped.is_none() {
                            outer.run::<V>();
                        }
                        scatter::<V>(dz_rows, columns, stride, rows, offsets, next);
                    }
                    output..output + C::OUTPUT_ONLY * units
                }
                InputGradient::Vectors { x, dx } => {
                    if dropped.is_none() {
                        outer.run::<V>();
                    }
                    let (depth, b) = (C::INPUT * units, dz);
                    if let Some(dx) = dx {
                        let c = dx.as_mut_ptr().add(time * inputs * LANES);
                        let (rows, a, a_row) = (inputs, weights, depth);
                        Product { rows, depth, a, a_row, b, c, accumulate: false, ..back }.run::<V>();
                    }
                    let (a, b, c) = (x.as_ptr().add(time * inputs * LANES), dz_rows, dw);
                    Product { rows: inputs, columns: depth, a, b, c, c_row: stride, ..outer }.run::<V>();
                    0..columns
                }
            };
            for n in biased.step_by(LANES) {
                let mut acc = V::load(db.add(n));
                for lane in 0..LANES {
                    acc = acc.add(V::load(dz_rows.add(lane * columns + n)));
                }
                acc.store(db.add(n));
            }
        }
    }
    if let Some(dropped) = &mut dropped {
        dropped.finish(shape, &mut grads[inputs * stride..][..units * recurrent_stride]);
    }
}

/// Runs a product that every step of every model of the default LSTM runs: inlined there, since at ten units
/// a call is a tenth of it. (Inlined everywhere it would take minutes to compile.)
///
/// # Safety
/// As [`Product::tiles`].
#[inline(always)]
pub(super) unsafe fn run<V: Lanes, C: Cell>(product: &Product, scatter: Option<&Scatter>) {
    // SAFETY: the caller's promise.
    unsafe {
        match C::INLINE {
            true => product.tiles::<V>(scatter),
            false => product.run_and_scatter::<V>(scatter),
        }
    }
}

/// Adds sixteen rows to those of a table, and asks for the next step's.
///
/// # Safety
/// As [`Lanes`]; `from` has sixteen rows of `from_row`, and `stride` floats are at each of the offsets.
#[inline(always)]
unsafe fn scatter<V: Lanes>(
    from: *const f32,
    from_row: usize,
    stride: usize,
    rows: *mut f32,
    offsets: *const u32,
    next: *const u32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for lane in 0..LANES {
            let to = rows.add(*offsets.add(lane) as usize);
            for n in (0..stride).step_by(LANES) {
                let d = V::load(from.add(lane * from_row + n));
                V::load(to.add(n)).add(d).store(to.add(n));
                V::prefetch(rows.add(*next.add(lane) as usize + n));
            }
        }
    }
}

/// What backward reads of a step of one unit: the output before it, and what it kept.
///
/// # Safety
/// As [`Lanes`]; `kept` is a slot of tape, `h_before` `[H][16]`, and `unit` below H.
#[inline(always)]
unsafe fn step_of<V: Lanes, C: Cell>(kept: *const f32, h_before: *const f32, unit: usize) -> CellStep<V> {
    // SAFETY: the caller's promise.
    unsafe {
        let mut step = CellStep {
            before: [V::load(h_before.add(unit * LANES)); STATES],
            h: V::zero(),
            kept: [V::zero(); KEPT],
            d: [V::zero(); STATES],
        };
        let q = kept.add(unit * tape::<C>() * LANES);
        for k in 0..C::KEPT {
            step.kept[k] = V::load(q.add(k * LANES));
        }
        step
    }
}

for_each_isa!(
    /// Gradients of one block, from the tape of [`forward`](super::forward()).
    pub(crate) fn backward<C: Cell> = backward_lanes(io: Backward<'_, C>)
);
