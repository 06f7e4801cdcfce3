//! The projected table: an embedding and the input weights of the layer above it, multiplied once a
//! step instead of once a token.
//!
//! With embeddings E `[V, D]`, input weights W `[D, 4H]` and bias b, the pre-activation of a token is a
//! row of `P = E·W + b`; rows are computed for the ids in use only. Backward, each token adds its `dz` to
//! a row of `dP`, and then, once a step,
//!
//! ```text
//! dE = dP·Wᵀ        dW = Eᵀ·dP        db = Σ_rows dP
//! ```
//!
//! A column of ones beside E makes the bias one more row of W, here and below.

use super::{Shape, forward_scale};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};
use crate::kernels::product::Product;
use crate::kernels::round_up;

/// Sizes of an embedding with an LSTM above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Projection {
    /// D, the width of the embedding.
    pub width: usize,
    /// The layer above, without inputs of its own.
    pub shape: Shape,
}

impl Projection {
    pub fn new(width: usize, units: usize) -> Self {
        Self { width, shape: Shape { inputs: 0, units } }
    }

    /// Floats of a row of the table.
    pub fn stride(self) -> usize {
        self.shape.stride()
    }

    /// Floats of the gradient of `[W; b]` in kernel column order.
    pub fn grads_len(self) -> usize {
        (self.width + 1) * self.stride()
    }

    /// Floats that [`pack`] writes: `[D + 1][stride]` for the product, `[4H][D']` for its gradient.
    pub fn packed_len(self) -> usize {
        self.grads_len() + 4 * self.shape.units * round_up(self.width)
    }

    /// Floats of scratch for `rows` rows: the embeddings with their ones, the gradient rows, and dE.
    pub fn scratch_len(self, rows: usize) -> usize {
        rows * (round_up(self.width + 1) + self.stride() + round_up(self.width))
    }
}

/// Packs Keras's `kernel` `[D, 4H]` and `bias` `[4H]`, read, into `packed`, overwritten.
pub(crate) fn pack(projection: Projection, kernel: &[f32], bias: &[f32], packed: &mut [f32]) {
    let (units, stride, width) = (projection.shape.units, projection.stride(), projection.width);
    let (rows, transposed) = packed[..projection.packed_len()].split_at_mut(projection.grads_len());
    for unit in 0..units {
        for gate in 0..4 {
            let (from, to) = (gate * units + unit, unit * 4 + gate);
            for row in 0..width {
                let w = kernel[row * 4 * units + from];
                rows[row * stride + to] = w * forward_scale(gate);
                transposed[to * round_up(width) + row] = w;
            }
            rows[width * stride + to] = bias[from] * forward_scale(gate);
        }
    }
}

/// Copies the embeddings of `ids` to `rows`, `[ids][D'']` with a one behind each.
fn gather(projection: Projection, embeddings: &[f32], first_id: u32, ids: &[u32], rows: &mut [f32]) {
    let width = projection.width;
    for (&id, row) in ids.iter().zip(rows.chunks_exact_mut(round_up(width + 1))) {
        row[..width].copy_from_slice(&embeddings[(id - first_id) as usize * width..][..width]);
        row[width] = 1.0;
    }
}

/// What [`project`] reads and writes.
pub(crate) struct Project<'a> {
    pub projection: Projection,
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
unsafe fn project_lanes<V: Lanes>(io: Project<'_>) {
    let Project { projection, embeddings, first_id, packed, ids, table, scratch } = io;
    let (stride, row) = (projection.stride(), round_up(projection.width + 1));
    assert!(packed.len() >= projection.packed_len() && table.len() >= ids.len() * stride);
    let rows = &mut scratch[..TILE * row];
    for (ids, table) in ids.chunks(TILE).zip(table.chunks_mut(TILE * stride)) {
        gather(projection, embeddings, first_id, ids, rows);
        let product = Product {
            rows: ids.len(),
            vectors: stride / LANES,
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
    pub(crate) fn project = project_lanes(io: Project<'_>)
);

/// What [`unproject`] reads and writes.
pub(crate) struct Unproject<'a> {
    pub projection: Projection,
    pub embeddings: &'a [f32],
    pub first_id: u32,
    pub packed: &'a [f32],
    /// The ids that the rows of `dp` belong to.
    pub ids: &'a [u32],
    /// dP, `[ids][stride]`, read.
    pub dp: &'a [f32],
    /// `[ids][D']`, overwritten: dE.
    pub de: &'a mut [f32],
    /// `[D + 1][stride]` in kernel column order, accumulated: dW and db.
    pub dw: &'a mut [f32],
    /// [`Projection::scratch_len`] of `ids` rows, dead on return.
    pub scratch: &'a mut [f32],
}

#[inline(always)]
unsafe fn unproject_lanes<V: Lanes>(io: Unproject<'_>) {
    let Unproject { projection, embeddings, first_id, packed, ids, dp, de, dw, scratch } = io;
    let (stride, width) = (projection.stride(), projection.width);
    let row = round_up(width + 1);
    assert!(packed.len() >= projection.packed_len() && dw.len() >= projection.grads_len());
    assert!(dp.len() >= ids.len() * stride && de.len() >= ids.len() * round_up(width));
    let rows = &mut scratch[..ids.len() * row];
    gather(projection, embeddings, first_id, ids, rows);
    let weights = Product {
        rows: width + 1,
        vectors: stride / LANES,
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
    let embeddings = Product {
        rows: ids.len(),
        vectors: round_up(width) / LANES,
        depth: 4 * projection.shape.units,
        a: dp.as_ptr(),
        a_row: stride,
        a_col: 1,
        b: packed[projection.grads_len()..].as_ptr(),
        b_row: round_up(width),
        c: de.as_mut_ptr(),
        c_row: round_up(width),
        accumulate: false,
    };
    // SAFETY: the sizes asserted above; `rows` holds `[ids][row]`, the second part of `packed` `[4H][D']`.
    unsafe {
        weights.run::<V>();
        embeddings.run::<V>();
    }
}

for_each_isa!(
    /// Gradients of the embeddings and of the weights, from the gradients of rows of the table.
    pub(crate) fn unproject = unproject_lanes(io: Unproject<'_>)
);
