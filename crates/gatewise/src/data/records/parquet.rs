//! Records of Parquet files: a row each, of the columns that hold one value a row.

use super::{Column, FieldKind, Flaw, Record, Source};
use crate::error::{Error, Result};
use parquet::basic::{ConvertedType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Rows of a column that are decoded at a time.
const BATCH: usize = 256;

/// The rows of a file, row group by row group.
pub(super) struct Rows {
    name: String,
    file: SerializedFileReader<File>,
    /// Which leaves of the schema are read.
    leaves: Vec<usize>,
    /// The row group behind that of `columns`.
    next_group: usize,
    columns: Vec<Decoder>,
    /// Rows of that group that are still to be decoded.
    left: usize,
    /// Rows decoded that are still to be handed out.
    ready: usize,
    read: u64,
}

impl Rows {
    /// Reads the schema.
    pub fn new(path: &Path) -> Result<(Self, Vec<Column>)> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
        let file = SerializedFileReader::new(file).map_err(|e| damaged(&name, &e))?;
        let (mut leaves, mut columns) = (Vec::new(), Vec::new());
        for (leaf, column) in file.metadata().file_metadata().schema_descr().columns().iter().enumerate() {
            if let Some(kind) = kind(column) {
                leaves.push(leaf);
                columns.push(Column { name: column.name().trim().to_owned(), kind });
            }
        }
        let rows =
            Self { name, file, leaves, next_group: 0, columns: Vec::new(), left: 0, ready: 0, read: 0 };
        Ok((rows, columns))
    }

    /// Decodes the next rows; `false` where there are none.
    fn decode(&mut self) -> Result<bool, ParquetError> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(false);
            }
            let group = self.file.get_row_group(self.next_group)?;
            self.left = usize::try_from(group.metadata().num_rows())?;
            let readers = self.leaves.iter().map(|&leaf| {
                let column = group.metadata().column(leaf).column_descr();
                Ok(Decoder::new(group.get_column_reader(leaf)?, column))
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
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        if self.ready == 0 && !self.decode().map_err(|e| damaged(&self.name, &e))? {
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

/// What is in a column, where it has one value a row that can be said as text.
fn kind(column: &ColumnDescriptor) -> Option<FieldKind> {
    if column.path().parts().len() != 1 || column.max_rep_level() != 0 {
        return None;
    }
    let number = |kind| (column.converted_type() != ConvertedType::DECIMAL).then_some(kind);
    match column.physical_type() {
        Type::BOOLEAN => Some(FieldKind::Boolean),
        Type::INT32 | Type::INT64 => number(FieldKind::Integer),
        Type::FLOAT | Type::DOUBLE => Some(FieldKind::Float),
        Type::BYTE_ARRAY => number(FieldKind::Text),
        Type::INT96 | Type::FIXED_LEN_BYTE_ARRAY => None,
    }
}

/// A column's reader and the rows that it decoded last.
struct Decoder {
    reader: ColumnReader,
    unsigned: bool,
    /// The definition level of a value that is there.
    present: i16,
    text: Vec<u8>,
    /// What each field is and where its text ends.
    fields: Vec<(FieldKind, usize)>,
}

impl Decoder {
    fn new(reader: ColumnReader, column: &ColumnDescriptor) -> Self {
        let unsigned = matches!(
            column.converted_type(),
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        );
        Self { reader, unsigned, present: column.max_def_level(), text: Vec::new(), fields: Vec::new() }
    }

    /// Decodes the next `count` rows.
    fn decode(&mut self, count: usize) -> Result<(), ParquetError> {
        self.text.clear();
        self.fields.clear();
        let (text, unsigned) = (&mut self.text, self.unsigned);
        let fields = match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                read(reader, count, self.present, |value| show(text, FieldKind::Boolean, value))?
            }
            ColumnReader::Int32ColumnReader(reader) => {
                read(reader, count, self.present, |&value| match unsigned {
                    true => show(text, FieldKind::Integer, &(value as u32)),
                    false => show(text, FieldKind::Integer, &value),
                })?
            }
            ColumnReader::Int64ColumnReader(reader) => {
                read(reader, count, self.present, |&value| match unsigned {
                    true => show(text, FieldKind::Integer, &(value as u64)),
                    false => show(text, FieldKind::Integer, &value),
                })?
            }
            ColumnReader::FloatColumnReader(reader) => {
                read(reader, count, self.present, |&value| float(text, value.into(), &value))?
            }
            ColumnReader::DoubleColumnReader(reader) => {
                read(reader, count, self.present, |&value| float(text, value, &value))?
            }
            ColumnReader::ByteArrayColumnReader(reader) => read(reader, count, self.present, |value| {
                text.extend_from_slice(value.data());
                (FieldKind::Text, text.len())
            })?,
            // `kind` lets none of these through.
            ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_) => Vec::new(),
        };
        // A value that is absent ends where the one before it does.
        let mut end = 0;
        self.fields.extend(fields.into_iter().map(|field| {
            let (kind, at) = field.unwrap_or((FieldKind::Missing, end));
            end = at;
            (kind, at)
        }));
        Ok(())
    }
}

/// The next `count` rows of a column: what `each` makes of a value, or nothing where there is none.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    present: i16,
    mut each: impl FnMut(&T::T) -> (FieldKind, usize),
) -> Result<Vec<Option<(FieldKind, usize)>>, ParquetError> {
    let (mut levels, mut values, mut rows) = (Vec::new(), Vec::new(), 0);
    while rows < count {
        let (read, ..) = reader.read_records(count - rows, Some(&mut levels), None, &mut values)?;
        if read == 0 {
            return Err(ParquetError::EOF("a column ends before the rows do".into()));
        }
        rows += read;
    }
    let mut values = values.iter().map(&mut each);
    match present {
        0 => Ok(values.map(Some).collect()),
        _ => Ok(levels.iter().map(|&level| if level == present { values.next() } else { None }).collect()),
    }
}

fn show(text: &mut Vec<u8>, kind: FieldKind, value: &dyn Display) -> (FieldKind, usize) {
    // Writing to memory cannot fail.
    let _ = write!(text, "{value}");
    (kind, text.len())
}

/// A number that is none stands for a value that is missing; an infinite one is no number that JSON knows.
fn float(text: &mut Vec<u8>, value: f64, shown: &dyn Display) -> (FieldKind, usize) {
    match value {
        _ if value.is_nan() => (FieldKind::Missing, text.len()),
        _ if value.is_infinite() => show(text, FieldKind::Text, shown),
        _ => show(text, FieldKind::Float, shown),
    }
}
