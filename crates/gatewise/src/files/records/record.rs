//! One record: its fields as text, of what kind each is, and where it stands.

use std::ops::Range;

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FieldKind {
    /// Nothing: a key that the object lacks, a null.
    #[default]
    Missing,
    /// Text; every field of a CSV file.
    Text,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Float,
    /// `true` or `false`.
    Boolean,
    /// An array or an object, as its JSON text.
    Json,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, without white space round it.
    pub name: String,
    /// What its fields are: declared in a Parquet file; in JSON lines what the first thousand have in common, and
    /// [`FieldKind::Json`] where they differ; [`FieldKind::Text`] elsewhere.
    pub kind: FieldKind,
}

/// A column of a file that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadColumn {
    /// Its name.
    pub name: String,
    /// What it is, such as `nested`.
    pub is: &'static str,
}

/// A field that is added to a record: what it is, and its text.
pub type Field<'a> = (FieldKind, &'a str);

/// A record: one field for each of the [`columns`](super::Records::columns).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// All fields, one after the other.
    pub(super) text: String,
    pub(super) fields: Vec<(FieldKind, Range<usize>)>,
    pub(super) raw: String,
    pub(super) number: u64,
    /// The file of a folder that it is.
    pub(super) file: Option<String>,
}

impl Record {
    /// The text of field `column`; `None` where it is missing, or there is no such column.
    pub fn get(&self, column: usize) -> Option<&str> {
        let (kind, range) = self.fields.get(column)?;
        (*kind != FieldKind::Missing).then(|| &self.text[range.clone()])
    }

    /// What field `column` is.
    pub fn kind(&self, column: usize) -> FieldKind {
        self.fields.get(column).map_or(FieldKind::Missing, |field| field.0)
    }

    /// All fields in order; `None` where one is missing.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.fields.len()).map(|column| self.get(column))
    }

    /// What the fields `columns` say, joined by spaces, which separate words for every tokenizer; `None` where all are
    /// missing. `scratch` is written over where there are several.
    pub fn join<'a>(&'a self, columns: &[usize], scratch: &'a mut String) -> Option<&'a str> {
        if let [one] = columns {
            return self.get(*one);
        }
        scratch.clear();
        let mut parts = columns.iter().filter_map(|&column| self.get(column)).peekable();
        parts.peek()?;
        for (at, part) in parts.enumerate() {
            scratch.extend((at > 0).then_some(' '));
            scratch.push_str(part);
        }
        Some(scratch)
    }

    /// The record as it stands in the file, without the line break at its end: what a line of CSV, TSV or JSON says
    /// to the last blank, keys that are no column included. Empty for Parquet files and folders.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The line that it begins on, from 1; the row of a Parquet file or the file of a folder, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// About how much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.raw.len() + self.fields.len() * size_of::<(FieldKind, Range<usize>)>()
    }

    /// Empties it for the next one.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        self.raw.clear();
        self.file = None;
    }

    /// Appends a field.
    pub(super) fn push(&mut self, kind: FieldKind, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.fields.push((kind, start..self.text.len()));
    }

    /// Sets a field that is there already.
    pub(super) fn set(&mut self, column: usize, kind: FieldKind, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.fields[column] = (kind, start..self.text.len());
    }
}
