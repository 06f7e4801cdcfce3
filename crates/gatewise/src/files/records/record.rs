//! A record: the text, the kind and the place of its fields.

use std::ops::Range;

/// The kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FieldKind {
    /// A missing value: an absent key or a null.
    #[default]
    Missing,
    /// Text; every field of a CSV file.
    Text,
    /// An integer.
    Integer,
    /// A floating-point number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// An array or an object, as its JSON text.
    Json,
}

/// A column of a file of records.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// The name of the column, without surrounding white space.
    pub name: String,
    /// The kind of the fields.
    ///
    /// - Parquet: the declared kind.
    /// - JSON lines: the common kind of the first thousand fields, or [`FieldKind::Json`] if they differ.
    /// - Other formats: [`FieldKind::Text`].
    pub kind: FieldKind,
}

impl Column {
    /// Returns a column with this name and kind.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// A column of a file that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadColumn {
    /// The name of the column.
    pub name: String,
    /// The reason why the column is not read, such as `nested`.
    pub reason: &'static str,
}

/// A field that is added to a record: its kind and its text.
pub type Field<'a> = (FieldKind, &'a str);

/// A record: one field for each of the [`columns`](super::Records::columns).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// All fields, one after the other.
    pub(super) text: String,
    pub(super) fields: Vec<(FieldKind, Range<usize>)>,
    pub(super) raw: String,
    pub(super) number: u64,
    /// The file, for a record of a folder.
    pub(super) file: Option<String>,
}

impl Record {
    /// Returns the text of field `column`, or `None` if the field is missing or there is no such column.
    pub fn get(&self, column: usize) -> Option<&str> {
        let (kind, range) = self.fields.get(column)?;
        (*kind != FieldKind::Missing).then(|| &self.text[range.clone()])
    }

    /// Returns the kind of field `column`.
    pub fn kind(&self, column: usize) -> FieldKind {
        self.fields.get(column).map_or(FieldKind::Missing, |field| field.0)
    }

    /// Returns the text of all fields in order; `None` for a missing field.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.fields.len()).map(|column| self.get(column))
    }

    /// Returns the text of the fields `columns`, joined by spaces, which separate words for every tokenizer.
    /// Returns `None` if all of them are missing. `scratch` is overwritten.
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

    /// Returns the source text of the record in a CSV, TSV or JSON lines file, without the line break at its
    /// end. The text includes keys that are not columns. It is empty for Parquet files and folders.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Returns the number of the record, from 1: its first line, its row in a Parquet file, or its file in a
    /// folder.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the approximate memory usage in bytes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.raw.len() + self.fields.len() * size_of::<(FieldKind, Range<usize>)>()
    }

    /// Clears the record.
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

    /// Replaces a field.
    pub(super) fn set(&mut self, column: usize, kind: FieldKind, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.fields[column] = (kind, start..self.text.len());
    }
}
