//! `EarlyStopping`: stops the run after epochs without improvement.

use super::monitor::{Monitor, MonitorMode};
use super::{Callback, CallbackState, Context};
use crate::error::Result;
use crate::train::EpochLog;
use crate::train::number::Number;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const NAME: &str = "EarlyStopping";

/// Stops training when a monitored metric has stopped improving, as Keras's callback of this name.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::EarlyStopping;
/// // At most 50 epochs; stops 3 epochs after the best epoch, and restores its weights.
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

/// The state, without the weights.
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
    /// Creates the callback: monitors `val_loss`, with a patience of 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the metric to monitor, by its name in [`EpochLog::get`]. Default: `val_loss`.
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// Sets the smallest change that counts as an improvement. Default: 0.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// Sets the number of epochs without improvement after which training stops. Default: 0.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Sets whether the metric should decrease or increase. Default: [`MonitorMode::Auto`].
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Sets a baseline: the patience restarts only on values better than it. Default: none.
    pub fn baseline(self, baseline: f64) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// Sets whether to restore the weights of the best epoch at the end, stopped or not. Default: false.
    pub fn restore_best_weights(self, restore_best_weights: bool) -> Self {
        Self { restore_best_weights, ..self }
    }

    /// Sets the number of epochs at the start that are not monitored. Default: 0.
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
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.monitor.check(NAME, context)
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
