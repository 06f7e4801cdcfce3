//! Files of records, read one at a time: CSV, TSV, JSON lines, Parquet, and folders of texts.
//!
//! Enters: a file or a stream. Leaves: the names of the columns and then [`Record`]s, each with its place; memory
//! does not grow with the file. What is wrong with a record is said with file and line, and fails or is counted
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

/// Records that a guess looks at.
pub(super) const LOOKED_AT: usize = 1_000;
/// Their bytes at most, about.
const LOOKED_AT_BYTES: usize = 32 << 20;
/// Bytes of a record at most: a file must not fill the memory because a quotation mark or a line break is missing.
const MAX_RECORD: usize = 16 << 20;
/// Columns at most.
const MAX_COLUMNS: usize = 10_000;
/// Bad records that are named.
const NAMED: usize = 10;

/// What a writer that could not write says.
fn refused(error: std::io::Error) -> Error {
    Error::io("cannot write the", "answers", error)
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordFormat {
    /// Fields with commas between, a header first.
    Csv,
    /// Fields with tabs between, a header first.
    Tsv,
    /// A JSON object a line.
    JsonLines,
    /// Apache Parquet; needs the feature `parquet`.
    Parquet,
    /// A sub-folder for each label, and in it a .txt file for each text.
    Folder,
}

impl RecordFormat {
    /// The format of what is at `path`: by the end of the name (.csv, .tsv, .jsonl, .ndjson, .parquet), or, of what
    /// has another or none, a folder if it is one. `None` for all else.
    ///
    /// ```
    /// use gatewise::files::RecordFormat;
    /// assert_eq!(RecordFormat::of("rows.JSONL".as_ref()), Some(RecordFormat::JsonLines));
    /// assert_eq!(RecordFormat::of("rows.xlsx".as_ref()), None);
    /// ```
    pub fn of(path: &Path) -> Option<Self> {
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

/// What becomes of a file with a bad record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It is an error that names file and line.
    #[default]
    Fail,
    /// The record is left out and counted.
    Skip,
}

/// Records that were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// What was wrong with the first ten, each with its place.
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
    /// Fills the empty `record`; `false` where there is no more.
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw>;

    /// Columns that are left out.
    fn unread(&self) -> &[UnreadColumn] {
        &[]
    }

    /// How a Parquet file declares the columns; of any other file nothing.
    #[cfg(feature = "parquet")]
    fn declared(&self) -> &[::parquet::schema::types::TypePtr] {
        &[]
    }
}

/// Why there is no record.
enum Flaw {
    /// It is bad; the one after it may not be.
    Record(String),
    /// Nothing more can be read.
    Fatal(Error),
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

/// The records of a file, from the first to the last.
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
/// Text is UTF-8, with or without a byte order mark. A record is at most 16 MiB. As an iterator it ends after the
/// first error; [`read`](Self::read) gives the same records without an allocation for each.
pub struct Records {
    name: String,
    format: RecordFormat,
    columns: Vec<Column>,
    source: Box<dyn Source>,
    /// Records that were peeked at.
    ahead: VecDeque<Record>,
    /// What ended the peeking, to be said in its turn.
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
    /// Opens what is at `path`, whose [`RecordFormat`] its name says.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when it cannot be read, [`ErrorKind::Data`](crate::ErrorKind::Data) for
    /// a format that is not known, text that is not UTF-8, and what is malformed.
    pub fn open(path: &Path, on_error: OnError) -> Result<Self> {
        let name = path.display().to_string();
        let format = RecordFormat::of(path).ok_or_else(|| {
            Error::data(format!(
                "{name} is no file of records: its name should end in .csv, .tsv, .jsonl, .ndjson or .parquet, or it should be \
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

    /// Reads CSV, TSV or JSON lines from anywhere; `name` is for messages.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`ErrorKind::Config`](crate::ErrorKind::Config) for a format that cannot be read so.
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

    /// The columns, in the order of a record's fields. Of JSON lines: the keys of the first thousand objects; a key
    /// that comes later is in [`Record::raw`] only.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The columns that are left out: of a Parquet file those that are nested, or of a type that has no plain text.
    pub fn unread(&self) -> &[UnreadColumn] {
        self.source.unread()
    }

    /// The names of the columns with commas between, for messages.
    pub fn column_names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// How the records are written.
    pub fn format(&self) -> RecordFormat {
        self.format
    }

    /// The file's name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where `record` stands, for messages: file and line, or row, or the file of a folder.
    pub fn place(&self, record: &Record) -> String {
        match (self.format, &record.file) {
            (_, Some(file)) => file.clone(),
            (RecordFormat::Parquet, _) => format!("{}, row {}", self.name, record.number),
            _ => format!("{}:{}", self.name, record.number),
        }
    }

    /// Reads the next record into `record`, which is written over; `false` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a bad record, unless those are skipped, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when no more can be read. Nothing comes after an error.
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

    /// The next records without taking them, `count` at most (fewer where they are long), to see what they are like.
    ///
    /// # Errors
    /// As [`read`](Self::read), for the first of them; that of a later one comes when it is read.
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

    /// Says that `record` is bad for a reason that only its reader knows, such as an empty label.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with `message` and the place, unless bad records are skipped:
    /// then it is counted.
    pub fn reject(&mut self, record: &Record, message: &str) -> Result<()> {
        let message = format!("{}: {message}", self.place(record));
        self.over |= self.on_error == OnError::Fail;
        self.skipped.reject(self.on_error, message)
    }

    /// The bad records so far that were skipped.
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
