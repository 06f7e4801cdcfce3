//! Records of JSON lines: one object per line.

use super::input::{Input, too_long, utf8};
use super::{Column, FieldKind, Flaw, LOOKED_AT, LOOKED_AT_BYTES, MAX_COLUMNS, Opened, Record, Source};
use crate::error::Result;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;

/// A reader of JSON lines.
pub(super) struct JsonLines {
    input: Input,
    columns: HashMap<String, usize>,
    /// The first lines, whose keys are the columns.
    ahead: VecDeque<(u64, Result<String, String>)>,
}

impl JsonLines {
    /// Reads the first lines and takes their keys as columns.
    pub fn open(input: Input) -> Result<Opened> {
        let mut lines = Self { input, columns: HashMap::new(), ahead: VecDeque::new() };
        let (mut columns, mut bytes) = (Vec::<Column>::new(), 0);
        while lines.ahead.len() < LOOKED_AT && bytes < LOOKED_AT_BYTES {
            let Some((number, line)) = lines.line(Vec::new())? else { break };
            if let Ok(line) = &line {
                bytes += line.len();
                lines.note_keys(line, &mut columns);
            }
            lines.ahead.push_back((number, line));
        }
        Ok(Opened::new(lines, columns))
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

    /// Returns the number of the next line with its content or the reason why it is bad; overwrites `raw`.
    fn line(&mut self, mut raw: Vec<u8>) -> Result<Option<(u64, Result<String, String>)>> {
        raw.clear();
        if !self.input.skip_line_breaks()? {
            return Ok(None);
        }
        let (number, offset) = (self.input.line, self.input.offset);
        loop {
            let bytes = self.input.fill()?;
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let (length, last) = end.map_or((bytes.len(), bytes.is_empty()), |at| (at + 1, true));
            if !self.input.take(length, &mut raw) {
                if !last {
                    self.input.skip_line()?;
                }
                return Ok(Some((number, Err(too_long("")))));
            }
            if last {
                while raw.pop_if(|byte| matches!(byte, b'\n' | b'\r')).is_some() {}
                return Ok(Some((number, utf8(raw, offset))));
            }
        }
    }
}

impl Source for JsonLines {
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        let next = match self.ahead.pop_front() {
            Some(next) => Some(next),
            None => self.line(std::mem::take(&mut record.raw).into_bytes())?,
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
        format!("this is not a JSON object: {message}, at column {}", error.column())
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
