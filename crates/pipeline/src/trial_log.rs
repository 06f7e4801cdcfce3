//! What a search writes down of each trial.

use gatewise::metrics::Report;
use serde::Serialize;

/// One trial of a search: what was tried, and what came of it. With serde it is an object, a line of the search's log.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TrialLog {
    /// Which trial, from 1.
    pub trial: usize,
    /// What differs from the settings that hold for every trial, as options of the command line; empty for the first trial.
    pub options: String,
    /// The command line that trains this model again; `None` for rows in memory.
    pub command: Option<String>,
    /// Why it ended: `done`, `given up`, `out of time`, `interrupted` or `diverged`.
    pub end: &'static str,
    /// Epochs that were finished.
    pub epochs: usize,
    /// How long it took.
    pub seconds: f64,
    /// Loss on the validation rows; `None` where no epoch was finished.
    pub val_loss: Option<f64>,
    /// The metrics on the validation rows that suit the model.
    pub val_report: Option<Report>,
    /// Whether it is better than all before.
    pub best: bool,
    /// What trials are compared by.
    #[serde(flatten)]
    pub figure: Option<Figure>,
}

/// What trials are compared by: accuracy, micro F1, root mean squared error, or loss, on the validation rows.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Figure {
    /// Its name, such as `val_accuracy`.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The loss, which decides between equal values.
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

    /// Whether it is better than `other`; of equal ones that with the lower loss is.
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
