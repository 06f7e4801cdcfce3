//! Records of ARFF files that are not series: a column for each attribute.
//!
//! Input: an ARFF file of Weka. Output: records; texts are string attributes, labels nominal ones.

use super::input::Input;
use super::{Column, FieldKind, Flaw, Opened, Record, Source};
use crate::error::{Error, Result};
use crate::files::arff::{Header, Kind, fields, is_comment};

/// A reader of rows.
pub(super) struct ArffRows {
    input: Input,
    kinds: Vec<FieldKind>,
}

impl ArffRows {
    /// Reads the header.
    pub fn open(mut input: Input) -> Result<Opened> {
        let mut header = Header::default();
        loop {
            let Some((number, line)) = input.read_line(String::new())? else {
                return Err(Error::data(format!(
                    "{} has no @data line; an ARFF file was expected",
                    input.name
                )));
            };
            let ended = line.and_then(|line| header.line(&line));
            match ended {
                Ok(true) => break,
                Ok(false) => {}
                Err(flaw) => return Err(Error::data(format!("{}:{number}: {flaw}", input.name))),
            }
        }
        if let Some(relational) =
            header.attributes.iter().find(|attribute| attribute.kind == Kind::Relational)
        {
            return Err(Error::data(format!(
                "{}: the attribute '{}' is a table in each row, which is read as a series where the only other attribute is a \
                 nominal class",
                input.name, relational.name
            )));
        }
        let column = |attribute: &crate::files::arff::Attribute| {
            let kind = if attribute.kind == Kind::Number { FieldKind::Float } else { FieldKind::Text };
            Column::new(attribute.name.trim(), kind)
        };
        let columns: Vec<Column> = header.attributes.iter().map(column).collect();
        let kinds = columns.iter().map(|column| column.kind).collect();
        let notes = std::mem::take(&mut input.notes);
        Ok(Opened { notes, ..Opened::new(Self { input, kinds }, columns) })
    }
}

impl Source for ArffRows {
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        let Some(line) = self.input.read_wanted(record, |line| !is_comment(line))? else { return Ok(false) };
        let fields = fields(&line).map_err(Flaw::Record)?;
        if fields.len() != self.kinds.len() {
            return Err(Flaw::Record(format!(
                "there are {} values where the header has {} attributes",
                fields.len(),
                self.kinds.len()
            )));
        }
        for (&kind, field) in self.kinds.iter().zip(fields) {
            match field {
                // Text that is not a number stays text, so that JSON stays sound.
                Some(text) if kind == FieldKind::Float && text.parse::<f64>().is_err() => {
                    record.push(FieldKind::Text, &text);
                }
                Some(text) => record.push(kind, &text),
                None => record.push(FieldKind::Missing, ""),
            }
        }
        record.raw = line;
        Ok(true)
    }
}
