//! Writes records with added fields.
//!
//! Input: records and the added fields. Output: CSV, TSV, JSON lines or Parquet.

use super::{Column, Delimiter, Field, FieldKind, Record, RecordFormat, Records, refused};
use crate::error::{Error, Result};
use std::io::{self, Write};

#[cfg(feature = "parquet")]
use super::write_parquet::Table;

/// A writer of records with added fields.
///
/// ```
/// use gatewise::files::{Column, FieldKind, Record, RecordFormat, RecordOptions, Records, RecordWriter};
/// let table = "id,question\n7,\"who, then?\"\n";
/// let mut records = Records::from_reader(table.as_bytes(), RecordFormat::Csv, "rows.csv", &RecordOptions::default())?;
/// let label = Column::new("label", FieldKind::Text);
/// let write = |format, record: &Record| {
///     let mut writer = RecordWriter::new(Vec::new(), format, &records, &[label.clone()])?;
///     writer.write(record, &[(FieldKind::Text, "human")])?;
///     Ok::<_, gatewise::Error>(String::from_utf8(writer.finish()?).unwrap())
/// };
/// # let mut again = Records::from_reader(table.as_bytes(), RecordFormat::Csv, "rows.csv", &RecordOptions::default())?;
/// let record = again.next().unwrap()?;
/// assert_eq!(write(RecordFormat::Csv, &record)?, "id,question,label\n7,\"who, then?\",human\n");
/// assert_eq!(
///     write(RecordFormat::JsonLines, &record)?,
///     "{\"id\":\"7\",\"question\":\"who, then?\",\"label\":\"human\"}\n"
/// );
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct RecordWriter<W: Write + Send> {
    columns: Vec<Column>,
    /// The number of columns of the records themselves.
    own: usize,
    /// Whether the source lines are copied, with the added fields at the end.
    as_read: bool,
    sink: Sink<W>,
    line: String,
}

#[derive(Debug)]
enum Sink<W: Write + Send> {
    Table(Box<csv::Writer<W>>),
    JsonLines(io::BufWriter<W>),
    /// A list of objects, and whether it has any yet.
    Json(io::BufWriter<W>, bool),
    #[cfg(feature = "parquet")]
    Parquet(Box<Table<W>>),
}

impl<W: Write + Send> RecordWriter<W> {
    /// Returns a writer to `out` in `format`, with the columns of `records` followed by the columns `added`. A table that is
    /// written in its own format keeps its delimiter, and gets no header if it has none.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a format that cannot be written, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if writing fails.
    pub fn new(out: W, format: RecordFormat, records: &Records, added: &[Column]) -> Result<Self> {
        Self::with(out, format, Some(records), [records.columns(), added].concat())
    }

    /// Returns a writer to `out` in `format` of records that consist of added fields only, in these columns.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_columns(out: W, format: RecordFormat, columns: Vec<Column>) -> Result<Self> {
        Self::with(out, format, None, columns)
    }

    fn with(out: W, format: RecordFormat, records: Option<&Records>, columns: Vec<Column>) -> Result<Self> {
        // A table stays as it is: its delimiter, and a header only if there was one.
        let layout = records.filter(|records| format == records.format()).and_then(|records| records.layout);
        let table = |usual: Delimiter, out: W| -> Result<Sink<W>> {
            let delimiter = layout.map_or(usual, |layout| layout.delimiter).byte();
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(out);
            if layout.is_none_or(|layout| layout.header) {
                let header = writer.write_record(columns.iter().map(|column| column.name.as_bytes()));
                header.map_err(|e| refused(e.into()))?;
            }
            Ok(Sink::Table(Box::new(writer)))
        };
        let sink = match format {
            RecordFormat::Csv => table(Delimiter::COMMA, out)?,
            RecordFormat::Tsv => table(Delimiter::TAB, out)?,
            RecordFormat::JsonLines => Sink::JsonLines(io::BufWriter::new(out)),
            RecordFormat::Json => Sink::Json(io::BufWriter::new(out), false),
            #[cfg(feature = "parquet")]
            RecordFormat::Parquet => {
                let declared = records.map_or(&[][..], |records| records.source.declared());
                Sink::Parquet(Box::new(Table::new(out, &columns, declared)?))
            }
            _ => {
                return Err(Error::config(format!(
                    "records cannot be written as {format:?}; use CSV, TSV, JSON or JSON lines"
                )));
            }
        };
        let is_json = |format| matches!(format, RecordFormat::JsonLines | RecordFormat::Json);
        let as_read = is_json(format) && records.is_some_and(|records| is_json(records.format()));
        let own = records.map_or(0, |records| records.columns().len());
        Ok(Self { own, columns, as_read, sink, line: String::new() })
    }

    /// Writes a record and its added fields.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if writing fails, [`ErrorKind::Data`](crate::ErrorKind::Data)
    /// if a number is too large for its column.
    pub fn write(&mut self, record: &Record, added: &[Field<'_>]) -> Result<()> {
        let own = (0..self.own).map(|column| (record.kind(column), record.get(column).unwrap_or_default()));
        let fields = own.chain(added.iter().copied());
        match &mut self.sink {
            Sink::Table(writer) => {
                let mut fields = fields.map(|(_, text)| text);
                let written = fields.try_for_each(|text| writer.write_field(text));
                written.and_then(|()| writer.write_record(None::<&[u8]>)).map_err(|e| refused(e.into()))
            }
            Sink::JsonLines(out) => {
                self.line.clear();
                object(&mut self.line, &self.columns, record.raw(), self.as_read.then_some(self.own), fields);
                self.line.push('\n');
                out.write_all(self.line.as_bytes()).map_err(refused)
            }
            Sink::Json(out, has_any) => {
                self.line.clear();
                self.line.push_str(if *has_any { ",\n" } else { "[\n" });
                *has_any = true;
                object(&mut self.line, &self.columns, record.raw(), self.as_read.then_some(self.own), fields);
                out.write_all(self.line.as_bytes()).map_err(refused)
            }
            #[cfg(feature = "parquet")]
            Sink::Parquet(table) => table.write(fields),
        }
    }

    /// Writes buffered records.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if writing fails.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.sink {
            Sink::Table(writer) => writer.flush().map_err(refused),
            Sink::JsonLines(out) | Sink::Json(out, _) => out.flush().map_err(refused),
            // Rows are written in groups.
            #[cfg(feature = "parquet")]
            Sink::Parquet(_) => Ok(()),
        }
    }

    /// Ends the file and returns the underlying writer.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if writing fails.
    pub fn finish(self) -> Result<W> {
        match self.sink {
            Sink::Table(writer) => writer.into_inner().map_err(|e| refused(e.into_error())),
            Sink::JsonLines(out) => out.into_inner().map_err(|e| refused(e.into_error())),
            Sink::Json(mut out, has_any) => {
                let end: &[u8] = if has_any { b"\n]\n" } else { b"[]\n" };
                out.write_all(end).map_err(refused)?;
                out.into_inner().map_err(|e| refused(e.into_error()))
            }
            #[cfg(feature = "parquet")]
            Sink::Parquet(table) => table.finish(),
        }
    }
}

/// Appends a JSON object with `fields`. With `own`, the number of the record's own columns, its source text `raw` is copied,
/// with keys that are not columns, and only the added fields follow.
fn object<'a>(
    line: &mut String,
    columns: &[Column],
    raw: &str,
    own: Option<usize>,
    fields: impl Iterator<Item = Field<'a>>,
) {
    let start = line.len();
    let body = raw.trim_end().strip_suffix('}').map(str::trim_end);
    let skip = match body.zip(own) {
        Some((body, own)) => {
            // Line breaks are between values only, since a string has none.
            for (at, part) in body.lines().enumerate() {
                line.push_str(if at == 0 { part } else { part.trim() });
            }
            own
        }
        None => {
            line.push('{');
            0
        }
    };
    for (column, field) in columns.iter().zip(fields).skip(skip) {
        line.extend((!line[start..].ends_with('{')).then_some(','));
        push_string(line, &column.name);
        line.push(':');
        push_value(line, field);
    }
    line.push('}');
}

fn push_string(line: &mut String, text: &str) {
    // Every string serializes as JSON.
    line.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn push_value(line: &mut String, (kind, text): Field<'_>) {
    match kind {
        FieldKind::Missing => line.push_str("null"),
        FieldKind::Integer | FieldKind::Boolean | FieldKind::Json => line.push_str(text),
        FieldKind::Float if text.parse().is_ok_and(f64::is_finite) => line.push_str(text),
        FieldKind::Float | FieldKind::Text => push_string(line, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::RecordOptions;
    use super::*;

    fn written(input: &'static str, from: RecordFormat, to: RecordFormat) -> Vec<u8> {
        let mut records =
            Records::from_reader(input.as_bytes(), from, "in", &RecordOptions::default()).unwrap();
        let added = [Column::new("label", FieldKind::Text), Column::new("p", FieldKind::Float)];
        // Columns are known before the first record is taken.
        let mut writer = RecordWriter::new(Vec::new(), to, &records, &added).unwrap();
        let mut record = Record::default();
        while records.read(&mut record).unwrap() {
            writer.write(&record, &[(FieldKind::Text, "a \"b\""), (FieldKind::Float, "0.25")]).unwrap();
        }
        writer.finish().unwrap()
    }

    fn text(input: &'static str, from: RecordFormat, to: RecordFormat) -> String {
        String::from_utf8(written(input, from, to)).unwrap()
    }

    #[test]
    fn columns_are_kept_in_every_format() {
        use RecordFormat::{Csv, JsonLines, Tsv};
        let table = "x,y\n\"1, 2\",\" z\"\n,\"q\nr\"\n";
        assert_eq!(
            text(table, Csv, Csv),
            "x,y,label,p\n\"1, 2\", z,\"a \"\"b\"\"\",0.25\n,\"q\nr\",\"a \"\"b\"\"\",0.25\n"
        );
        assert!(text(table, Csv, Tsv).starts_with("x\ty\tlabel\tp\n1, 2\t z\t"));
        assert_eq!(text("x\n1\n", Csv, JsonLines), "{\"x\":\"1\",\"label\":\"a \\\"b\\\"\",\"p\":0.25}\n");
        let objects = "{\"b\": 1.50, \"a\": {\"c\": []} }\n{}\n{\"a\": null}";
        assert_eq!(
            text(objects, JsonLines, JsonLines),
            "{\"b\": 1.50, \"a\": {\"c\": []},\"label\":\"a \\\"b\\\"\",\"p\":0.25}\n\
             {\"label\":\"a \\\"b\\\"\",\"p\":0.25}\n{\"a\": null,\"label\":\"a \\\"b\\\"\",\"p\":0.25}\n"
        );
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn parquet_comes_back_as_it_was() {
        let objects =
            "{\"n\": 3, \"x\": 0.5, \"t\": \"é\", \"b\": true}\n{\"t\": \"\", \"n\": null, \"b\": false}";
        let bytes = written(objects, RecordFormat::JsonLines, RecordFormat::Parquet);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, bytes).unwrap();
        let mut records = Records::open(&path, &RecordOptions::default()).unwrap();
        let mut writer = RecordWriter::new(Vec::new(), RecordFormat::JsonLines, &records, &[]).unwrap();
        let mut record = Record::default();
        while records.read(&mut record).unwrap() {
            writer.write(&record, &[]).unwrap();
        }
        let back = String::from_utf8(writer.finish().unwrap()).unwrap();
        let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let rows: Vec<_> = back.lines().map(value).collect();
        assert_eq!(rows[0], value(r#"{"n":3,"x":0.5,"t":"é","b":true,"label":"a \"b\"","p":0.25}"#));
        assert_eq!(rows[1], value(r#"{"n":null,"x":null,"t":"","b":false,"label":"a \"b\"","p":0.25}"#));
    }
}
