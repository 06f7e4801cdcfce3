//! The commands, one file each.

mod bench;
mod evaluate;
mod forecast;
mod generate;
mod lab;
mod language_model;
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

use gatewise::layers::{Activation, Dense};
use gatewise::metrics::Evaluation;

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
