//! What a model computes inside: the signals of every layer, and gradients with respect to its inputs.
//!
//! Input: a model and rows as arrays. Output: arrays `(rows, steps, units)`. The steps are those of the rows as Python
//! gave them, padding included; lists of unequal length are padded at the start.

use crate::arrays::{self, Rows};
use crate::errors::OrRaise;
use crate::model::Model;
use gatewise::Output;
use numpy::{IntoPyArray, PyArrayDyn, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

type Array<'py> = Bound<'py, PyArrayDyn<f32>>;

/// Returns the gradient of an output with respect to the inputs at each step: `(rows, steps, width)`.
#[pyfunction]
pub fn input_gradients<'py>(
    model: &Bound<'py, Model>,
    x: &Bound<'py, PyAny>,
    output: usize,
    of: &str,
) -> PyResult<Array<'py>> {
    let py = model.py();
    let output = match of {
        "logit" => Output::Logit(output),
        "value" => Output::Value(output),
        _ => {
            return Err(PyValueError::new_err(format!(
                "of is '{of}'; it must be 'logit', before the last activation, or 'value', after it"
            )));
        }
    };
    let Rows { inputs, padding, steps } = arrays::rows(x, model.get().reads(), true)?;
    let model = model.get().now();
    let slopes = py.detach(|| model.input_gradients(&inputs, padding, output)).or_raise()?;
    let (count, width) = (inputs.len(), slopes.width());
    let steps = steps.unwrap_or_else(|| (0..count).map(|row| slopes.steps(row)).max().unwrap_or(0));
    let mut values = vec![0.0; count * steps * width];
    for row in 0..count {
        // The last steps of the row, as lists are padded at the start.
        let end = (row + 1) * steps * width;
        values[end - slopes.row(row).len()..end].copy_from_slice(slopes.row(row));
    }
    arrays::array(py, values, &[count, steps, width])
}

/// Returns the signals of every layer for every row, `{layer: {signal: (rows, steps, units)}}`, and the mask,
/// `(rows, steps)`: false at steps that recurrent layers skip.
#[pyfunction]
pub fn trace<'py>(
    model: &Bound<'py, Model>,
    x: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyArrayDyn<bool>>)> {
    let py = model.py();
    let Rows { inputs, padding, .. } = arrays::rows(x, model.get().reads(), true)?;
    let model = model.get().now();
    let trace = py.detach(|| model.trace(&inputs, padding)).or_raise()?;
    let layers = PyDict::new(py);
    let names: Vec<&str> = trace.layers().collect();
    for layer in names {
        let signals = PyDict::new(py);
        for signal in trace.signals(layer).or_raise()? {
            let mut values = Vec::new();
            let mut shape = vec![trace.len()];
            for row in 0..trace.len() {
                let array = trace.get(row, layer, signal).or_raise()?;
                values.extend_from_slice(array.values());
                shape.truncate(1);
                shape.extend_from_slice(array.shape());
            }
            signals.set_item(signal, arrays::array(py, values, &shape)?)?;
        }
        layers.set_item(layer, signals)?;
    }
    let mask: Vec<bool> = (0..trace.len()).flat_map(|row| trace.mask(row)).copied().collect();
    Ok((layers, mask.into_pyarray(py).reshape(vec![trace.len(), trace.steps()])?))
}

/// A layer as Python's summary shows it: name, class, output shape without the batch, weights, weights that are trained.
type Layer = (String, &'static str, Vec<Option<usize>>, usize, usize);

/// Returns the layers of the summary, from the input up.
#[pyfunction]
pub fn layer_summaries(model: &Bound<'_, Model>) -> Vec<Layer> {
    let layers = model.get().now().layer_summaries(None);
    let layer = |layer: gatewise::LayerSummary| {
        (layer.name, layer.class_name, layer.output_shape, layer.params, layer.trainable_params)
    };
    layers.into_iter().map(layer).collect()
}
