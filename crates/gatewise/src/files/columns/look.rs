//! A look at a file: its columns and what they hold.
//!
//! Input: the header and the first records. Output: the columns with their content, found by name; the values in
//! the objects of a column are columns too, as `review.text`.

use super::content::{Content, Holds};
use super::names::Name;
use super::place::{Place, for_each_leaf, text};
use crate::error::{Error, Result};
use crate::files::records::LOOKED_AT;
use crate::files::{FieldKind, RecordFormat, Records, UnreadColumn};
use std::collections::HashMap;

/// The size of an object in bytes from which its values are not columns.
const LARGE: usize = 1 << 20;
/// The most columns that an error lists.
const LISTED: usize = 40;

/// A column that may be named or guessed.
#[derive(Debug)]
pub(super) struct Candidate {
    pub name: String,
    pub words: Name,
    pub place: Place,
    pub content: Content,
}

/// The header and the first records, from which columns are inferred.
#[derive(Debug)]
pub(super) struct Look {
    place: String,
    unread: Vec<UnreadColumn>,
    pub columns: Vec<Candidate>,
}

impl Look {
    /// Looks at the columns of `records`; `separator` is the separator between labels.
    pub fn at(records: &mut Records, separator: Option<&str>) -> Result<Self> {
        let names: Vec<String> = records.columns().iter().map(|column| column.name.clone()).collect();
        let place = match records.format() {
            RecordFormat::Csv | RecordFormat::Tsv => format!("{}:1", records.name()),
            _ => records.name().to_owned(),
        };
        let unread = records.unread().to_vec();
        let candidate = |name: String, place: Place| {
            let (words, content) = (Name::new(&name), Content::default());
            Candidate { name, words, place, content }
        };
        let columns = names.into_iter().enumerate();
        let mut columns: Vec<_> = columns.map(|(at, name)| candidate(name, Place::column(at))).collect();
        let rows = records.peek(LOOKED_AT)?;
        let mut leaves: HashMap<Vec<String>, usize> = HashMap::new();
        for (number, row) in rows.iter().enumerate() {
            for at in 0..row.fields().len().min(columns.len()) {
                columns[at].content.add(row.get(at), row.kind(at), separator);
                let (Some(field), FieldKind::Json) = (row.get(at), row.kind(at)) else { continue };
                if field.len() > LARGE || !field.starts_with('{') {
                    continue;
                }
                let Ok(object) = serde_json::from_str(field) else { continue };
                for_each_leaf(&object, &mut |keys, value| {
                    let path = [&[columns[at].name.clone()], keys].concat();
                    let leaf = *leaves.entry(path).or_insert_with_key(|path| {
                        let mut leaf = candidate(path.join("."), Place { column: at, keys: keys.to_vec() });
                        // The rows before, which do not have it.
                        leaf.content.rows = number;
                        columns.push(leaf);
                        columns.len() - 1
                    });
                    let (text, kind) = text(value).unzip();
                    columns[leaf].content.add(text.as_deref(), kind.unwrap_or_default(), separator);
                });
            }
        }
        // A value may be missing in a record.
        columns.iter_mut().for_each(|column| column.content.rows = column.content.rows.max(rows.len()));
        Ok(Self { place, unread, columns })
    }

    /// Returns the error with the place and the columns.
    pub fn error(&self, message: &str) -> Error {
        let names: Vec<&str> = self.columns.iter().take(LISTED).map(|column| &*column.name).collect();
        let more = match self.columns.len() {
            all if all > LISTED => format!(", … ({all} columns)"),
            _ => String::new(),
        };
        Error::data(format!("{}: {message}; the columns are {}{more}", self.place, names.join(", ")))
    }

    /// Returns the column with the name `wanted`, by its spelling, else by its words.
    pub fn named(&self, wanted: &str) -> Result<usize, String> {
        let wanted = wanted.trim();
        let spelt = self.columns.iter().position(|column| column.name == wanted);
        match spelt.or_else(|| self.like(wanted)) {
            Some(found) => self.usable(found),
            None => Err(match self.unread.iter().find(|column| column.name == wanted) {
                Some(UnreadColumn { reason, .. }) => format!(
                    "the column '{wanted}' is {reason}, but only columns of one plain value a row are read"
                ),
                None => format!("there is no column '{wanted}'"),
            }),
        }
    }

    /// Returns the message that no column has texts. A file of dates and numbers is one for forecasts.
    pub fn without_texts(&self) -> String {
        let filled = || self.columns.iter().filter(|column| column.content.filled > 0);
        let numbers = filled().any(|column| column.content.is_numbers());
        let words = filled().any(|column| column.content.holds() == Holds::Words);
        let forecast = "; gatewise forecast reads series of numbers";
        format!("there is no column of texts{}", if numbers && !words { forecast } else { "" })
    }

    /// Returns the only column whose name differs from `wanted` in case and separators at most.
    pub fn like(&self, wanted: &str) -> Option<usize> {
        let wanted = Name::new(wanted);
        let mut found =
            (0..self.columns.len()).filter(|&at| self.columns[at].words.is(&wanted) && !wanted.is_empty());
        found.next().filter(|_| found.next().is_none())
    }

    /// Refuses a column whose name another column has too, and a column of objects.
    pub fn usable(&self, at: usize) -> Result<usize, String> {
        let Candidate { name, place, content, .. } = &self.columns[at];
        let same: Vec<usize> =
            (0..self.columns.len()).filter(|&other| self.columns[other].name == *name).collect();
        if let [first, second, ..] = *same {
            return Err(format!(
                "two columns have the name '{name}': column {} and column {}; rename one of them",
                self.columns[first].place.column + 1,
                self.columns[second].place.column + 1
            ));
        }
        let within =
            |leaf: &&Candidate| leaf.place.column == place.column && leaf.place.keys.len() > place.keys.len();
        match self.columns.iter().filter(within).min_by_key(|leaf| leaf.place.keys.len()) {
            Some(leaf) if content.holds() == Holds::Object => Err(format!(
                "the column '{name}' holds objects; name a value in them, such as '{}'",
                leaf.name
            )),
            _ => Ok(at),
        }
    }
}
