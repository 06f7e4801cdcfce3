//! Tests of the kernels: each against its readable twin, on every instruction set of this processor.
//!
//! Every buffer a kernel is given stands between guard zones, and whatever the contract calls
//! overwritten or dead starts as NaN: a write outside, or a read of what was never written, shows.

mod cells;
mod dense;
mod dropped;
mod embedding;
mod head;
mod isa;
mod pad_prefix;
mod product;
mod projected;
mod recurrent;
mod twins;
mod update;

use crate::rng::{Purpose, Random};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Floats of guard before and after a [`Guarded`] buffer.
const GUARD: usize = 32;
/// A NaN that no arithmetic makes.
const SENTINEL: u32 = 0x7fab_cdef;

/// A buffer between two guard zones.
#[derive(Debug, Clone)]
struct Guarded(Vec<f32>);

impl Guarded {
    fn new(values: &[f32]) -> Self {
        let guard = [f32::from_bits(SENTINEL); GUARD];
        Self([&guard, values, &guard].concat())
    }

    /// All NaN.
    fn poisoned(len: usize) -> Self {
        Self::new(&vec![f32::NAN; len])
    }

    fn zeroed(len: usize) -> Self {
        Self::new(&vec![0.0; len])
    }

    fn get(&self) -> &[f32] {
        &self.0[GUARD..self.0.len() - GUARD]
    }

    fn get_mut(&mut self) -> &mut [f32] {
        let end = self.0.len() - GUARD;
        &mut self.0[GUARD..end]
    }

    fn bits(&self) -> Vec<u32> {
        bits(self.get())
    }

    /// Fails when something was written outside.
    fn check_guards(&self, name: &str) {
        let (before, after) = (&self.0[..GUARD], &self.0[self.0.len() - GUARD..]);
        let intact = |zone: &[f32]| zone.iter().all(|v| v.to_bits() == SENTINEL);
        assert!(intact(before), "{name}: written before its start");
        assert!(intact(after), "{name}: written past its end");
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// Fails where `ours` is further from `twin` than `tolerance` times the twin's largest value. Where the
/// twin is all zero, so must ours be.
fn assert_close(ours: &[f32], twin: &[f64], tolerance: f64, name: &str) {
    assert_eq!(ours.len(), twin.len(), "{name}: length");
    let largest = twin.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    for (at, (&o, &t)) in ours.iter().zip(twin).enumerate() {
        let error = (f64::from(o) - t).abs();
        assert!(error <= tolerance * largest, "{name}[{at}]: {o:e}, its twin {t:e}, largest {largest:e}");
    }
}

/// As [`assert_close`], for sums: each may also be off by the rounding of what it is summed from, whose sizes
/// add up to `sizes`. (A sum that all but cancels is small; its rounding is not.)
fn assert_sums(ours: &[f32], twin: &[f64], sizes: &[f64], tolerance: f64, name: &str) {
    assert_eq!((ours.len(), sizes.len()), (twin.len(), twin.len()), "{name}: length");
    let largest = twin.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    for (at, ((&o, &t), size)) in ours.iter().zip(twin).zip(sizes).enumerate() {
        let error = (f64::from(o) - t).abs();
        assert!(
            error <= tolerance * largest + 1e-6 * size,
            "{name}[{at}]: {o:e}, its twin {t:e}, of {size:e}"
        );
    }
}

/// Uniform numbers in ±`size` that are the same in both precisions.
struct Numbers(Random);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(Random::new(seed, Purpose::Data, 0))
    }

    fn one(&mut self, size: f64) -> f32 {
        ((self.0.uniform() * 2.0 - 1.0) * size) as f32
    }

    fn vec(&mut self, len: usize, size: f64) -> Vec<f32> {
        (0..len).map(|_| self.one(size)).collect()
    }
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// A layer's width: mostly the edges of tiles and vectors.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![3 => prop::sample::select(vec![1usize, 3, 4, 5, 16, 17]), 1 => 1usize..=37]
}

/// Settings of a reproducible run: always the same cases.
fn seeded(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x6761_7465),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
#[should_panic(expected = "written past its end")]
fn the_guards_notice() {
    let mut buffer = Guarded::zeroed(3);
    buffer.0[GUARD + 3] = 0.0;
    buffer.check_guards("buffer");
}

#[test]
#[should_panic(expected = "its twin")]
fn a_nan_is_close_to_nothing() {
    assert_close(&[1.0, f32::NAN], &[1.0, 1.0], 1e-5, "x");
}
