//! Answers of the classic model: many rows at once, one row alone; and single steps from a state. Items are rows.

mod shared;

use divan::{Bencher, counter::ItemsCount};
use gatewise::layers::Lstm;
use gatewise::rows::{Inputs, Padding, Problem, Sequences};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, Isa, Predictor, Stateful, TrainingSummary};

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 2], sample_count = 10, sample_size = 1)]
fn evaluate_5000_rows(bencher: Bencher, threads: usize) {
    let (model, data) = (shared::model(15, Lstm::new(10)), shared::dataset(5_000));
    bencher
        .counter(ItemsCount::new(data.len()))
        .bench_local(|| model.evaluate_on(&data, threads, Isa::detect()).unwrap());
}

#[divan::bench(args = [1, 50, 190, 300])]
fn one_row_of(bencher: Bencher, steps: usize) {
    let words: Vec<String> = (0..shared::VOCABULARY).map(|word| format!("word{word}")).collect();
    let artifact = Artifact {
        model: shared::model(15, Lstm::new(10)),
        tokenizer: Tokenizer::default(),
        vocabulary: Vocabulary::from_ranked(&words, shared::VOCABULARY).unwrap(),
        scalers: Vec::new(),
        ensemble: None,
        padding: Padding::to(shared::STEPS),
        problem: Problem::SingleLabel,
        labels: vec!["neg".into(), "pos".into()],
        threshold: 0.5,
        training: TrainingSummary::default(),
    };
    let mut predictor = Predictor::with(&artifact, Isa::detect(), 1).unwrap();
    let ids: Vec<u32> = (0..steps as u32).map(|step| 3 + step * 37 % 4_000).collect();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| predictor.probability_of_ids(&ids).unwrap());
}

/// One step of so many rows of a model of 256 units.
#[divan::bench(args = [1, 2, 16, 64])]
fn a_step_from_a_state(bencher: Bencher, rows: usize) {
    let model = shared::model(64, Lstm::new(256));
    let mut served = Stateful::with(&model, Isa::detect(), 1).unwrap();
    let mut state = served.zero_state(rows).unwrap();
    let step: Inputs = (0..rows as u32).map(|row| [3 + row * 37]).collect::<Sequences>().into();
    bencher.counter(ItemsCount::new(rows)).bench_local(|| served.predict(&step, &mut state).unwrap());
}
