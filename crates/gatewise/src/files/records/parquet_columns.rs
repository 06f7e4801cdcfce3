//! The columns of a Parquet file: which leaves of its schema are read, and how.
//!
//! Input: the metadata of a file. Output: a [`Leaf`] for each column that is read, and the columns that are not.

use super::{FieldKind, UnreadColumn};
use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::file::metadata::FileMetaData;
use parquet::schema::types::{ColumnDescriptor, Type, TypePtr};
use serde_json::Value;
use std::sync::Arc;

/// A leaf of the schema that is read as a column.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// The index of the leaf.
    pub index: usize,
    /// The name; of a field of a struct, the path to it (`review.text`).
    pub name: String,
    pub kind: FieldKind,
    /// The type in which the column is written again.
    pub declared: TypePtr,
    /// For a list: the definition level of an element.
    pub list: Option<i16>,
    /// The names of numbers that are classes.
    pub names: Option<Arc<[String]>>,
}

/// Returns the columns that are read, those that are not, and notes.
pub(super) fn columns(file: &FileMetaData) -> (Vec<Leaf>, Vec<UnreadColumn>, Vec<String>) {
    let schema = file.schema_descr();
    let features = features(file);
    let (mut leaves, mut unread, mut notes) = (Vec::new(), Vec::<UnreadColumn>::new(), Vec::new());
    for (index, column) in schema.columns().iter().enumerate() {
        match leaf(index, column, schema.root_schema(), &features) {
            Ok(leaf) => {
                if let Some(names) = &leaf.names {
                    let shown = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
                    let more = if names.len() > 3 { ", …" } else { "" };
                    notes.push(format!(
                        "the numbers in '{}' stand for the classes {shown}{more}, as the file's metadata states",
                        leaf.name
                    ));
                }
                leaves.push(leaf);
            }
            Err(reason) => {
                let root = column.path().parts().first().map_or("", |name| name.trim());
                if unread.last().is_none_or(|last| last.name != root) {
                    unread.push(UnreadColumn { name: root.to_owned(), reason });
                }
            }
        }
    }
    (leaves, unread, notes)
}

/// Returns how a leaf is read, or the reason why it is not.
fn leaf(
    index: usize,
    column: &ColumnDescriptor,
    root: &Type,
    features: &Value,
) -> Result<Leaf, &'static str> {
    let parts = column.path().parts();
    let (list, depth) = match column.max_rep_level() {
        0 => (None, parts.len()),
        1 => {
            let (level, depth) = list(root, parts).ok_or("nested")?;
            (Some(level), depth)
        }
        _ => return Err("nested"),
    };
    let kind = kind(column)?;
    let name = parts[..depth].iter().map(|part| part.trim()).collect::<Vec<_>>().join(".");
    let names = match kind {
        FieldKind::Integer => class_names(features, &parts[..depth]),
        _ => None,
    };
    let (kind, declared) = match (list, &names) {
        (None, None) => (kind, column.self_type_ptr()),
        (None, Some(_)) => (FieldKind::Text, text(&name)?),
        (Some(_), _) => (FieldKind::Json, text(&name)?),
    };
    Ok(Leaf { index, name, kind, declared, list, names })
}

/// Returns the type of a column of text.
fn text(name: &str) -> Result<TypePtr, &'static str> {
    let text = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::OPTIONAL)
        .with_converted_type(ConvertedType::UTF8);
    text.build().map(Arc::new).map_err(|_| "of a type without a plain form")
}

/// Returns the definition level of an element of the list at `parts`, and the number of parts that name the list; `None`
/// for a list of structs or a map.
fn list(root: &Type, parts: &[String]) -> Option<(i16, usize)> {
    let (mut node, mut level) = (root, 0);
    for (depth, part) in parts.iter().enumerate() {
        let next = node.get_fields().iter().find(|field| field.name() == part)?;
        let info = next.get_basic_info();
        let repetition = if info.has_repetition() { info.repetition() } else { Repetition::REQUIRED };
        level += i16::from(repetition != Repetition::REQUIRED);
        if repetition == Repetition::REPEATED {
            // The group `list` of a list belongs to the list; a field may be repeated itself too.
            let only = |node: &Type| node.is_primitive() || node.get_fields().len() == 1;
            let within = parts.len() - depth - 1;
            let plain =
                only(next) && (within == 0 || within == 1 && depth > 0 && node.get_fields().len() == 1);
            return plain.then_some((level, if within == 0 { depth + 1 } else { depth }));
        }
        node = next;
    }
    None
}

/// Returns the kind of the values of a column that have a plain text form, else the reason why it is not read.
fn kind(column: &ColumnDescriptor) -> Result<FieldKind, &'static str> {
    match column.physical_type() {
        Physical::INT96 => Err("of 96-bit times"),
        _ if column.converted_type() == ConvertedType::DECIMAL => Err("of decimal numbers"),
        Physical::FIXED_LEN_BYTE_ARRAY => Err("of bytes"),
        Physical::BOOLEAN => Ok(FieldKind::Boolean),
        Physical::INT32 | Physical::INT64 => Ok(FieldKind::Integer),
        Physical::FLOAT | Physical::DOUBLE => Ok(FieldKind::Float),
        Physical::BYTE_ARRAY => Ok(FieldKind::Text),
    }
}

/// Returns the features of a data set of Hugging Face, which its metadata contain.
fn features(file: &FileMetaData) -> Value {
    let entries = file.key_value_metadata().into_iter().flatten();
    let value = entries.filter(|entry| entry.key == "huggingface").find_map(|entry| entry.value.as_deref());
    let mut info: Value = value.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    info["info"]["features"].take()
}

/// Returns the names of the classes in the column at `parts`: of a `ClassLabel`, or of a list of them.
fn class_names(features: &Value, parts: &[String]) -> Option<Arc<[String]>> {
    let feature = parts.iter().try_fold(features, |feature, part| feature.get(part))?;
    let feature = feature.get("feature").unwrap_or(feature);
    if feature.get("_type")? != "ClassLabel" {
        return None;
    }
    feature.get("names")?.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}
