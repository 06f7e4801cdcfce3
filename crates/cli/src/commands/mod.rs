//! The commands, one file each.

mod bench;
mod evaluate;
mod forecast;
mod generate;
mod lab;
mod language_model;
mod parts;
mod predict;
mod series;
mod summary;
mod texts;
mod train;

pub use bench::bench;
pub use evaluate::evaluate;
pub use forecast::forecast;
pub use generate::generate;
pub use lab::lab;
pub use predict::predict;
pub use summary::summary;
pub use train::train;

use crate::args::Cell;
use gatewise::Sequential;
use gatewise::layers::{Activation, Dense, Dropout};
use gatewise::metrics::Evaluation;

/// Recurrent layers on top of `below`, each with its dropout. The last one gives every step's output too where
/// `sequences` is set.
fn recurrent(below: Sequential, cell: Cell, units: &[usize], dropout: f64, sequences: bool) -> Sequential {
    let last = units.len().saturating_sub(1);
    units.iter().enumerate().fold(below, |spec, (index, &units)| {
        let spec = spec.with(cell.layer(units, sequences || index < last));
        if dropout > 0.0 { spec.with(Dropout::new(dropout)) } else { spec }
    })
}

/// The layer that tells classes apart.
fn head(classes: usize) -> Dense {
    match classes {
        ..=2 => Dense::new(1).activation(Activation::Sigmoid),
        _ => Dense::new(classes).activation(Activation::Softmax),
    }
}

/// The line that ends a run.
fn test_results(evaluation: &Evaluation) -> String {
    let accuracy = evaluation.accuracy.map(|share| format!(" - Accuracy: {:.2}%", 100.0 * share));
    format!("Test results - Loss: {:.4}{}", evaluation.loss, accuracy.unwrap_or_default())
}
