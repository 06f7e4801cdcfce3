//! The log of a trial.

use gatewise::metrics::Report;
use serde::Serialize;

/// The log of one trial of a search. Serde writes an object, a line of the search's log.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TrialLog {
    /// Number of the trial, from 1.
    pub trial: usize,
    /// Options of the command line that differ from the options of every trial; empty for the first trial.
    pub options: String,
    /// Command line that trains the model again; `None` for rows in memory.
    pub command: Option<String>,
    /// Why the trial ended: `done`, `given up`, `out of time`, `interrupted` or `diverged`.
    pub end: &'static str,
    /// Number of finished epochs.
    pub epochs: usize,
    /// Seconds of the trial.
    pub seconds: f64,
    /// Loss on the validation rows; `None` if no epoch was finished.
    pub val_loss: Option<f64>,
    /// Metrics of the task on the validation rows.
    pub val_report: Option<Report>,
    /// Whether the trial is better than all trials before it.
    pub best: bool,
    /// Metric that trials are compared by.
    #[serde(flatten)]
    pub figure: Option<Figure>,
}

/// The metric that trials are compared by, on the validation rows: accuracy, micro F1, root mean squared
/// error, or loss.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Figure {
    /// Name, such as `val_accuracy`.
    pub name: &'static str,
    /// Value.
    pub value: f64,
    /// Validation loss; it decides between equal values.
    pub(crate) loss: f64,
}

impl Serialize for Figure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.name, self.value)])
    }
}

impl Figure {
    pub(crate) fn new(report: &Report, loss: f64) -> Self {
        let (name, value) = match report {
            Report::Binary(report) => ("val_accuracy", report.accuracy),
            Report::Classes(report) => ("val_accuracy", report.accuracy),
            Report::Labels(report) => ("val_micro_f1", report.micro_average.f1),
            Report::Regression(report) => ("val_rmse", report.root_mean_squared_error),
            _ => ("val_loss", loss),
        };
        Self { name, value, loss }
    }

    /// Returns whether the figure is better than `other`. Between equal values, the lower loss is better.
    pub(crate) fn beats(self, other: Self) -> bool {
        let high = matches!(self.name, "val_accuracy" | "val_micro_f1");
        let (mine, theirs) = if high { (-self.value, -other.value) } else { (self.value, other.value) };
        mine < theirs || mine == theirs && self.loss < other.loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_higher_or_lower_as_the_figure_has_it() {
        let figure = |name, value, loss| Figure { name, value, loss };
        assert!(figure("val_accuracy", 0.9, 1.0).beats(figure("val_accuracy", 0.8, 0.1)));
        assert!(figure("val_accuracy", 0.9, 0.1).beats(figure("val_accuracy", 0.9, 0.2)));
        assert!(!figure("val_accuracy", 0.9, 0.2).beats(figure("val_accuracy", 0.9, 0.2)));
        assert!(figure("val_rmse", 2.0, 1.0).beats(figure("val_rmse", 3.0, 0.1)));
    }
}
