//! Sixteen `f32` lanes: the one vector type all kernels are written over.
//!
//! A lane is a sample: lane `l` of every vector belongs to sample `l` of a block of [`LANES`] samples.
//! Every instruction set offers exactly sixteen lanes (one AVX-512 register, two AVX2 registers, four
//! NEON registers, an array), and every operation is the correctly rounded IEEE one, fused where the
//! name says so. That makes each sample's arithmetic, and so the trained bits, independent of the
//! machine.

use super::row_keys::RowKeys;
pub(crate) use super::width::LANES;

/// Some `f32` values in a register, and what a matrix product needs of them.
///
/// # Safety
/// Every method requires that the instruction set of the implementation is present on the running
/// processor, and that it is inlined into a function compiled for that set (see
/// [`for_each_isa`](crate::kernels::for_each_isa)). Methods that take pointers require them to be valid
/// for the stated number of `f32`s; no alignment is required.
pub(crate) trait Vector: Copy {
    /// How many values there are.
    const WIDTH: usize;

    /// All lanes `x`.
    unsafe fn splat(x: f32) -> Self;
    /// [`WIDTH`](Self::WIDTH) consecutive floats at `p`.
    unsafe fn load(p: *const f32) -> Self;
    /// Writes as many floats at `p`.
    unsafe fn store(self, p: *mut f32);
    /// Asks for the cache line at `p`, which need not be valid.
    unsafe fn prefetch(p: *const f32);
    /// `self + b`
    unsafe fn add(self, b: Self) -> Self;
    /// `self * b + c`, rounded once.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;

    /// All lanes zero.
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: same contract as the caller's.
        unsafe { Self::splat(0.0) }
    }
}

/// Sixteen `f32` values and the operations kernels need.
///
/// # Safety
/// As [`Vector`].
pub(crate) trait Lanes: Vector {
    /// How many values of this type fit into the processor's registers: what tiles are sized by.
    const REGISTERS: usize;
    /// Eight values: what is used at the end of rows that need no more.
    type Half: Vector;

    /// The first `count` (at most sixteen) floats at `p`, the other lanes zero; no more are read.
    unsafe fn load_first(p: *const f32, count: usize) -> Self;
    /// Writes the first `count` (at most sixteen) lanes at `p`, and no more.
    unsafe fn store_first(self, p: *mut f32, count: usize);
    /// `self - b`
    unsafe fn sub(self, b: Self) -> Self;
    /// `self * b`
    unsafe fn mul(self, b: Self) -> Self;
    /// `self / b`
    unsafe fn div(self, b: Self) -> Self;
    /// `c - self * b`, rounded once.
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self;
    /// Square root.
    unsafe fn sqrt(self) -> Self;
    /// Lane-wise smaller value; `b` where either is NaN.
    unsafe fn min(self, b: Self) -> Self;
    /// Lane-wise larger value; `b` where either is NaN.
    unsafe fn max(self, b: Self) -> Self;
    /// Lane `l` of `self` where bit `l` of `mask` is set, else lane `l` of `other`.
    unsafe fn select(self, mask: u16, other: Self) -> Self;
    /// Lane `l` of `self` where number `count` of that lane's row is at least `below`, else 0.
    #[inline(always)]
    unsafe fn keep(self, keys: &RowKeys, count: u32, below: u32) -> Self {
        let mut kept = 0;
        for l in 0..LANES {
            kept |= u16::from(keys.draw(l, count) >= below) << l;
        }
        // SAFETY: same contract as the caller's.
        unsafe { self.select(kept, Self::zero()) }
    }
    /// 2^k, where `self` is 1.5·2²³ + k for a whole number k from −126 to 127.
    unsafe fn power_of_two(self) -> Self;
    /// For each lane `l`, four consecutive floats at `base + offsets[l]` (offsets counted in floats):
    /// vector `g` of the result holds the `g`-th of the four. Reads `offsets[0..16]`.
    unsafe fn gather4(base: *const f32, offsets: *const u32) -> [Self; 4];
    /// The inverse with a fixed stride: writes lane `l` of the four vectors to the four consecutive
    /// floats at `base + l * stride`.
    unsafe fn scatter4(v: [Self; 4], base: *mut f32, stride: usize);
    /// Transposes sixteen consecutive vectors: float `l` of the `n`-th vector at `from` goes to
    /// `to + l * stride + n`. `from` and `to` do not overlap.
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize);
    /// Sum of all lanes, always in the order of a binary tree: (0+8, 1+9, …), then halves again.
    unsafe fn sum(self) -> f32;
    /// Runs `work`, compiled for the instruction set once and not inlined: for what is long and used by many
    /// kernels.
    unsafe fn compiled<W: Work>(work: &W);
}

/// A computation over any kind of lanes.
pub(crate) trait Work {
    /// # Safety
    /// As [`Lanes`].
    unsafe fn run<V: Lanes>(&self);
}

/// The fallback for any processor: an array, operations lane by lane.
#[derive(Clone, Copy)]
pub(crate) struct Array<const N: usize>([f32; N]);
pub(crate) type Portable = Array<LANES>;

impl<const N: usize> Array<N> {
    #[inline(always)]
    fn map2(self, b: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|l| f(self.0[l], b.0[l])))
    }
}

// SAFETY (all methods): plain Rust, no instruction-set requirement; pointers as the trait requires.
impl<const N: usize> Vector for Array<N> {
    const WIDTH: usize = N;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; N])
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller promises N readable floats.
        Self(unsafe { p.cast::<[f32; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller promises N writable floats.
        unsafe { p.cast::<[f32; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        self.map2(b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Self(fused_mul_add(&self.0, &b.0, &c.0))
    }
}

// SAFETY (all methods): plain Rust, no instruction-set requirement; pointers as the trait requires.
impl Lanes for Portable {
    const REGISTERS: usize = 4;
    type Half = Array<8>;

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        let mut v = [0.0; LANES];
        // SAFETY: the caller promises `count` readable floats, and that they fit.
        unsafe { std::ptr::copy_nonoverlapping(p, v.as_mut_ptr(), count) };
        Self(v)
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        // SAFETY: the caller promises `count` writable floats, at most sixteen.
        unsafe { std::ptr::copy_nonoverlapping(self.0.as_ptr(), p, count) };
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        self.map2(b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        self.map2(b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        self.map2(b, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
        Self(fused_mul_add(&self.0.map(|a| -a), &b.0, &c.0))
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        self.map2(b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        self.map2(b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn select(self, mask: u16, other: Self) -> Self {
        Self(std::array::from_fn(|l| if mask >> l & 1 == 1 { self.0[l] } else { other.0[l] }))
    }
    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        Self(self.0.map(|x| f32::from_bits((x.to_bits() << 23).wrapping_add(1f32.to_bits()))))
    }
    #[inline(always)]
    unsafe fn gather4(base: *const f32, offsets: *const u32) -> [Self; 4] {
        std::array::from_fn(|g| {
            // SAFETY: the caller promises sixteen offsets and four floats at each.
            Self(std::array::from_fn(|l| unsafe { *base.add(*offsets.add(l) as usize + g) }))
        })
    }
    #[inline(always)]
    unsafe fn scatter4(v: [Self; 4], base: *mut f32, stride: usize) {
        for l in 0..LANES {
            for (g, v) in v.iter().enumerate() {
                // SAFETY: the caller promises four writable floats at each `l * stride`.
                unsafe { *base.add(l * stride + g) = v.0[l] };
            }
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        for l in 0..LANES {
            for n in 0..LANES {
                // SAFETY: the caller promises 256 readable floats and sixteen writable rows.
                unsafe { *to.add(l * stride + n) = *from.add(n * LANES + l) };
            }
        }
    }
    #[inline(never)]
    unsafe fn compiled<W: Work>(work: &W) {
        // SAFETY: same contract as the caller's.
        unsafe { work.run::<Self>() }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let mut v = self.0;
        for half in [8, 4, 2, 1] {
            for l in 0..half {
                v[l] += v[l + half];
            }
        }
        v[0]
    }
}

/// `a * b + c` of every lane, rounded once, in `f64` arithmetic that vectorises on processors without a
/// fused instruction (where `f32::mul_add` would call a library routine for each number).
///
/// The product is exact in `f64`. Rounding the sum first to `f64` and then to `f32` is right unless the
/// `f64` lies exactly between two `f32`s, which shows in its last 29 bits; then, rarely, it is done again
/// with care.
///
/// Not inlined: the kernels call it hundreds of times each, and a call costs little beside it. Inlined, it made a third of the
/// code of all kernels.
#[inline(never)]
fn fused_mul_add<const N: usize>(a: &[f32; N], b: &[f32; N], c: &[f32; N]) -> [f32; N] {
    const BETWEEN: u32 = 1 << 28;
    let (mut out, mut halfway) = ([0.0; N], 0);
    for l in 0..N {
        let sum = f64::from(a[l]) * f64::from(b[l]) + f64::from(c[l]);
        out[l] = sum as f32;
        halfway |= u32::from(sum.to_bits() as u32 & (2 * BETWEEN - 1) == BETWEEN);
    }
    if halfway != 0 {
        return careful_mul_add(a, b, c);
    }
    out
}

/// As [`fused_mul_add`], whatever the sum: it is rounded to odd (its last bit is set whenever it was
/// inexact), after which rounding to `f32` cannot go wrong (Boldo & Melquiond 2008).
#[cold]
#[inline(never)]
fn careful_mul_add<const N: usize>(a: &[f32; N], b: &[f32; N], c: &[f32; N]) -> [f32; N] {
    std::array::from_fn(|l| {
        let (product, c) = (f64::from(a[l]) * f64::from(b[l]), f64::from(c[l]));
        let sum = product + c;
        // Knuth's exact error of the sum.
        let t = sum - product;
        let error = (product - (sum - t)) + (c - t);
        let bits = sum.to_bits();
        let inexact = error != 0.0 && sum.is_finite() && bits & 1 == 0;
        // The neighbour of `sum` towards the exact value has an odd last bit.
        let away = (error > 0.0) == (sum > 0.0);
        let odd = if away { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
        f64::from_bits(if inexact { odd } else { bits }) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn emulated_fused_multiply_add_rounds_once(a: u32, b: u32, c: u32, near in 0u32..4) {
            let (a, b) = (f32::from_bits(a), f32::from_bits(b));
            // Addends near the product find the halfway cases that naive double rounding gets wrong.
            let c = match near {
                0 => f32::from_bits(c),
                1 => -(a * b),
                2 => f32::from_bits((a * b).to_bits().wrapping_add(c % 64)),
                _ => a * b * (c % 1024) as f32 / 16_777_216.0,
            };
            let (ours, real) = (fused_mul_add(&[a; LANES], &[b; LANES], &[c; LANES])[3], a.mul_add(b, c));
            prop_assert!(ours.to_bits() == real.to_bits() || ours.is_nan() && real.is_nan(), "{a} {b} {c}");
        }
    }
}
