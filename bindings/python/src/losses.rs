//! Losses on arrays.
//!
//! Input: a loss as JSON, rows of outputs and targets, weights. Output: the reduced loss, or the loss of each row.

use crate::arrays;
use crate::errors::OrRaise;
use crate::settings;
use gatewise::{Loss, Reduction};
use numpy::{PyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Returns the loss of outputs `(rows, width)`: a number, or with the reduction `none` one for each row.
#[pyfunction]
#[pyo3(signature = (loss, outputs, targets, sample_weight=None, reduction="none"))]
pub fn loss_of<'py>(
    py: Python<'py>,
    loss: &str,
    outputs: &Bound<'py, PyAny>,
    targets: &Bound<'py, PyAny>,
    sample_weight: Option<&Bound<'py, PyAny>>,
    reduction: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let loss: Loss = settings::read("the loss", loss)?;
    let reduction: Reduction = reduction.parse().or_raise()?;
    let outputs = arrays::floats(outputs)?;
    let [_, width] = *outputs.shape() else {
        return Err(PyValueError::new_err(format!(
            "a loss reads rows of outputs, (rows, width), but the shape is {:?}",
            outputs.shape()
        )));
    };
    let (outputs, targets) = (outputs.as_slice()?.to_vec(), arrays::flat(targets)?);
    let weights = sample_weight.map(arrays::flat).transpose()?;
    let weights = weights.as_deref();
    if reduction == Reduction::None {
        let losses =
            py.detach(|| Reduction::weigh(&loss.values(&outputs, &targets, width)?, weights)).or_raise()?;
        return Ok(PyArray1::from_vec(py, losses).into_any());
    }
    let reduced = py.detach(|| loss.reduced(&outputs, &targets, width, weights, reduction)).or_raise()?;
    Ok(reduced.into_pyobject(py)?.into_any())
}

/// Returns the reduced loss of losses of rows, or with the reduction `none` the weighted losses.
#[pyfunction]
#[pyo3(signature = (losses, sample_weight=None, reduction="sum_over_batch_size"))]
pub fn reduce_losses<'py>(
    py: Python<'py>,
    losses: Vec<f64>,
    sample_weight: Option<&Bound<'py, PyAny>>,
    reduction: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let reduction: Reduction = reduction.parse().or_raise()?;
    let weights = sample_weight.map(arrays::flat).transpose()?;
    if reduction == Reduction::None {
        let losses = Reduction::weigh(&losses, weights.as_deref()).or_raise()?;
        return Ok(PyArray1::from_vec(py, losses).into_any());
    }
    Ok(reduction.reduce(&losses, weights.as_deref()).or_raise()?.into_pyobject(py)?.into_any())
}
