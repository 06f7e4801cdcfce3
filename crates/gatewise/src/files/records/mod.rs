//! Streaming readers of record files: CSV, TSV, JSON lines, Parquet, and folders of texts.
//!
//! Input: a file or a stream. Output: the columns and then [`Record`]s, one at a time, each with its place.
//! Memory does not grow with the file. A bad record is an error with file and line, or is skipped and counted
//! ([`OnError`]).

mod folder;
mod input;
mod json_lines;
#[cfg(feature = "parquet")]
mod parquet;
mod record;
mod table;
mod write;
#[cfg(feature = "parquet")]
mod write_parquet;

pub use record::{Column, Field, FieldKind, Record, UnreadColumn};
pub use write::RecordWriter;

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

/// The format of a file of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordFormat {
    /// Comma-separated fields with a header.
    Csv,
    /// Tab-separated fields with a header.
    Tsv,
    /// One JSON object per line.
    JsonLines,
    /// Apache Parquet; needs the feature `parquet`.
    Parquet,
    /// A folder with a subfolder for each label and a .txt file for each text.
    Folder,
}

impl RecordFormat {
    /// Returns the format by the extension of `path` (.csv, .tsv, .jsonl, .ndjson, .parquet), else
    /// [`Folder`](Self::Folder) if `path` is a folder, else `None`.
    ///
    /// ```
    /// use gatewise::files::RecordFormat;
    /// assert_eq!(RecordFormat::from_path("rows.JSONL".as_ref()), Some(RecordFormat::JsonLines));
    /// assert_eq!(RecordFormat::from_path("rows.xlsx".as_ref()), None);
    /// ```
    pub fn from_path(path: &Path) -> Option<Self> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match &*end {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            _ => path.is_dir().then_some(Self::Folder),
        }
    }
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
}

impl Skipped {
    /// Counts a bad record, or fails with `message`.
    pub(super) fn reject(&mut self, on_error: OnError, message: String) -> Result<()> {
        if on_error == OnError::Fail {
            return Err(Error::data(message));
        }
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(message);
        }
        Ok(())
    }
}

/// What hands out records, format by format.
trait Source: Send {
    /// Fills the empty `record`; returns `false` at the end.
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw>;

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
/// use gatewise::files::{OnError, RecordFormat, Records};
/// let table = "id,question\n7,\"who, then?\"\n8,why?\n";
/// let records = Records::from_reader(table.as_bytes(), RecordFormat::Csv, "rows.csv", OnError::Fail)?;
/// assert_eq!(records.columns()[1].name, "question");
/// let records: Vec<_> = records.collect::<Result<_, _>>()?;
/// assert_eq!((records[0].get(1), records[0].number()), (Some("who, then?"), 2));
/// assert_eq!(records[0].raw(), "7,\"who, then?\"");
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// Text is UTF-8, with or without a byte order mark. A record has at most 16 MiB. The iterator ends after the
/// first error. [`read`](Self::read) yields the same records without an allocation for each record.
pub struct Records {
    name: String,
    format: RecordFormat,
    columns: Vec<Column>,
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
    /// Opens the file or folder at `path`; its name determines the [`RecordFormat`].
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if it cannot be read,
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for an unknown format, text that is not UTF-8, and
    /// malformed content.
    pub fn open(path: &Path, on_error: OnError) -> Result<Self> {
        let name = path.display().to_string();
        let format = RecordFormat::from_path(path).ok_or_else(|| {
            Error::data(format!(
                "{name} is not a file of records: its name should end in .csv, .tsv, .jsonl, .ndjson or .parquet, or it should be \
                 a folder with a sub-folder for each label"
            ))
        })?;
        let (source, columns): (Box<dyn Source>, _) = match format {
            RecordFormat::Folder => boxed(folder::Folder::new(path)?),
            #[cfg(feature = "parquet")]
            RecordFormat::Parquet => boxed(parquet::Rows::new(path)?),
            _ => {
                let file = File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
                return Self::from_reader(file, format, &name, on_error);
            }
        };
        Self::new(name, format, source, columns, on_error)
    }

    /// Reads CSV, TSV or JSON lines from a stream; `name` is for messages.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`ErrorKind::Config`](crate::ErrorKind::Config) for a format that cannot be
    /// streamed.
    pub fn from_reader(
        bytes: impl Read + Send + 'static,
        format: RecordFormat,
        name: &str,
        on_error: OnError,
    ) -> Result<Self> {
        let bytes = Box::new(bytes);
        let (source, columns): (Box<dyn Source>, _) = match format {
            RecordFormat::Csv => boxed(table::Table::new(name, bytes, b',')?),
            RecordFormat::Tsv => boxed(table::Table::new(name, bytes, b'\t')?),
            RecordFormat::JsonLines => boxed(json_lines::JsonLines::new(name, bytes)?),
            RecordFormat::Parquet if cfg!(not(feature = "parquet")) => {
                return Err(Error::config("Parquet files are read by a build with the feature parquet only"));
            }
            RecordFormat::Parquet | RecordFormat::Folder => {
                return Err(Error::config(format!("{format:?} is read from a path, not from a stream")));
            }
        };
        Self::new(name.to_owned(), format, source, columns, on_error)
    }

    fn new(
        name: String,
        format: RecordFormat,
        source: Box<dyn Source>,
        columns: Vec<Column>,
        on_error: OnError,
    ) -> Result<Self> {
        if columns.len() > MAX_COLUMNS {
            return Err(Error::data(format!(
                "{name} has {} columns; at most {MAX_COLUMNS} are read",
                columns.len()
            )));
        }
        let (ahead, skipped) = (VecDeque::new(), Skipped::default());
        Ok(Self { name, format, columns, source, ahead, failed: None, on_error, skipped, over: false })
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
        self.skipped.reject(self.on_error, message)
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

fn boxed(made: (impl Source + 'static, Vec<Column>)) -> (Box<dyn Source>, Vec<Column>) {
    (Box::new(made.0), made.1)
}

#[cfg(test)]
mod tests;
