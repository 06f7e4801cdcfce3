//! Writes records to Parquet files, one row group at a time.

use super::parquet::unsigned;
use super::{Column, Field, FieldKind, refused};
use crate::error::{Error, Result};
use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

/// The maximum number of rows of a group, and the maximum size of their text.
const ROWS: usize = 1 << 16;
const BYTES: usize = 32 << 20;

/// An open file and the rows of the current group.
pub(super) struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Gathered>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> fmt::Debug for Table<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// The values of a column, and for each row whether it has a value.
struct Gathered {
    name: String,
    values: Values,
    present: Vec<i16>,
}

/// Values as Parquet stores them: unsigned numbers by their bits.
enum Values {
    Integer(Vec<i64>),
    Unsigned(Vec<i64>),
    Integer32(Vec<i32>),
    Unsigned32(Vec<i32>),
    Float(Vec<f64>),
    Float32(Vec<f32>),
    Boolean(Vec<bool>),
    Text(Vec<ByteArray>),
}

impl Values {
    fn new(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Integer => Self::Integer(Vec::new()),
            FieldKind::Float => Self::Float(Vec::new()),
            FieldKind::Boolean => Self::Boolean(Vec::new()),
            FieldKind::Text | FieldKind::Json | FieldKind::Missing => Self::Text(Vec::new()),
        }
    }

    /// Returns the values of a column with this declared type.
    fn declared(declared: &Type) -> Self {
        let unsigned = unsigned(declared.get_basic_info().converted_type());
        match declared.get_physical_type() {
            Physical::INT32 if unsigned => Self::Unsigned32(Vec::new()),
            Physical::INT32 => Self::Integer32(Vec::new()),
            Physical::INT64 if unsigned => Self::Unsigned(Vec::new()),
            Physical::FLOAT => Self::Float32(Vec::new()),
            Physical::INT64 => Self::Integer(Vec::new()),
            Physical::DOUBLE => Self::Float(Vec::new()),
            Physical::BOOLEAN => Self::Boolean(Vec::new()),
            _ => Self::Text(Vec::new()),
        }
    }

    fn schema(&self) -> (Physical, ConvertedType) {
        match self {
            Self::Integer(_) | Self::Unsigned(_) => (Physical::INT64, ConvertedType::NONE),
            Self::Integer32(_) | Self::Unsigned32(_) => (Physical::INT32, ConvertedType::NONE),
            Self::Float(_) => (Physical::DOUBLE, ConvertedType::NONE),
            Self::Float32(_) => (Physical::FLOAT, ConvertedType::NONE),
            Self::Boolean(_) => (Physical::BOOLEAN, ConvertedType::NONE),
            Self::Text(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
        }
    }

    /// Appends the value of `text`; returns `false` if the column cannot represent it.
    fn push(&mut self, text: &str) -> bool {
        fn parsed<P: FromStr, T>(values: &mut Vec<T>, text: &str, keep: impl Fn(P) -> T) -> bool {
            text.parse().map(|value| values.push(keep(value))).is_ok()
        }
        match self {
            Self::Integer(values) => parsed(values, text, |value| value),
            Self::Unsigned(values) => parsed(values, text, |value: u64| value as i64),
            Self::Integer32(values) => parsed(values, text, |value| value),
            Self::Unsigned32(values) => parsed(values, text, |value: u32| value as i32),
            Self::Float(values) => parsed(values, text, |value| value),
            Self::Float32(values) => parsed(values, text, |value| value),
            Self::Boolean(values) => parsed(values, text, |value| value),
            Self::Text(values) => {
                values.push(ByteArray::from(text.as_bytes().to_vec()));
                true
            }
        }
    }
}

/// Returns the type of a nullable column: the type `declared` in the source file, dates and times included,
/// or the type of its values.
fn field(name: &str, values: &Values, declared: Option<&Type>) -> Result<Type, ParquetError> {
    let (physical, converted) = values.schema();
    let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    match declared.map(Type::get_basic_info) {
        Some(info) => field
            .with_logical_type(info.logical_type_ref().cloned())
            .with_converted_type(info.converted_type())
            .build(),
        None => field.with_converted_type(converted).build(),
    }
}

impl<W: Write + Send> Table<W> {
    /// Returns a table whose first columns have the types `declared` in the source file, if it is a Parquet
    /// file.
    pub fn new(out: W, columns: &[Column], declared: &[TypePtr]) -> Result<Self> {
        let declared = |at: usize| declared.get(at).map(|declared| &**declared);
        let gathered = columns.iter().enumerate().map(|(at, column)| {
            let values = declared(at).map_or_else(|| Values::new(column.kind), Values::declared);
            Gathered { name: column.name.clone(), values, present: Vec::new() }
        });
        let columns: Vec<Gathered> = gathered.collect();
        let fields = columns
            .iter()
            .enumerate()
            .map(|(at, Gathered { name, values, .. })| Ok(Arc::new(field(name, values, declared(at))?)));
        let file = fields.collect::<Result<_, ParquetError>>().and_then(|fields| {
            let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
        });
        Ok(Self { file: file.map_err(failed)?, columns, rows: 0, bytes: 0 })
    }

    pub fn write<'a>(&mut self, fields: impl Iterator<Item = Field<'a>>) -> Result<()> {
        for (column, (kind, text)) in self.columns.iter_mut().zip(fields) {
            let present = kind != FieldKind::Missing;
            if present && !column.values.push(text) {
                return Err(Error::data(format!(
                    "the column '{}' of a Parquet file cannot hold {text:?}; write a .csv or .jsonl file instead",
                    column.name
                )));
            }
            column.present.push(i16::from(present));
            self.bytes += text.len();
        }
        self.rows += 1;
        if self.rows == ROWS || self.bytes > BYTES { self.end_group().map_err(failed) } else { Ok(()) }
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for Gathered { values, present, .. } in &mut self.columns {
            match values {
                Values::Integer(values) | Values::Unsigned(values) => {
                    column::<_, Int64Type>(&mut group, values, present)
                }
                Values::Integer32(values) | Values::Unsigned32(values) => {
                    column::<_, Int32Type>(&mut group, values, present)
                }
                Values::Float32(values) => column::<_, FloatType>(&mut group, values, present),
                Values::Float(values) => column::<_, DoubleType>(&mut group, values, present),
                Values::Boolean(values) => column::<_, BoolType>(&mut group, values, present),
                Values::Text(values) => column::<_, ByteArrayType>(&mut group, values, present),
            }?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    pub fn finish(mut self) -> Result<W> {
        if self.rows > 0 {
            self.end_group().map_err(failed)?;
        }
        self.file.into_inner().map_err(failed)
    }
}

/// Writes the next column of a group and clears its values.
fn column<W: Write + Send, T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &mut Vec<T::T>,
    present: &mut Vec<i16>,
) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("a group has a column too many".into()));
    };
    writer.typed::<T>().write_batch(values, Some(present), None)?;
    values.clear();
    present.clear();
    writer.close()
}

fn failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(cause) => refused(*cause),
            Err(cause) => Error::data(format!("cannot write a Parquet file: {cause}")),
        },
        error => Error::data(format!("cannot write a Parquet file: {error}")),
    }
}
