//! Recurrent dropout: the previous output as each gate of a step reads it.
//!
//! For a row and a gate n, the same units are dropped at every step, by factors m_n that are 0 or 1/(1 − rate):
//!
//! ```text
//! z_n += U_n·(m_n ⊙ h_{t-1})        dh_{t-1} += m_n ⊙ (U_nᵀ·dz_n)        dU_n += dz_n·(m_n ⊙ h_{t-1})
//! ```
//!
//! Rows in one block drop different units, so that no weights can be packed for them: each gate has a product
//! of its own. What a cell carries past the recurrent weights (the GRU's `z ⊙ h`) is not dropped.

use super::Shape;
use super::cell::Cell;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::Product;
use crate::kernels::round_up;

/// The dropout factors of a block, and scratch memory.
pub(crate) struct Dropped<'a> {
    /// `[columns of the output][H][16]`: the factors on the output before each step, read.
    pub factors: &'a [f32],
    /// [`Shape::dropped_forward`] floats, or [`Shape::dropped_backward`]; dead on return.
    pub scratch: &'a mut [f32],
}

impl<C: Cell> Shape<C> {
    /// Floats of factors.
    pub fn factors_len(self) -> usize {
        C::OUTPUT * self.units * LANES
    }

    /// Floats of forward scratch: the input of one gate, and the products of all gates.
    pub fn dropped_forward(self) -> usize {
        (1 + C::OUTPUT) * self.units * LANES
    }

    /// Floats of backward scratch: the input of one gate, its gradient, dz of one gate in lanes and in rows,
    /// and dU of every gate.
    pub fn dropped_backward(self) -> usize {
        let padded = round_up(self.units);
        2 * (self.units + padded) * LANES + C::OUTPUT * self.units * padded
    }

    /// Where the units of a column of the previous output lie among all such columns, and how far apart.
    fn units_of(self, column: usize) -> (usize, usize) {
        let [both, _] = self.sections();
        let apart = if column < C::BOTH { C::BOTH } else { C::OUTPUT_ONLY };
        (self.place(0, C::INPUT_ONLY + column) - both, apart)
    }
}

/// `to = from ⊙ factors`, or with `add` that on top of it.
///
/// # Safety
/// As [`Lanes`]; each holds `count` vectors.
#[inline(always)]
unsafe fn scale<V: Lanes>(from: *const f32, factors: *const f32, to: *mut f32, count: usize, add: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        for n in (0..count * LANES).step_by(LANES) {
            let (from, factor) = (V::load(from.add(n)), V::load(factors.add(n)));
            let before = if add { V::load(to.add(n)) } else { V::zero() };
            from.mul_add(factor, before).store(to.add(n));
        }
    }
}

impl Dropped<'_> {
    pub(super) fn assert_forward<C: Cell>(&self, shape: Shape<C>) {
        assert!(C::RESET.is_none());
        assert!(self.factors.len() >= shape.factors_len() && self.scratch.len() >= shape.dropped_forward());
    }

    pub(super) fn assert_backward<C: Cell>(&self, shape: Shape<C>) {
        assert!(C::RESET.is_none());
        assert!(self.factors.len() >= shape.factors_len() && self.scratch.len() >= shape.dropped_backward());
    }

    /// U·(m ⊙ h) of a step, `[H][columns of the output][16]`. `recurrent` is `[H][H][columns of the output]`.
    ///
    /// # Safety
    /// As [`Lanes`]; [`assert_forward`](Self::assert_forward), and `h` is `[H][16]`.
    #[inline(always)]
    pub(super) unsafe fn project<V: Lanes, C: Cell>(
        &mut self,
        shape: Shape<C>,
        recurrent: *const f32,
        h: *const f32,
    ) -> *const f32 {
        let units = shape.units;
        let read = self.scratch.as_mut_ptr();
        // SAFETY: the sizes asserted.
        unsafe {
            let sums = read.add(units * LANES);
            for column in 0..C::OUTPUT {
                let factors = self.factors.as_ptr().add(column * units * LANES);
                scale::<V>(h, factors, read, units, false);
                let product = Product {
                    rows: units,
                    columns: LANES,
                    depth: units,
                    a: recurrent.add(column),
                    a_row: units * C::OUTPUT,
                    a_col: C::OUTPUT,
                    b: read,
                    b_row: LANES,
                    c: sums.add(column * LANES),
                    c_row: C::OUTPUT * LANES,
                    accumulate: false,
                };
                product.run::<V>();
            }
            sums
        }
    }

    /// The parts of the backward scratch.
    fn parts<C: Cell>(&mut self, shape: Shape<C>) -> [&mut [f32]; 5] {
        let (units, padded) = (shape.units, round_up(shape.units));
        let mut rest = &mut *self.scratch;
        let vectors = [units, units, padded, padded].map(|count| count * LANES);
        let [read, d, lanes, rows] = vectors.map(|len| {
            let (part, tail) = std::mem::take(&mut rest).split_at_mut(len);
            rest = tail;
            part
        });
        [read, d, lanes, rows, &mut rest[..C::OUTPUT * units * padded]]
    }

    /// Prepares the backward scratch before the first step of backward.
    pub(super) fn begin<C: Cell>(&mut self, shape: Shape<C>) {
        let [_, _, lanes, _, du] = self.parts(shape);
        lanes.fill(0.0);
        du.fill(0.0);
    }

    /// The gradients of [`project`](Self::project): of `h`, overwritten unless `carried`, and of U, which is
    /// kept for [`finish`](Self::finish). `recurrent` is `[H][columns of the output · H]` and `dz` `[columns
    /// of the output · H][16]`.
    ///
    /// # Safety
    /// As [`Lanes`]; [`assert_backward`](Self::assert_backward), and `h` and `dh` are `[H][16]`.
    #[inline(always)]
    pub(super) unsafe fn back<V: Lanes, C: Cell>(
        &mut self,
        shape: Shape<C>,
        recurrent: *const f32,
        h: *const f32,
        dz: *const f32,
        dh: *mut f32,
        carried: bool,
    ) {
        let (units, padded) = (shape.units, round_up(shape.units));
        let all_factors = self.factors.as_ptr();
        let [read, d, lanes, rows, du] = self.parts(shape).map(<[f32]>::as_mut_ptr);
        // SAFETY: the sizes asserted.
        unsafe {
            for column in 0..C::OUTPUT {
                let factors = all_factors.add(column * units * LANES);
                let (first, apart) = shape.units_of(column);
                let through = Product {
                    rows: units,
                    columns: LANES,
                    depth: units,
                    a: recurrent.add(first),
                    a_row: C::OUTPUT * units,
                    a_col: apart,
                    b: dz.add(first * LANES),
                    b_row: apart * LANES,
                    c: d,
                    c_row: LANES,
                    accumulate: false,
                };
                through.run::<V>();
                scale::<V>(d, factors, dh, units, carried || column > 0);
                for unit in 0..units {
                    V::load(dz.add((first + unit * apart) * LANES)).store(lanes.add(unit * LANES));
                }
                for n in (0..padded).step_by(LANES) {
                    V::transpose(lanes.add(n * LANES), rows.add(n), padded);
                }
                scale::<V>(h, factors, read, units, false);
                let outer = Product {
                    rows: units,
                    columns: units,
                    depth: LANES,
                    a: read,
                    a_row: LANES,
                    a_col: 1,
                    b: rows,
                    b_row: padded,
                    c: du.add(column * units * padded),
                    c_row: padded,
                    accumulate: true,
                };
                outer.run::<V>();
            }
        }
    }

    /// Adds the dU of all steps to `du`, rows of [`Shape::recurrent_stride`].
    pub(super) fn finish<C: Cell>(&mut self, shape: Shape<C>, du: &mut [f32]) {
        let (units, padded) = (shape.units, round_up(shape.units));
        let [.., kept] = self.parts(shape);
        for (column, kept) in kept.chunks_exact(units * padded).enumerate() {
            let (first, apart) = shape.units_of(column);
            for (row, kept) in du.chunks_exact_mut(shape.recurrent_stride()).zip(kept.chunks_exact(padded)) {
                row[first..].iter_mut().step_by(apart).zip(&kept[..units]).for_each(|(sum, d)| *sum += d);
            }
        }
    }
}
