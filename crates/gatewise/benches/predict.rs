//! Answers of the classic model: many rows at once, one row alone; and single steps from a state. Items are rows.

mod shared;

use divan::{Bencher, counter::ItemsCount};
use gatewise::explain::contextual_decomposition_on;
use gatewise::layers::Lstm;
use gatewise::rows::{Inputs, Padding, Sequences};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, Machine, Output, Predictor, Stateful};

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 2], sample_count = 10, sample_size = 1)]
fn evaluate_5000_rows(bencher: Bencher, threads: usize) {
    let (model, data) = (shared::model(15, Lstm::new(10)), shared::dataset(5_000));
    let machine = Machine::new().threads(threads);
    bencher.counter(ItemsCount::new(data.len())).bench_local(|| model.evaluate_on(&data, &machine).unwrap());
}

#[divan::bench(args = [1, 50, 190, 300])]
fn one_row_of(bencher: Bencher, steps: usize) {
    let words: Vec<String> = (0..shared::VOCABULARY).map(|word| format!("word{word}")).collect();
    let vocabulary = Vocabulary::from_ranked(&words, shared::VOCABULARY).unwrap();
    let artifact = Artifact::builder(shared::model(15, Lstm::new(10)))
        .text(Tokenizer::default(), vocabulary)
        .padding(Padding::to(shared::STEPS))
        .labels(["neg", "pos"])
        .build();
    let predictor = Predictor::on(artifact.unwrap(), &Machine::new().threads(1)).unwrap();
    let ids: Vec<u32> = (0..steps as u32).map(|step| 3 + step * 37 % 4_000).collect();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| predictor.probability_of_ids(&ids).unwrap());
}

/// One step of so many rows of a model of 256 units.
#[divan::bench(args = [1, 2, 16, 64])]
fn a_step_from_a_state(bencher: Bencher, rows: usize) {
    let model = shared::model(64, Lstm::new(256));
    let served = Stateful::on(model, &Machine::new().threads(1)).unwrap();
    let mut state = served.zero_state(rows).unwrap();
    let step: Inputs = (0..rows as u32).map(|row| [3 + row * 37]).collect::<Sequences>().into();
    bencher.counter(ItemsCount::new(rows)).bench_local(|| served.predict(&step, &mut state).unwrap());
}

/// The ids of one row of 200 tokens.
fn one_row() -> Inputs {
    [(0..200).map(|step| 3 + step * 37 % 4_000).collect::<Vec<u32>>()]
        .into_iter()
        .collect::<Sequences>()
        .into()
}

/// Every number of one row of 200 tokens.
#[divan::bench]
fn trace_of_one_row(bencher: Bencher) {
    let (model, row) = (shared::model(15, Lstm::new(10)), one_row());
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| model.trace(&row, Padding::default()).unwrap());
}

/// The gradient of the logit with respect to 200 embedded tokens.
#[divan::bench]
fn input_gradients_of_one_row(bencher: Bencher) {
    let (model, row) = (shared::model(15, Lstm::new(10)), one_row());
    let of = Output::Logit(0);
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| model.input_gradients(&row, Padding::default(), of).unwrap());
}

/// The 200 words and the 199 pairs of neighbours of a text, padded to 300 steps.
#[divan::bench(args = [1, 2])]
fn contextual_decomposition_of_one_row(bencher: Bencher, threads: usize) {
    let (model, row) = (shared::model(15, Lstm::new(10)), one_row());
    let machine = Machine::new().threads(threads);
    let phrases: Vec<_> = (0..200).map(|t| t..t + 1).chain((0..199).map(|t| t..t + 2)).collect();
    let padding = Padding::to(shared::STEPS);
    bencher
        .counter(ItemsCount::new(phrases.len()))
        .bench_local(|| contextual_decomposition_on(&model, &row, padding, 0, &phrases, &machine).unwrap());
}

/// The last hidden state of 5,000 rows, and that of every step.
#[divan::bench(args = [false, true], sample_count = 5, sample_size = 1)]
fn hidden_states_of_5000_rows(bencher: Bencher, every_step: bool) {
    let (model, data) = (shared::model(15, Lstm::new(10)), shared::dataset(5_000));
    let (inputs, padding) = (data.inputs(), data.padding());
    bencher.counter(ItemsCount::new(data.len())).bench_local(|| match every_step {
        true => model.hidden_states(inputs, padding, "lstm").unwrap().values().len(),
        false => model.last_hidden_state(inputs, padding, "lstm").unwrap().len(),
    });
}
