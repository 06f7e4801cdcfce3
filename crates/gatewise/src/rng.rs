//! Seeded random number streams.
//!
//! Each purpose has its own stream, keyed by `(seed, purpose, counter)`. Drawing more numbers for one purpose
//! does not shift the numbers of another, and the shuffle of any epoch can be drawn without replaying earlier
//! epochs. This makes a resumed run exact.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// The purpose of a random number stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Initial weights; the counter is the index of the parameter tensor.
    Init = 1,
    /// The order of rows in an epoch; the counter is the epoch.
    Shuffle = 2,
    /// Generated data; the counter is free.
    Data = 3,
    /// Dropout masks; the counter is the step.
    Dropout = 4,
    /// Sampling from a language model; the counter is free.
    Sample = 5,
}

/// A random number stream. The same `(seed, purpose, counter)` yields the same numbers on every platform and
/// in every version of this crate with the same artifact format.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

/// The copy goes on where the original is.
impl Clone for Random {
    fn clone(&self) -> Self {
        Self(ChaCha8Rng::deserialize_state(&self.0.serialize_state()))
    }
}

impl Random {
    /// Returns the stream for `(seed, purpose, counter)`.
    pub fn new(seed: u64, purpose: Purpose, counter: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = purpose as u8;
        key[16..24].copy_from_slice(&counter.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Returns 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Draws a uniform number in `[0, 1)`, with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Draws a uniform integer in `0..n`.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "cannot draw from an empty range");
        // Lemire's multiply-shift; its bias, below n / 2^64, is too small for any test to detect.
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Draws from the standard normal distribution, by the Box–Muller transform.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Shuffles `items` (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [u64; 3] = [0x8dda_d38b_dcdf_450d, 0xaeee_6c1a_3149_bf4a, 0x94ba_d42a_998e_96ae];

    #[test]
    fn streams_are_reproducible_and_independent() {
        let draw = |seed, purpose, counter| Random::new(seed, purpose, counter).bits();
        assert_eq!(draw(1, Purpose::Init, 0), draw(1, Purpose::Init, 0));
        let all = [
            draw(1, Purpose::Init, 0),
            draw(2, Purpose::Init, 0),
            draw(1, Purpose::Shuffle, 0),
            draw(1, Purpose::Init, 1),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn the_numbers_are_those_of_every_version_and_copies_go_on() {
        // Drawn by the first version: artifacts and checkpoints depend on them.
        let mut random = Random::new(7, Purpose::Shuffle, 3);
        assert_eq!(NUMBERS.map(|_| random.bits()), NUMBERS);
        for _ in 0..1000 {
            random.bits();
        }
        assert_eq!(random.clone().bits(), 0x67c4_a4b7_b52d_5d1c);
        let mut copy = random.clone();
        assert_eq!([copy.bits(), copy.bits()], [random.bits(), random.bits()]);
    }

    #[test]
    fn draws_have_the_stated_distribution() {
        let mut random = Random::new(7, Purpose::Data, 0);
        let n = 20_000;
        let (mut sum, mut squares, mut counts) = (0.0, 0.0, [0; 5]);
        for _ in 0..n {
            let x = random.normal();
            sum += x;
            squares += x * x;
            counts[random.below(5)] += 1;
            assert!((0.0..1.0).contains(&random.uniform()));
        }
        assert!((sum / n as f64).abs() < 0.03);
        assert!((squares / n as f64 - 1.0).abs() < 0.05);
        assert!(counts.iter().all(|&c| (3_700..4_300).contains(&c)), "{counts:?}");
    }
}
