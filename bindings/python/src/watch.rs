//! The observer of a run of the pipeline: shows progress in Python, keeps the notes, and heeds Ctrl-C.
//!
//! Input: a Python object with the hooks `prepare`, `begin`, `batch`, `end` and `note`, or none. Output: the notes of the run, and
//! whether Ctrl-C stopped it. A stopped run keeps what it has learnt; an exception in a hook ends the run and is raised.

use gatewise::{Error, ErrorKind, Result};
use gatewise_pipeline::{Observer, Progress};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::time::{Duration, Instant};

/// The time between two looks at the signals, and between two calls of `batch`.
pub const LOOK: Duration = Duration::from_millis(50);
pub const SHOW: Duration = Duration::from_millis(100);

/// Returns figures as a dictionary.
pub fn logs<'py, 'l>(
    py: Python<'py>,
    figures: impl Iterator<Item = (&'l str, f64)>,
) -> PyResult<Bound<'py, PyDict>> {
    let logs = PyDict::new(py);
    for (name, value) in figures {
        logs.set_item(name, value)?;
    }
    Ok(logs)
}

/// Watches a run.
pub struct Watch {
    progress: Option<Py<PyAny>>,
    notes: Vec<String>,
    stopped: bool,
    raised: Option<PyErr>,
    looked: Instant,
    shown: Instant,
    /// Rows of the epoch, and its batches so far.
    samples: usize,
    batches: usize,
}

impl Watch {
    /// Creates the observer of a run that `progress` shows.
    pub fn new(progress: Option<Py<PyAny>>) -> Self {
        let now = Instant::now();
        Self {
            progress,
            notes: Vec::new(),
            stopped: false,
            raised: None,
            looked: now,
            shown: now,
            samples: 0,
            batches: 0,
        }
    }

    /// Runs `work` without the interpreter, and returns its result and the notes. A signal that came after the last look
    /// counts too, so that the model of a run that was already trained is not lost.
    pub fn run<T: Send>(
        mut self,
        py: Python<'_>,
        work: impl FnOnce(&mut Self) -> Result<T> + Send,
    ) -> PyResult<(T, Notes)> {
        let result = py.detach(|| work(&mut self));
        self.look(py);
        if let Some(raised) = self.raised.take() {
            return Err(raised);
        }
        let value = result.map_err(crate::errors::exception)?;
        Ok((value, Notes { notes: self.notes, stopped: self.stopped }))
    }

    fn look(&mut self, py: Python<'_>) {
        self.looked = Instant::now();
        if let Err(signal) = py.check_signals() {
            let _ = self.heed(signal);
        }
    }

    /// Heeds an exception of a signal handler or a hook: the first Ctrl-C stops the run, a second one or any other exception
    /// ends it.
    fn heed(&mut self, raised: PyErr) -> Result<()> {
        let is_ctrl_c = Python::attach(|py| raised.is_instance_of::<PyKeyboardInterrupt>(py));
        if is_ctrl_c && !self.stopped {
            self.stopped = true;
            return Ok(());
        }
        self.stopped = true;
        self.raised.get_or_insert(raised);
        Err(ended())
    }

    /// Calls a hook of the object that shows the run.
    fn call(&mut self, hook: impl FnOnce(Python<'_>, &Py<PyAny>) -> PyResult<Py<PyAny>>) -> Result<()> {
        let Some(progress) = &self.progress else { return Ok(()) };
        match Python::attach(|py| hook(py, progress).map(drop)) {
            Ok(()) => Ok(()),
            Err(error) => self.heed(error),
        }
    }

    fn show<'l>(
        &mut self,
        hook: &str,
        at: (usize, usize, usize),
        log: impl Iterator<Item = (&'l str, f64)>,
    ) -> Result<()> {
        self.shown = Instant::now();
        self.call(|py, progress| progress.call_method1(py, hook, (at.0, at.1, at.2, logs(py, log)?)))
    }
}

/// The error that ends a run whose exception is raised afterwards.
fn ended() -> Error {
    Error::new(ErrorKind::Interrupted, "the run was ended by an exception in Python")
}

/// What is left of a run beside its result.
pub struct Notes {
    pub notes: Vec<String>,
    /// Whether Ctrl-C came.
    pub stopped: bool,
}

impl Observer for Watch {
    fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
        let _ = self.call(|py, progress| progress.call_method1(py, "note", (note,)));
    }

    fn progress(&mut self, progress: Progress<'_>) -> Result<()> {
        if self.raised.is_some() {
            return Err(ended());
        }
        if self.looked.elapsed() >= LOOK {
            Python::attach(|py| self.look(py));
        }
        match progress {
            Progress::Ready { artifact, .. } => {
                let size = artifact.training().batch_size;
                self.call(|py, progress| progress.call_method1(py, "prepare", (size,)))
            }
            Progress::EpochBegin { epoch, epochs, samples, .. } => {
                (self.samples, self.batches) = (samples, 0);
                self.show("begin", (epoch, epochs, samples), std::iter::empty())
            }
            Progress::Batch { log, .. } => {
                self.batches = log.batch + 1;
                match self.shown.elapsed() >= SHOW {
                    true => self.show("batch", (log.samples, log.batch + 1, self.samples), log.values()),
                    false => Ok(()),
                }
            }
            Progress::EpochEnd { log, samples, .. } => {
                self.show("end", (log.epoch, self.batches, samples), log.values())
            }
            _ => Ok(()),
        }
    }

    fn should_stop(&self) -> bool {
        self.stopped
    }
}
