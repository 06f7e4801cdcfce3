//! The share that one part of a sum has in a function of the sum, for sixteen parts at once, and the functions
//! themselves over slices.
//!
//! Input: the constant `c` of the sum, the whole sum `z`, and a part `a` of it in each lane. Output: in each lane
//!
//! ```text
//! ½·(f(c + a) − f(c) + f(z) − f(z − a))
//! ```
//!
//! the mean of what the part adds to f as the first part after the constant, and as the last. It is exactly zero
//! for a part of zero, if `f(c)` and `f(z)` were computed by [`sigmoids`] or [`tanhs`].

use super::activation::{SIGMOID_SCALE, sigmoid, tanh};
use super::for_each_isa;
use super::lanes::{LANES, Lanes};

/// A function with a kernel.
trait Smooth {
    /// # Safety
    /// As [`Lanes`].
    unsafe fn of<V: Lanes, const N: usize>(x: [V; N]) -> [V; N];
}

/// σ
struct Sigmoid;
/// tanh
struct Tanh;

impl Smooth for Sigmoid {
    #[inline(always)]
    unsafe fn of<V: Lanes, const N: usize>(mut x: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe {
            for n in 0..N {
                x[n] = x[n].mul(V::splat(SIGMOID_SCALE));
            }
            sigmoid(x)
        }
    }
}

impl Smooth for Tanh {
    #[inline(always)]
    unsafe fn of<V: Lanes, const N: usize>(x: [V; N]) -> [V; N] {
        // SAFETY: same contract as the caller's.
        unsafe { tanh(x) }
    }
}

/// The parts of sums, one sum a unit.
pub(crate) struct Parts<'a> {
    /// `[units]`: c, read.
    pub constant: &'a [f32],
    /// `[units]`: f(c), read.
    pub of_constant: &'a [f32],
    /// `[units]`: z, read.
    pub whole: &'a [f32],
    /// `[units]`: f(z), read.
    pub of_whole: &'a [f32],
    /// `[units][16]`: the parts a, overwritten with their shares.
    pub parts: &'a mut [f32],
}

#[inline(always)]
unsafe fn share<V: Lanes, F: Smooth>(io: Parts<'_>) {
    let Parts { constant, of_constant, whole, of_whole, parts } = io;
    let units = constant.len();
    assert!(of_constant.len() == units && whole.len() == units && of_whole.len() == units);
    assert!(parts.len() == units * LANES);
    // SAFETY: unit u has sixteen floats at u·16, as just asserted.
    unsafe {
        let half = V::splat(0.5);
        for u in 0..units {
            let at = parts.as_mut_ptr().add(u * LANES);
            let a = V::load(at);
            let [first, rest] = F::of([V::splat(constant[u]).add(a), V::splat(whole[u]).sub(a)]);
            let as_first = first.sub(V::splat(of_constant[u]));
            let as_last = V::splat(of_whole[u]).sub(rest);
            half.mul(as_first.add(as_last)).store(at);
        }
    }
}

#[inline(always)]
unsafe fn all<V: Lanes, F: Smooth>(values: &mut [f32]) {
    let len = values.len();
    // SAFETY: no more than the floats that are left are read or written.
    unsafe {
        for start in (0..len).step_by(LANES) {
            let (at, count) = (values.as_mut_ptr().add(start), LANES.min(len - start));
            F::of([V::load_first(at, count)])[0].store_first(at, count);
        }
    }
}

#[inline(always)]
unsafe fn share_sigmoid<V: Lanes>(io: Parts<'_>) {
    // SAFETY: same contract as the caller's.
    unsafe { share::<V, Sigmoid>(io) }
}

#[inline(always)]
unsafe fn share_tanh<V: Lanes>(io: Parts<'_>) {
    // SAFETY: same contract as the caller's.
    unsafe { share::<V, Tanh>(io) }
}

#[inline(always)]
unsafe fn all_sigmoid<V: Lanes>(values: &mut [f32]) {
    // SAFETY: same contract as the caller's.
    unsafe { all::<V, Sigmoid>(values) }
}

#[inline(always)]
unsafe fn all_tanh<V: Lanes>(values: &mut [f32]) {
    // SAFETY: same contract as the caller's.
    unsafe { all::<V, Tanh>(values) }
}

for_each_isa!(
    /// Replaces parts by their shares in σ of the sums.
    pub(crate) fn sigmoid_shares = share_sigmoid(io: Parts<'_>)
);
for_each_isa!(
    /// Replaces parts by their shares in tanh of the sums.
    pub(crate) fn tanh_shares = share_tanh(io: Parts<'_>)
);
for_each_isa!(
    /// Applies σ to each value.
    pub(crate) fn sigmoids = all_sigmoid(values: &mut [f32])
);
for_each_isa!(
    /// Applies tanh to each value.
    pub(crate) fn tanhs = all_tanh(values: &mut [f32])
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Isa;
    use crate::kernels::reference::recurrent::{Function, SIGMOID, TANH};

    type Kernels = (fn(Isa, Parts<'_>), fn(Isa, &mut [f32]), Function);

    const KERNELS: [Kernels; 2] = [(sigmoid_shares, sigmoids, SIGMOID), (tanh_shares, tanhs, TANH)];

    /// Some number between −4 and 4, another one for each `n`.
    fn some(n: usize) -> f32 {
        (n as f32 * 0.733).sin() * 4.0
    }

    #[test]
    fn shares_are_those_of_the_definition_on_every_instruction_set() {
        for (shares, all, function) in KERNELS {
            let mut bits: Vec<Vec<u32>> = Vec::new();
            for isa in Isa::available() {
                for units in [0, 1, 2, 5, 17] {
                    let constant: Vec<f32> = (0..units).map(some).collect();
                    let whole: Vec<f32> = (0..units).map(|u| some(u + 100)).collect();
                    let (mut of_constant, mut of_whole) = (constant.clone(), whole.clone());
                    all(isa, &mut of_constant);
                    all(isa, &mut of_whole);
                    let from: Vec<f32> = (0..units * LANES).map(|n| some(n + 200)).collect();
                    let mut parts = from.clone();
                    let (constant, whole) = (&*constant, &*whole);
                    let (of_constant, of_whole) = (&*of_constant, &*of_whole);
                    shares(isa, Parts { constant, of_constant, whole, of_whole, parts: &mut parts });
                    for (n, &share) in parts.iter().enumerate() {
                        let [a, c, z] = [from[n], constant[n / LANES], whole[n / LANES]].map(f64::from);
                        let f = function.of;
                        let twin = 0.5 * (f(c + a) - f(c) + f(z) - f(z - a));
                        assert!((f64::from(share) - twin).abs() < 1e-6, "{isa} {units} {n}: {share} {twin}");
                    }
                    if units == 17 {
                        bits.push(parts.iter().map(|share| share.to_bits()).collect());
                    }
                }
            }
            assert!(bits.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }

    #[test]
    fn a_part_of_zero_has_no_share_and_the_only_part_has_all_but_the_constant() {
        for (shares, all, _) in KERNELS {
            for isa in Isa::available() {
                let (c, z) = (-0.7f32, 1.9f32);
                let [mut of_c, mut of_z] = [[c], [z]];
                all(isa, &mut of_c);
                all(isa, &mut of_z);
                let mut parts = [0.0; LANES];
                parts[3] = z - c;
                shares(
                    isa,
                    Parts {
                        constant: &[c],
                        of_constant: &of_c,
                        whole: &[z],
                        of_whole: &of_z,
                        parts: &mut parts,
                    },
                );
                assert!((parts[3] - (of_z[0] - of_c[0])).abs() < 1e-6);
                parts[3] = 0.0;
                assert_eq!(parts, [0.0; LANES]);
            }
        }
    }
}
