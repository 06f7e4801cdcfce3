//! Initializers and regularizers on arrays.
//!
//! Input: settings as JSON, a shape or an array. Output: the drawn values, the penalty.

use crate::arrays;
use crate::errors::OrRaise;
use crate::settings;
use gatewise::layers::{Initializer, Regularizer};
use numpy::PyArrayDyn;
use pyo3::prelude::*;

/// Returns the values of a tensor of `shape`, drawn from `seed`.
#[pyfunction]
pub fn initial_values<'py>(
    py: Python<'py>,
    initializer: &str,
    shape: Vec<usize>,
    seed: u64,
) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
    let initializer: Initializer = settings::read("the initializer", initializer)?;
    let values = py.detach(|| initializer.values(&shape, seed)).or_raise()?;
    arrays::array(py, values, &shape)
}

/// Returns the penalty of an array.
#[pyfunction]
pub fn penalty(regularizer: &str, x: &Bound<'_, PyAny>) -> PyResult<f64> {
    let regularizer: Regularizer = settings::read("the regularizer", regularizer)?;
    Ok(regularizer.penalty(arrays::floats(x)?.as_slice()?))
}
