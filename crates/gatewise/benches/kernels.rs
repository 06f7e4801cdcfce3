//! One batch of 128 rows on one thread, by cell, units and instruction set: what the kernels cost with little
//! of the loop round them. Items are rows.

mod shared;

use divan::{Bencher, counter::ItemsCount};
use gatewise::layers::{Gru, Lstm, SimpleRnn};
use gatewise::optimizer::Sgd;
use gatewise::{Fit, Isa, Machine, Model};

const ROWS: usize = 128;

fn main() {
    divan::main();
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Lstm,
    Gru,
    SimpleRnn,
}

/// The LSTM at several sizes, the other cells at one.
fn cases() -> Vec<(Cell, usize, Isa)> {
    let lstm = [10, 16, 32, 64, 128].map(|units| (Cell::Lstm, units));
    let cells = [(Cell::Gru, 64), (Cell::SimpleRnn, 64)];
    let on_each = |(cell, units)| Isa::available().into_iter().map(move |isa| (cell, units, isa));
    lstm.into_iter().chain(cells).flat_map(on_each).collect()
}

fn model(cell: Cell, units: usize) -> Model {
    let width = shared::width(units);
    match cell {
        Cell::Lstm => shared::model(width, Lstm::new(units)),
        Cell::Gru => shared::model(width, Gru::new(units)),
        Cell::SimpleRnn => shared::model(width, SimpleRnn::new(units)),
    }
}

/// Forward, backward and the plainest of optimizers.
#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn step(bencher: Bencher, (cell, units, isa): (Cell, usize, Isa)) {
    let (start, data) = (model(cell, units), shared::dataset(ROWS));
    bencher.counter(ItemsCount::new(ROWS)).with_inputs(|| start.clone()).bench_local_values(|mut model| {
        let fit = Fit::new().epochs(1).batch_size(ROWS).optimizer(Sgd::new(0.01)).threads(1).isa(isa);
        fit.run(&mut model, &data).unwrap();
    });
}

/// Forward alone.
#[divan::bench(args = cases(), sample_count = 10, sample_size = 1)]
fn outputs(bencher: Bencher, (cell, units, isa): (Cell, usize, Isa)) {
    let (model, data) = (model(cell, units), shared::dataset(ROWS));
    let machine = Machine::new().threads(1).isa(isa);
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| model.evaluate_on(&data, &machine).unwrap());
}
