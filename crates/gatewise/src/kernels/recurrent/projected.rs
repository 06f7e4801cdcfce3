//! The projected table: the product of an embedding and the input weights of the layer above it, computed
//! once a training step instead of once a token.
//!
//! With embeddings E `[V, D]`, input weights W `[D, G·H]` and bias b, the input part of a token's
//! pre-activations is a row of `P = E·W + b`. Rows are computed only for the ids in use. Backward, each token
//! adds its `dz` to a row of `dP`, and then, once a training step,
//!
//! ```text
//! dE = dP·Wᵀ        dW = Eᵀ·dP        db = Σ_rows dP
//! ```
//!
//! A column of ones beside E makes the bias one more row of W, here and below.

use super::Shape;
use super::cell::Cell;
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::Product;
use crate::kernels::round_up;

/// Sizes of an embedding with a recurrent layer above it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projection<C> {
    /// D, the width of the embedding.
    pub width: usize,
    /// The layer above, without inputs of its own.
    pub shape: Shape<C>,
}

impl<C: Cell> Projection<C> {
    pub fn new(cell: C, width: usize, units: usize) -> Self {
        Self { width, shape: Shape { cell, inputs: 0, units } }
    }

    /// Columns of W.
    fn columns(self) -> usize {
        C::INPUT * self.shape.units
    }

    /// Floats of a row of the table.
    pub fn stride(self) -> usize {
        self.shape.stride()
    }

    /// Floats of the gradient of `[W; b]` in kernel column order.
    pub fn grads_len(self) -> usize {
        (self.width + 1) * self.stride()
    }

    /// Floats that [`pack`] writes: `[D + 1][stride]` for the product, `[columns][D']` for its gradient.
    pub fn packed_len(self) -> usize {
        self.grads_len() + self.columns() * round_up(self.width)
    }

    /// Floats of scratch for `rows` rows: the embeddings with their ones, the gradient rows, and dE.
    pub fn scratch_len(self, rows: usize) -> usize {
        rows * (round_up(self.width + 1) + self.stride() + round_up(self.width))
    }
}

/// Packs Keras's `kernel` `[D, gates·H]` and `bias` `[biases, gates·H]` (or empty), read, into `packed`,
/// overwritten.
pub(crate) fn pack<C: Cell>(projection: Projection<C>, kernel: &[f32], bias: &[f32], packed: &mut [f32]) {
    let Projection { width, shape } = projection;
    let (units, stride) = (shape.units, projection.stride());
    let (rows, transposed) = packed[..projection.packed_len()].split_at_mut(projection.grads_len());
    for unit in 0..units {
        for (column, gate) in C::INPUT_GATES.iter().enumerate() {
            let (scale, to) = (shape.cell.scale(column), shape.place(unit, column));
            for row in 0..width {
                let w = kernel[(row * C::GATES + gate) * units + unit];
                rows[row * stride + to] = w * scale;
                transposed[to * round_up(width) + row] = w;
            }
            rows[width * stride + to] = shape.bias(bias, unit, column) * scale;
        }
    }
}

/// What [`project_rows`] reads and writes.
pub(crate) struct ProjectRows<'a, C> {
    pub projection: Projection<C>,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// `[n][D']`, read.
    pub x: &'a [f32],
    /// `[n][stride]`, overwritten: `x·W + b`.
    pub table: &'a mut [f32],
}

#[inline(always)]
unsafe fn project_rows_lanes<V: Lanes, C: Cell>(io: ProjectRows<'_, C>) {
    let ProjectRows { projection, packed, x, table } = io;
    let (stride, padded) = (projection.stride(), round_up(projection.width));
    let count = table.len() / stride;
    assert!(packed.len() >= projection.packed_len() && x.len() >= count * padded);
    // The bias first, then x in order: as a block does it, to the same bits.
    let bias = &packed[projection.width * stride..][..stride];
    table.chunks_exact_mut(stride).for_each(|row| row.copy_from_slice(bias));
    let product = Product {
        rows: count,
        columns: stride,
        depth: projection.width,
        a: x.as_ptr(),
        a_row: padded,
        a_col: 1,
        b: packed.as_ptr(),
        b_row: stride,
        c: table.as_mut_ptr(),
        c_row: stride,
        accumulate: true,
    };
    // SAFETY: the sizes just asserted; `packed` begins with `[D + 1][stride]`.
    unsafe { product.run::<V>() };
}

for_each_isa!(
    /// Projects rows of vectors, in the order of operations of a block.
    pub(crate) fn project_rows<C: Cell> = project_rows_lanes(io: ProjectRows<'_, C>)
);

/// What [`unproject_rows`] reads and writes.
pub(crate) struct UnprojectRows<'a, C> {
    pub projection: Projection<C>,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// `[n][D']`, read.
    pub x: &'a [f32],
    /// `[n][stride]`: the gradient of the output of [`project_rows`], read.
    pub dz: &'a [f32],
    /// `[D][stride]`, accumulated.
    pub dw: &'a mut [f32],
    /// `[n][D']`, overwritten.
    pub dx: &'a mut [f32],
}

#[inline(always)]
unsafe fn unproject_rows_lanes<V: Lanes, C: Cell>(io: UnprojectRows<'_, C>) {
    let UnprojectRows { projection, packed, x, dz, dw, dx } = io;
    let (stride, width, padded) = (projection.stride(), projection.width, round_up(projection.width));
    let count = dz.len() / stride;
    assert!(packed.len() >= projection.packed_len() && dw.len() >= width * stride);
    assert!(x.len() >= count * padded && dx.len() >= count * padded);
    let weights = Product {
        rows: width,
        columns: projection.columns(),
        depth: count,
        a: x.as_ptr(),
        a_row: 1,
        a_col: padded,
        b: dz.as_ptr(),
        b_row: stride,
        c: dw.as_mut_ptr(),
        c_row: stride,
        accumulate: true,
    };
    let back = Product {
        rows: count,
        columns: padded,
        depth: projection.columns(),
        a: dz.as_ptr(),
        a_row: stride,
        a_col: 1,
        b: packed[projection.grads_len()..].as_ptr(),
        b_row: padded,
        c: dx.as_mut_ptr(),
        c_row: padded,
        accumulate: false,
    };
    // SAFETY: the sizes just asserted; `packed`'s second part is `[columns][D']`.
    unsafe {
        weights.run::<V>();
        back.run::<V>();
    }
}

for_each_isa!(
    /// The gradients of [`project_rows`], but for that of the bias: the sum of `dz`.
    pub(crate) fn unproject_rows<C: Cell> = unproject_rows_lanes(io: UnprojectRows<'_, C>)
);

/// Copies the embeddings of `ids` to `rows`, `[ids][D'']` with a one behind each.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
unsafe fn gather<V: Lanes>(width: usize, embeddings: &[f32], first_id: u32, ids: &[u32], rows: &mut [f32]) {
    let row = round_up(width + 1);
    assert!(rows.len() >= ids.len() * row);
    for (&id, to) in ids.iter().zip(rows.chunks_exact_mut(row)) {
        let from = &embeddings[(id - first_id) as usize * width..][..width];
        for n in (0..width).step_by(LANES) {
            // SAFETY: within the row read, and within the wider row written.
            unsafe {
                V::load_first(from.as_ptr().add(n), LANES.min(width - n)).store(to.as_mut_ptr().add(n))
            };
        }
        to[width] = 1.0;
    }
}

/// What [`project`] reads and writes.
pub(crate) struct Project<'a, C> {
    pub projection: Projection<C>,
    /// Rows of E, `[…, D]`, beginning with that of `first_id`; read.
    pub embeddings: &'a [f32],
    pub first_id: u32,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// The ids whose rows are wanted.
    pub ids: &'a [u32],
    /// `[ids][stride]`, overwritten.
    pub table: &'a mut [f32],
    /// [`Projection::scratch_len`] of [`TILE`] rows, dead on return.
    pub scratch: &'a mut [f32],
}

/// Rows that are projected at a time, so that the copy of their embeddings stays in the cache.
pub(crate) const TILE: usize = 64;

#[inline(always)]
unsafe fn project_lanes<V: Lanes, C: Cell>(io: Project<'_, C>) {
    let Project { projection, embeddings, first_id, packed, ids, table, scratch } = io;
    let (stride, row) = (projection.stride(), round_up(projection.width + 1));
    assert!(packed.len() >= projection.packed_len() && table.len() >= ids.len() * stride);
    let rows = &mut scratch[..TILE * row];
    for (ids, table) in ids.chunks(TILE).zip(table.chunks_mut(TILE * stride)) {
        // SAFETY: same contract as the caller's.
        unsafe { gather::<V>(projection.width, embeddings, first_id, ids, rows) };
        let product = Product {
            rows: ids.len(),
            columns: stride,
            depth: projection.width + 1,
            a: rows.as_ptr(),
            a_row: row,
            a_col: 1,
            b: packed.as_ptr(),
            b_row: stride,
            c: table.as_mut_ptr(),
            c_row: stride,
            accumulate: false,
        };
        // SAFETY: `rows` holds `[ids][row]`, `packed` `[D + 1][stride]`, `table` `[ids][stride]`.
        unsafe { product.run::<V>() };
    }
}

for_each_isa!(
    /// Computes rows of the table.
    pub(crate) fn project<C: Cell> = project_lanes(io: Project<'_, C>)
);

/// One block's rows of dP.
#[derive(Clone, Copy)]
pub(crate) struct Share<'a> {
    /// The rows of the table that the block used, in order.
    pub places: &'a [u32],
    /// `[rows][stride]`, read at those places.
    pub rows: &'a [f32],
}

/// What [`unproject`] reads and writes.
pub(crate) struct Unproject<'a, 's, C> {
    pub projection: Projection<C>,
    /// As in [`Project`]; read.
    pub embeddings: &'a [f32],
    pub first_id: u32,
    /// From [`pack`], read.
    pub packed: &'a [f32],
    /// The ids of the table's rows from place `first_place` on, as many as are wanted.
    pub ids: &'a [u32],
    pub first_place: usize,
    /// Each block's rows of dP, summed in this order.
    pub shares: &'a [Share<'s>],
    /// `[stride]`, added to the first row: the gradient of the pad prefix, if the first row is the row of the
    /// pad id.
    pub extra: Option<&'a [f32]>,
    /// Rows of the gradient of E, as `embeddings`, overwritten at the ids.
    pub de: &'a mut [f32],
    /// `[D + 1][stride]` in kernel column order, accumulated: dW and db.
    pub dw: &'a mut [f32],
    /// [`Projection::scratch_len`] of `ids` rows, dead on return.
    pub scratch: &'a mut [f32],
}

/// Rows that are asked for ahead of being summed.
const AHEAD: usize = 6;

#[inline(always)]
unsafe fn unproject_lanes<V: Lanes, C: Cell>(io: Unproject<'_, '_, C>) {
    let Unproject {
        projection,
        embeddings,
        first_id,
        packed,
        ids,
        first_place,
        shares,
        extra,
        de,
        dw,
        scratch,
    } = io;
    let (stride, width) = (projection.stride(), projection.width);
    let (row, padded) = (round_up(width + 1), round_up(width));
    assert!(packed.len() >= projection.packed_len() && dw.len() >= projection.grads_len());
    assert!(extra.is_none_or(|extra| extra.len() >= stride) && de.len() >= embeddings.len());
    let (rows, rest) = scratch[..projection.scratch_len(ids.len())].split_at_mut(ids.len() * row);
    let (dp, de_rows) = rest.split_at_mut(ids.len() * stride);
    dp.fill(0.0);
    if let (Some(extra), Some(first)) = (extra, dp.get_mut(..stride)) {
        first.copy_from_slice(&extra[..stride]);
    }
    for Share { places, rows } in shares {
        let from = places.partition_point(|&place| (place as usize) < first_place);
        let to = places.partition_point(|&place| (place as usize) < first_place + ids.len());
        let places = &places[from..to];
        for (at, &place) in places.iter().enumerate() {
            if let Some(&next) = places.get(at + AHEAD) {
                for n in (0..stride).step_by(LANES) {
                    // SAFETY: a prefetch of any address is harmless.
                    unsafe { V::prefetch(rows.as_ptr().wrapping_add(next as usize * stride + n)) };
                }
            }
            let share = &rows[place as usize * stride..][..stride];
            let sum = &mut dp[(place as usize - first_place) * stride..][..stride];
            for n in (0..stride).step_by(LANES) {
                // SAFETY: `n + 16 <= stride`, the length of both.
                unsafe {
                    let sum = sum.as_mut_ptr().add(n);
                    V::load(sum).add(V::load(share.as_ptr().add(n))).store(sum);
                }
            }
        }
    }
    // SAFETY: the sizes asserted and split above; `packed`'s second part is `[columns][D']`; `gather` is under
    // the caller's contract.
    unsafe {
        gather::<V>(width, embeddings, first_id, ids, rows);
        let weights = Product {
            rows: width + 1,
            columns: projection.columns(),
            depth: ids.len(),
            a: rows.as_ptr(),
            a_row: 1,
            a_col: row,
            b: dp.as_ptr(),
            b_row: stride,
            c: dw.as_mut_ptr(),
            c_row: stride,
            accumulate: true,
        };
        weights.run::<V>();
        let back = Product {
            rows: ids.len(),
            columns: padded,
            depth: projection.columns(),
            a: dp.as_ptr(),
            a_row: stride,
            a_col: 1,
            b: packed[projection.grads_len()..].as_ptr(),
            b_row: padded,
            c: de_rows.as_mut_ptr(),
            c_row: padded,
            accumulate: false,
        };
        back.run::<V>();
    }
    for (&id, from) in ids.iter().zip(de_rows.chunks_exact(padded)) {
        let to = &mut de[(id - first_id) as usize * width..][..width];
        for n in (0..width).step_by(LANES) {
            // SAFETY: within the wider row read, and within the row written.
            unsafe {
                V::load(from.as_ptr().add(n)).store_first(to.as_mut_ptr().add(n), LANES.min(width - n))
            };
        }
    }
}

for_each_isa!(
    /// Sums the blocks' gradients of rows of the table, and from them makes the gradients of the
    /// embeddings and of the weights.
    pub(crate) fn unproject<C: Cell> = unproject_lanes(io: Unproject<'_, '_, C>)
);
