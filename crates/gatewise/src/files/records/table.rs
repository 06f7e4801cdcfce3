//! Records of CSV and TSV files.

use super::input::{Input, too_long, utf8};
use super::{Column, Delimiter, FieldKind, Flaw, MAX_COLUMNS, Opened, Record, RecordOptions, Source};
use crate::error::{Error, Result};
use csv_core::ReadRecordResult;

/// A reader of tables: a header, then records with the same number of fields.
pub(super) struct Table {
    input: Input,
    core: csv_core::Reader,
    columns: usize,
    /// The fields of a record, and the end of each field.
    fields: Vec<u8>,
    ends: Vec<usize>,
}

impl Table {
    /// Reads the header.
    pub fn open(input: Input, usual: Delimiter, options: &RecordOptions) -> Result<Opened> {
        let name = input.name.clone();
        let delimiter = options.delimiter.unwrap_or(usual);
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter.byte()).build();
        let mut table = Self { input, core, columns: 0, fields: vec![0; 1 << 10], ends: vec![0; 1 << 6] };
        let mut header = Record::default();
        let read = table.read(&mut header);
        let line = header.number;
        let read = read.map_err(|flaw| match flaw {
            Flaw::Record(message) => Error::data(format!("{name}:{line}: {message}")),
            Flaw::Fatal(error) => error,
        })?;
        if !read {
            return Err(Error::data(format!(
                "{name} is empty; a header with the names of the columns was expected"
            )));
        }
        let columns: Vec<Column> = header
            .fields()
            .map(|field| Column { name: field.unwrap_or_default().trim().to_owned(), kind: FieldKind::Text })
            .collect();
        table.columns = columns.len();
        Ok(Opened::new(table, columns))
    }

    /// Reads a record into `raw` and its fields. Returns the number of fields, and the reason if the record
    /// is bad.
    fn scan(&mut self, raw: &mut Vec<u8>) -> Result<(usize, Option<String>)> {
        let (mut length, mut count) = (0, 0);
        loop {
            let bytes = self.input.fill()?;
            // At the end of the file a line break ends the record, unless a quoted field is open.
            let last = bytes.is_empty();
            let bytes = if last { b"\n" } else { bytes };
            let (result, read, written, ended) =
                self.core.read_record(bytes, &mut self.fields[length..], &mut self.ends[count..]);
            length += written;
            count += ended;
            if !last && !self.input.take(read, raw) {
                self.core.reset();
                self.input.skip_line()?;
                return Ok((count, Some(too_long("; is a quotation mark missing?"))));
            }
            match result {
                ReadRecordResult::InputEmpty if last => {
                    self.core.reset();
                    return Ok((
                        count,
                        Some("the quotation mark that opens a field here is never closed".into()),
                    ));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.resize(2 * self.fields.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => return Ok((count, None)),
            }
        }
    }

    /// Returns the reason why a record of `count` fields is bad, if it is.
    fn miscounted(&self, count: usize) -> Option<String> {
        let fields = |count| if count == 1 { "is 1 field".into() } else { format!("are {count} fields") };
        match self.columns {
            0 if count > MAX_COLUMNS => {
                Some(format!("{count} columns are too many; at most {MAX_COLUMNS} are read"))
            }
            0 => None,
            columns if columns == count => None,
            columns => {
                let hint = if count > columns {
                    "; a text with the delimiter in it goes between quotes"
                } else {
                    ""
                };
                Some(format!("there {} where the header names {columns} columns{hint}", fields(count)))
            }
        }
    }
}

impl Source for Table {
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        if !self.input.skip_line_breaks()? {
            return Ok(false);
        }
        record.number = self.input.line;
        let offset = self.input.offset;
        let mut raw = std::mem::take(&mut record.raw).into_bytes();
        let (count, flaw) = self.scan(&mut raw)?;
        if let Some(message) = flaw {
            return Err(Flaw::Record(message));
        }
        while raw.pop_if(|byte| matches!(byte, b'\n' | b'\r')).is_some() {}
        record.raw = utf8(raw, offset).map_err(Flaw::Record)?;
        if let Some(message) = self.miscounted(count) {
            return Err(Flaw::Record(message));
        }
        let mut start = 0;
        for &end in &self.ends[..count] {
            // Fields are cut out of valid UTF-8 at ASCII characters, so that they are valid UTF-8.
            record.push(FieldKind::Text, &String::from_utf8_lossy(&self.fields[start..end]));
            start = end;
        }
        Ok(true)
    }
}
