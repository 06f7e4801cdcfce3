//! Tables and columns of Arrow: pandas, polars, pyarrow and all that have the PyCapsule stream interface.
//!
//! Input: an object with `__arrow_c_stream__` or `__arrow_c_array__`. Output: its columns as Rust's strings, without an object of Python for each.
//! The capsule is read through Arrow's C stream interface; all `unsafe` of the package is in this file.

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayReader, ArrayRef, make_array};
use arrow_schema::{DataType, Field, FieldRef};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyType};

/// A column, or a table as a column of structs, in chunks.
pub struct Stream {
    field: FieldRef,
    chunks: Vec<ArrayRef>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Truth(bool),
    Whole(i128),
    Number(f64),
    List(Vec<Cell>),
}

impl Stream {
    /// Returns the content of an object with Arrow's stream interface, or with its interface of one array; `None` of other
    /// objects, and where the object needs a package for it that is not installed.
    pub fn read(x: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        // A class has the methods too, but not the data.
        if x.is_instance_of::<PyType>() {
            return Ok(None);
        }
        // pandas needs pyarrow for it, and refuses columns of several types: their objects are read one by one.
        let capsules = |method: &str| match x.hasattr(method)? {
            true => Ok::<_, PyErr>(x.call_method0(method).ok()),
            false => Ok(None),
        };
        let read = if let Some(capsule) = capsules("__arrow_c_stream__")? {
            read_stream(&capsule.cast_into()?)?
        } else if let Some(pair) = capsules("__arrow_c_array__")? {
            let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = pair.extract()?;
            read_array(&schema, &array)?
        } else {
            return Ok(None);
        };
        // Offsets and UTF-8 are checked, because a wrong producer must not lead to a read outside of the buffers.
        read.chunks.iter().try_for_each(|chunk| chunk.to_data().validate_full()).map_err(bad)?;
        Ok(Some(read))
    }

    /// Returns whether this is a table, with named columns.
    pub fn is_table(&self) -> bool {
        matches!(self.field.data_type(), DataType::Struct(_))
    }

    /// Returns whether this is a column of texts.
    pub fn is_texts(&self) -> bool {
        match self.field.data_type() {
            DataType::Dictionary(_, values) => is_text(values),
            DataType::Null => true,
            kind => is_text(kind),
        }
    }

    /// Returns the type, for messages.
    pub fn kind(&self) -> String {
        self.field.data_type().to_string()
    }

    /// Returns the names of the columns of a table.
    pub fn names(&self) -> Vec<String> {
        match self.field.data_type() {
            DataType::Struct(fields) => fields.iter().map(|field| field.name().clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the column at a place of a table.
    fn column(&self, at: usize) -> PyResult<Self> {
        let DataType::Struct(fields) = self.field.data_type() else {
            return Err(PyTypeError::new_err("the data are a column, not a table"));
        };
        let mut first = 0;
        for chunk in &self.chunks {
            if let Some(row) = (0..chunk.len()).find(|&row| chunk.is_null(row)) {
                return Err(PyValueError::new_err(format!("row {} of the table is null", first + row)));
            }
            first += chunk.len();
        }
        let chunks = self.chunks.iter().map(|chunk| chunk.as_struct().column(at).clone()).collect();
        Ok(Self { field: fields[at].clone(), chunks })
    }

    /// Returns the column whose texts are wanted: the column itself, or the only column of a table.
    pub fn only(self) -> PyResult<Self> {
        match self.names().len() {
            _ if !self.is_table() => Ok(self),
            1 => self.column(0),
            count => Err(PyTypeError::new_err(format!(
                "a column was expected, but this is a table of {count} columns ({}); choose one",
                self.names().join(", ")
            ))),
        }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Returns the texts of the column.
    pub fn texts(&self) -> PyResult<Vec<String>> {
        if !self.is_texts() {
            return Err(PyTypeError::new_err(format!(
                "the texts are a column of {}; a column of strings was expected",
                self.kind()
            )));
        }
        let mut texts = Vec::with_capacity(self.len());
        self.for_each(&mut |row, cell| match cell {
            Cell::Text(text) => {
                texts.push(text);
                Ok(())
            }
            _ => Err(crate::texts::missing(row, "text")),
        })?;
        Ok(texts)
    }

    /// Calls `each` with the number and the cell of each row.
    pub fn for_each(&self, each: &mut dyn FnMut(usize, Cell) -> PyResult<()>) -> PyResult<()> {
        let mut row = 0;
        for chunk in &self.chunks {
            let cells = Cells::of(chunk);
            for at in 0..chunk.len() {
                each(row, cells.get(at)?)?;
                row += 1;
            }
        }
        Ok(())
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn read_stream(capsule: &Bound<'_, PyCapsule>) -> PyResult<Stream> {
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a pointer to a valid ArrowArrayStream, by the PyCapsule interface; `from_raw`
    // moves the stream out and leaves one that is marked as released, so that the capsule's destructor does not release it
    // again. The interpreter is held, and nothing else reads the capsule, which the caller has just received.
    let reader = unsafe { ArrayStreamReader::from_raw(pointer.as_ptr()) }.map_err(bad)?;
    let field = reader.field().clone();
    let chunks = reader.collect::<Result<Vec<_>, _>>().map_err(bad)?;
    Ok(Stream { field, chunks })
}

fn read_array(schema: &Bound<'_, PyCapsule>, array: &Bound<'_, PyCapsule>) -> PyResult<Stream> {
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: as for a stream: capsules of these names hold valid pointers, and `from_raw` moves their contents out. Schema
    // and array come from one call, so that they belong together, as `from_ffi` requires.
    let (schema, data) = unsafe {
        let (schema, array) =
            (FFI_ArrowSchema::from_raw(schema.as_ptr()), FFI_ArrowArray::from_raw(array.as_ptr()));
        let data = from_ffi(array, &schema).map_err(bad)?;
        (schema, data)
    };
    let field = Field::try_from(&schema).map_err(bad)?.into();
    Ok(Stream { field, chunks: vec![make_array(data)] })
}

fn bad(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("the Arrow data cannot be read: {error}"))
}

/// The cells of a chunk.
struct Cells<'a> {
    /// The cells, or the values of a dictionary.
    values: &'a ArrayRef,
    /// The place of each cell among the values of a dictionary.
    keys: Option<Vec<Option<usize>>>,
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef) -> Self {
        let Some(dictionary) = array.as_any_dictionary_opt() else {
            return Self { values: array, keys: None };
        };
        let values = dictionary.values();
        // A dictionary without values has nothing but nulls.
        let keys = if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
        let key = |(row, key)| (array.is_valid(row) && !values.is_empty()).then_some(key);
        Self { values, keys: Some(keys.into_iter().enumerate().map(key).collect()) }
    }

    fn get(&self, at: usize) -> PyResult<Cell> {
        match self.keys.as_ref().map_or(Some(at), |keys| keys[at]) {
            Some(at) => plain(self.values, at),
            None => Ok(Cell::Null),
        }
    }
}

/// Returns the cell of an array that is not a dictionary.
fn plain(array: &ArrayRef, at: usize) -> PyResult<Cell> {
    if array.is_null(at) {
        return Ok(Cell::Null);
    }
    macro_rules! whole {
        ($kind:ty) => {
            Cell::Whole(i128::from(array.as_primitive::<$kind>().value(at)))
        };
    }
    Ok(match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(at).to_owned()),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(at).to_owned()),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(at).to_owned()),
        DataType::Boolean => Cell::Truth(array.as_boolean().value(at)),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Float32 => Cell::Number(f64::from(array.as_primitive::<Float32Type>().value(at))),
        DataType::Float64 => Cell::Number(array.as_primitive::<Float64Type>().value(at)),
        DataType::List(_) => list(&array.as_list::<i32>().value(at))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(at))?,
        other => {
            return Err(PyTypeError::new_err(format!(
                "a column of the type {other} is not read; texts, numbers, truth values, lists of them and categories are"
            )));
        }
    })
}

fn list(items: &ArrayRef) -> PyResult<Cell> {
    let cells = Cells::of(items);
    (0..items.len()).map(|at| cells.get(at)).collect::<PyResult<_>>().map(Cell::List)
}

/// Returns whether the cells of a type are read.
fn is_read(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_read(values),
        DataType::List(item) | DataType::LargeList(item) => is_read(item.data_type()),
        DataType::Null | DataType::Boolean | DataType::Float32 | DataType::Float64 => true,
        kind => is_text(kind) || kind.is_integer(),
    }
}

impl Cell {
    /// Returns the cell as JSON.
    fn json(self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Text(text) => text.into(),
            Self::Truth(truth) => truth.into(),
            Self::Whole(number) => i64::try_from(number).map_or_else(|_| (number as f64).into(), Into::into),
            // NaN is a missing number.
            Self::Number(number) => number.into(),
            Self::List(cells) => cells.into_iter().map(Self::json).collect(),
        }
    }
}

impl Stream {
    /// Returns the rows of a table as lines of JSON, and notes about the columns that are left out.
    pub fn json_lines(&self) -> PyResult<(String, Vec<String>)> {
        let (mut notes, mut columns) = (Vec::new(), Vec::new());
        let names = self.names();
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                return Err(PyValueError::new_err(format!(
                    "two columns of the table have the name '{name}'; rename one of them"
                )));
            }
            let column = self.column(at)?;
            match is_read(column.field.data_type()) {
                true => columns.push((name, column)),
                false => notes
                    .push(format!("the column '{name}' is of the type {} and is left out", column.kind())),
            }
        }
        let mut rows = vec![serde_json::Map::new(); self.len()];
        for (name, column) in columns {
            column.for_each(&mut |row, cell| {
                rows[row].insert(name.clone(), cell.json());
                Ok(())
            })?;
        }
        let mut lines = String::new();
        for row in rows {
            lines += &serde_json::Value::Object(row).to_string();
            lines.push('\n');
        }
        Ok((lines, notes))
    }
}
