//! One step of Adam over a run of parameters.

use super::for_each_isa;
use super::lanes::{LANES, Lanes};

/// What [`step`] reads and writes; all slices have the same length.
pub(crate) struct Step<'a> {
    /// `lr·√(1 − β2ᵗ)/(1 − β1ᵗ)`
    pub rate: f32,
    /// 1 − β1
    pub keep_m: f32,
    /// 1 − β2
    pub keep_v: f32,
    pub epsilon: f32,
    /// Read.
    pub grads: &'a [f32],
    /// First moment, updated.
    pub m: &'a mut [f32],
    /// Second moment, updated.
    pub v: &'a mut [f32],
    /// Updated.
    pub params: &'a mut [f32],
}

#[inline(always)]
unsafe fn step_lanes<S: Lanes>(io: Step<'_>) {
    let Step { rate, keep_m, keep_v, epsilon, grads, m, v, params } = io;
    let len = params.len();
    assert!(grads.len() == len && m.len() == len && v.len() == len);
    // SAFETY: `count` floats from `i` on are within the slices, whose lengths are equal.
    unsafe {
        let (rate, epsilon) = (S::splat(rate), S::splat(epsilon));
        let (keep_m, keep_v) = (S::splat(keep_m), S::splat(keep_v));
        for i in (0..len).step_by(LANES) {
            let count = LANES.min(len - i);
            let (m, v, p) = (m.as_mut_ptr().add(i), v.as_mut_ptr().add(i), params.as_mut_ptr().add(i));
            let g = S::load_first(grads.as_ptr().add(i), count);
            let (m0, v0) = (S::load_first(m, count), S::load_first(v, count));
            let m1 = g.sub(m0).mul_add(keep_m, m0);
            let v1 = g.mul(g).sub(v0).mul_add(keep_v, v0);
            m1.store_first(m, count);
            v1.store_first(v, count);
            let step = m1.mul(rate).div(v1.sqrt().add(epsilon));
            S::load_first(p, count).sub(step).store_first(p, count);
        }
    }
}

for_each_isa!(
    /// `m += (1−β1)(g − m)`, `v += (1−β2)(g² − v)`, `p −= rate·m/(√v + ε)`.
    pub(crate) fn step = step_lanes(io: Step<'_>)
);
