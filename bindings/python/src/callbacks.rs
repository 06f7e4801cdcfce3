//! Callbacks written in Python, called from training.
//!
//! Input: Python objects with Keras's hooks (`on_epoch_end(epoch, logs)`, …). While a hook runs, the Python model shows
//! the weights of the moment; weights and a learning rate that the hook sets, and `stop_training`, take effect with the
//! next step. An exception ends the run and is raised from `fit`.

use crate::built_in_callbacks;
use crate::model::Model;
use crate::watch::{LOOK, SHOW, logs};
use gatewise::train::{BatchLog, Callback, Context, EpochLog};
use gatewise::{Error, Fit, Result};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The exception that ended a run.
#[derive(Debug, Clone, Default)]
pub struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    fn set(&self, error: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Raises the exception, if there is one.
    pub fn check(&self) -> PyResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Keeps the exception, and returns the error that ends the run.
    pub fn ended<T>(&self, result: PyResult<T>) -> Result<T> {
        result.map_err(|error| {
            self.set(error);
            Error::config("a function written in Python raised an exception")
        })
    }
}

/// Adds Python's callbacks and the watch for signals and progress to a run.
pub fn add<'a>(
    mut fit: Fit<'a>,
    owner: &Py<PyAny>,
    model: &Bound<'_, Model>,
    callbacks: Vec<Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
    raised: &Raised,
) -> PyResult<Fit<'a>> {
    let py = model.py();
    for object in callbacks {
        let built_in: Option<String> = object.call_method0("_built_in")?.extract()?;
        if let Some(arguments) = built_in {
            fit = built_in_callbacks::add(fit, &arguments, &object, raised)?;
        }
        let hooks: HashSet<String> = object.call_method0("_hooks")?.extract()?;
        if hooks.is_empty() {
            continue;
        }
        fit = fit.callback(Hooks {
            object: object.unbind(),
            owner: owner.clone_ref(py),
            model: model.clone().unbind(),
            raised: raised.clone(),
            hooks,
        });
    }
    Ok(fit.callback(Watch {
        progress,
        raised: raised.clone(),
        looked: Instant::now(),
        shown: Instant::now(),
    }))
}

/// A Python object with Keras's hooks.
struct Hooks {
    object: Py<PyAny>,
    /// The Python model.
    owner: Py<PyAny>,
    model: Py<Model>,
    raised: Raised,
    /// The hooks that the object has.
    hooks: HashSet<String>,
}

impl Hooks {
    /// Calls a hook, if the object has it, with an index, if there is one, and figures. Returns the figures as the hook left
    /// them.
    fn call<'l>(
        &self,
        context: &mut Context<'_>,
        hook: &str,
        index: Option<usize>,
        log: impl Iterator<Item = (&'l str, f64)>,
    ) -> Result<Vec<(String, f64)>> {
        if !self.hooks.contains(hook) {
            return Ok(Vec::new());
        }
        let result = Python::attach(|py| -> PyResult<_> {
            let model = self.model.get();
            model.publish(context.model());
            let edits = model.edits();
            let optimizer = self.owner.getattr(py, "optimizer")?;
            optimizer.call_method1(py, "_show_rate", (context.learning_rate(),))?;
            let logs = logs(py, log)?;
            let args = match index {
                Some(index) => {
                    PyTuple::new(py, [index.into_pyobject(py)?.into_any(), logs.clone().into_any()])?
                }
                None => PyTuple::new(py, [logs.clone().into_any()])?,
            };
            self.object.bind(py).call_method1(hook, args)?;
            let rate: Option<f64> = optimizer.call_method0(py, "_take_rate")?.extract(py)?;
            let stop: bool = self.owner.getattr(py, "stop_training")?.extract(py)?;
            let added: Vec<(String, f64)> = logs
                .iter()
                .filter_map(|(name, value)| Some((name.extract().ok()?, value.extract().ok()?)))
                .collect();
            Ok((rate, stop, (model.edits() != edits).then(|| model.now()), added))
        });
        let (rate, stop, edited, added) = self.raised.ended(result)?;
        if let Some(edited) = edited {
            context.weights_mut().copy_from_slice(edited.params().values());
        }
        if let Some(rate) = rate {
            context.set_learning_rate(rate)?;
        }
        if stop {
            context.stop();
        }
        Ok(added)
    }
}

impl Callback for Hooks {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.call(context, "on_train_begin", None, std::iter::empty()).map(drop)
    }

    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        let epoch = context.epoch();
        self.call(context, "on_epoch_begin", Some(epoch), std::iter::empty())?;
        self.call(context, "on_train_batch_begin", Some(0), std::iter::empty()).map(drop)
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        self.call(context, "on_train_batch_end", Some(log.batch), log.values())?;
        let is_last = log.samples >= context.samples();
        if is_last {
            Ok(())
        } else {
            self.call(context, "on_train_batch_begin", Some(log.batch + 1), std::iter::empty()).map(drop)
        }
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        let after = self.call(context, "on_epoch_end", Some(log.epoch), log.values())?;
        for (name, value) in after {
            log.set(&name, value);
        }
        Ok(())
    }

    fn on_train_end(&mut self, context: &mut Context<'_>) -> Result<()> {
        let last: Vec<_> = context
            .history()
            .last()
            .map(|log| log.values().map(|(name, value)| (name.to_owned(), value)).collect())
            .unwrap_or_default();
        self.call(context, "on_train_end", None, last.iter().map(|(name, value)| (name.as_str(), *value)))
            .map(drop)
    }
}

/// Looks for Ctrl-C, which stops the run after a batch, and shows progress.
struct Watch {
    progress: Option<Py<PyAny>>,
    raised: Raised,
    looked: Instant,
    shown: Instant,
}

impl Watch {
    fn show<'l>(
        &self,
        hook: &str,
        at: (usize, usize, usize),
        log: impl Iterator<Item = (&'l str, f64)>,
    ) -> Result<()> {
        let Some(progress) = &self.progress else { return Ok(()) };
        self.raised.ended(Python::attach(|py| {
            progress.call_method1(py, hook, (at.0, at.1, at.2, logs(py, log)?)).map(drop)
        }))
    }
}

impl Callback for Watch {
    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.shown = Instant::now();
        self.show("begin", (context.epoch(), context.epochs(), context.samples()), std::iter::empty())
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            if let Err(signal) = Python::attach(|py| py.check_signals()) {
                self.raised.set(signal);
                context.stop();
            }
        }
        if self.shown.elapsed() >= SHOW {
            self.shown = Instant::now();
            self.show("batch", (log.samples, log.batch + 1, context.samples()), log.values())?;
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.show("end", (log.epoch, context.batch(), context.samples()), log.values())
    }

    fn on_note(&mut self, note: &str) {
        let Some(progress) = &self.progress else { return };
        if let Err(error) = Python::attach(|py| progress.call_method1(py, "note", (note,)).map(drop)) {
            self.raised.set(error);
        }
    }
}
