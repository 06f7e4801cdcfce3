//! NumPy arrays and lists as rows of a model, and outputs as arrays.
//!
//! Input: arrays of ids `(rows, steps)`, of vectors `(rows, steps, width)` or `(rows, width)`, or lists of rows. Output:
//! [`Inputs`] with their [`Padding`], [`Targets`], weights. Padding in a matrix of ids is recognised and left out, so
//! that a padded matrix trains like the ragged rows that it was made of, to the bit.

use crate::errors::OrRaise;
use gatewise::rows::{Features, Inputs, Padding, Sequences, Targets};
use gatewise::text::Side;
use numpy::{
    IntoPyArray, PyArray1, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyTuple};

/// Returns `numpy.asarray(x)`.
fn asarray<'py>(x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ASARRAY.import(x.py(), "numpy", "asarray")?.call1((x,))
}

/// Returns `x` as an array of `dtype`, in C order: the array itself where it is one.
fn cast<'py>(x: &Bound<'py, PyAny>, dtype: &str) -> PyResult<Bound<'py, PyAny>> {
    static ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    ARRAY.import(x.py(), "numpy", "ascontiguousarray")?.call1((x, dtype))
}

/// Returns numbers as `f32`, in C order, and their shape.
pub fn floats<'py>(x: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArrayDyn<'py, f32>> {
    Ok(cast(x, "float32")?.cast_into::<PyArrayDyn<f32>>()?.readonly())
}

/// Returns a list of numbers as `f32`.
pub fn flat(x: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
    Ok(floats(x)?.as_slice()?.to_vec())
}

/// Returns an array of this shape over `values`.
pub fn array<'py>(
    py: Python<'py>,
    values: Vec<f32>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
    values.into_pyarray(py).reshape(shape.to_vec())
}

/// What a model reads, for the conversion of its rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reads {
    /// Token ids below a number.
    Ids,
    /// Sequences of vectors of a width.
    Vectors(usize),
    /// One vector of a width.
    Vector(usize),
}

/// Rows for a model: what it reads, and how the rows are padded to one length.
pub struct Rows {
    pub inputs: Inputs,
    pub padding: Padding,
    /// The steps of each row as Python gave it, where all have as many.
    pub steps: Option<usize>,
}

/// Returns the rows of `x`. `keep` keeps the padding of ids as steps of the rows: where each step has a target.
pub fn rows(x: &Bound<'_, PyAny>, reads: Reads, keep: bool) -> PyResult<Rows> {
    match reads {
        Reads::Ids => ids(x, keep),
        Reads::Vectors(width) => vectors(x, width, true),
        Reads::Vector(width) => vectors(x, width, false),
    }
}

fn ids(x: &Bound<'_, PyAny>, keep: bool) -> PyResult<Rows> {
    if let Some(rows) = listed(x)? {
        let mut words = Sequences::with_capacity(rows.len(), 0);
        let mut row_ids = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            row_ids.clear();
            push_ids(row, index, &mut row_ids)?;
            words.push(row_ids.iter().copied());
        }
        return Ok(Rows { inputs: words.into(), padding: Padding::default(), steps: None });
    }
    let matrix = asarray(x)?;
    let untyped = matrix.cast::<PyUntypedArray>()?;
    let shape = untyped.shape().to_vec();
    let [_, steps] = shape[..] else {
        return Err(PyValueError::new_err(format!(
            "the model reads rows of ids, (rows, steps), but x has the shape {shape:?}"
        )));
    };
    let kind = matrix.getattr("dtype")?.getattr("kind")?.extract::<char>()?;
    let name = matrix.getattr("dtype")?.getattr("name")?.extract::<String>()?;
    match (kind, name.as_str()) {
        // Cast, since the bytes may be in the other order.
        (_, "int32") => matrix_ids::<i32>(&cast(&matrix, "int32")?, steps, keep),
        ('i' | 'u' | 'b', _) => matrix_ids::<i64>(&cast(&matrix, "int64")?, steps, keep),
        ('f', _) => {
            let whole = cast(&matrix, "int64")?;
            if !all_equal(&matrix, &whole)? {
                return Err(PyValueError::new_err(
                    "the model reads ids, whole numbers from 0, but x has fractions",
                ));
            }
            matrix_ids::<i64>(&whole, steps, keep)
        }
        _ => Err(PyTypeError::new_err(format!(
            "the model reads ids, whole numbers from 0, but x is an array of {name}"
        ))),
    }
}

fn all_equal(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<bool> {
    static EQUAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    EQUAL.import(a.py(), "numpy", "array_equal")?.call1((a, b))?.extract()
}

/// Returns the rows of a matrix of ids, in C order, without the zeros that pad them. All are cut on one side, since a data set has
/// one side to pad: at the start, unless the rows that begin or end in zeros mostly end so.
fn matrix_ids<T>(matrix: &Bound<'_, PyAny>, steps: usize, keep: bool) -> PyResult<Rows>
where
    T: numpy::Element + Copy + Into<i64>,
{
    let matrix = matrix.cast::<PyArrayDyn<T>>()?.readonly();
    let values = matrix.as_slice()?;
    let count = matrix.shape()[0];
    let row = |index: usize| &values[index * steps..(index + 1) * steps];
    let is_pad = |id: Option<&T>| id.is_some_and(|&id| id.into() == 0);
    let ends = |at: fn(&[T]) -> Option<&T>| (0..count).filter(|&index| is_pad(at(row(index)))).count();
    let side = match ends(<[T]>::last) > ends(<[T]>::first) {
        true => Side::Post,
        false => Side::Pre,
    };
    let mut words = Sequences::with_capacity(count, values.len() / 2);
    for index in 0..count {
        let all = row(index);
        let used = match side {
            _ if keep => all,
            Side::Pre => &all[all.iter().take_while(|&id| is_pad(Some(id))).count()..],
            Side::Post => &all[..all.len() - all.iter().rev().take_while(|&id| is_pad(Some(id))).count()],
        };
        if let Some(at) = used.iter().position(|&id| u32::try_from(id.into()).is_err()) {
            let id: i64 = used[at].into();
            return Err(bad_id(index, id));
        }
        words.push(used.iter().map(|&id| id.into() as u32));
    }
    Ok(Rows { inputs: words.into(), padding: Padding::to(steps).padding(side), steps: Some(steps) })
}

fn bad_id(row: usize, id: i64) -> PyErr {
    PyValueError::new_err(format!("row {row} has the id {id}; ids are whole numbers from 0"))
}

/// Returns the rows of a list, a tuple or an array of objects; `None` for an array of numbers, and for a list of rows of
/// one length, which NumPy reads faster.
fn listed<'py>(x: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    if let Ok(list) = x.cast::<PyList>() {
        return Ok(Some(list.iter().collect()));
    }
    if let Ok(tuple) = x.cast::<PyTuple>() {
        return Ok(Some(tuple.iter().collect()));
    }
    let is_object = match x.getattr("dtype") {
        Ok(dtype) => {
            dtype.getattr("kind").and_then(|kind| kind.extract::<char>()).is_ok_and(|kind| kind == 'O')
        }
        Err(_) => false,
    };
    match is_object {
        true => x.try_iter()?.collect::<PyResult<Vec<_>>>().map(Some),
        false => Ok(None),
    }
}

fn push_ids(row: &Bound<'_, PyAny>, index: usize, ids: &mut Vec<u32>) -> PyResult<()> {
    if row.is_instance_of::<PyBytes>() || row.is_instance_of::<PyByteArray>() {
        return Err(PyTypeError::new_err(format!("row {index} is {}, not a list of ids", row.repr()?)));
    }
    let mut push = |id: i64| u32::try_from(id).map(|id| ids.push(id)).map_err(|_| bad_id(index, id));
    if let Ok(array) = row.cast::<PyArray1<i32>>() {
        let array = array.readonly();
        return array.as_array().iter().try_for_each(|&id| push(i64::from(id)));
    }
    if let Ok(array) = row.cast::<PyArray1<i64>>() {
        let array = array.readonly();
        return array.as_array().iter().try_for_each(|&id| push(id));
    }
    let not_ids = |_| {
        PyTypeError::new_err(format!(
            "row {index} is not a list of ids: the model reads whole numbers from 0, a list for each row"
        ))
    };
    for id in row.try_iter().map_err(not_ids)? {
        push(id?.extract::<i64>().map_err(not_ids)?)?;
    }
    Ok(())
}

fn vectors(x: &Bound<'_, PyAny>, width: usize, sequence: bool) -> PyResult<Rows> {
    let mut features = Features::new(width);
    let wrong = |shape: &[usize]| {
        PyValueError::new_err(format!(
            "the model reads rows of vectors of {width} numbers, (rows, {}{width}), but x has the shape {shape:?}",
            if sequence { "steps, " } else { "" }
        ))
    };
    let ragged = listed(x)?.filter(|_| asarray(x).is_err());
    if let Some(rows) = ragged {
        for row in rows {
            let row = floats(&row)?;
            if row.shape().len() != 2 || row.shape()[1] != width {
                return Err(wrong(row.shape()));
            }
            features.push(row.as_slice()?).or_raise()?;
        }
        return Ok(Rows { inputs: features.into(), padding: Padding::default(), steps: None });
    }
    let all = floats(x)?;
    let shape = all.shape();
    let (steps, last) = match *shape {
        [_, steps, last] if sequence => (steps, last),
        [_, last] if !sequence => (1, last),
        _ => return Err(wrong(shape)),
    };
    if last != width || steps == 0 {
        return Err(wrong(shape));
    }
    all.as_slice()?.chunks_exact(steps * width).try_for_each(|row| features.push(row)).or_raise()?;
    Ok(Rows { inputs: features.into(), padding: Padding::to(steps), steps: Some(steps) })
}

/// Returns the targets `y` of `inputs`, with `per_step` one for each step.
pub fn targets(y: &Bound<'_, PyAny>, inputs: &Inputs, per_step: bool) -> PyResult<Targets> {
    if !per_step {
        let y = floats(y)?;
        let width = y.shape().iter().skip(1).product::<usize>().max(1);
        return Targets::rows(width, y.as_slice()?.to_vec()).or_raise();
    }
    let lengths: Vec<usize> = (0..inputs.len()).map(|row| inputs.steps(row)).collect();
    let steps: usize = lengths.iter().sum();
    let wrong = |row: usize, found: String| {
        PyValueError::new_err(format!(
            "the model has an output at every step, so y needs a target for each of the {} steps of row {row}, but it has \
             {found}",
            lengths[row]
        ))
    };
    let values = match listed(y)?.filter(|_| asarray(y).is_err()) {
        Some(rows) => {
            if rows.len() != lengths.len() {
                return Err(PyValueError::new_err(format!(
                    "there are {} rows, but y has {}",
                    lengths.len(),
                    rows.len()
                )));
            }
            let rows = rows.iter().map(floats).collect::<PyResult<Vec<_>>>()?;
            for (row, targets) in rows.iter().enumerate() {
                let own = targets.shape().first().copied().unwrap_or(0);
                if own != lengths[row] {
                    return Err(wrong(row, format!("{own}")));
                }
            }
            let parts = rows.iter().map(|row| Ok(row.as_slice()?)).collect::<PyResult<Vec<_>>>()?;
            parts.concat()
        }
        None => {
            let targets = floats(y)?;
            let shape = targets.shape();
            if shape.first() != Some(&lengths.len()) {
                return Err(PyValueError::new_err(format!(
                    "there are {} rows, but y has the shape {shape:?}",
                    lengths.len()
                )));
            }
            if let Some(row) = lengths.iter().position(|length| Some(length) != shape.get(1)) {
                return Err(wrong(row, format!("the shape {shape:?}")));
            }
            targets.as_slice()?.to_vec()
        }
    };
    let width = (values.len() / steps.max(1)).max(1);
    Targets::steps(width, values, &lengths).or_raise()
}
