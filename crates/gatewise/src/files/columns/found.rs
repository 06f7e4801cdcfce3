//! The columns that were found in a file.
//!
//! Input: a record. Output: its text and its label field.

use super::super::numbers::{Style, is_number, number};
use super::super::{Record, label_list};
use super::content::flag;
use super::place::Place;
use crate::rows::{ColumnNames, Problem};

/// The columns of the texts and of the labels of a file, as [`Columns::find`](super::Columns::find) returns them.
#[derive(Debug, Clone)]
pub struct FoundColumns {
    pub(super) names: ColumnNames,
    pub(super) texts: Vec<Place>,
    pub(super) labels: Vec<Place>,
    pub(super) form: Form,
    /// The way in which the numbers for regression are written; `None` if they are not written in one way.
    pub(super) style: Option<Style>,
    pub(super) problem: Problem,
    pub(super) notes: Vec<String>,
}

/// The form of the labels of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One field: a label, labels with separators, a list of labels, or a number.
    Plain,
    /// One field, a list of one label.
    ListOfOne,
    /// A field of 0 or 1 for each label.
    Flags,
}

impl FoundColumns {
    /// Returns the names of the columns.
    pub fn names(&self) -> &ColumnNames {
        &self.names
    }

    /// Returns the problem: multi-label if the labels are lists or several columns.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns notes about the columns, one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the labels that are known before any row is read: the columns of 0 and 1.
    pub(in crate::files) fn labels(&self) -> &[String] {
        match self.form {
            Form::Flags => &self.names.label,
            _ => &[],
        }
    }

    /// Returns the text of `record`: the texts of the columns, joined by spaces, which separate words for every
    /// tokenizer. Returns `None` if all of them are missing. `scratch` is overwritten.
    pub fn text<'a>(&self, record: &'a Record, scratch: &'a mut String) -> Option<&'a str> {
        if let [Place { column, keys }] = &*self.texts
            && keys.is_empty()
        {
            return record.get(*column);
        }
        scratch.clear();
        let mut is_missing = true;
        for (text, _) in self.texts.iter().filter_map(|place| place.value(record)) {
            scratch.extend((!is_missing).then_some(' '));
            scratch.push_str(&text);
            is_missing = false;
        }
        (!is_missing).then_some(scratch)
    }

    /// Returns the label field of `record`; columns of 0 and 1 are a list of the labels with 1. A missing field is
    /// empty, and a number for regression is in plain form. `scratch` is overwritten.
    ///
    /// # Errors
    /// The reason why the label is refused, for messages.
    pub fn label<'a>(&self, record: &'a Record, scratch: &'a mut String) -> Result<&'a str, String> {
        match (self.form, &*self.labels) {
            (Form::Flags, labels) => {
                let mut given = Vec::new();
                for (place, name) in labels.iter().zip(&self.names.label) {
                    let field = place.value(record).map(|value| value.0).unwrap_or_default();
                    match flag(&field) {
                        Some(true) => given.push(&**name),
                        Some(false) => {}
                        None if field.trim().is_empty() => {
                            return Err(format!("the label column '{name}' is empty"));
                        }
                        None => {
                            let flaw = "but several label columns are 0 or 1 each";
                            return Err(format!(
                                "'{field}' in the column '{name}' is neither 0 nor 1, {flaw}"
                            ));
                        }
                    }
                }
                *scratch = label_list::json(given.into_iter());
            }
            (Form::Plain, [place]) if matches!(self.problem, Problem::Regression { .. }) => {
                let field = place.value(record).map(|value| value.0).unwrap_or_default();
                *scratch = self.plain_number(field.trim())?;
            }
            (Form::Plain, [Place { column, keys }]) if keys.is_empty() => {
                return Ok(record.get(*column).unwrap_or_default());
            }
            (form, labels) => {
                let field = labels.first().and_then(|label| label.value(record));
                let field = field.map(|value| value.0).unwrap_or_default();
                scratch.clear();
                match (form, label_list::items(&field).as_deref()) {
                    (Form::ListOfOne, Some([only])) => scratch.push_str(only),
                    (Form::ListOfOne, Some([])) => {}
                    (Form::ListOfOne, Some(several)) => {
                        return Err(format!(
                            "there are {} labels where the rows before have one; --label-separator ';' allows any number",
                            several.len()
                        ));
                    }
                    _ => scratch.push_str(&field),
                }
            }
        }
        Ok(scratch)
    }

    /// Returns the number of a field as Rust writes numbers.
    fn plain_number(&self, field: &str) -> Result<String, String> {
        let is_plain = self.style.is_none_or(|style| style.decimal == '.' || !field.contains('.'));
        if is_plain && field.parse().is_ok_and(f32::is_finite) {
            return Ok(field.to_owned());
        }
        if let Some((value, _)) = self.style.and_then(|style| number(field, style))
            && (value as f32).is_finite()
        {
            return Ok(value.to_string());
        }
        let column = self.names.label.concat();
        let skip = "--on-error skip leaves such rows out";
        Err(match field {
            "" => format!(
                "the column '{column}' is empty, but regression needs a number in each row; {skip}, and --label-column names \
                 another column"
            ),
            _ if is_number(field) => format!(
                "'{field}' is not a number like the others in the column '{column}'; write all of them with one decimal mark, \
                 or {skip}"
            ),
            _ => format!(
                "'{field}' is not a number, but regression needs one in each row of the column '{column}'; {skip}, and \
                 --label-column names another column"
            ),
        })
    }
}
