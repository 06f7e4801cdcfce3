//! Where a value is in a record: in a column, or in an object in a column.
//!
//! Input: a column and the keys that lead into its objects. Output: the value in a record, as text.

use super::super::{FieldKind, Record};
use serde_json::Value;
use std::borrow::Cow;

/// The place of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub column: usize,
    /// The keys from the object in the column to the value; none for the field itself.
    pub keys: Vec<String>,
}

/// The deepest objects and the most values in the objects of a column that are columns of their own.
const DEPTH: usize = 4;
const MOST: usize = 1_000;

impl Place {
    /// Returns the field `column`.
    pub fn column(column: usize) -> Self {
        Self { column, keys: Vec::new() }
    }

    /// Returns the value in `record` and its kind; `None` if it is missing.
    pub fn value<'a>(&self, record: &'a Record) -> Option<(Cow<'a, str>, FieldKind)> {
        let field = record.get(self.column)?;
        if self.keys.is_empty() {
            return Some((Cow::Borrowed(field), record.kind(self.column)));
        }
        let object: Value = serde_json::from_str(field).ok()?;
        text(self.keys.iter().try_fold(&object, |value, key| value.get(key))?)
            .map(|(text, kind)| (Cow::Owned(text), kind))
    }
}

/// Returns the text of a value and its kind; `None` for null.
pub(super) fn text(value: &Value) -> Option<(String, FieldKind)> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => (text.clone(), FieldKind::Text),
        Value::Bool(_) => (value.to_string(), FieldKind::Boolean),
        Value::Number(number) if number.is_f64() => (value.to_string(), FieldKind::Float),
        Value::Number(_) => (value.to_string(), FieldKind::Integer),
        Value::Array(_) | Value::Object(_) => (value.to_string(), FieldKind::Json),
    })
}

/// Calls `each` with the keys that lead to each value of an object that is not an object itself.
pub(super) fn for_each_leaf(object: &Value, each: &mut impl FnMut(&[String], &Value)) {
    fn walk(
        value: &Value,
        keys: &mut Vec<String>,
        seen: &mut usize,
        each: &mut impl FnMut(&[String], &Value),
    ) {
        let Value::Object(entries) = value else {
            return each(keys, value);
        };
        for (key, value) in entries {
            if *seen >= MOST || keys.len() >= DEPTH {
                return;
            }
            *seen += 1;
            keys.push(key.clone());
            walk(value, keys, seen, each);
            keys.pop();
        }
    }
    if object.is_object() {
        walk(object, &mut Vec::new(), &mut 0, each);
    }
}
