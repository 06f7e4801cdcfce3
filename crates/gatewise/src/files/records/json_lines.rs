//! Records of JSON: one object per line, objects one after the other, or a list of objects.

use super::input::{Input, too_long};
use super::json_shape::{Scan, Shape, has_lists, shape};
use super::{
    Column, FieldKind, Flaw, LOOKED_AT, LOOKED_AT_BYTES, MAX_COLUMNS, MAX_RECORD, Opened, Record, Source,
};
use crate::error::{Error, Result};
use memchr::memchr_iter;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;

/// A reader of objects.
pub(super) struct JsonLines {
    input: Input,
    shape: Shape,
    columns: HashMap<String, usize>,
    /// The first objects, whose keys are the columns.
    ahead: VecDeque<Object>,
    /// Whether a list has ended.
    over: bool,
}

/// The line of an object, and its text, or the reason why it is bad.
type Object = (u64, Result<String, String>);

impl JsonLines {
    /// Reads the first objects and takes their keys as columns. `lines` is whether an object per line is expected.
    pub fn open(mut input: Input, lines: bool) -> Result<Opened> {
        let mut notes = std::mem::take(&mut input.notes);
        let (first, whole) = input.sample();
        let shape =
            shape(first, whole, lines).map_err(|flaw| Error::data(format!("{}: {flaw}", input.name)))?;
        match &shape {
            Shape::List { key: Some(key), .. } => {
                notes.push(format!("the records are the list '{key}' of the file"))
            }
            Shape::List { .. } if lines => {
                notes.push("the file is one list of objects, not an object per line".into())
            }
            Shape::Lines if !lines => notes.push("the file has an object per line (JSON lines)".into()),
            Shape::Objects => {
                notes.push("the file has one object after the other, each over several lines".into())
            }
            _ => {}
        }
        let skip = if let Shape::List { skip, .. } = shape { skip } else { 0 };
        let breaks = memchr_iter(b'\n', &first[..skip]).count();
        input.consume(skip, breaks as u64);
        let mut lines = Self { input, shape, columns: HashMap::new(), ahead: VecDeque::new(), over: false };
        let (mut columns, mut bytes) = (Vec::<Column>::new(), 0);
        while lines.ahead.len() < LOOKED_AT && bytes < LOOKED_AT_BYTES {
            let Some((number, line)) = lines.object(String::new())? else { break };
            if let Ok(line) = &line {
                bytes += line.len();
                lines.note_keys(line, &mut columns);
            }
            lines.ahead.push_back((number, line));
        }
        Ok(Opened { notes, ..Opened::new(lines, columns) })
    }

    /// Adds the keys of `line` to the columns. A malformed line is reported when it is read.
    fn note_keys(&mut self, line: &str, columns: &mut Vec<Column>) {
        let _ = for_each_entry(line, |key, kind, _| match self.columns.get(key) {
            Some(&at) => columns[at].kind = common(columns[at].kind, kind),
            None if columns.len() < MAX_COLUMNS => {
                self.columns.insert(key.to_owned(), columns.len());
                columns.push(Column { name: key.to_owned(), kind });
            }
            None => {}
        });
    }

    /// Returns the next object, in the memory of `raw`.
    fn object(&mut self, raw: String) -> Result<Option<Object>> {
        match self.shape {
            _ if self.over => Ok(None),
            Shape::Lines => self.input.read_line(raw),
            Shape::Objects | Shape::List { .. } => self.element(raw),
        }
    }

    /// Returns the next of the objects that are separated by blanks or commas.
    fn element(&mut self, raw: String) -> Result<Option<Object>> {
        let in_list = matches!(self.shape, Shape::List { .. });
        loop {
            let bytes = self.input.bytes();
            let between = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b',';
            let skipped = bytes.iter().take_while(between).count();
            let next = bytes.get(skipped).copied();
            self.consume(skipped);
            match next {
                Some(b']') if in_list => {
                    self.over = true;
                    self.input.consume(1, 0);
                    return self.check_rest().map(|()| None);
                }
                Some(_) => break,
                None if self.input.refill()? => {}
                None if in_list => {
                    let (name, line) = (&self.input.name, self.input.line);
                    return Err(Error::data(format!("{name}:{line}: the list of objects is cut off here")));
                }
                None => return Ok(None),
            }
        }
        let number = self.input.line;
        let (mut scan, mut end, mut is_long) = (Scan::default(), 0, false);
        loop {
            let (count, done) = scan.value(&self.input.bytes()[end..]);
            end += count;
            if end > MAX_RECORD {
                is_long = true;
                self.consume(end);
                end = 0;
            }
            if done || !self.input.refill()? {
                break;
            }
        }
        let text = if is_long { Err(too_long("")) } else { self.input.text(end, raw) };
        self.consume(end);
        Ok(Some((number, text)))
    }

    fn consume(&mut self, count: usize) {
        let breaks = memchr_iter(b'\n', &self.input.bytes()[..count]).count();
        self.input.consume(count, breaks as u64);
    }

    /// Refuses more records below the list.
    fn check_rest(&mut self) -> Result<()> {
        while self.input.bytes().len() < MAX_REST && self.input.refill()? {}
        let rest = self.input.bytes();
        let wrapped = matches!(self.shape, Shape::List { key: Some(_), .. });
        let more = if wrapped { has_lists(rest) } else { !rest.trim_ascii().is_empty() };
        match more {
            false => Ok(()),
            true => Err(Error::data(format!(
                "{}:{}: the list of objects ends here, but there are more below it; write them into a file of their own",
                self.input.name, self.input.line
            ))),
        }
    }
}

/// The number of bytes below a list that are checked.
const MAX_REST: usize = 1 << 20;

impl Source for JsonLines {
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        let next = match self.ahead.pop_front() {
            Some(next) => Some(next),
            None => self.object(std::mem::take(&mut record.raw))?,
        };
        let Some((number, line)) = next else { return Ok(false) };
        record.number = number;
        record.raw = line.map_err(Flaw::Record)?;
        record.fields.resize(self.columns.len(), Default::default());
        let line = std::mem::take(&mut record.raw);
        let read = for_each_entry(&line, |key, kind, text| {
            if let Some(&column) = self.columns.get(key) {
                record.set(column, kind, text);
            }
        });
        record.raw = line;
        read.map_err(Flaw::Record)?;
        Ok(true)
    }
}

/// Returns the common kind of two fields of a column.
fn common(a: FieldKind, b: FieldKind) -> FieldKind {
    match (a, b) {
        (FieldKind::Missing, other) | (other, FieldKind::Missing) => other,
        (FieldKind::Integer, FieldKind::Float) | (FieldKind::Float, FieldKind::Integer) => FieldKind::Float,
        (a, b) if a == b => a,
        _ => FieldKind::Json,
    }
}

/// Calls `each` with the keys, kinds and values of the object in `line`. A string is passed without quotes.
fn for_each_entry(line: &str, each: impl FnMut(&str, FieldKind, &str)) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_str(line);
    let read = json.deserialize_map(Entries(each)).and_then(|()| json.end());
    read.map_err(|error| {
        let message = error.to_string();
        // The line number of the file is part of the record's place.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
        // Of an object over several lines it would be the column of another line.
        let column = match line.contains('\n') {
            true => String::new(),
            false => format!(", at column {}", error.column()),
        };
        // As Python writes it.
        let hint = if line.contains("NaN") { "; NaN is not JSON: write null in its place" } else { "" };
        format!("this is not a JSON object: {message}{column}{hint}")
    })
}

struct Entries<F>(F);

impl<'de, F: FnMut(&str, FieldKind, &str)> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object in a line, such as {\"text\": \"…\", \"label\": \"…\"}")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = entries.next_key::<Text<'de>>()? {
            let value: &RawValue = entries.next_value()?;
            let raw = value.get();
            match raw.as_bytes()[0] {
                b'"' => {
                    let Text(text) = serde_json::from_str(raw).map_err(serde::de::Error::custom)?;
                    (self.0)(&key, FieldKind::Text, &text);
                }
                b'n' => (self.0)(&key, FieldKind::Missing, ""),
                b't' | b'f' => (self.0)(&key, FieldKind::Boolean, raw),
                b'{' | b'[' => (self.0)(&key, FieldKind::Json, raw),
                _ if raw.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => {
                    (self.0)(&key, FieldKind::Float, raw)
                }
                _ => (self.0)(&key, FieldKind::Integer, raw),
            }
        }
        Ok(())
    }
}

/// A string, borrowed if it has no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
