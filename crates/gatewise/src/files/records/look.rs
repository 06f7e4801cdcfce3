//! What is at a path: decided by the ending of its name, and by its first bytes where the name leaves it open or is wrong.
//!
//! Input: a path. Output: a [`FileKind`], with a note where the first bytes decided.

use super::dialect::Trial;
use super::header::has_name;
use super::syntax::Syntax;
use super::{RecordFormat, RecordOptions, labelled_lines};
use crate::error::{Error, Result};
use crate::files::arff;
use crate::files::compressed::Compression;
use crate::files::format::{foreign, unpacked, utf16, zero_bytes};
use crate::files::series_file::is_series;
use crate::files::text_stream::{TextStream, peek, utf8};
use std::fs::File;
use std::path::Path;

/// The number of bytes that are looked at.
const HEAD: usize = 1 << 16;
/// The number of rows that make a table of a file without a header that is recognized.
const ROWS: usize = 5;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// Records in this format.
    Records(RecordFormat),
    /// Series: a .ts file, ARFF with series, or a table of the UCR archive.
    Series,
    /// Text that is not recognized as records.
    Text,
    /// A file that is not read: what it is, and what to do.
    Foreign(String),
    /// Nothing, or nothing that can be read.
    Absent,
}

impl FileKind {
    /// Returns what is at `path`. The ending of its name decides; where that states nothing, the first bytes decide.
    ///
    /// ```
    /// use gatewise::files::{FileKind, RecordFormat};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("films.data");
    /// std::fs::write(&path, "text;label\na fine film;1\na dull film;0\n").unwrap();
    /// assert_eq!(FileKind::at(&path), FileKind::Records(RecordFormat::Csv));
    /// std::fs::write(&path, "%PDF-1.7").unwrap();
    /// assert!(matches!(FileKind::at(&path), FileKind::Foreign(what) if what.starts_with("it is a PDF")));
    /// ```
    pub fn at(path: &Path) -> Self {
        Self::look(path, &RecordOptions::default()).0
    }

    /// Returns what is at `path`, read with `options`.
    pub fn with(path: &Path, options: &RecordOptions) -> Self {
        Self::look(path, options).0
    }

    /// Returns whether the lines of a table may also be prose with as many commas in each line: commas are the delimiter,
    /// nobody stated it, and the first line has no usual name of a column.
    ///
    /// ```
    /// use gatewise::files::{FileKind, RecordOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("mails.txt");
    /// std::fs::write(&path, "Well, thanks\n".repeat(9)).unwrap();
    /// assert!(FileKind::may_be_prose(&path, &RecordOptions::default()));
    /// std::fs::write(&path, "text,label\n".repeat(9)).unwrap();
    /// assert!(!FileKind::may_be_prose(&path, &RecordOptions::default()));
    /// ```
    pub fn may_be_prose(path: &Path, options: &RecordOptions) -> bool {
        let table = || Head::read(path, options).ok().and_then(|head| head.table());
        !options.states_table() && table().is_some_and(|table| table.delimiter == b',' && !table.named)
    }

    /// Returns what is at `path`, and a note where its first bytes decided.
    pub(super) fn look(path: &Path, options: &RecordOptions) -> (Self, Option<String>) {
        let series = unpacked(path).extension().is_some_and(|end| end.eq_ignore_ascii_case("ts"));
        let named = match RecordFormat::from_path(path) {
            Some(format) => Some(Self::Records(format)),
            None => series.then_some(Self::Series),
        };
        if !path.is_file() {
            return (named.unwrap_or(Self::Absent), None);
        }
        let Ok(head) = Head::read(path, options) else { return (named.unwrap_or(Self::Absent), None) };
        if head.raw.starts_with(b"PAR1") {
            let note = "the file is read as Parquet, as its first bytes state".to_owned();
            let parquet = Self::Records(RecordFormat::Parquet);
            return (parquet.clone(), (named != Some(parquet)).then_some(note));
        }
        let series = !options.states_table() && head.series(named.as_ref());
        match (named, foreign(&head.text)) {
            // What is wrong with these is told by their readers.
            (Some(Self::Records(RecordFormat::Parquet)), _) => (Self::Records(RecordFormat::Parquet), None),
            (_, Some(what)) => (Self::Foreign(what), None),
            _ if series => (Self::Series, None),
            (Some(named), None) => (named, None),
            // Whoever reads it asks for the encoding.
            (None, None) if utf16(&head.text).is_some() => (Self::Records(RecordFormat::Csv), None),
            (None, None) => match (zero_bytes(&head.text), head.format(options.table)) {
                (Some(what), _) => (Self::Foreign(what), None),
                (None, Some((format, note))) => (Self::Records(format), Some(note.to_owned())),
                (None, None) if options.table => (Self::Records(RecordFormat::Csv), None),
                (None, None) => (Self::Text, None),
            },
        }
    }

    /// Returns the format of the records at `path`, and a note where its first bytes decided.
    pub(super) fn records(path: &Path, options: &RecordOptions) -> Result<(RecordFormat, Option<String>)> {
        let (kind, note) = Self::look(path, options);
        if kind == Self::Text
            && let Some(flaw) = not_utf8(path, options)
        {
            return Err(Error::data(format!("{}: {flaw}", path.display())));
        }
        let what = match (kind, note) {
            (Self::Records(format), note) => return Ok((format, note)),
            (Self::Foreign(what), _) => {
                return Err(Error::data(format!("{} is not a file of records: {what}", path.display())));
            }
            (Self::Absent, _) => {
                File::open(path).map_err(|e| Error::reading("cannot read", path, e))?;
                "nothing in it can be read"
            }
            (Self::Series, _) => "it is a file of series",
            (Self::Text, _) if options.delimiter.is_some() => {
                "its lines have no common number of fields with the delimiter that is given; give the delimiter of its fields, or \
                 leave --delimiter out"
            }
            (Self::Text, _) => {
                "it is text, but neither a table with the same number of fields in each line nor JSON; name the delimiter of its \
                 fields (--delimiter), or write a label into each line (label, tab, text; or __label__x text); a text without labels is for a language \
                 model (--task language-model)"
            }
        };
        Err(Error::data(format!("{} is not a file of records: {what}", path.display())))
    }
}

/// Returns what is wrong with the encoding of the first lines, if anything is.
fn not_utf8(path: &Path, options: &RecordOptions) -> Option<String> {
    let head = Head::read(path, options).ok()?;
    let lines = super::dialect::whole_lines(&head.text, head.whole);
    utf8(lines.to_vec(), head.mark, options.encoding, Compression::of(&head.raw)).err()
}

/// The first bytes of a file.
struct Head {
    /// As they are in the file.
    raw: Vec<u8>,
    /// Unpacked and decoded.
    text: Vec<u8>,
    /// Whether there are no more.
    whole: bool,
    /// The length of the byte order mark before the text.
    mark: u64,
    /// The delimiter that the user states.
    delimiter: Option<u8>,
}

impl Head {
    fn read(path: &Path, options: &RecordOptions) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        let raw = peek(&mut file, HEAD)?;
        let bytes = std::io::Read::chain(std::io::Cursor::new(raw.clone()), file);
        let mut stream = TextStream::new(Box::new(bytes), options.encoding)?;
        // A damaged archive is told by whoever reads it whole.
        let text = peek(&mut stream.bytes, HEAD)?;
        let whole = text.len() < HEAD;
        let mark = stream.mark as u64;
        Ok(Self { raw, text, whole, mark, delimiter: options.delimiter.map(|delimiter| delimiter.byte()) })
    }

    /// Returns whether the file, whose name states what it is, contains series.
    fn series(&self, named: Option<&FileKind>) -> bool {
        use RecordFormat::{Arff, Csv, Tsv};
        let may_be = matches!(named, None | Some(FileKind::Records(Arff | Csv | Tsv)));
        may_be && is_series(&String::from_utf8_lossy(&self.text), self.whole)
    }

    /// Returns the format of the text, and a note that states it.
    fn format(&self, table: bool) -> Option<(RecordFormat, &'static str)> {
        let text = String::from_utf8_lossy(super::dialect::whole_lines(&self.text, self.whole));
        if arff::looks_like(&text) {
            return Some((RecordFormat::Arff, "the file is read as ARFF, as its first line states"));
        }
        if !table && labelled_lines::layout(&text).is_some() {
            return Some((RecordFormat::LabelledLines, "the file is read as lines with a label and a text"));
        }
        if self.is_json_list() {
            return Some((RecordFormat::Json, "the file is read as JSON, as its first bytes state"));
        }
        if self.is_json_lines() {
            return Some((
                RecordFormat::JsonLines,
                "the file is read as JSON lines, as its first line is an object",
            ));
        }
        if self.table().is_some() {
            let note = "the file is read as a table, as its first lines have the same number of fields";
            return Some((RecordFormat::Csv, note));
        }
        None
    }

    /// Returns whether the text starts like a list of objects, or like an object over several lines.
    fn is_json_list(&self) -> bool {
        let mut bytes = self.text.iter().filter(|byte| !byte.is_ascii_whitespace());
        match (bytes.next(), bytes.next()) {
            (Some(b'['), Some(b'{')) => true,
            (Some(b'{'), Some(b'"')) => !self.is_json_lines() && self.text.contains(&b':'),
            _ => false,
        }
    }

    fn is_json_lines(&self) -> bool {
        let start = self.text.trim_ascii_start();
        let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let cut_off = !self.whole && line.len() == start.len();
        line.starts_with(b"{") && (cut_off || serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok())
    }

    /// Returns the table if all lines have the same number of fields, several of them. Prose may by chance: there is a header,
    /// or a few rows.
    fn table(&self) -> Option<Lines> {
        let lines = super::dialect::whole_lines(&self.text, self.whole);
        let all = [b'\t', b',', b';', b'|'];
        let delimiters = self.delimiter.as_ref().map_or(&all[..], std::slice::from_ref);
        delimiters.iter().find_map(|&delimiter| {
            let found = Trial::new(lines, self.whole, Syntax { delimiter, backslash: false });
            let many = found.all >= ROWS || delimiter == b'\t' || self.delimiter.is_some();
            let named = has_name(&found.first);
            let is_table = found.first.len() > 1 && found.all > 0 && found.all == found.rows.len();
            (is_table && (many || named)).then_some(Lines { delimiter, named })
        })
    }
}

/// Lines with the same number of fields.
struct Lines {
    delimiter: u8,
    /// Whether a field of the first line is a usual name of a column.
    named: bool,
}
