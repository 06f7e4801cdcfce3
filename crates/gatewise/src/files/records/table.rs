//! Records of tables: CSV, TSV, and their relatives.
//!
//! Input: lines, and the syntax of the table. Output: records with the same number of fields. After a record whose quotation
//! marks or whose number of fields are wrong, reading goes on at the line after its first, so that no good row is lost.

use super::input::{Found, Input, too_long};
use super::syntax::{Cut, Flaw as CutFlaw, Syntax};
use super::{Column, Delimiter, FieldKind, Flaw, Layout, MAX_COLUMNS, Opened, Record, Source};
use crate::error::{Error, Result};
use memchr::memchr;

/// The maximum number of bytes that are looked at again, beyond the size of the file, since a record was bad.
const AGAIN: u64 = 64 << 20;

/// A reader of records with the same number of fields.
pub(super) struct Table {
    input: Input,
    syntax: Syntax,
    columns: usize,
    /// Whether the first line names the columns.
    header: bool,
    cut: Cut,
    /// The first row of a table without a header.
    first: Option<Record>,
    /// The number of bytes that were looked at again.
    again: u64,
    /// The number of records of lines that look like rows, and the line of the first.
    doubtful: (u64, u64),
}

impl Table {
    /// Reads the header, or the first row of a table without one.
    pub fn open(input: Input, syntax: Syntax, header: bool) -> Result<Opened> {
        let name = input.name.clone();
        let mut table = Self::new(input, syntax);
        table.header = header;
        let mut first = Record::default();
        let read = table.read(&mut first).map_err(|flaw| match flaw {
            Flaw::Record(message) => Error::data(format!("{name}:{}: {message}", first.number)),
            Flaw::Fatal(error) => error,
        })?;
        if !read {
            return Err(Error::data(format!(
                "{name} is empty; a header with the names of the columns was expected"
            )));
        }
        table.columns = first.fields.len();
        let column = |name: String| Column { name, kind: FieldKind::Text };
        let columns = match header {
            true => first.fields().map(|field| column(field.unwrap_or_default().trim().to_owned())).collect(),
            false => (1..=table.columns).map(|number| column(number.to_string())).collect(),
        };
        if !header {
            table.first = Some(first);
        }
        let mut opened = Opened::new(table, columns);
        opened.layout = Delimiter::of(syntax.delimiter).map(|delimiter| Layout { delimiter, header });
        Ok(opened)
    }

    /// Returns a reader of all lines as rows.
    pub fn new(input: Input, syntax: Syntax) -> Self {
        Self {
            input,
            syntax,
            columns: 0,
            header: false,
            cut: Cut::default(),
            first: None,
            again: 0,
            doubtful: (0, 0),
        }
    }

    /// Sets the number of fields that a row has.
    pub fn set_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// Returns the places of the fields of the last record.
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Returns the reason why the cut record is bad, if it is.
    fn flaw(&self) -> Option<String> {
        let line = self.input.line;
        match self.cut.flaw {
            None => self.miscounted(),
            Some(CutFlaw::NeverClosed) => Some(
                "the quotation mark that opens a field here is never closed; close it, or double it if it belongs to the text"
                    .into(),
            ),
            Some(CutFlaw::Lone(below)) => Some(format!(
                "the quotation mark that opens a field here is never closed: line {} has another one; close it, or double those \
                 that belong to the text",
                line + below
            )),
            Some(CutFlaw::TooLong) => Some(too_long("; is a quotation mark missing?")),
        }
    }

    fn miscounted(&self) -> Option<String> {
        let count = self.cut.fields.len();
        let fields = |count| if count == 1 { "is 1 field".into() } else { format!("are {count} fields") };
        let columns = self.columns;
        if count > MAX_COLUMNS {
            return Some(format!("there are more than {MAX_COLUMNS} fields; at most {MAX_COLUMNS} are read"));
        }
        if columns == 0 || columns == count {
            return None;
        }
        let hint = match self.cut.lines {
            1 if count > columns => "; a text with the delimiter in it goes between quotes".into(),
            1 => String::new(),
            lines => format!(
                ", in a record that a quoted field carries on to line {}; is a quotation mark missing?",
                self.input.line + lines - 1
            ),
        };
        let expected = match self.header {
            true => format!("the header names {columns} columns"),
            false => format!("the first row has {columns}"),
        };
        Some(format!("there {} where {expected}{hint}", fields(count)))
    }

    /// Returns whether a line is blank, and so no row: a line of a table with one column may be an empty text.
    fn is_blank(&self, bytes: &[u8]) -> bool {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t') && *byte != self.syntax.delimiter;
        self.columns != 1 && bytes.iter().all(blank)
    }
}

impl Source for Table {
    fn doubts(&self) -> Option<String> {
        let (count, line) = self.doubtful;
        let (fields, run) = if count == 1 { ("quoted field", "runs") } else { ("quoted fields", "run") };
        (count > 0).then(|| {
            format!(
                "{count} {fields} {run} over lines that look like rows, the first from line {line} on; if a quotation mark is \
                 missing there, close it"
            )
        })
    }

    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        if let Some(first) = self.first.take() {
            *record = first;
            return Ok(true);
        }
        let first = loop {
            match self.input.next_line()? {
                Found::End => return Ok(false),
                Found::TooLong => {
                    record.number = self.input.line;
                    self.input.skip_line()?;
                    return Err(Flaw::Record(too_long("")));
                }
                Found::Line(line) if self.is_blank(&self.input.bytes()[..line.end]) => {
                    self.input.consume(line.next, 1);
                }
                Found::Line(line) => break line,
            }
        };
        record.number = self.input.line;
        match self.syntax.delimiter {
            b'\t' => self.syntax.cut_tabs(&mut self.input, first, self.columns, &mut self.cut)?,
            _ => self.syntax.cut(&mut self.input, first, self.columns, &mut self.cut)?,
        }
        if let Some(message) = self.flaw() {
            // The lines below may be rows, but a file of nothing but flaws must not take forever.
            let (below, lines) = ((self.cut.next - first.next) as u64, self.cut.lines);
            match self.again + below > AGAIN + self.input.offset {
                true => self.input.consume(self.cut.next, lines),
                false => self.input.consume(first.next, 1),
            }
            self.again += below;
            return Err(Flaw::Record(message));
        }
        if self.cut.lines > 1
            && self.syntax.look_like_rows(&self.input.bytes()[..self.cut.next], self.columns)
        {
            self.doubtful.0 += 1;
            self.doubtful.1 = self.doubtful.1.max(u64::from(self.doubtful.0 == 1) * record.number);
        }
        let raw = self.input.text(self.cut.end, std::mem::take(&mut record.raw));
        self.input.consume(self.cut.next, self.cut.lines);
        record.raw = raw.map_err(Flaw::Record)?;
        if memchr(0, record.raw.as_bytes()).is_some() {
            return Err(Flaw::Record("there is a byte 0 here, which does not occur in text".into()));
        }
        for &field in &self.cut.fields {
            let start = record.text.len();
            self.syntax.push(&record.raw, field, &mut record.text);
            record.fields.push((FieldKind::Text, start..record.text.len()));
        }
        Ok(true)
    }
}
