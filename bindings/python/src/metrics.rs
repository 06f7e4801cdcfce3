//! Metrics on arrays: `update_state`, `result`, `reset_state`.
//!
//! Input: a metric as JSON, rows of outputs and targets, weights. Output: a number, or an array of numbers.

use crate::arrays;
use crate::errors::OrRaise;
use crate::settings;
use gatewise::metrics::{Metric, MetricResult, MetricState as State};
use numpy::{PyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Reads a metric. Its own messages say what is wrong.
pub fn read(metric: &str) -> PyResult<Metric> {
    Metric::from_json(settings::read("the metric", metric)?).or_raise()
}

/// A metric as it accumulates.
#[pyclass(frozen, module = "gatewise._gatewise")]
pub struct MetricState {
    state: Mutex<State>,
}

impl MetricState {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl MetricState {
    #[new]
    fn new(metric: &str) -> PyResult<Self> {
        Ok(Self { state: Mutex::new(State::new(&read(metric)?)) })
    }

    /// Returns the name in logs.
    fn label(&self) -> String {
        self.held().metric().label().to_owned()
    }

    /// Returns the name and the arguments, as JSON.
    fn config(&self) -> String {
        self.held().metric().config().to_string()
    }

    /// Accumulates rows `(rows, width)`, with their targets `(rows, targets)` and one weight for each.
    #[pyo3(signature = (outputs, targets=None, sample_weight=None))]
    fn update(
        &self,
        py: Python<'_>,
        outputs: &Bound<'_, PyAny>,
        targets: Option<&Bound<'_, PyAny>>,
        sample_weight: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let outputs = arrays::floats(outputs)?;
        let [rows, width] = *outputs.shape() else {
            return Err(PyValueError::new_err(format!(
                "a metric reads rows of outputs, (rows, width), but the shape is {:?}",
                outputs.shape()
            )));
        };
        if rows == 0 {
            return Ok(());
        }
        let outputs = outputs.as_slice()?.to_vec();
        let targets = targets.map(arrays::flat).transpose()?.unwrap_or_default();
        let weights = sample_weight.map(arrays::flat).transpose()?;
        py.detach(|| self.held().update(&outputs, &targets, width, weights.as_deref())).or_raise()
    }

    /// Returns the result over all rows so far.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.held().result().or_raise()? {
            MetricResult::Number(number) => Ok(number.into_pyobject(py)?.into_any()),
            result => Ok(PyArray1::from_slice(py, result.numbers()).into_any()),
        }
    }

    /// Forgets all rows.
    fn reset(&self) {
        self.held().reset();
    }
}
