//! The metric that a callback monitors: its name, and the direction of improvement.

use super::Context;
use crate::error::{Error, Result};
use crate::train::number::Number;
use serde::{Deserialize, Serialize};

/// The direction in which a monitored metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorMode {
    /// By the metric of the run ([`Fit::metrics`](crate::Fit::metrics)) or its name: losses and errors decrease;
    /// accuracy, precision, recall and similar metrics increase.
    #[default]
    Auto,
    /// The metric should decrease.
    Min,
    /// The metric should increase.
    Max,
}

/// Names of metrics that improve upwards and downwards, without `val_`.
const UP: &[&str] = &[
    "accuracy",
    "auc",
    "binary_accuracy",
    "categorical_accuracy",
    "f1",
    "f1_score",
    "precision",
    "pr_auc",
    "r2_score",
    "recall",
    "roc_auc",
    "sparse_categorical_accuracy",
    "top_k_categorical_accuracy",
];
const DOWN: &[&str] = &[
    "loss",
    "log_loss",
    "mae",
    "mape",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mse",
    "perplexity",
    "rmse",
    "root_mean_squared_error",
];

/// A metric to monitor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Monitor {
    #[serde(rename = "monitor")]
    pub name: String,
    pub mode: MonitorMode,
    /// Smallest change that counts as an improvement.
    pub min_delta: f64,
    #[serde(skip)]
    noted: bool,
    /// The direction of the metric of the run.
    #[serde(skip)]
    known: Option<bool>,
}

impl Monitor {
    pub fn new(min_delta: f64) -> Self {
        Self { name: "val_loss".to_owned(), mode: MonitorMode::Auto, min_delta, noted: false, known: None }
    }

    /// Returns whether the metric should increase; `None` if neither mode nor name determines it.
    fn upwards(&self) -> Option<bool> {
        let name = self.name.strip_prefix("val_").unwrap_or(&self.name);
        match self.mode {
            MonitorMode::Min => Some(false),
            MonitorMode::Max => Some(true),
            MonitorMode::Auto if self.known.is_some() => self.known,
            MonitorMode::Auto if UP.contains(&name) => Some(true),
            MonitorMode::Auto => DOWN.contains(&name).then_some(false),
        }
    }

    /// Checks the settings for a run.
    pub fn check(&mut self, callback: &str, context: &Context<'_>) -> Result<()> {
        self.known = context.increases(&self.name);
        self.valid(callback)
    }

    fn valid(&self, callback: &str) -> Result<()> {
        if !self.min_delta.is_finite() {
            return Err(Error::config(format!(
                "{callback}: min_delta is {}; it must be finite",
                self.min_delta
            )));
        }
        match self.upwards() {
            Some(_) => Ok(()),
            None => Err(Error::config(format!(
                "{callback}: the name '{}' does not say whether less or more of it is better; set the mode to \
                 min or max",
                self.name
            ))),
        }
    }

    /// Returns the metric in `values`. If it is missing, sends a note, once.
    pub fn find<'v>(
        &mut self,
        callback: &str,
        context: &mut Context<'_>,
        values: impl Iterator<Item = (&'v str, f64)>,
    ) -> Option<f64> {
        let values: Vec<_> = values.collect();
        let found = values.iter().find(|(name, _)| *name == self.name).map(|&(_, value)| value);
        if found.is_none() && !std::mem::replace(&mut self.noted, true) {
            let names: Vec<_> = values.iter().map(|&(name, _)| name).collect();
            context.note(format!(
                "{callback} watches {}, but after epoch {} there are only {}",
                self.name,
                context.epoch() + 1,
                names.join(", ")
            ));
        }
        found
    }

    /// Returns whether `value` is better than `reference` by more than `min_delta`. As in Keras, any value is
    /// better than `None`, and no value is better than NaN.
    pub fn improves(&self, value: f64, reference: Option<Number>) -> bool {
        let Some(Number(reference)) = reference else { return true };
        match self.upwards() {
            Some(true) => value - self.min_delta.abs() > reference,
            _ => value + self.min_delta.abs() < reference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn monitor(name: &str, mode: MonitorMode, min_delta: f64) -> Monitor {
        Monitor { name: name.into(), mode, ..Monitor::new(min_delta) }
    }

    #[test]
    fn names_and_modes_decide_the_direction() {
        let better = |name: &str, mode, value| monitor(name, mode, 0.1).improves(value, Some(Number(1.0)));
        for name in ["loss", "val_loss", "val_mse"] {
            assert!(
                better(name, MonitorMode::Auto, 0.85) && !better(name, MonitorMode::Auto, 0.95),
                "{name}"
            );
        }
        for name in ["accuracy", "val_recall"] {
            assert!(
                better(name, MonitorMode::Auto, 1.15) && !better(name, MonitorMode::Auto, 1.05),
                "{name}"
            );
        }
        assert!(better("val_loss", MonitorMode::Max, 1.15) && better("speed", MonitorMode::Min, 0.85));
        let error = monitor("speed", MonitorMode::Auto, 0.0).valid("EarlyStopping").unwrap_err().to_string();
        assert!(error.contains("EarlyStopping") && error.contains("'speed'"), "{error}");
        assert!(monitor("loss", MonitorMode::Auto, f64::NAN).valid("EarlyStopping").is_err());
    }

    #[test]
    fn nothing_is_worse_than_anything_and_a_nan_never_gets_better() {
        let loss = monitor("loss", MonitorMode::Auto, 0.0);
        assert!(loss.improves(f64::NAN, None));
        assert!(!loss.improves(0.0, Some(Number(f64::NAN))) && !loss.improves(f64::NAN, Some(Number(0.0))));
    }
}
