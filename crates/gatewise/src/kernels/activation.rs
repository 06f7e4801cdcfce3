//! Sigmoid and tanh on [`Lanes`], good to a few units in the last place.
//!
//! The two are computed in different ways because what they must be good at differs: tanh passes through
//! zero, and needs a small relative error there; σ does not.

use super::lanes::Lanes;

/// tanh(x) ≈ x·P(x²)/Q(x²) on [−9, 9], beyond which |tanh| is 1 up to half a unit in the last place.
/// Minimax fit of the relative error (2.1e-8 before rounding to `f32`, 3.1e-7 with it); see
/// `tools/tanh/fit.py`. (`Q[3]` is one unit in the last place below the fit's.)
const P: [f32; 5] = [1.0, 1.338_102_5e-1, 3.495_587_7e-3, 2.060_907_5e-5, 1.335_465_4e-8];
const Q: [f32; 5] = [1.0, 4.671_434_2e-1, 2.587_698e-2, 3.285_634e-4, 7.776_555e-7];
/// Where the function is held: it is exactly 1 here, nowhere above 1 before, and would be a unit or two in
/// the last place above it further on (so that gates would leave 0..=1 and slopes change their sign). The
/// true value here is 1 − 1.9e-7.
const LIMIT: f32 = 8.089_944;

/// tanh of every lane of every vector. Taking several at once lets their chains overlap.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn tanh<V: Lanes, const N: usize>(x: [V; N]) -> [V; N] {
    // SAFETY: same contract as the caller's.
    unsafe {
        let mut num = x;
        let mut den = x;
        for n in 0..N {
            // In this order of arguments NaN passes both (they give the second), so divergence shows.
            let x = V::splat(-LIMIT).max(V::splat(LIMIT).min(x[n]));
            let u = x.mul(x);
            let mut p = V::splat(P[4]);
            let mut q = V::splat(Q[4]);
            for k in (0..4).rev() {
                p = p.mul_add(u, V::splat(P[k]));
                q = q.mul_add(u, V::splat(Q[k]));
            }
            num[n] = x.mul(p);
            den[n] = q;
        }
        for n in 0..N {
            num[n] = num[n].div(den[n]);
        }
        num
    }
}

/// What a number is multiplied by before [`sigmoid`] takes it: σ(x) = 1 / (1 + 2^(−x·log₂e)). Whoever
/// computes x from weights multiplies these instead.
pub(crate) const SIGMOID_SCALE: f32 = -std::f32::consts::LOG2_E;

/// 2^f on [−½, ½]: minimax fit of the relative error (7.5e-8 before rounding); see `tools/tanh/fit.py`.
const EXP2: [f32; 6] =
    [1.000_000_1, 6.931_469_4e-1, 2.402_212e-1, 5.550_713e-2, 9.675_541e-3, 1.327_647_2e-3];
/// 1.5·2²³: adding it rounds to whole numbers, which then stand in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// Two numbers whose product is 2^t.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
unsafe fn power<V: Lanes>(t: V) -> [V; 2] {
    // SAFETY: same contract as the caller's.
    unsafe {
        let round = V::splat(ROUND);
        // NaN passes, as in `tanh`; exponents stay those of normal numbers.
        let t = V::splat(-126.0).max(V::splat(126.0).min(t));
        let whole = t.add(round);
        let f = t.sub(whole.sub(round));
        let mut p = V::splat(EXP2[5]);
        for k in (0..5).rev() {
            p = p.mul_add(f, V::splat(EXP2[k]));
        }
        [p, whole.power_of_two()]
    }
}

/// eˣ of every lane, x between −87 and 87 and held there.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn exp<V: Lanes>(x: V) -> V {
    // SAFETY: same contract as the caller's.
    unsafe {
        let [p, whole] = power(x.mul(V::splat(std::f32::consts::LOG2_E)));
        p.mul(whole)
    }
}

/// σ of x = t / [`SIGMOID_SCALE`] of every lane of every vector.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn sigmoid<V: Lanes, const N: usize>(t: [V; N]) -> [V; N] {
    // SAFETY: same contract as the caller's.
    unsafe {
        let one = V::splat(1.0);
        let mut y = t;
        for n in 0..N {
            let [p, whole] = power(t[n]);
            y[n] = p.mul_add(whole, one);
        }
        for n in 0..N {
            y[n] = one.div(y[n]);
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use crate::kernels::{Isa, LANES, for_each_isa, lanes::Lanes};

    #[inline(always)]
    unsafe fn both<V: Lanes>(io: &mut [[f32; LANES]; 3]) {
        // SAFETY: sixteen floats at each pointer.
        unsafe {
            let x = V::load(io[0].as_ptr());
            super::tanh([x])[0].store(io[1].as_mut_ptr());
            super::sigmoid([x.mul(V::splat(super::SIGMOID_SCALE))])[0].store(io[2].as_mut_ptr());
        }
    }
    for_each_isa!(fn both_on = both(io: &mut [[f32; LANES]; 3]));

    #[test]
    fn agrees_with_the_standard_library_everywhere() {
        for isa in Isa::available() {
            let mut worst = (0f64, 0f64);
            for i in 0..40_000 {
                let base = (i as f32 - 20_000.0) * 1e-3;
                let mut io = [[0.0; LANES]; 3];
                io[0] = std::array::from_fn(|l| base * (1.0 + l as f32 * 1e-3));
                both_on(isa, &mut io);
                for l in 0..LANES {
                    let x = f64::from(io[0][l]);
                    let relative = (f64::from(io[1][l]) / x.tanh() - 1.0).abs();
                    worst.0 = worst.0.max(if x == 0.0 { 0.0 } else { relative });
                    worst.1 = worst.1.max((f64::from(io[2][l]) - 1.0 / (1.0 + (-x).exp())).abs());
                }
            }
            assert!(worst.0 < 4.5e-7 && worst.1 < 2.5e-7, "{isa}: {worst:?}");
        }
    }

    #[test]
    fn never_leaves_its_range_and_reaches_its_ends() {
        // Every float from 6 up to where both are flat.
        for base in (6f32.to_bits()..=20f32.to_bits()).step_by(LANES / 2) {
            let mut io = [[0.0; LANES]; 3];
            for l in 0..LANES / 2 {
                io[0][2 * l] = f32::from_bits(base + l as u32);
                io[0][2 * l + 1] = -io[0][2 * l];
            }
            both_on(Isa::detect(), &mut io);
            for l in 0..LANES {
                let [x, tanh, sigmoid] = [0, 1, 2].map(|row| io[row][l]);
                assert!(tanh.abs() <= 1.0 && (0.0..=1.0).contains(&sigmoid), "{x}: {tanh} {sigmoid}");
                assert!(x.abs() < 17.0 || tanh.abs() == 1.0 && (sigmoid == 1.0 || x < 0.0 && sigmoid < 5e-8));
            }
        }
    }

    #[test]
    fn nan_is_passed_on() {
        for isa in Isa::available() {
            let mut io = [[0.0; LANES]; 3];
            io[0][3] = f32::NAN;
            both_on(isa, &mut io);
            for out in &io[1..] {
                assert!(out.iter().enumerate().all(|(l, y)| y.is_nan() == (l == 3)), "{isa}: {out:?}");
            }
        }
    }

    #[test]
    fn saturates_and_keeps_infinities_finite() {
        let mut io = [[0.0; LANES]; 3];
        io[0][..4].copy_from_slice(&[f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30]);
        both_on(Isa::Portable, &mut io);
        for (l, sign) in [1f32, -1.0, 1.0, -1.0].into_iter().enumerate() {
            assert_eq!(io[1][l], sign);
            assert!((io[2][l] - sign.max(0.0)).abs() < 2e-38, "{}", io[2][l]);
        }
    }
}
