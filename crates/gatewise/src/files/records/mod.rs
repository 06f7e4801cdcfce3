//! Streaming readers of record files: CSV, TSV, JSON, Parquet, ARFF, labelled lines, and folders of texts.
//!
//! Input: a file or a stream. Output: the columns and then [`Record`]s, one at a time, each with its place.
//! Memory does not grow with the file. A bad record is an error with file and line, or is skipped and counted
//! ([`OnError`]).

mod arff_rows;
mod dialect;
mod folder;
mod header;
mod input;
mod json_lines;
mod json_shape;
mod label_folders;
mod labelled_lines;
mod look;
mod options;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "parquet")]
mod parquet_columns;
mod record;
mod syntax;
mod table;
mod write;
#[cfg(feature = "parquet")]
mod write_parquet;

pub use look::FileKind;
pub use options::{Delimiter, RecordOptions};
pub use record::{Column, Field, FieldKind, Record, UnreadColumn};
pub use write::RecordWriter;

use super::format::RecordFormat;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The number of records from which columns are inferred.
pub(super) const LOOKED_AT: usize = 1_000;
/// Their approximate maximum size in bytes.
const LOOKED_AT_BYTES: usize = 32 << 20;
/// The maximum size of a record in bytes, so that a missing quotation mark or line break does not fill the
/// memory.
const MAX_RECORD: usize = 16 << 20;
/// The maximum number of columns.
const MAX_COLUMNS: usize = 10_000;
/// The maximum number of bad records with a message.
const NAMED: usize = 10;

/// Returns the error of a failed write.
fn refused(error: std::io::Error) -> Error {
    Error::io("cannot write the", "answers", error)
}

/// The handling of bad records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnError {
    /// The first bad record is an error with file and line.
    #[default]
    Fail,
    /// Bad records are skipped and counted.
    Skip,
}

/// The bad records that were skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The number of skipped records.
    pub count: u64,
    /// The messages of the first ten records, each with its place.
    pub first: Vec<String>,
    /// The numbers of these records ([`Record::number`]).
    pub numbers: Vec<u64>,
}

impl Skipped {
    /// Counts the bad record `number`, or fails with `message`.
    pub(super) fn reject(&mut self, on_error: OnError, number: u64, message: String) -> Result<()> {
        if on_error == OnError::Fail {
            return Err(Error::data(message));
        }
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(message);
            self.numbers.push(number);
        }
        Ok(())
    }
}

/// What hands out records, format by format.
trait Source: Send {
    /// Fills the empty `record`; returns `false` at the end.
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw>;

    /// Returns what may be wrong with the records read so far, though each of them is valid.
    fn doubts(&self) -> Option<String> {
        None
    }

    /// Returns the columns that are not read.
    fn unread(&self) -> &[UnreadColumn] {
        &[]
    }

    /// Returns the declared column types of a Parquet file; empty for other files.
    #[cfg(feature = "parquet")]
    fn declared(&self) -> &[::parquet::schema::types::TypePtr] {
        &[]
    }
}

/// How a table is laid out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    delimiter: Delimiter,
    /// Whether the first line names the columns.
    header: bool,
}

/// A source with its columns, and notes about what was found by looking.
struct Opened {
    source: Box<dyn Source>,
    columns: Vec<Column>,
    layout: Option<Layout>,
    notes: Vec<String>,
}

impl Opened {
    fn new(source: impl Source + 'static, columns: Vec<Column>) -> Self {
        Self { source: Box::new(source), columns, layout: None, notes: Vec::new() }
    }
}

/// The reason why there is no record.
enum Flaw {
    /// The record is bad; reading can continue.
    Record(String),
    /// Reading cannot continue.
    Fatal(Error),
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

/// A reader of records: an iterator over the records of a file.
///
/// ```
/// use gatewise::files::{RecordFormat, RecordOptions, Records};
/// let table = "id,question\n7,\"who, then?\"\n8,why?\n";
/// let records = Records::from_reader(table.as_bytes(), RecordFormat::Csv, "rows.csv", &RecordOptions::default())?;
/// assert_eq!(records.columns()[1].name, "question");
/// let records: Vec<_> = records.collect::<Result<_, _>>()?;
/// assert_eq!((records[0].get(1), records[0].number()), (Some("who, then?"), 2));
/// assert_eq!(records[0].raw(), "7,\"who, then?\"");
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// Text is UTF-8, with or without a byte order mark, or in the encoding of the options. A record has at most 16 MiB. The iterator ends after the
/// first error. [`read`](Self::read) yields the same records without an allocation for each record.
pub struct Records {
    name: String,
    format: RecordFormat,
    columns: Vec<Column>,
    /// The layout of a table.
    layout: Option<Layout>,
    notes: Vec<String>,
    source: Box<dyn Source>,
    /// Records that were peeked.
    ahead: VecDeque<Record>,
    /// The error that ended peeking, returned when its record is read.
    failed: Option<Error>,
    on_error: OnError,
    skipped: Skipped,
    over: bool,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, format, columns, .. } = self;
        f.debug_struct("Records")
            .field("name", name)
            .field("format", format)
            .field("columns", columns)
            .finish()
    }
}

impl Records {
    /// Opens the file or folder at `path`. Its [`RecordFormat`] is decided by its name, or by its first bytes where the name
    /// states nothing. Files in gzip and Zstandard are unpacked as they are read.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if it cannot be read,
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for an unknown format, text in another encoding, and
    /// malformed content.
    pub fn open(path: &Path, options: &RecordOptions) -> Result<Self> {
        let name = path.display().to_string();
        let (format, note) = FileKind::records(path, options)?;
        let mut records = match format {
            RecordFormat::Folder => Self::new(name, format, folder::Folder::open(path, options)?, options),
            #[cfg(feature = "parquet")]
            RecordFormat::Parquet => Self::new(name, format, parquet::Rows::open(path)?, options),
            _ => {
                let file = File::open(path).map_err(|e| Error::reading("cannot read", path, e))?;
                Self::from_reader(file, format, &name, options)
            }
        }?;
        records.notes.splice(0..0, note);
        Ok(records)
    }

    /// Reads a table, JSON, labelled lines or ARFF from a stream; `name` is for messages.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`ErrorKind::Config`](crate::ErrorKind::Config) for a format that cannot be
    /// streamed.
    pub fn from_reader(
        bytes: impl Read + Send + 'static,
        format: RecordFormat,
        name: &str,
        options: &RecordOptions,
    ) -> Result<Self> {
        let input = || input::Input::new(name, Box::new(bytes), options.encoding);
        let opened = match format {
            RecordFormat::Csv => open_table(input()?, Delimiter::COMMA, options)?,
            RecordFormat::Tsv => open_table(input()?, Delimiter::TAB, options)?,
            RecordFormat::JsonLines => json_lines::JsonLines::open(input()?, true)?,
            RecordFormat::Json => json_lines::JsonLines::open(input()?, false)?,
            RecordFormat::LabelledLines => labelled_lines::LabelledLines::open(input()?)?,
            RecordFormat::Arff => arff_rows::ArffRows::open(input()?)?,
            RecordFormat::Parquet if cfg!(not(feature = "parquet")) => {
                return Err(Error::config("Parquet files are read by a build with the feature parquet only"));
            }
            RecordFormat::Parquet | RecordFormat::Folder => {
                return Err(Error::config(format!("{format:?} is read from a path, not from a stream")));
            }
        };
        Self::new(name.to_owned(), format, opened, options)
    }

    fn new(name: String, format: RecordFormat, opened: Opened, options: &RecordOptions) -> Result<Self> {
        let Opened { source, columns, layout, notes } = opened;
        if columns.len() > MAX_COLUMNS {
            return Err(Error::data(format!(
                "{name} has {} columns; at most {MAX_COLUMNS} are read",
                columns.len()
            )));
        }
        let (ahead, skipped, on_error) = (VecDeque::new(), Skipped::default(), options.on_error);
        Ok(Self {
            name,
            format,
            columns,
            layout,
            notes,
            source,
            ahead,
            failed: None,
            on_error,
            skipped,
            over: false,
        })
    }

    /// Returns what was found by looking at the file, one sentence each, such as which delimiter separates its fields.
    /// At the end of the file, notes about doubtful records are added.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds a note about what was found by looking.
    pub(super) fn note(&mut self, found: String) {
        self.notes.push(found);
    }

    /// Returns the columns, in the order of a record's fields. The columns of JSON lines are the keys of the
    /// first thousand objects; a key that first occurs later is in [`Record::raw`] only.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the columns that are not read: nested columns of a Parquet file, and types without a plain
    /// text form.
    pub fn unread(&self) -> &[UnreadColumn] {
        self.source.unread()
    }

    /// Returns the delimiter of a table, else `None`.
    pub fn delimiter(&self) -> Option<Delimiter> {
        self.layout.map(|layout| layout.delimiter)
    }

    /// Returns whether the first line of a table names the columns. Other files have names for theirs.
    pub fn has_header(&self) -> bool {
        self.layout.is_none_or(|layout| layout.header)
    }

    /// Returns the format of the records.
    pub fn format(&self) -> RecordFormat {
        self.format
    }

    /// Returns the name of the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the place of `record`, for messages: file and line, file and row, or the file in a folder.
    pub fn place(&self, record: &Record) -> String {
        match (self.format, &record.file) {
            (_, Some(file)) => file.clone(),
            (RecordFormat::Parquet, _) => format!("{}, row {}", self.name, record.number),
            _ => format!("{}:{}", self.name, record.number),
        }
    }

    /// Reads the next record into `record` and overwrites it; returns `false` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a bad record, unless bad records are skipped, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if reading fails. Reading ends after an error.
    pub fn read(&mut self, record: &mut Record) -> Result<bool> {
        if let Some(next) = self.ahead.pop_front() {
            *record = next;
            return Ok(true);
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while !self.over {
            record.clear();
            let message = match self.source.read(record) {
                Ok(more) => {
                    self.over = !more;
                    if self.over {
                        self.notes.extend(self.source.doubts());
                    }
                    return Ok(more);
                }
                Err(Flaw::Record(message)) => message,
                Err(Flaw::Fatal(error)) => {
                    self.over = true;
                    return Err(error);
                }
            };
            self.reject(record, &message)?;
        }
        Ok(false)
    }

    /// Returns at most `count` next records without consuming them; fewer if they are long.
    ///
    /// # Errors
    /// As [`read`](Self::read) for the first of them. The error of a later record is returned when it is read.
    pub fn peek(&mut self, count: usize) -> Result<&[Record]> {
        let mut size: usize = self.ahead.iter().map(Record::size).sum();
        let mut peeked = std::mem::take(&mut self.ahead);
        while peeked.len() < count && size < LOOKED_AT_BYTES {
            let mut record = Record::default();
            match self.read(&mut record) {
                Ok(true) => {
                    size += record.size();
                    peeked.push_back(record);
                }
                Ok(false) => break,
                Err(error) if peeked.is_empty() => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        self.ahead = peeked;
        Ok(self.ahead.make_contiguous())
    }

    /// Reports `record` as bad, for a reason such as an empty label. If bad records are skipped, it is counted.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with `message` and the place, unless bad records are
    /// skipped.
    pub fn reject(&mut self, record: &Record, message: &str) -> Result<()> {
        let message = format!("{}: {message}", self.place(record));
        self.over |= self.on_error == OnError::Fail;
        self.skipped.reject(self.on_error, record.number, message)
    }

    /// Returns the bad records that were skipped so far.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }
}

impl Iterator for Records {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = Record::default();
        match self.read(&mut record) {
            Ok(true) => Some(Ok(record)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Finds the dialect of a table, and reads its header.
fn open_table(mut input: input::Input, usual: Delimiter, options: &RecordOptions) -> Result<Opened> {
    let dialect::Dialect { syntax, header, states_delimiter, notes } = dialect::find(&input, usual, options);
    if states_delimiter {
        input.skip_line()?;
    }
    Ok(Opened { notes, ..table::Table::open(input, syntax, header)? })
}

#[cfg(test)]
mod tests;
