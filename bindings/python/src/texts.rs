//! Texts, ids and series of Python as rows of the pipeline, and their labels as targets.
//!
//! Input: lists, NumPy arrays, columns of tables. Output: [`Given`] rows and [`Target`]s. What is missing is refused with
//! the number of its row.

use crate::arrays::{self, Reads};
use crate::errors::OrRaise;
use crate::tables::{Cell, Stream};
use gatewise::rows::{Features, Inputs, Sequences};
use gatewise_pipeline::Target;
use numpy::PyUntypedArrayMethods;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyList, PySet, PyString, PyTuple};

/// Rows in memory.
pub enum Given {
    Texts(Vec<String>),
    Ids(Sequences),
    Series(Features),
}

/// What rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Texts,
    Ids,
    Series,
}

impl Kind {
    /// Returns the kind of this name.
    pub fn named(name: &str) -> PyResult<Self> {
        match name {
            "texts" => Ok(Self::Texts),
            "ids" => Ok(Self::Ids),
            "series" => Ok(Self::Series),
            _ => {
                Err(PyValueError::new_err(format!("kind is '{name}'; it must be 'texts', 'ids' or 'series'")))
            }
        }
    }

    /// Returns what `x` looks like: texts; arrays of more than whole numbers are series, and whole numbers are ids.
    pub fn of(x: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Some(stream) = Stream::read(x)? {
            return match stream.is_texts() || stream.is_table() {
                true => Ok(Self::Texts),
                false => Self::of_items(&x.call_method0("to_pylist").or_else(|_| x.call_method0("to_list"))?),
            };
        }
        let Some((kind, dimensions)) = dtype(x) else { return Self::of_items(x) };
        match (kind, dimensions) {
            ('f', 1) | ('i' | 'u' | 'b', 1) => Err(PyTypeError::new_err(
                "the rows are numbers; give texts, rows of ids, or an array of series (rows, steps, channels)",
            )),
            ('f', _) | ('i' | 'u', 3..) => Ok(Self::Series),
            ('i' | 'u', _) => Ok(Self::Ids),
            ('O' | 'U' | 'T', _) => Self::of_items(x),
            _ => Err(PyTypeError::new_err(format!(
                "the rows are an array of the type '{}'; give texts, rows of ids, or an array of series (rows, steps, \
                 channels)",
                x.getattr("dtype")?
            ))),
        }
    }

    fn of_items(x: &Bound<'_, PyAny>) -> PyResult<Self> {
        if x.is_instance_of::<PyString>() || x.is_instance_of::<PyBytes>() || x.is_instance_of::<PyDict>() {
            return Ok(Self::Texts);
        }
        if x.hasattr("__next__")? {
            return Err(PyTypeError::new_err(
                "the rows are an iterator, which can be read once; give a list: list(rows)",
            ));
        }
        let Some(first) = x.try_iter()?.next().transpose()? else { return Ok(Self::Texts) };
        let is_bytes = first.is_instance_of::<PyBytes>() || first.is_instance_of::<PyByteArray>();
        if first.is_instance_of::<PyString>() || is_bytes || is_missing(&first)? {
            return Ok(Self::Texts);
        }
        match dtype(&first) {
            Some(('f', 1..) | ('i' | 'u', 2..)) => return Ok(Self::Series),
            Some(('i' | 'u', 1)) => return Ok(Self::Ids),
            _ => {}
        }
        let Ok(mut items) = first.try_iter() else { return Ok(Self::Texts) };
        match items.next().transpose()? {
            Some(item) if item.is_instance_of::<PyFloat>() || item.try_iter().is_ok() => Ok(Self::Series),
            _ => Ok(Self::Ids),
        }
    }
}

/// Returns the kind of the type, and the number of dimensions, of an array.
fn dtype(x: &Bound<'_, PyAny>) -> Option<(char, usize)> {
    let kind = x.getattr("dtype").ok()?.getattr("kind").ok()?.extract().ok()?;
    let dimensions = x.getattr("ndim").and_then(|ndim| ndim.extract()).unwrap_or(1);
    Some((kind, dimensions))
}

impl Given {
    /// Returns the rows of `x`, read as `kind`, or as what they look like.
    pub fn read(x: &Bound<'_, PyAny>, kind: Option<Kind>) -> PyResult<Self> {
        match kind.map_or_else(|| Kind::of(x), Ok)? {
            Kind::Texts => texts(x).map(Self::Texts),
            Kind::Ids => ids(x).map(Self::Ids),
            Kind::Series => series(x).map(Self::Series),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Ids(rows) => rows.len(),
            Self::Series(rows) => rows.len(),
        }
    }
}

/// Returns ids as a text: each id is a word.
pub fn words_of(ids: &[u32]) -> String {
    let words: Vec<String> = ids.iter().map(u32::to_string).collect();
    words.join(" ")
}

/// Returns the items of a list, an array or a column.
fn items<'py>(x: &Bound<'py, PyAny>, what: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if x.is_instance_of::<PyString>() || x.is_instance_of::<PyBytes>() {
        return Err(PyTypeError::new_err(format!(
            "{what} are given as one text; give a list of them, one for each row"
        )));
    }
    if let Ok(list) = x.cast::<PyList>() {
        return Ok(list.iter().collect());
    }
    if let Ok(tuple) = x.cast::<PyTuple>() {
        return Ok(tuple.iter().collect());
    }
    // Arrays and columns have a quick way to lists.
    for method in ["tolist", "to_list", "to_pylist"] {
        if let Ok(list) = x.call_method0(method)
            && let Ok(list) = list.cast::<PyList>()
        {
            return Ok(list.iter().collect());
        }
    }
    let iterator = x.try_iter().map_err(|_| {
        PyTypeError::new_err(format!("{what} must be a list, an array or a column, but are {}", class(x)))
    })?;
    iterator.collect()
}

fn class(x: &Bound<'_, PyAny>) -> String {
    x.get_type().fully_qualified_name().map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

/// Returns whether an item is None, NaN or pandas's NA.
fn is_missing(item: &Bound<'_, PyAny>) -> PyResult<bool> {
    if item.is_none() {
        return Ok(true);
    }
    if let Ok(number) = item.cast::<PyFloat>() {
        return Ok(number.value().is_nan());
    }
    let name = item.get_type().name()?;
    Ok(matches!(name.to_str()?, "NAType" | "NaTType"))
}

/// Returns the error for a row without a text or a label.
pub fn missing(row: usize, what: &str) -> PyErr {
    PyValueError::new_err(format!("row {row} has no {what}; leave such rows out, or fill them in"))
}

/// Returns texts, one for each row.
pub fn texts(x: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if let Some(stream) = Stream::read(x)? {
        return stream.only()?.texts();
    }
    items(x, "the texts")?.iter().enumerate().map(|(row, item)| text(row, item, "text")).collect()
}

fn text(row: usize, item: &Bound<'_, PyAny>, what: &str) -> PyResult<String> {
    if let Ok(text) = item.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(PyValueError::new_err(format!(
                "the {what} of row {row} has half a surrogate pair, which UTF-8 cannot hold; encode it with errors='replace'"
            ))),
        };
    }
    if is_missing(item)? {
        return Err(missing(row, what));
    }
    Err(PyTypeError::new_err(format!(
        "the {what} of row {row} is {} ({}); a str was expected",
        item.repr()?,
        class(item)
    )))
}

/// Returns rows of ids. Zeros that pad them are left out.
fn ids(x: &Bound<'_, PyAny>) -> PyResult<Sequences> {
    match arrays::rows(x, Reads::Ids, false)?.inputs {
        Inputs::Ids(rows) => Ok(rows),
        _ => Err(PyTypeError::new_err("the rows are not ids")),
    }
}

/// Returns series: an array (rows, steps, channels), or (rows, steps) for one channel; or a list of rows of unlike
/// length, each (steps, channels) or (steps).
fn series(x: &Bound<'_, PyAny>) -> PyResult<Features> {
    let shape_error = |shape: &[usize]| {
        PyValueError::new_err(format!(
            "series are an array (rows, steps, channels), or (rows, steps) for one channel, but the shape is {shape:?}"
        ))
    };
    if let Ok(array) = arrays::floats(x) {
        let (steps, channels) = match *array.shape() {
            [_, steps, channels] => (steps, channels),
            [_, steps] => (steps, 1),
            _ => return Err(shape_error(array.shape())),
        };
        if steps == 0 || channels == 0 {
            return Err(shape_error(array.shape()));
        }
        let mut rows = Features::new(channels);
        array.as_slice()?.chunks_exact(steps * channels).try_for_each(|row| rows.push(row)).or_raise()?;
        return Ok(rows);
    }
    let mut rows: Option<Features> = None;
    for (index, row) in items(x, "the series")?.iter().enumerate() {
        let row = arrays::floats(row)?;
        let channels = match *row.shape() {
            [_] => 1,
            [_, channels] if channels > 0 => channels,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "row {index} has the shape {:?}; a series is (steps, channels), or (steps) for one channel",
                    row.shape()
                )));
            }
        };
        let rows = rows.get_or_insert_with(|| Features::new(channels));
        if rows.width() != channels {
            return Err(PyValueError::new_err(format!(
                "row {index} has {channels} channels, but the rows before have {}",
                rows.width()
            )));
        }
        rows.push(row.as_slice()?).or_raise()?;
    }
    rows.ok_or_else(|| PyValueError::new_err("there are no rows; give at least one"))
}

/// Returns the targets: texts, whole numbers and truth values are labels, other numbers are numbers to predict, and lists
/// are any number of labels. With `numbers`, all are numbers to predict; without, none is.
pub fn targets(y: &Bound<'_, PyAny>, numbers: Option<bool>) -> PyResult<Vec<Target>> {
    if let Some(stream) = Stream::read(y)? {
        let mut targets = Vec::with_capacity(stream.len());
        stream.only()?.for_each(&mut |row, cell| {
            targets.push(target_of(row, cell, numbers)?);
            Ok(())
        })?;
        return Ok(targets);
    }
    items(y, "the labels")?.iter().enumerate().map(|(row, item)| target(row, item, numbers)).collect()
}

/// Returns the target that a cell of a table is.
fn target_of(row: usize, cell: Cell, numbers: Option<bool>) -> PyResult<Target> {
    let label = |cell| match cell {
        Cell::Text(text) => Some(text),
        Cell::Truth(truth) => Some(if truth { "True" } else { "False" }.to_owned()),
        Cell::Whole(number) => Some(number.to_string()),
        Cell::Number(number) if !number.is_nan() => Some(format!("{number:?}")),
        _ => None,
    };
    let target = match (cell, numbers) {
        (Cell::Number(number), None | Some(true)) if !number.is_nan() => Some(Target::Number(number as f32)),
        (Cell::Whole(number), Some(true)) => Some(Target::Number(number as f32)),
        (Cell::Truth(_) | Cell::Text(_) | Cell::List(_), Some(true)) => {
            return Err(PyTypeError::new_err(format!(
                "row {row} has no number to predict; leave task='regression' out for labels"
            )));
        }
        (Cell::List(cells), _) => cells.into_iter().map(label).collect::<Option<_>>().map(Target::Labels),
        (cell, _) => label(cell).map(Target::Label),
    };
    target.ok_or_else(|| missing(row, "label"))
}

fn target(row: usize, item: &Bound<'_, PyAny>, numbers: Option<bool>) -> PyResult<Target> {
    if is_missing(item)? {
        return Err(missing(row, "label"));
    }
    if numbers == Some(true) {
        return item.extract::<f64>().map(|number| Target::Number(number as f32)).map_err(|_| {
            PyTypeError::new_err(format!(
                "row {row} has {} to predict, which is not a number; leave task='regression' out for labels",
                item.repr().map_or_else(|_| class(item), |shown| shown.to_string())
            ))
        });
    }
    if item.is_instance_of::<PyString>() {
        return text(row, item, "label").map(Target::Label);
    }
    if item.is_instance_of::<PyBool>() || item.hasattr("__index__")? {
        return Ok(Target::Label(item.str()?.to_str()?.to_owned()));
    }
    if let Ok(number) = item.extract::<f64>() {
        return Ok(match numbers {
            Some(false) => Target::Label(item.str()?.to_str()?.to_owned()),
            _ => Target::Number(number as f32),
        });
    }
    let is_list =
        item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() || item.is_instance_of::<PySet>();
    if !is_list && !item.hasattr("tolist")? {
        return Err(PyTypeError::new_err(format!(
            "the label of row {row} is {} ({}); a str, a number or a list of them was expected",
            item.repr()?,
            class(item)
        )));
    }
    let labels = item.try_iter()?.map(|label| Ok(label?.str()?.to_str()?.to_owned()));
    labels.collect::<PyResult<Vec<String>>>().map(Target::Labels)
}
