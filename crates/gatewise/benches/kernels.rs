//! Forward and backward of one batch of 128 rows on one thread, by units and instruction set: what the
//! kernels cost without the loop round them.

mod shared;

use divan::{Bencher, counter::ItemsCount};
use gatewise::{Isa, Loss};

const ROWS: usize = 128;

fn main() {
    divan::main();
}

fn cases() -> Vec<(usize, Isa)> {
    let isas = Isa::available();
    [10, 16, 32, 64, 128].into_iter().flat_map(|units| isas.iter().map(move |&isa| (units, isa))).collect()
}

/// Gradients of every weight; items are rows.
#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn gradients(bencher: Bencher, (units, isa): (usize, Isa)) {
    let (model, data) = (shared::model(if units == 10 { 15 } else { units }, units), shared::dataset(ROWS));
    bencher
        .counter(ItemsCount::new(ROWS))
        .bench_local(|| model.gradients(&data, Loss::BinaryCrossentropy, isa).unwrap());
}

/// Outputs alone; items are rows.
#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn outputs(bencher: Bencher, (units, isa): (usize, Isa)) {
    let (model, data) = (shared::model(if units == 10 { 15 } else { units }, units), shared::dataset(ROWS));
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| model.evaluate_on(&data, 1, isa).unwrap());
}
