//! Models and made-up rows for the benchmarks: the same at every run.
#![allow(dead_code, reason = "each benchmark uses its part")]

use gatewise::layers::{Activation, Dense, Embedding, LayerEntry};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::{Model, Sequential};

pub const VOCABULARY: usize = 5_000;
pub const STEPS: usize = 300;

/// The embedding's width beside so many units: 15 beside 10, as the classic assignment has it, else as many.
pub fn width(units: usize) -> usize {
    if units == 10 { 15 } else { units }
}

/// Embedding(width) → the recurrent layer → Dense(1).
pub fn model(width: usize, recurrent: impl Into<LayerEntry>) -> Model {
    Sequential::new()
        .with(Embedding::new(VOCABULARY, width))
        .with(recurrent)
        .with(Dense::new(1).activation(Activation::Sigmoid))
        .compile(1)
        .unwrap()
}

/// Rows of 60 to 600 ids, most of them short and of common words, as film reviews are.
pub fn rows(count: usize) -> Vec<Vec<u32>> {
    let mut random = Random::new(1, Purpose::Data, 0);
    let low = |random: &mut Random, below: usize| {
        let u = random.uniform();
        (u * u * below as f64) as u32
    };
    (0..count)
        .map(|_| {
            let steps = 60 + low(&mut random, 540);
            (0..steps).map(|_| 3 + low(&mut random, VOCABULARY - 3)).collect()
        })
        .collect()
}

pub fn dataset(count: usize) -> Dataset {
    let rows: Sequences = rows(count).into_iter().collect();
    let targets = (0..count).map(|row| (row % 2) as f32).collect::<Vec<f32>>();
    Dataset::new(rows, targets).unwrap().with_padding(Padding::to(STEPS))
}
