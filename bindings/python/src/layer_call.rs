//! Calls of a single layer on arrays.
//!
//! Input: a layer as JSON, its weights, rows, a mask, states. Output: outputs, mask and states as arrays.

use crate::arrays::{self, Reads};
use crate::errors::OrRaise;
use crate::settings;
use gatewise::CallOptions;
use gatewise::layers::Layer;
use gatewise::rows::{Features, Inputs};
use numpy::{PyArray2, PyArrayDyn, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

type Arrays<'py> = Vec<Bound<'py, PyArrayDyn<f32>>>;

/// Returns the outputs `(rows, steps, width)`, the mask and the states `(rows, units)` of a layer. `x` has vectors
/// `(rows, steps, width)`, or ids `(rows, steps)` as 64-bit integers; `mask` is `(rows, steps)`.
#[pyfunction]
#[pyo3(signature = (layer, weights, x, mask=None, initial_state=None, training=false, seed=0))]
#[expect(clippy::too_many_arguments, reason = "Keras's arguments")]
pub fn call_layer<'py>(
    py: Python<'py>,
    layer: &str,
    weights: Vec<Bound<'py, PyAny>>,
    x: &Bound<'py, PyAny>,
    mask: Option<PyReadonlyArray2<'py, bool>>,
    initial_state: Option<Vec<Bound<'py, PyAny>>>,
    training: bool,
    seed: u64,
) -> PyResult<(Arrays<'py>, Option<Bound<'py, PyArray2<bool>>>, Arrays<'py>)> {
    let layer: Layer = settings::read("the layer", layer)?;
    let weights: Vec<Vec<f32>> = weights.iter().map(arrays::flat).collect::<PyResult<_>>()?;
    let inputs = rows(x)?;
    let count = inputs.len();
    let mut options = CallOptions::new().training(training).seed(seed);
    if let Some(mask) = mask {
        options = options.mask(mask.as_array().outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>());
    }
    if let Some(states) = initial_state {
        options = options.initial_state(states.iter().map(arrays::flat).collect::<PyResult<Vec<_>>>()?);
    }
    let called = py.detach(|| layer.call_with(&inputs, &weights, &options)).or_raise()?;
    let outputs = called.outputs().iter().map(|output| {
        let steps = if count == 0 { 0 } else { output.steps(0) };
        arrays::array(py, output.values().to_vec(), &[count, steps, output.width()])
    });
    let states = called
        .states()
        .iter()
        .map(|state| arrays::array(py, state.clone(), &[count, state.len() / count.max(1)]));
    let mask = called.mask().map(|mask| PyArray2::from_vec2(py, mask)).transpose();
    let mask = mask.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((outputs.collect::<PyResult<_>>()?, mask, states.collect::<PyResult<_>>()?))
}

fn rows(x: &Bound<'_, PyAny>) -> PyResult<Inputs> {
    if x.cast::<PyArray2<i64>>().is_ok() {
        return Ok(arrays::rows(x, Reads::Ids, true)?.inputs);
    }
    let vectors = arrays::floats(x)?;
    let [_, steps, width] = *vectors.shape() else {
        return Err(PyValueError::new_err(format!(
            "the layer reads vectors, (rows, steps, width), but the shape is {:?}",
            vectors.shape()
        )));
    };
    if width == 0 || steps == 0 {
        return Err(PyValueError::new_err(format!(
            "the layer reads vectors, (rows, steps, width), but the shape {:?} has none",
            vectors.shape()
        )));
    }
    let mut features = Features::new(width);
    vectors.as_slice()?.chunks_exact(steps * width).try_for_each(|row| features.push(row)).or_raise()?;
    Ok(features.into())
}
