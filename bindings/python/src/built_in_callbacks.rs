//! The library's own callbacks, chosen from Python by Keras's names and arguments.
//!
//! Input: arguments as JSON. Output: callbacks of a run. Their Python objects show their state after each epoch.

use crate::callbacks::Raised;
use crate::model::artifact;
use crate::settings;
use gatewise::train::{
    BatchLog, Callback, CallbackState, Context, CsvLogger, EarlyStopping, EpochLog, LearningRateScheduler,
    ModelCheckpoint, MonitorMode, ReduceLrOnPlateau, TensorBoard, TerminateOnNan,
};
use gatewise::{Checkpoints, Error, Fit, Result};
use pyo3::prelude::*;
use serde::Deserialize;
use std::path::PathBuf;

/// The arguments of a callback. Python gives all of them.
#[derive(Debug, Deserialize)]
#[serde(tag = "callback", deny_unknown_fields)]
enum BuiltIn {
    EarlyStopping {
        monitor: String,
        min_delta: f64,
        patience: usize,
        mode: MonitorMode,
        baseline: Option<f64>,
        restore_best_weights: bool,
        start_from_epoch: usize,
    },
    ModelCheckpoint {
        filepath: PathBuf,
        monitor: String,
        save_best_only: bool,
        save_weights_only: bool,
        mode: MonitorMode,
        /// In batches; `None` saves after each epoch.
        save_freq: Option<usize>,
        initial_value_threshold: Option<f64>,
    },
    ReduceLROnPlateau {
        monitor: String,
        factor: f64,
        patience: usize,
        mode: MonitorMode,
        min_delta: f64,
        cooldown: usize,
        min_lr: f64,
    },
    LearningRateScheduler {},
    #[serde(rename = "CSVLogger")]
    CsvLogger {
        filename: PathBuf,
        separator: char,
        append: bool,
    },
    TensorBoard {
        log_dir: PathBuf,
    },
    #[serde(rename = "TerminateOnNaN")]
    TerminateOnNan {},
    BackupAndRestore {
        backup_dir: PathBuf,
    },
}

/// Adds the callback with these arguments to a run. `object` is its Python object.
pub fn add<'a>(
    fit: Fit<'a>,
    arguments: &str,
    object: &Bound<'_, PyAny>,
    raised: &Raised,
) -> PyResult<Fit<'a>> {
    let mirror = object.clone().unbind();
    Ok(match settings::read("the callback", arguments)? {
        BuiltIn::EarlyStopping {
            monitor,
            min_delta,
            patience,
            mode,
            baseline,
            restore_best_weights,
            start_from_epoch,
        } => {
            let stopping = EarlyStopping::new()
                .monitor(monitor)
                .min_delta(min_delta)
                .patience(patience)
                .mode(mode)
                .restore_best_weights(restore_best_weights)
                .start_from_epoch(start_from_epoch);
            let stopping = match baseline {
                Some(baseline) => stopping.baseline(baseline),
                None => stopping,
            };
            fit.callback(Mirror { callback: stopping, object: mirror, raised: raised.clone() })
        }
        BuiltIn::ModelCheckpoint {
            filepath,
            monitor,
            save_best_only,
            save_weights_only,
            mode,
            save_freq,
            initial_value_threshold,
        } => {
            let mut checkpoint =
                ModelCheckpoint::new(filepath).monitor(monitor).save_best_only(save_best_only).mode(mode);
            if !save_weights_only {
                checkpoint = checkpoint.saving(|path, model| artifact(model).build()?.save(path));
            }
            if let Some(batches) = save_freq {
                checkpoint = checkpoint.save_freq(batches);
            }
            if let Some(threshold) = initial_value_threshold {
                checkpoint = checkpoint.initial_value_threshold(threshold);
            }
            fit.callback(Mirror { callback: checkpoint, object: mirror, raised: raised.clone() })
        }
        BuiltIn::ReduceLROnPlateau { monitor, factor, patience, mode, min_delta, cooldown, min_lr } => {
            let plateau = ReduceLrOnPlateau::new()
                .monitor(monitor)
                .factor(factor)
                .patience(patience)
                .mode(mode)
                .min_delta(min_delta)
                .cooldown(cooldown)
                .min_lr(min_lr);
            fit.callback(Mirror { callback: plateau, object: mirror, raised: raised.clone() })
        }
        BuiltIn::LearningRateScheduler {} => {
            let raised = raised.clone();
            // A rate that is not a number ends the run; the exception is raised in place of that error.
            fit.callback(LearningRateScheduler::new(move |epoch, rate| {
                let result =
                    Python::attach(|py| mirror.call_method1(py, "_rate", (epoch, rate))?.extract(py));
                raised.ended::<f64>(result).unwrap_or(f64::NAN)
            }))
        }
        BuiltIn::CsvLogger { filename, separator, append } => {
            fit.callback(CsvLogger::new(filename).separator(separator).append(append))
        }
        BuiltIn::TensorBoard { log_dir } => fit.callback(TensorBoard::new(log_dir)),
        BuiltIn::TerminateOnNan {} => fit.callback(TerminateOnNan),
        BuiltIn::BackupAndRestore { backup_dir } => {
            fit.checkpoints(Checkpoints::new(backup_dir)).resume(true)
        }
    })
}

/// A callback whose state its Python object shows after each epoch.
struct Mirror<C> {
    callback: C,
    object: Py<PyAny>,
    raised: Raised,
}

impl<C: Callback> Callback for Mirror<C> {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.callback.on_train_begin(context)
    }

    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.callback.on_epoch_begin(context)
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        self.callback.on_batch_end(context, log)
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.callback.on_epoch_end(context, log)?;
        let state = self.callback.save_state().value.to_string();
        let shown = Python::attach(|py| self.object.call_method1(py, "_show", (log.epoch, state)).map(drop));
        self.raised.ended(shown)
    }

    fn on_train_end(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.callback.on_train_end(context)
    }

    fn on_diverged(&mut self, context: &mut Context<'_>, error: &Error) -> Result<()> {
        self.callback.on_diverged(context, error)
    }

    fn on_note(&mut self, note: &str) {
        self.callback.on_note(note);
    }

    fn config(&self) -> serde_json::Value {
        self.callback.config()
    }

    fn save_state(&self) -> CallbackState<'_> {
        self.callback.save_state()
    }

    fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
        self.callback.restore_state(state)
    }
}
