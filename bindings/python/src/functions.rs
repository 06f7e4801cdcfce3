//! Losses and metrics that are functions written in Python.
//!
//! Input: arrays of targets and outputs. Output: what the function returns, as numbers. Training calls them from its
//! threads, once for a block of rows; an exception ends the run and is raised from `fit`.

use crate::arrays;
use crate::callbacks::Raised;
use gatewise::metrics::{CustomMetric, Metric, MetricResult, MetricRows};
use gatewise::{CustomLoss, LossRows, Result};
use numpy::{PyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::fmt;

/// A loss: `function(y_true, y_pred)` returns the loss of each row and its gradient with respect to `y_pred`.
pub struct PythonLoss {
    pub function: Py<PyAny>,
    pub name: String,
    /// Whether a row has one target: the number of a class.
    pub sparse: bool,
    pub raised: Raised,
}

impl fmt::Debug for PythonLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PythonLoss {
    fn call(
        &self,
        py: Python<'_>,
        rows: LossRows<'_>,
        losses: &mut [f64],
        gradient: Option<&mut [f32]>,
    ) -> PyResult<()> {
        let targets = arrays::array(py, rows.targets.to_vec(), &[rows.len(), rows.target_width])?;
        let outputs = arrays::array(py, rows.outputs.to_vec(), &[rows.len(), rows.width])?;
        let wrong = |found: String| {
            PyValueError::new_err(format!(
                "the loss {} returned {found}; it must return the losses (rows,) and the gradient (rows, {}) with \
                 respect to y_pred, for {} rows",
                self.name,
                rows.width,
                rows.len()
            ))
        };
        let result = self.function.bind(py).call1((targets, outputs))?;
        let pair = result.cast::<PyTuple>().map_err(|_| wrong("one value".into()))?;
        if pair.len() != 2 {
            return Err(wrong(format!("{} values", pair.len())));
        }
        let (values, slopes) = (arrays::flat(&pair.get_item(0)?)?, arrays::floats(&pair.get_item(1)?)?);
        let alike =
            slopes.shape() == [rows.len(), rows.width] || (rows.width == 1 && slopes.shape() == [rows.len()]);
        if values.len() != losses.len() || !alike {
            return Err(wrong(format!(
                "{} losses and a gradient of the shape {:?}",
                values.len(),
                slopes.shape()
            )));
        }
        losses.iter_mut().zip(values).for_each(|(loss, value)| *loss = f64::from(value));
        if let Some(gradient) = gradient {
            gradient.copy_from_slice(slopes.as_slice()?);
        }
        Ok(())
    }
}

impl CustomLoss for PythonLoss {
    fn name(&self) -> &str {
        &self.name
    }

    fn target_width(&self, output_width: usize) -> usize {
        if self.sparse { 1 } else { output_width }
    }

    fn compute(&self, rows: LossRows<'_>, losses: &mut [f64], gradient: Option<&mut [f32]>) -> Result<()> {
        self.raised.ended(Python::attach(|py| self.call(py, rows, losses, gradient)))
    }
}

/// Returns the metric that a Python object is. A function `function(y_true, y_pred)` returns a value for each row, or one
/// for all, and the metric is their mean; an object of `gatewise.metrics.Metric` accumulates by itself.
pub fn metric(name: String, object: Py<PyAny>, raised: Raised) -> Metric {
    let accumulates = Python::attach(|py| object.bind(py).hasattr("update_state").unwrap_or_default());
    if accumulates {
        return Metric::custom(PythonMetric { object, name, raised });
    }
    Metric::mean_of(name, move |rows: &MetricRows<'_>| {
        raised.ended(Python::attach(|py| {
            let (targets, outputs) = both(py, rows)?;
            let values = arrays::flat(&object.bind(py).call1((targets, outputs))?)?;
            Ok(values.into_iter().map(f64::from).collect())
        }))
    })
}

type Array<'py> = Bound<'py, PyArrayDyn<f32>>;

/// Returns targets and outputs as arrays.
fn both<'py>(py: Python<'py>, rows: &MetricRows<'_>) -> PyResult<(Array<'py>, Array<'py>)> {
    let targets = arrays::array(py, rows.targets().to_vec(), &[rows.len(), rows.target_width()])?;
    Ok((targets, arrays::array(py, rows.outputs().to_vec(), &[rows.len(), rows.width()])?))
}

/// A metric that is an object with Keras's methods. Its state goes in and out as numbers, so that training and
/// validation rows can share the object, and checkpoints can hold it.
struct PythonMetric {
    object: Py<PyAny>,
    name: String,
    raised: Raised,
}

impl fmt::Debug for PythonMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl CustomMetric for PythonMetric {
    fn name(&self) -> &str {
        &self.name
    }

    fn start(&self) -> Vec<f64> {
        let state = Python::attach(|py| {
            self.object.call_method0(py, "reset_state")?;
            self.object.call_method0(py, "_numbers")?.extract(py)
        });
        // The next update meets the same exception, and ends the run.
        self.raised.ended(state).unwrap_or_default()
    }

    fn update(&self, state: &mut Vec<f64>, rows: &MetricRows<'_>) -> Result<()> {
        *state = self.raised.ended(Python::attach(|py| {
            let (targets, outputs) = both(py, rows)?;
            let weights = match rows.sample_weight() {
                Some(weights) => Some(arrays::array(py, weights.to_vec(), &[rows.len()])?),
                None => None,
            };
            self.object.call_method1(py, "_restore", (std::mem::take(state),))?;
            self.object.call_method1(py, "update_state", (targets, outputs, weights))?;
            self.object.call_method0(py, "_numbers")?.extract(py)
        }))?;
        Ok(())
    }

    fn result(&self, state: &[f64]) -> Result<MetricResult> {
        self.raised.ended(Python::attach(|py| {
            self.object.call_method1(py, "_restore", (state.to_vec(),))?;
            let result = self.object.call_method0(py, "result")?;
            Ok(MetricResult::from(result.call_method0(py, "__float__")?.extract::<f64>(py)?))
        }))
    }
}
