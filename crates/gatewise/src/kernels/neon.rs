//! [`Lanes`] for 64-bit Arm: four NEON registers.
//!
//! NEON's own minimum and maximum treat NaN differently from [`Lanes`], so these are
//! comparisons and choices by bits. How flushed denormals compare with x86's: see `float_mode.rs`.
#![allow(unsafe_op_in_unsafe_fn)] // every line is an intrinsic under the one contract of `Lanes`

use super::lanes::{LANES, Lanes, Vector, Work};
use super::row_keys::{FACTORS, RowKeys};
use std::arch::aarch64::*;

/// Sixteen lanes in four NEON registers: lanes 0–3, 4–7, 8–11 and 12–15.
#[derive(Clone, Copy)]
pub(crate) struct Neon([float32x4_t; 4]);

/// Eight lanes in two NEON registers.
#[derive(Clone, Copy)]
pub(crate) struct NeonHalf([float32x4_t; 2]);

// SAFETY (all methods): the caller promises NEON and valid pointers; no access needs alignment.
impl Vector for Neon {
    const WIDTH: usize = 16;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([vdupq_n_f32(x); 4])
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self([vld1q_f32(p), vld1q_f32(p.add(4)), vld1q_f32(p.add(8)), vld1q_f32(p.add(12))])
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        for q in 0..4 {
            vst1q_f32(p.add(4 * q), self.0[q]);
        }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) p, options(nomem, nostack, preserves_flags));
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        each(self, b, |a, b| vaddq_f32(a, b))
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]) = (self.0, b.0, c.0);
        Self([vfmaq_f32(c0, a0, b0), vfmaq_f32(c1, a1, b1), vfmaq_f32(c2, a2, b2), vfmaq_f32(c3, a3, b3)])
    }
}

// SAFETY (all methods): as above.
impl Vector for NeonHalf {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([vdupq_n_f32(x); 2])
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self([vld1q_f32(p), vld1q_f32(p.add(4))])
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        vst1q_f32(p, self.0[0]);
        vst1q_f32(p.add(4), self.0[1]);
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        Neon::prefetch(p)
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        Self([vaddq_f32(self.0[0], b.0[0]), vaddq_f32(self.0[1], b.0[1])])
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Self([vfmaq_f32(c.0[0], self.0[0], b.0[0]), vfmaq_f32(c.0[1], self.0[1], b.0[1])])
    }
}

// SAFETY (all methods): as above.
impl Lanes for Neon {
    const REGISTERS: usize = 8;
    type Half = NeonHalf;

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        let mut v = [0.0; LANES];
        std::ptr::copy_nonoverlapping(p, v.as_mut_ptr(), count);
        Self::load(v.as_ptr())
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        let mut v = [0.0; LANES];
        self.store(v.as_mut_ptr());
        std::ptr::copy_nonoverlapping(v.as_ptr(), p, count);
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        each(self, b, |a, b| vsubq_f32(a, b))
    }
    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        each(self, b, |a, b| vmulq_f32(a, b))
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        each(self, b, |a, b| vdivq_f32(a, b))
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]) = (self.0, b.0, c.0);
        Self([vfmsq_f32(c0, a0, b0), vfmsq_f32(c1, a1, b1), vfmsq_f32(c2, a2, b2), vfmsq_f32(c3, a3, b3)])
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([vsqrtq_f32(a), vsqrtq_f32(b), vsqrtq_f32(c), vsqrtq_f32(d)])
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        each(self, b, |a, b| vbslq_f32(vcltq_f32(a, b), a, b))
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        each(self, b, |a, b| vbslq_f32(vcgtq_f32(a, b), a, b))
    }
    #[inline(always)]
    unsafe fn select(self, mask: u16, other: Self) -> Self {
        let bits = vld1q_u32([1, 2, 4, 8].as_ptr());
        let quarter = |q: usize| {
            let set = vtstq_u32(vdupq_n_u32(u32::from(mask) >> (4 * q)), bits);
            vbslq_f32(set, self.0[q], other.0[q])
        };
        Self([quarter(0), quarter(1), quarter(2), quarter(3)])
    }
    #[inline(always)]
    unsafe fn keep(self, keys: &RowKeys, count: u32, below: u32) -> Self {
        let quarter = |q: usize| {
            let first = vld1q_u32(keys.first.as_ptr().add(4 * q));
            let second = vld1q_u32(keys.second.as_ptr().add(4 * q));
            let x = veorq_u32(vdupq_n_u32(count), first);
            let x = vmulq_n_u32(veorq_u32(x, vshrq_n_u32::<16>(x)), FACTORS[0]);
            let x = veorq_u32(x, second);
            let x = vmulq_n_u32(veorq_u32(x, vshrq_n_u32::<15>(x)), FACTORS[1]);
            let x = veorq_u32(x, vshrq_n_u32::<16>(x));
            let kept = vcgeq_u32(x, vdupq_n_u32(below));
            vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(self.0[q]), kept))
        };
        Self([quarter(0), quarter(1), quarter(2), quarter(3)])
    }
    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        let one = vreinterpretq_u32_f32(vdupq_n_f32(1.0));
        let quarter = |x| {
            let shifted = vshlq_n_u32::<23>(vreinterpretq_u32_f32(x));
            vreinterpretq_f32_u32(vaddq_u32(shifted, one))
        };
        let [a, b, c, d] = self.0;
        Self([quarter(a), quarter(b), quarter(c), quarter(d)])
    }
    #[inline(always)]
    unsafe fn gather4(base: *const f32, offsets: *const u32) -> [Self; 4] {
        let four = |l: usize| vld1q_f32(base.add(*offsets.add(l) as usize));
        let quarter = |l: usize| transpose4([four(l), four(l + 1), four(l + 2), four(l + 3)]);
        let [a, b, c, d] = [quarter(0), quarter(4), quarter(8), quarter(12)];
        [
            Self([a[0], b[0], c[0], d[0]]),
            Self([a[1], b[1], c[1], d[1]]),
            Self([a[2], b[2], c[2], d[2]]),
            Self([a[3], b[3], c[3], d[3]]),
        ]
    }
    #[inline(always)]
    unsafe fn scatter4(v: [Self; 4], base: *mut f32, stride: usize) {
        for q in 0..4 {
            let rows = transpose4([v[0].0[q], v[1].0[q], v[2].0[q], v[3].0[q]]);
            for x in 0..4 {
                vst1q_f32(base.add((4 * q + x) * stride), rows[x]);
            }
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        for n in [0, 4, 8, 12] {
            for l in [0, 4, 8, 12] {
                // Four vectors, four lanes of each.
                let at = from.add(n * LANES + l);
                let four = |x: usize| vld1q_f32(at.add(x * LANES));
                let rows = transpose4([four(0), four(1), four(2), four(3)]);
                for x in 0..4 {
                    vst1q_f32(to.add((l + x) * stride + n), rows[x]);
                }
            }
        }
    }
    #[inline(always)]
    unsafe fn compiled<W: Work>(work: &W) {
        #[target_feature(enable = "neon")]
        #[inline(never)]
        unsafe fn compiled<W: Work>(work: &W) {
            work.run::<Neon>();
        }
        compiled(work);
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let [a, b, c, d] = self.0;
        let v = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
        vpadds_f32(vadd_f32(vget_low_f32(v), vget_high_f32(v)))
    }
}

/// `f` of each quarter.
#[inline(always)]
fn each(a: Neon, b: Neon, f: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> Neon {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a.0, b.0);
    Neon([f(a0, b0), f(a1, b1), f(a2, b2), f(a3, b3)])
}

/// Transposes a 4×4 block. It is its own inverse.
///
/// # Safety
/// Needs NEON.
#[inline(always)]
unsafe fn transpose4([a, b, c, d]: [float32x4_t; 4]) -> [float32x4_t; 4] {
    let pairs = |x, y| (vreinterpretq_f64_f32(vtrn1q_f32(x, y)), vreinterpretq_f64_f32(vtrn2q_f32(x, y)));
    let ((ab_even, ab_odd), (cd_even, cd_odd)) = (pairs(a, b), pairs(c, d));
    [
        vreinterpretq_f32_f64(vtrn1q_f64(ab_even, cd_even)),
        vreinterpretq_f32_f64(vtrn1q_f64(ab_odd, cd_odd)),
        vreinterpretq_f32_f64(vtrn2q_f64(ab_even, cd_even)),
        vreinterpretq_f32_f64(vtrn2q_f64(ab_odd, cd_odd)),
    ]
}
