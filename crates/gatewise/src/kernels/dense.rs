//! The fully connected layer over one block, forward and backward, sample `l` in lane `l`.
//!
//! Forward `z = Wᵀ·x + b`; backward `dW[k][u] = Σ_l x[k][l]·dz[u][l]`, `db = Σ_l dz`, `dx = W·dz`.

use super::for_each_isa;
use super::lanes::{LANES, Lanes};

/// What [`forward`] reads and writes.
pub(crate) struct Forward<'a> {
    /// `[inputs, units]`, read.
    pub kernel: &'a [f32],
    /// `[units]`, read.
    pub bias: &'a [f32],
    /// `[inputs][16]`, read.
    pub x: &'a [f32],
    /// `[units][16]`, overwritten.
    pub y: &'a mut [f32],
}

#[inline(always)]
unsafe fn forward_lanes<V: Lanes>(io: Forward<'_>) {
    let Forward { kernel, bias, x, y } = io;
    let units = bias.len();
    let inputs = kernel.len() / units.max(1);
    assert!(kernel.len() == inputs * units && x.len() >= inputs * LANES && y.len() >= units * LANES);
    // SAFETY: offsets are within the sizes just asserted.
    unsafe {
        for u in 0..units {
            let mut z = V::splat(bias[u]);
            for k in 0..inputs {
                let v = V::load(x.as_ptr().add(k * LANES));
                z = v.mul_add(V::splat(*kernel.get_unchecked(k * units + u)), z);
            }
            z.store(y.as_mut_ptr().add(u * LANES));
        }
    }
}

for_each_isa!(
    /// Runs the layer over one block.
    pub(crate) fn forward = forward_lanes(io: Forward<'_>)
);

/// What [`backward`] reads and writes.
pub(crate) struct Backward<'a> {
    /// `[inputs, units]`, read.
    pub kernel: &'a [f32],
    /// `[inputs][16]`, read.
    pub x: &'a [f32],
    /// `[units][16]`, read; zero in lanes without a sample.
    pub dz: &'a [f32],
    /// `[inputs, units]`, accumulated.
    pub kernel_grad: &'a mut [f32],
    /// `[units]`, accumulated.
    pub bias_grad: &'a mut [f32],
    /// `[inputs][16]`, overwritten.
    pub dx: Option<&'a mut [f32]>,
}

#[inline(always)]
unsafe fn backward_lanes<V: Lanes>(io: Backward<'_>) {
    let Backward { kernel, x, dz, kernel_grad, bias_grad, mut dx } = io;
    let units = bias_grad.len();
    let inputs = kernel.len() / units.max(1);
    assert!(kernel.len() == inputs * units && kernel_grad.len() == kernel.len());
    assert!(x.len() >= inputs * LANES && dz.len() >= units * LANES);
    assert!(dx.as_ref().is_none_or(|dx| dx.len() >= inputs * LANES));
    // SAFETY: offsets are within the sizes just asserted.
    unsafe {
        for u in 0..units {
            bias_grad[u] += V::load(dz.as_ptr().add(u * LANES)).sum();
        }
        for k in 0..inputs {
            let v = V::load(x.as_ptr().add(k * LANES));
            let mut back = V::zero();
            for u in 0..units {
                let d = V::load(dz.as_ptr().add(u * LANES));
                *kernel_grad.get_unchecked_mut(k * units + u) += v.mul(d).sum();
                back = d.mul_add(V::splat(*kernel.get_unchecked(k * units + u)), back);
            }
            if let Some(dx) = &mut dx {
                back.store(dx.as_mut_ptr().add(k * LANES));
            }
        }
    }
}

for_each_isa!(
    /// Gradients of one block.
    pub(crate) fn backward = backward_lanes(io: Backward<'_>)
);
