//! Records of Parquet files: the columns with one value, or one list of values, per row.

use super::parquet_columns::{Leaf, columns};
use super::{Column, FieldKind, Flaw, Opened, Record, Source, UnreadColumn};
use crate::error::{Error, Result};
use parquet::basic::ConvertedType;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, TypePtr};
use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// The number of rows of a column that are decoded at a time.
const BATCH: usize = 256;

/// A reader of rows, row group by row group.
pub(super) struct Rows {
    name: String,
    file: SerializedFileReader<File>,
    /// The leaves of the schema that are read.
    leaves: Vec<Leaf>,
    /// Their declared types.
    declared: Vec<TypePtr>,
    unread: Vec<UnreadColumn>,
    /// The row group after the group of `columns`.
    next_group: usize,
    columns: Vec<Decoder>,
    /// The number of rows of that group that are not decoded yet.
    left: usize,
    /// The number of decoded rows that are not read yet.
    ready: usize,
    read: u64,
}

impl Rows {
    /// Reads the schema.
    pub fn open(path: &Path) -> Result<Opened> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| Error::reading("cannot read", path, e))?;
        let size = file.metadata().map_err(|e| Error::reading("cannot read", path, e))?.len();
        let opened = unpanicked(|| SerializedFileReader::new(file));
        let file =
            opened.and_then(|file| check(&file, size).map(|()| file)).map_err(|e| damaged(&name, &e))?;
        let (leaves, unread, notes) = columns(file.metadata().file_metadata());
        let declared = leaves.iter().map(|leaf| leaf.declared.clone()).collect();
        let columns = leaves.iter().map(|leaf| Column::new(&leaf.name, leaf.kind)).collect();
        let rows = Self {
            name,
            file,
            leaves,
            declared,
            unread,
            next_group: 0,
            columns: Vec::new(),
            left: 0,
            ready: 0,
            read: 0,
        };
        let mut opened = Opened::new(rows, columns);
        opened.notes = notes;
        Ok(opened)
    }

    /// Decodes the next rows; returns `false` at the end.
    fn decode(&mut self) -> Result<bool, ParquetError> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(false);
            }
            let group = self.file.get_row_group(self.next_group)?;
            self.left = usize::try_from(group.metadata().num_rows())?;
            let readers = self.leaves.iter().map(|leaf| {
                let column = group.metadata().column(leaf.index).column_descr();
                Ok(Decoder::new(group.get_column_reader(leaf.index)?, column, leaf))
            });
            self.columns = readers.collect::<Result<_, ParquetError>>()?;
            self.next_group += 1;
        }
        self.ready = self.left.min(BATCH);
        for column in &mut self.columns {
            column.decode(self.ready)?;
        }
        self.left -= self.ready;
        Ok(true)
    }
}

impl Source for Rows {
    fn unread(&self) -> &[UnreadColumn] {
        &self.unread
    }

    fn declared(&self) -> &[TypePtr] {
        &self.declared
    }

    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        if self.ready == 0 && !unpanicked(|| self.decode()).map_err(|e| damaged(&self.name, &e))? {
            return Ok(false);
        }
        self.read += 1;
        record.number = self.read;
        let at = self.columns.first().map_or(0, |column| column.fields.len()) - self.ready;
        self.ready -= 1;
        for column in &self.columns {
            let start = if at == 0 { 0 } else { column.fields[at - 1].1 };
            let (kind, end) = column.fields[at];
            let text = std::str::from_utf8(&column.text[start..end]);
            record.push(kind, text.map_err(|_| Flaw::Record("a text in it is not UTF-8".into()))?);
        }
        Ok(true)
    }
}

fn damaged(name: &str, error: &ParquetError) -> Error {
    Error::data(format!("{name} cannot be read as a Parquet file: {error}"))
}

/// Catches the panics of the parquet crate, which panics on some damaged files.
fn unpanicked<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(ParquetError::General("it is damaged".into())))
}

/// Checks that all parts of the file are within its `size` bytes.
fn check(file: &SerializedFileReader<File>, size: u64) -> Result<(), ParquetError> {
    let chunks = file.metadata().row_groups().iter().flat_map(|group| group.columns());
    for chunk in chunks {
        let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
        let within = |at: i64| u64::try_from(at).is_ok_and(|at| at <= size);
        let end = start.checked_add(chunk.compressed_size());
        if chunk.compressed_size() < 0 || chunk.num_values() < 0 || !within(start) || !end.is_some_and(within)
        {
            return Err(ParquetError::General("a column lies beyond the end of the file".into()));
        }
    }
    Ok(())
}

/// Returns whether the integers are unsigned.
pub(super) fn unsigned(converted: ConvertedType) -> bool {
    use ConvertedType::{UINT_8, UINT_16, UINT_32, UINT_64};
    matches!(converted, UINT_8 | UINT_16 | UINT_32 | UINT_64)
}

/// The reader of a column and the rows that it decoded last.
struct Decoder {
    reader: ColumnReader,
    unsigned: bool,
    /// The definition level of a present value.
    present: i16,
    list: Option<i16>,
    names: Option<Arc<[String]>>,
    levels: Levels,
    text: Vec<u8>,
    /// The kind of each field and the end of its text.
    fields: Vec<(FieldKind, usize)>,
}

/// The definition and repetition level of each value of the decoded rows.
#[derive(Default)]
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

impl Decoder {
    fn new(reader: ColumnReader, column: &ColumnDescriptor, leaf: &Leaf) -> Self {
        let unsigned = unsigned(column.converted_type());
        let (list, names, present) = (leaf.list, leaf.names.clone(), column.max_def_level());
        let (levels, text, fields) = (Levels::default(), Vec::new(), Vec::new());
        Self { reader, unsigned, present, list, names, levels, text, fields }
    }

    /// Decodes the next `count` rows.
    fn decode(&mut self, count: usize) -> Result<(), ParquetError> {
        self.text.clear();
        self.fields.clear();
        let (text, unsigned, names) = (&mut self.text, self.unsigned, self.names.as_deref());
        let (levels, present) = (&mut self.levels, self.present);
        let fields = match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                read(reader, count, present, levels, |value| show(text, FieldKind::Boolean, value))?
            }
            ColumnReader::Int32ColumnReader(reader) => {
                read(reader, count, present, levels, |&value| match (names, unsigned) {
                    (Some(names), _) => class(text, names, value.into()),
                    (None, true) => show(text, FieldKind::Integer, &(value as u32)),
                    (None, false) => show(text, FieldKind::Integer, &value),
                })?
            }
            ColumnReader::Int64ColumnReader(reader) => {
                read(reader, count, present, levels, |&value| match (names, unsigned) {
                    (Some(names), _) => class(text, names, value),
                    (None, true) => show(text, FieldKind::Integer, &(value as u64)),
                    (None, false) => show(text, FieldKind::Integer, &value),
                })?
            }
            ColumnReader::FloatColumnReader(reader) => {
                read(reader, count, present, levels, |&value| float(text, value.into(), &value))?
            }
            ColumnReader::DoubleColumnReader(reader) => {
                read(reader, count, present, levels, |&value| float(text, value, &value))?
            }
            ColumnReader::ByteArrayColumnReader(reader) => read(reader, count, present, levels, |value| {
                text.extend_from_slice(value.data());
                (FieldKind::Text, text.len())
            })?,
            // The schema's columns of these types are not read.
            ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => Vec::new(),
        };
        // A missing value ends where the value before it ends.
        let mut end = 0;
        self.fields.extend(fields.into_iter().map(|field| {
            let (kind, at) = field.unwrap_or((FieldKind::Missing, end));
            end = at;
            (kind, at)
        }));
        if let Some(element) = self.list {
            self.join_lists(element)?;
        }
        match self.fields.len() == count {
            true => Ok(()),
            false => Err(ParquetError::General("a column has another number of rows".into())),
        }
    }

    /// Joins the values of each row into a JSON array; `element` is the definition level of an element.
    fn join_lists(&mut self, element: i16) -> Result<(), ParquetError> {
        let values = std::mem::take(&mut self.text);
        let fields = std::mem::take(&mut self.fields);
        let mut start = 0;
        let levels = std::mem::take(&mut self.levels);
        let both = levels.definition.iter().zip(&levels.repetition);
        for ((kind, end), (&definition, &repetition)) in fields.into_iter().zip(both) {
            let value = &values[start..end];
            start = end;
            if repetition == 0 {
                self.end_list();
                let kind = if definition + 1 < element { FieldKind::Missing } else { FieldKind::Json };
                self.text.extend_from_slice(if kind == FieldKind::Json { b"[" } else { b"" });
                self.fields.push((kind, self.text.len()));
            }
            if definition < element {
                continue;
            }
            if repetition > 0 {
                self.text.push(b',');
            }
            match kind {
                FieldKind::Missing => self.text.extend_from_slice(b"null"),
                FieldKind::Text => {
                    let text = std::str::from_utf8(value);
                    let text =
                        text.map_err(|_| ParquetError::General("a text in a list is not UTF-8".into()))?;
                    self.text.extend_from_slice(serde_json::json!(text).to_string().as_bytes());
                }
                _ => self.text.extend_from_slice(value),
            }
        }
        self.end_list();
        self.levels = levels;
        Ok(())
    }

    /// Closes the array of the last row.
    fn end_list(&mut self) {
        if let Some((kind, end)) = self.fields.last_mut() {
            if *kind == FieldKind::Json {
                self.text.push(b']');
            }
            *end = self.text.len();
        }
    }
}

/// Returns `each` of the values of the next `count` rows of a column, or `None` for a missing value.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    present: i16,
    levels: &mut Levels,
    mut each: impl FnMut(&T::T) -> (FieldKind, usize),
) -> Result<Vec<Option<(FieldKind, usize)>>, ParquetError> {
    let Levels { definition, repetition } = levels;
    definition.clear();
    repetition.clear();
    let (mut values, mut rows) = (Vec::new(), 0);
    while rows < count {
        let (read, ..) =
            reader.read_records(count - rows, Some(definition), Some(repetition), &mut values)?;
        if read == 0 {
            return Err(ParquetError::EOF("a column ends before the rows do".into()));
        }
        rows += read;
    }
    let mut values = values.iter().map(&mut each);
    match present {
        0 => Ok(values.map(Some).collect()),
        _ => {
            Ok(definition.iter().map(|&level| if level == present { values.next() } else { None }).collect())
        }
    }
}

fn show(text: &mut Vec<u8>, kind: FieldKind, value: &dyn Display) -> (FieldKind, usize) {
    // Writing to memory cannot fail.
    let _ = write!(text, "{value}");
    (kind, text.len())
}

/// Appends the name of a class. A number without a name, such as -1, is a missing value.
fn class(text: &mut Vec<u8>, names: &[String], number: i64) -> (FieldKind, usize) {
    match usize::try_from(number).ok().and_then(|at| names.get(at)) {
        Some(name) => show(text, FieldKind::Text, name),
        None => (FieldKind::Missing, text.len()),
    }
}

/// Appends a float. NaN is a missing value; infinity is text, because JSON has no number for it.
fn float(text: &mut Vec<u8>, value: f64, shown: &dyn Display) -> (FieldKind, usize) {
    match value {
        _ if value.is_nan() => (FieldKind::Missing, text.len()),
        _ if value.is_infinite() => show(text, FieldKind::Text, shown),
        _ => show(text, FieldKind::Float, shown),
    }
}
