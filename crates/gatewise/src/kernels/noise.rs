//! Random numbers of dropout: drawn by counting, so that nothing is kept and nothing shifts.
//!
//! Input: the position of a number: training step, stage, row, unit, step of the sequence. Output: whether
//! the number is kept. The result is a pure function of the position. It does not depend on the lane, the
//! block, the thread, the instruction set or on a resume, and backward computes it again instead of storing
//! it.
//!
//! A 64-bit key for each row is mixed once a block; each number then costs a 32-bit hash of its count
//! (Wellons's `lowbias32`, with the second half of the key mixed in half-way), sixteen rows at a time.

use super::for_each_isa;
use super::lanes::Lanes;
use super::row_keys::RowKeys;
use super::width::LANES;

/// The source of the random numbers of one block in one training step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise<'a> {
    key: u64,
    rows: &'a [usize],
}

impl<'a> Noise<'a> {
    /// Returns the source for the rows in the lanes (at most sixteen), given by their index in the data set.
    /// `key` is derived from the seed and the training step.
    pub fn new(key: u64, rows: &'a [usize]) -> Self {
        assert!(rows.len() <= LANES);
        Self { key, rows }
    }

    /// Returns an independent source for the same block: one for each stage, and one for each purpose in a
    /// stage.
    pub fn stream(self, index: usize) -> Self {
        Self { key: mix(self.key, index as u64), ..self }
    }

    /// Returns the keys of the rows. Lanes without a row have a key too.
    pub fn keys(self) -> RowKeys {
        let mut keys = RowKeys { first: [0; LANES], second: [0; LANES] };
        for (lane, &row) in self.rows.iter().enumerate() {
            let key = mix(self.key, row as u64);
            (keys.first[lane], keys.second[lane]) = (key as u32, (key >> 32) as u32);
        }
        keys
    }
}

/// SplitMix64's output function over `key` moved on by `index`: two nearby indices give unlike keys.
fn mix(key: u64, index: u64) -> u64 {
    let mut x = key.wrapping_add((index.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// The fraction of the numbers that is dropped, and the factor on the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    below: u32,
    scale: f32,
}

impl Rate {
    /// Returns the rate that drops this fraction of the numbers (at least 0, below 1) and keeps the expected
    /// value.
    pub fn new(rate: f64) -> Self {
        assert!((0.0..1.0).contains(&rate));
        Self { below: (rate * 2f64.powi(32)) as u32, scale: (1.0 / (1.0 - rate)) as f32 }
    }
}

/// What [`drop`] reads and writes.
pub(crate) struct Drop<'a> {
    pub keys: RowKeys,
    pub rate: Rate,
    /// The count of the first vector; the others follow it.
    pub first: u32,
    /// `[n][16]`, read.
    pub x: &'a [f32],
    /// `[n][16]`, overwritten: `x` scaled where it is kept, else 0.
    pub y: &'a mut [f32],
}

#[inline(always)]
unsafe fn drop_lanes<V: Lanes>(io: Drop<'_>) {
    let Drop { keys, rate: Rate { below, scale }, first, x, y } = io;
    assert_eq!(x.len(), y.len());
    // SAFETY: both hold as many whole vectors.
    unsafe {
        let scale = V::splat(scale);
        for n in 0..x.len() / LANES {
            let scaled = V::load(x.as_ptr().add(n * LANES)).mul(scale);
            scaled.keep(&keys, first.wrapping_add(n as u32), below).store(y.as_mut_ptr().add(n * LANES));
        }
    }
}

for_each_isa!(
    /// Applies dropout to a run of vectors. Its gradient is the same function of `dy`.
    pub(crate) fn drop = drop_lanes(io: Drop<'_>)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Isa;

    /// The kept pattern, `[count][lane]`.
    fn kept(isa: Isa, noise: Noise<'_>, rate: f64, first: u32, counts: usize) -> Vec<[bool; LANES]> {
        let mut y = vec![f32::NAN; counts * LANES];
        let x = vec![1.0; counts * LANES];
        drop(isa, Drop { keys: noise.keys(), rate: Rate::new(rate), first, x: &x, y: &mut y });
        let scale = (1.0 / (1.0 - rate)) as f32;
        assert!(y.iter().all(|&y| y == 0.0 || y == scale));
        y.as_chunks::<LANES>().0.iter().map(|y| y.map(|y| y != 0.0)).collect()
    }

    const ROWS: [usize; LANES] =
        [0, 1, 2, 3, 4, 5, 6, 7, 100, 101, 24_999, 25_000, 65_535, 65_536, 1 << 20, 9];

    #[test]
    fn a_number_depends_on_its_row_and_count_alone() {
        let all = kept(Isa::Portable, Noise::new(7, &ROWS), 0.4, 0, 300);
        for isa in Isa::available() {
            assert_eq!(kept(isa, Noise::new(7, &ROWS), 0.4, 0, 300), all, "{isa}");
            // Begun later, and with a row alone in another lane.
            assert_eq!(kept(isa, Noise::new(7, &ROWS), 0.4, 123, 100), all[123..223], "{isa}");
            let alone = kept(isa, Noise::new(7, &ROWS[9..10]), 0.4, 0, 300);
            assert!(alone.iter().zip(&all).all(|(alone, all)| alone[0] == all[9]), "{isa}");
        }
    }

    /// Standard deviations that `hits` of `n` lie from the share `p`.
    fn deviation(hits: usize, n: usize, p: f64) -> f64 {
        (hits as f64 - n as f64 * p) / (n as f64 * p * (1.0 - p)).sqrt()
    }

    #[test]
    fn the_share_that_is_kept_is_the_one_asked_for() {
        const COUNTS: usize = 20_000;
        for rate in [0.0, 0.01, 0.25, 0.5, 0.9] {
            for key in 0..4 {
                let kept = kept(Isa::detect(), Noise::new(key, &ROWS), rate, 0, COUNTS);
                if rate == 0.0 {
                    assert!(kept.iter().flatten().all(|&kept| kept));
                    continue;
                }
                for lane in 0..LANES {
                    let hits = kept.iter().filter(|kept| kept[lane]).count();
                    let d = deviation(hits, COUNTS, 1.0 - rate);
                    assert!(d.abs() < 4.5, "rate {rate}, key {key}, row {}: {d}", ROWS[lane]);
                }
            }
        }
    }

    /// Rows, streams, steps and neighbouring counts agree as often as coins do.
    #[test]
    fn whatever_differs_is_independent() {
        const COUNTS: usize = 40_000;
        let of = |noise: Noise<'_>| kept(Isa::detect(), noise, 0.5, 0, COUNTS);
        let same = |a: &[[bool; LANES]], b: &[[bool; LANES]], name: &str| {
            for lane in 0..LANES {
                let hits = a.iter().zip(b).filter(|(a, b)| a[lane] == b[lane]).count();
                let d = deviation(hits, a.len().min(b.len()), 0.5);
                assert!(d.abs() < 4.5, "{name}, lane {lane}: {d}");
            }
        };
        let all = of(Noise::new(1, &ROWS));
        let mut shifted = ROWS;
        for by in 1..LANES {
            shifted.rotate_left(1);
            same(&all, &of(Noise::new(1, &shifted)), &format!("rows rotated by {by}"));
        }
        same(&all, &of(Noise::new(2, &ROWS)), "another key");
        same(&of(Noise::new(1, &ROWS).stream(0)), &of(Noise::new(1, &ROWS).stream(1)), "another stream");
        for distance in [1, 2, 15, 16, 64, 100, 1024] {
            same(&all[distance..], &all, &format!("counts {distance} apart"));
        }
    }
}
