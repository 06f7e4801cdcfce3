//! `ReduceLROnPlateau`: reduces the learning rate when a metric has stopped improving.

use super::monitor::{Monitor, MonitorMode};
use super::{Callback, CallbackState, Context};
use crate::error::{Error, Result};
use crate::train::EpochLog;
use crate::train::number::Number;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const NAME: &str = "ReduceLROnPlateau";

/// Multiplies the learning rate by a factor when a monitored metric has stopped improving, as Keras's
/// callback of this name.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::ReduceLrOnPlateau;
/// let fit = Fit::new()
///     .epochs(50)
///     .validation_split(0.2)
///     .callback(ReduceLrOnPlateau::new().factor(0.5).patience(2).min_lr(1e-5));
/// ```
#[derive(Debug, Clone)]
pub struct ReduceLrOnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    cooldown: usize,
    min_lr: f64,
    kept: Kept,
}

/// The state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    best: Option<Number>,
    wait: usize,
    /// Number of cooldown epochs left.
    cooldown: usize,
}

impl Default for ReduceLrOnPlateau {
    fn default() -> Self {
        Self {
            monitor: Monitor::new(1e-4),
            factor: 0.1,
            patience: 10,
            cooldown: 0,
            min_lr: 0.0,
            kept: Kept::default(),
        }
    }
}

impl ReduceLrOnPlateau {
    /// Creates the callback: monitors `val_loss`, with a factor of 0.1 and a patience of 10.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the metric to monitor, by its name in [`EpochLog::get`]. Default: `val_loss`.
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// Sets the factor of the learning rate, below 1. Default: 0.1.
    pub fn factor(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// Sets the number of epochs without improvement after which the learning rate is reduced. Default: 10.
    pub fn patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// Sets whether the metric should decrease or increase. Default: [`MonitorMode::Auto`].
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Sets the smallest change that counts as an improvement. Default: 1e-4.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.monitor.min_delta = min_delta;
        self
    }

    /// Sets the number of epochs after a reduction that do not count as epochs without improvement. Default: 0.
    pub fn cooldown(self, cooldown: usize) -> Self {
        Self { cooldown, ..self }
    }

    /// Sets the lower bound of the learning rate. Default: 0.
    pub fn min_lr(self, min_lr: f64) -> Self {
        Self { min_lr, ..self }
    }
}

impl Callback for ReduceLrOnPlateau {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        context.expect_settable_learning_rate(NAME)?;
        if !(0.0..1.0).contains(&self.factor) {
            return Err(Error::config(format!(
                "{NAME}: factor is {}; it must be at least 0 and below 1",
                self.factor
            )));
        }
        if !(0.0..f64::INFINITY).contains(&self.min_lr) {
            return Err(Error::config(format!(
                "{NAME}: min_lr is {}; it must be finite and at least 0",
                self.min_lr
            )));
        }
        self.monitor.check(NAME, context)
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        let Some(current) = self.monitor.find(NAME, context, log.values()) else { return Ok(()) };
        if self.kept.cooldown > 0 {
            self.kept.cooldown -= 1;
            self.kept.wait = 0;
        }
        if self.monitor.improves(current, self.kept.best) {
            self.kept.best = Some(Number(current));
            self.kept.wait = 0;
        } else if self.kept.cooldown == 0 {
            self.kept.wait += 1;
            let old = context.learning_rate();
            if self.kept.wait >= self.patience && old > self.min_lr {
                let new = (old * self.factor).max(self.min_lr);
                context.set_learning_rate(new)?;
                context.note(format!("after epoch {} the learning rate is {new}", context.epoch() + 1));
                self.kept.cooldown = self.cooldown;
                self.kept.wait = 0;
            }
        }
        Ok(())
    }

    fn config(&self) -> Value {
        json!({
            "name": "reduce_lr_on_plateau",
            "watch": self.monitor,
            "factor": self.factor,
            "patience": self.patience,
            "cooldown": self.cooldown,
            "min_lr": self.min_lr,
        })
    }

    fn save_state(&self) -> CallbackState<'_> {
        json!(self.kept).into()
    }

    fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
        self.kept = state.read(NAME)?;
        Ok(())
    }
}
