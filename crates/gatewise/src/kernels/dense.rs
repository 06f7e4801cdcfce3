//! The fully connected layer over one block, forward and backward, sample `l` in lane `l`, at one step or
//! at each step of a sequence.
//!
//! Forward `z = Wᵀ·x + b`; backward `dW[k][u] = Σ x[k][l]·dz[u][l]` over steps and lanes, `db = Σ dz`,
//! `dx = W·dz`.

use super::lanes::{LANES, Lanes};
use super::product::Product;
use super::{for_each_isa, round_up};

/// What [`forward`] reads and writes.
pub(crate) struct Forward<'a> {
    /// S, the number of steps.
    pub steps: usize,
    /// `[inputs, units]`, read.
    pub kernel: &'a [f32],
    /// `[units]`, read.
    pub bias: &'a [f32],
    /// `[S][inputs][16]`, read.
    pub x: &'a [f32],
    /// `[S][units][16]`, overwritten.
    pub y: &'a mut [f32],
}

#[inline(always)]
unsafe fn forward_lanes<V: Lanes>(io: Forward<'_>) {
    let Forward { steps, kernel, bias, x, y } = io;
    let units = bias.len();
    let inputs = kernel.len() / units.max(1);
    assert!(kernel.len() == inputs * units);
    assert!(x.len() >= steps * inputs * LANES && y.len() >= steps * units * LANES);
    // SAFETY: each step lies within the sizes just asserted.
    unsafe {
        for step in 0..steps {
            let y = y.as_mut_ptr().add(step * units * LANES);
            for u in 0..units {
                V::splat(bias[u]).store(y.add(u * LANES));
            }
            let product = Product {
                rows: units,
                columns: LANES,
                depth: inputs,
                a: kernel.as_ptr(),
                a_row: 1,
                a_col: units,
                b: x.as_ptr().add(step * inputs * LANES),
                b_row: LANES,
                c: y,
                c_row: LANES,
                accumulate: true,
            };
            product.run::<V>();
        }
    }
}

for_each_isa!(
    /// Runs the layer over one block.
    pub(crate) fn forward = forward_lanes(io: Forward<'_>)
);

/// What [`backward`] reads and writes.
pub(crate) struct Backward<'a> {
    /// S, the number of steps.
    pub steps: usize,
    /// `[inputs, units]`, read.
    pub kernel: &'a [f32],
    /// `[S][inputs][16]`, read.
    pub x: &'a [f32],
    /// `[S][units][16]`, read; zero in lanes without a sample.
    pub dz: &'a [f32],
    /// `[inputs, units]`, accumulated.
    pub kernel_grad: &'a mut [f32],
    /// `[units]`, accumulated.
    pub bias_grad: &'a mut [f32],
    /// `[S][inputs][16]`, overwritten.
    pub dx: Option<&'a mut [f32]>,
    /// [`scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

/// Floats of scratch that [`backward`] needs.
pub(crate) fn scratch_len(inputs: usize, units: usize) -> usize {
    LANES * LANES + (LANES + inputs) * round_up(units)
}

#[inline(always)]
unsafe fn backward_lanes<V: Lanes>(io: Backward<'_>) {
    let Backward { steps, kernel, x, dz, kernel_grad, bias_grad, mut dx, scratch } = io;
    let units = bias_grad.len();
    let inputs = kernel.len() / units.max(1);
    let stride = round_up(units);
    assert!(kernel.len() == inputs * units && kernel_grad.len() == kernel.len());
    assert!(x.len() >= steps * inputs * LANES && dz.len() >= steps * units * LANES);
    assert!(dx.as_ref().is_none_or(|dx| dx.len() >= steps * inputs * LANES));
    assert!(scratch.len() >= scratch_len(inputs, units));
    let (tail, rest) = scratch.split_at_mut(LANES * LANES);
    let (dz_rows, rest) = rest.split_at_mut(LANES * stride);
    let dw = &mut rest[..inputs * stride];
    tail.fill(0.0);
    dw.fill(0.0);
    // SAFETY: each step lies within the sizes just asserted; a transposition reads sixteen vectors of `dz`
    // where there are as many, else of `tail`.
    unsafe {
        for u in 0..units {
            let mut sum = V::zero();
            for step in 0..steps {
                sum = sum.add(V::load(dz.as_ptr().add((step * units + u) * LANES)));
            }
            bias_grad[u] += sum.sum();
        }
        for step in 0..steps {
            let (x, dz) = (x.as_ptr().add(step * inputs * LANES), dz.as_ptr().add(step * units * LANES));
            // The same numbers in rows, one a sample.
            for u in (0..units).step_by(LANES) {
                let mut from = dz.add(u * LANES);
                if u + LANES > units {
                    std::ptr::copy_nonoverlapping(from, tail.as_mut_ptr(), (units - u) * LANES);
                    from = tail.as_ptr();
                }
                V::transpose(from, dz_rows.as_mut_ptr().add(u), stride);
            }
            let outer = Product {
                rows: inputs,
                columns: stride,
                depth: LANES,
                a: x,
                a_row: LANES,
                a_col: 1,
                b: dz_rows.as_ptr(),
                b_row: stride,
                c: dw.as_mut_ptr(),
                c_row: stride,
                accumulate: true,
            };
            outer.run::<V>();
            if let Some(dx) = &mut dx {
                let back = Product {
                    rows: inputs,
                    columns: LANES,
                    depth: units,
                    a: kernel.as_ptr(),
                    a_row: units,
                    a_col: 1,
                    b: dz,
                    b_row: LANES,
                    c: dx.as_mut_ptr().add(step * inputs * LANES),
                    c_row: LANES,
                    accumulate: false,
                };
                back.run::<V>();
            }
        }
    }
    for (sum, row) in kernel_grad.chunks_exact_mut(units.max(1)).zip(dw.chunks_exact(stride.max(1))) {
        sum.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
    }
}

for_each_isa!(
    /// Gradients of one block.
    pub(crate) fn backward = backward_lanes(io: Backward<'_>)
);
