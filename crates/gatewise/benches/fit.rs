//! An epoch of training on 2,000 rows: by units, and by threads. Items are rows.

mod shared;

use divan::{Bencher, counter::ItemsCount};
use gatewise::Fit;
use gatewise::layers::Lstm;

const ROWS: usize = 2_000;

fn main() {
    divan::main();
}

fn epoch(bencher: Bencher, units: usize, threads: usize) {
    let (start, data) = (shared::model(shared::width(units), Lstm::new(units)), shared::dataset(ROWS));
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(|| start.clone()).bench_local_values(|mut model| {
        Fit::new().epochs(1).threads(threads).run(&mut model, &data).unwrap();
    });
}

#[divan::bench(args = [10, 32, 64], sample_count = 5, sample_size = 1)]
fn by_units(bencher: Bencher, units: usize) {
    epoch(bencher, units, 1);
}

#[divan::bench(args = [1, 2, 4], sample_count = 10, sample_size = 1)]
fn by_threads(bencher: Bencher, threads: usize) {
    epoch(bencher, 10, threads);
}
