//! The commands, one file each.

mod accurate;
mod baselines;
mod bench;
mod describe;
mod evaluate;
mod forecast;
mod generate;
mod lab;
mod language_model;
mod parts;
mod predict;
mod preset;
mod series;
mod summary;
mod texts;
mod train;
mod tune;

pub use bench::bench;
pub use describe::data;
pub use evaluate::evaluate;
pub use forecast::forecast;
pub use generate::generate;
pub use lab::lab;
pub use predict::predict;
pub use summary::summary;
pub use train::train;
pub use tune::tune;

use gatewise::Sequential;
use gatewise::layers::{Activation, Dense, Dropout, RecurrentCell};
use gatewise::metrics::{Evaluation, LabelsReport, RegressionReport, Report};
use gatewise::rows::Problem;

/// Recurrent layers on top of `below`, each with its dropout. The last one gives every step's output too where
/// `sequences` is set.
fn recurrent(
    below: Sequential,
    cell: RecurrentCell,
    units: &[usize],
    dropout: f64,
    sequences: bool,
) -> Sequential {
    let last = units.len().saturating_sub(1);
    units.iter().enumerate().fold(below, |spec, (index, &units)| {
        let spec = spec.with(cell.layer(units, sequences || index < last));
        if dropout > 0.0 { spec.with(Dropout::new(dropout)) } else { spec }
    })
}

/// The layer that answers `problem`.
fn head(problem: &Problem, labels: usize) -> Dense {
    match (problem, labels) {
        (Problem::SingleLabel, ..=2) => Dense::new(1).activation(Activation::Sigmoid),
        (Problem::SingleLabel, _) => Dense::new(labels).activation(Activation::Softmax),
        (Problem::MultiLabel { .. }, _) => Dense::new(labels).activation(Activation::Sigmoid),
        _ => Dense::new(1),
    }
}

/// The line that ends a run.
fn test_results(evaluation: &Evaluation) -> String {
    let accuracy = evaluation.accuracy.map(|share| format!(" - Accuracy: {:.2}%", 100.0 * share));
    format!("Test results - Loss: {:.4}{}", evaluation.loss, accuracy.unwrap_or_default())
}

/// The same, with what counts where that is not accuracy.
fn results(evaluation: &Evaluation, report: &Report) -> String {
    match figures(report) {
        Some(figures) => format!("Test results - Loss: {:.4} - {figures}", evaluation.loss),
        None => test_results(evaluation),
    }
}

/// What counts, where that is not accuracy.
fn figures(report: &Report) -> Option<String> {
    match report {
        Report::Labels(LabelsReport { exact_matches, micro_average, macro_average, .. }) => Some(format!(
            "Exact matches: {:.2}% - Micro F1: {:.4} - Macro F1: {:.4}",
            100.0 * exact_matches,
            micro_average.f1,
            macro_average.f1
        )),
        Report::Regression(RegressionReport { mean_absolute_error, root_mean_squared_error, r2, .. }) => {
            let r2 = r2.map_or("undefined".to_owned(), |r2| format!("{r2:.4}"));
            Some(format!("MAE: {mean_absolute_error:.4} - RMSE: {root_mean_squared_error:.4} - R²: {r2}"))
        }
        _ => None,
    }
}
