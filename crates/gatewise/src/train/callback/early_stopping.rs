//! `EarlyStopping`: enough epochs without improvement end the run.

use super::monitor::{Monitor, MonitorMode};
use super::{Callback, CallbackState, Context};
use crate::error::Result;
use crate::train::EpochLog;
use crate::train::number::Number;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const NAME: &str = "EarlyStopping";

/// Stops when a figure has stopped improving; with Keras's settings, defaults and decisions.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::EarlyStopping;
/// // At most 50 epochs; ends 3 epochs after the best, and gives back the weights of the best.
/// let fit = Fit::new()
///     .epochs(50)
///     .validation_split(0.2)
///     .callback(EarlyStopping::new().patience(3).restore_best_weights(true));
/// ```
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    kept: Kept,
    best_weights: Option<Vec<f32>>,
}

/// What it remembers, the weights aside.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    wait: usize,
    best: Option<Number>,
    best_epoch: usize,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            monitor: Monitor::new(0.0),
            patience: 0,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            kept: Kept::default(),
            best_weights: None,
        }
    }
}

impl EarlyStopping {
    /// Watches `val_loss`, without patience.
    pub fn new() -> Self {
        Self::default()
    }

    /// The figure to watch, as [`EpochLog::get`] knows it.
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// Smaller changes for the better are no improvement.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// Epochs without improvement after which the run stops.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Which way is better.
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// What has to be beaten for patience to begin anew.
    pub fn baseline(self, baseline: f64) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// Whether the run ends with the weights of its best epoch, stopped or not; else with the last ones.
    pub fn restore_best_weights(self, restore_best_weights: bool) -> Self {
        Self { restore_best_weights, ..self }
    }

    /// Epochs at the start that are not watched.
    pub fn start_from_epoch(self, start_from_epoch: usize) -> Self {
        Self { start_from_epoch, ..self }
    }

    fn remember(&mut self, context: &Context<'_>) {
        self.kept.best_epoch = context.epoch();
        if self.restore_best_weights {
            let weights = context.model().params().values();
            self.best_weights.get_or_insert_default().clear();
            self.best_weights.get_or_insert_default().extend_from_slice(weights);
        }
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        self.monitor.check(NAME)
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        let Some(current) = self.monitor.find(NAME, context, log.values()) else { return Ok(()) };
        let epoch = context.epoch();
        if epoch < self.start_from_epoch {
            return Ok(());
        }
        if self.restore_best_weights && self.best_weights.is_none() {
            self.remember(context);
        }
        self.kept.wait += 1;
        if self.monitor.improves(current, self.kept.best) {
            self.kept.best = Some(Number(current));
            self.remember(context);
            if self.monitor.improves(current, self.baseline.map(Number)) {
                self.kept.wait = 0;
            }
        } else if self.kept.wait >= self.patience && epoch > 0 {
            let (name, best) = (&self.monitor.name, self.kept.best_epoch + 1);
            context.note(format!("stopped early: {name} was best after epoch {best}"));
            context.stop();
        }
        Ok(())
    }

    fn on_train_end(&mut self, context: &mut Context<'_>) -> Result<()> {
        if let Some(best) = &self.best_weights {
            context.weights_mut().copy_from_slice(best);
            context.note(format!("the weights are those after epoch {}", self.kept.best_epoch + 1));
        }
        Ok(())
    }

    fn config(&self) -> Value {
        json!({
            "name": "early_stopping",
            "watch": self.monitor,
            "patience": self.patience,
            "baseline": self.baseline.map(Number),
            "restore_best_weights": self.restore_best_weights,
            "start_from_epoch": self.start_from_epoch,
        })
    }

    fn save_state(&self) -> CallbackState<'_> {
        CallbackState { value: json!(self.kept), weights: self.best_weights.as_deref() }
    }

    fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
        self.best_weights = state.weights.map(<[f32]>::to_vec);
        self.kept = state.read(NAME)?;
        Ok(())
    }
}
