//! [`Lanes`] for x86-64: AVX-512 (one register) and AVX2 with FMA (two registers).
#![allow(unsafe_op_in_unsafe_fn)] // every line is an intrinsic under the one contract of `Lanes`

use super::lanes::{Lanes, Vector, Work};
use super::row_keys::{FACTORS, RowKeys};
use std::arch::x86_64::*;

/// Sixteen lanes in one AVX-512 register.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

/// Sixteen lanes in two AVX2 registers: lanes 0–7 and 8–15.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256, __m256);

/// Eight lanes in one AVX2 register.
#[derive(Clone, Copy)]
pub(crate) struct Avx2Half(__m256);

// SAFETY (all methods): the caller promises AVX-512 F and DQ, and valid pointers; every access is unaligned.
impl Vector for Avx512 {
    const WIDTH: usize = 16;

    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        _mm_prefetch::<_MM_HINT_T0>(p.cast())
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self(_mm512_set1_ps(x))
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self(_mm512_loadu_ps(p))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        _mm512_storeu_ps(p, self.0)
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        Self(_mm512_add_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Self(_mm512_fmadd_ps(self.0, b.0, c.0))
    }
}

// SAFETY (all methods): as above.
impl Lanes for Avx512 {
    const REGISTERS: usize = 32;
    type Half = Avx2Half;

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        Self(_mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, p))
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        _mm512_mask_storeu_ps(p, ((1u32 << count) - 1) as u16, self.0)
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        Self(_mm512_sub_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        Self(_mm512_mul_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        Self(_mm512_div_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
        Self(_mm512_fnmadd_ps(self.0, b.0, c.0))
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(_mm512_sqrt_ps(self.0))
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        Self(_mm512_min_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        Self(_mm512_max_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn select(self, mask: u16, other: Self) -> Self {
        Self(_mm512_mask_blend_ps(mask, other.0, self.0))
    }
    #[inline(always)]
    unsafe fn keep(self, keys: &RowKeys, count: u32, below: u32) -> Self {
        let first = _mm512_loadu_si512(keys.first.as_ptr().cast());
        let second = _mm512_loadu_si512(keys.second.as_ptr().cast());
        let (one, two) = (_mm512_set1_epi32(FACTORS[0] as i32), _mm512_set1_epi32(FACTORS[1] as i32));
        let x = _mm512_xor_si512(_mm512_set1_epi32(count as i32), first);
        let x = _mm512_mullo_epi32(_mm512_xor_si512(x, _mm512_srli_epi32::<16>(x)), one);
        let x = _mm512_xor_si512(x, second);
        let x = _mm512_mullo_epi32(_mm512_xor_si512(x, _mm512_srli_epi32::<15>(x)), two);
        let x = _mm512_xor_si512(x, _mm512_srli_epi32::<16>(x));
        let kept = _mm512_cmpge_epu32_mask(x, _mm512_set1_epi32(below as i32));
        Self(_mm512_maskz_mov_ps(kept, self.0))
    }
    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        let shifted = _mm512_slli_epi32::<23>(_mm512_castps_si512(self.0));
        let one = _mm512_castps_si512(_mm512_set1_ps(1.0));
        Self(_mm512_castsi512_ps(_mm512_add_epi32(shifted, one)))
    }
    #[inline(always)]
    unsafe fn gather4(base: *const f32, offsets: *const u32) -> [Self; 4] {
        let four = |l: usize| _mm_loadu_ps(base.add(*offsets.add(l) as usize));
        // Row x holds lanes x, 4 + x, 8 + x and 12 + x, a quarter each: the transpose below sorts them.
        let row = |x: usize| {
            let v = _mm512_castps128_ps512(four(x));
            let v = _mm512_insertf32x4::<1>(v, four(4 + x));
            let v = _mm512_insertf32x4::<2>(v, four(8 + x));
            _mm512_insertf32x4::<3>(v, four(12 + x))
        };
        transpose_quarters([row(0), row(1), row(2), row(3)]).map(Self)
    }
    #[inline(always)]
    unsafe fn scatter4(v: [Self; 4], base: *mut f32, stride: usize) {
        let rows = transpose_quarters(v.map(|v| v.0));
        for (x, row) in rows.into_iter().enumerate() {
            _mm_storeu_ps(base.add(x * stride), _mm512_castps512_ps128(row));
            _mm_storeu_ps(base.add((4 + x) * stride), _mm512_extractf32x4_ps::<1>(row));
            _mm_storeu_ps(base.add((8 + x) * stride), _mm512_extractf32x4_ps::<2>(row));
            _mm_storeu_ps(base.add((12 + x) * stride), _mm512_extractf32x4_ps::<3>(row));
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        // Within quarters first: quad[q][x] holds, for the vectors 4q.. of lanes x, 4 + x, 8 + x, 12 + x.
        let mut quads = [[_mm512_setzero_ps(); 4]; 4];
        for (q, quad) in quads.iter_mut().enumerate() {
            let row = from.add(4 * q * 16);
            let rows = [0, 16, 32, 48].map(|n| _mm512_loadu_ps(row.add(n)));
            *quad = transpose_quarters(rows);
        }
        // Then the quarters of lane group x, of the four quads, change places.
        for x in 0..4 {
            let [a, b, c, d] = [quads[0][x], quads[1][x], quads[2][x], quads[3][x]];
            let ab_even = _mm512_shuffle_f32x4::<0x88>(a, b);
            let ab_odd = _mm512_shuffle_f32x4::<0xdd>(a, b);
            let cd_even = _mm512_shuffle_f32x4::<0x88>(c, d);
            let cd_odd = _mm512_shuffle_f32x4::<0xdd>(c, d);
            _mm512_storeu_ps(to.add(x * stride), _mm512_shuffle_f32x4::<0x88>(ab_even, cd_even));
            _mm512_storeu_ps(to.add((4 + x) * stride), _mm512_shuffle_f32x4::<0x88>(ab_odd, cd_odd));
            _mm512_storeu_ps(to.add((8 + x) * stride), _mm512_shuffle_f32x4::<0xdd>(ab_even, cd_even));
            _mm512_storeu_ps(to.add((12 + x) * stride), _mm512_shuffle_f32x4::<0xdd>(ab_odd, cd_odd));
        }
    }
    #[inline(always)]
    unsafe fn compiled<W: Work>(work: &W) {
        #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
        #[inline(never)]
        unsafe fn compiled<W: Work>(work: &W) {
            work.run::<Avx512>();
        }
        compiled(work);
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        sum8(_mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0)))
    }
}

/// Transposes the 4×4 block in each 128-bit quarter. It is its own inverse.
///
/// # Safety
/// Needs AVX-512 F.
#[inline(always)]
unsafe fn transpose_quarters([a, b, c, d]: [__m512; 4]) -> [__m512; 4] {
    let ab_lo = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
    let ab_hi = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    let cd_lo = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
    let cd_hi = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    [
        _mm512_castpd_ps(_mm512_unpacklo_pd(ab_lo, cd_lo)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(ab_lo, cd_lo)),
        _mm512_castpd_ps(_mm512_unpacklo_pd(ab_hi, cd_hi)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(ab_hi, cd_hi)),
    ]
}

/// Transposes the 4×4 block in each 128-bit half. It is its own inverse.
///
/// # Safety
/// Needs AVX.
#[inline(always)]
unsafe fn transpose_halves([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    let ab_lo = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
    let ab_hi = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    let cd_lo = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
    let cd_hi = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
    [
        _mm256_castpd_ps(_mm256_unpacklo_pd(ab_lo, cd_lo)),
        _mm256_castpd_ps(_mm256_unpackhi_pd(ab_lo, cd_lo)),
        _mm256_castpd_ps(_mm256_unpacklo_pd(ab_hi, cd_hi)),
        _mm256_castpd_ps(_mm256_unpackhi_pd(ab_hi, cd_hi)),
    ]
}

/// Sum of eight lanes in the tree order that [`Lanes::sum`] states.
///
/// # Safety
/// Needs AVX.
#[inline(always)]
unsafe fn sum8(v: __m256) -> f32 {
    let v = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
    let v = _mm_add_ps(v, _mm_movehl_ps(v, v));
    _mm_cvtss_f32(_mm_add_ss(v, _mm_shuffle_ps::<1>(v, v)))
}

/// Lane `l` all ones where bit `l` of `bits` is set.
///
/// # Safety
/// Needs AVX2.
#[inline(always)]
unsafe fn mask8(bits: i32) -> __m256 {
    let bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits), bit), bit))
}

/// [`Lanes::keep`] of the lanes from `FROM` on.
///
/// # Safety
/// Needs AVX2.
#[inline(always)]
unsafe fn keep8<const FROM: usize>(v: __m256, keys: &RowKeys, count: u32, below: u32) -> __m256 {
    let first = _mm256_loadu_si256(keys.first.as_ptr().add(FROM).cast());
    let second = _mm256_loadu_si256(keys.second.as_ptr().add(FROM).cast());
    let x = _mm256_xor_si256(_mm256_set1_epi32(count as i32), first);
    let x = _mm256_xor_si256(x, _mm256_srli_epi32::<16>(x));
    let x = _mm256_mullo_epi32(x, _mm256_set1_epi32(FACTORS[0] as i32));
    let x = _mm256_xor_si256(x, second);
    let x = _mm256_xor_si256(x, _mm256_srli_epi32::<15>(x));
    let x = _mm256_mullo_epi32(x, _mm256_set1_epi32(FACTORS[1] as i32));
    let x = _mm256_xor_si256(x, _mm256_srli_epi32::<16>(x));
    // There is no unsigned comparison; x is the larger of the two where it is at least the other.
    let kept = _mm256_cmpeq_epi32(_mm256_max_epu32(x, _mm256_set1_epi32(below as i32)), x);
    _mm256_and_ps(v, _mm256_castsi256_ps(kept))
}

// SAFETY (all methods): the caller promises AVX2 and FMA, and valid pointers; every access is unaligned.
impl Vector for Avx2Half {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        _mm_prefetch::<_MM_HINT_T0>(p.cast())
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self(_mm256_set1_ps(x))
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self(_mm256_loadu_ps(p))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        _mm256_storeu_ps(p, self.0)
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        Self(_mm256_add_ps(self.0, b.0))
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Self(_mm256_fmadd_ps(self.0, b.0, c.0))
    }
}

// SAFETY (all methods): the caller promises AVX2 and FMA, and valid pointers; every access is unaligned.
impl Vector for Avx2 {
    const WIDTH: usize = 16;

    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        _mm_prefetch::<_MM_HINT_T0>(p.cast())
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        let v = _mm256_set1_ps(x);
        Self(v, v)
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self(_mm256_loadu_ps(p), _mm256_loadu_ps(p.add(8)))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        _mm256_storeu_ps(p, self.0);
        _mm256_storeu_ps(p.add(8), self.1)
    }
    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        Self(_mm256_add_ps(self.0, b.0), _mm256_add_ps(self.1, b.1))
    }
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Self(_mm256_fmadd_ps(self.0, b.0, c.0), _mm256_fmadd_ps(self.1, b.1, c.1))
    }
}

// SAFETY (all methods): as above.
impl Lanes for Avx2 {
    const REGISTERS: usize = 8;
    type Half = Avx2Half;

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        let bits = (1i32 << count) - 1;
        let half = |bits, p| _mm256_maskload_ps(p, _mm256_castps_si256(mask8(bits)));
        Self(half(bits & 0xff, p), half(bits >> 8, p.wrapping_add(8)))
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        let bits = (1i32 << count) - 1;
        let half = |bits, p, v| _mm256_maskstore_ps(p, _mm256_castps_si256(mask8(bits)), v);
        half(bits & 0xff, p, self.0);
        half(bits >> 8, p.wrapping_add(8), self.1)
    }
    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        Self(_mm256_sub_ps(self.0, b.0), _mm256_sub_ps(self.1, b.1))
    }
    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        Self(_mm256_mul_ps(self.0, b.0), _mm256_mul_ps(self.1, b.1))
    }
    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        Self(_mm256_div_ps(self.0, b.0), _mm256_div_ps(self.1, b.1))
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, b: Self, c: Self) -> Self {
        Self(_mm256_fnmadd_ps(self.0, b.0, c.0), _mm256_fnmadd_ps(self.1, b.1, c.1))
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(_mm256_sqrt_ps(self.0), _mm256_sqrt_ps(self.1))
    }
    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        Self(_mm256_min_ps(self.0, b.0), _mm256_min_ps(self.1, b.1))
    }
    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        Self(_mm256_max_ps(self.0, b.0), _mm256_max_ps(self.1, b.1))
    }
    #[inline(always)]
    unsafe fn select(self, mask: u16, other: Self) -> Self {
        Self(
            _mm256_blendv_ps(other.0, self.0, mask8(i32::from(mask))),
            _mm256_blendv_ps(other.1, self.1, mask8(i32::from(mask >> 8))),
        )
    }
    #[inline(always)]
    unsafe fn keep(self, keys: &RowKeys, count: u32, below: u32) -> Self {
        Self(keep8::<0>(self.0, keys, count, below), keep8::<8>(self.1, keys, count, below))
    }
    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        let one = _mm256_castps_si256(_mm256_set1_ps(1.0));
        let half = |x: __m256| {
            let shifted = _mm256_slli_epi32::<23>(_mm256_castps_si256(x));
            _mm256_castsi256_ps(_mm256_add_epi32(shifted, one))
        };
        Self(half(self.0), half(self.1))
    }
    #[inline(always)]
    unsafe fn gather4(base: *const f32, offsets: *const u32) -> [Self; 4] {
        let four = |l: usize| _mm_loadu_ps(base.add(*offsets.add(l) as usize));
        // Row x of a half holds lanes x and 4 + x: the transpose below sorts them.
        let row = |l: usize| _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(four(l)), four(l + 4));
        let lo = transpose_halves([row(0), row(1), row(2), row(3)]);
        let hi = transpose_halves([row(8), row(9), row(10), row(11)]);
        [Self(lo[0], hi[0]), Self(lo[1], hi[1]), Self(lo[2], hi[2]), Self(lo[3], hi[3])]
    }
    #[inline(always)]
    unsafe fn scatter4(v: [Self; 4], base: *mut f32, stride: usize) {
        let halves = [
            transpose_halves([v[0].0, v[1].0, v[2].0, v[3].0]),
            transpose_halves([v[0].1, v[1].1, v[2].1, v[3].1]),
        ];
        for (half, rows) in halves.into_iter().enumerate() {
            for (x, row) in rows.into_iter().enumerate() {
                let l = 8 * half + x;
                _mm_storeu_ps(base.add(l * stride), _mm256_castps256_ps128(row));
                _mm_storeu_ps(base.add((l + 4) * stride), _mm256_extractf128_ps::<1>(row));
            }
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, to: *mut f32, stride: usize) {
        for (n, l) in [(0, 0), (0, 8), (8, 0), (8, 8)] {
            // Eight vectors, eight lanes of each: within halves first, then the halves change places.
            let at = from.add(n * 16 + l);
            let lo = transpose_halves([0, 16, 32, 48].map(|n| _mm256_loadu_ps(at.add(n))));
            let hi = transpose_halves([64, 80, 96, 112].map(|n| _mm256_loadu_ps(at.add(n))));
            for x in 0..4 {
                let first = _mm256_permute2f128_ps::<0x20>(lo[x], hi[x]);
                let second = _mm256_permute2f128_ps::<0x31>(lo[x], hi[x]);
                _mm256_storeu_ps(to.add((l + x) * stride + n), first);
                _mm256_storeu_ps(to.add((l + 4 + x) * stride + n), second);
            }
        }
    }
    #[inline(always)]
    unsafe fn compiled<W: Work>(work: &W) {
        #[target_feature(enable = "avx2,fma")]
        #[inline(never)]
        unsafe fn compiled<W: Work>(work: &W) {
            work.run::<Avx2>();
        }
        compiled(work);
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        sum8(_mm256_add_ps(self.0, self.1))
    }
}
