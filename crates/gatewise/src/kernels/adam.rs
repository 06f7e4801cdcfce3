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
    /// Sixteen parameters at the four pointers.
    #[inline(always)]
    unsafe fn sixteen<S: Lanes>(k: &[f32; 4], g: *const f32, m: *mut f32, v: *mut f32, p: *mut f32) {
        // SAFETY: the caller's pointers are valid for sixteen floats.
        unsafe {
            let [g, m0, v0] = [S::load(g), S::load(m), S::load(v)];
            let m1 = g.sub(m0).mul_add(S::splat(k[1]), m0);
            let v1 = g.mul(g).sub(v0).mul_add(S::splat(k[2]), v0);
            m1.store(m);
            v1.store(v);
            let step = m1.mul(S::splat(k[0])).div(v1.sqrt().add(S::splat(k[3])));
            S::load(p).sub(step).store(p);
        }
    }
    let k = [rate, keep_m, keep_v, epsilon];
    let whole = len / LANES * LANES;
    // SAFETY: `i + 16 <= len` for whole vectors; the tail is done in four local vectors.
    unsafe {
        for i in (0..whole).step_by(LANES) {
            let at = |s: &mut [f32]| s.as_mut_ptr().add(i);
            sixteen::<S>(&k, grads.as_ptr().add(i), at(m), at(v), at(params));
        }
        let tail = whole..len;
        let n = tail.len();
        let mut local = [[0.0; LANES]; 4];
        for (local, from) in local.iter_mut().zip([grads, &*m, &*v, &*params]) {
            local[..n].copy_from_slice(&from[tail.clone()]);
        }
        let [g, m_tail, v_tail, p_tail] = &mut local;
        sixteen::<S>(&k, g.as_ptr(), m_tail.as_mut_ptr(), v_tail.as_mut_ptr(), p_tail.as_mut_ptr());
        m[tail.clone()].copy_from_slice(&m_tail[..n]);
        v[tail.clone()].copy_from_slice(&v_tail[..n]);
        params[tail].copy_from_slice(&p_tail[..n]);
    }
}

for_each_isa!(
    /// `m += (1−β1)(g − m)`, `v += (1−β2)(g² − v)`, `p −= rate·m/(√v + ε)`.
    pub(crate) fn step = step_lanes(io: Step<'_>)
);
