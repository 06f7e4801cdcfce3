//! Series in ARFF files: numbers, or a relational attribute, and a nominal class.
//!
//! Input: an ARFF file of the UEA archive. Output: [`SeriesFile`]: the numeric attributes are the steps of one channel,
//! or the lines of the relational attribute are the channels.

use super::gathered::{Channel, Gathered, value};
use super::{SeriesFile, SeriesTargets};
use crate::error::{Error, Result};
use crate::files::arff::{self, Attribute, Header, Kind};
use std::borrow::Cow;

/// Where the series and the class of a row are.
struct Layout {
    class: usize,
    relational: Option<usize>,
    labels: Vec<String>,
}

/// Returns the layout of a file of series; `None` for other files.
fn layout(attributes: &[Attribute]) -> Option<Layout> {
    let is_class = |attribute: &Attribute| matches!(attribute.kind, Kind::Nominal(_));
    let class = attributes.iter().position(is_class)?;
    let Kind::Nominal(labels) = &attributes[class].kind else { return None };
    let others = || attributes.iter().enumerate().filter(|(at, _)| *at != class);
    let relational = others().find(|(_, other)| other.kind == Kind::Relational).map(|(at, _)| at);
    let series = match relational {
        Some(_) => attributes.len() == 2,
        None => others().count() > 1 && others().all(|(_, other)| other.kind == Kind::Number),
    };
    series.then(|| Layout { class, relational, labels: labels.clone() })
}

/// Returns whether a file that starts with `text` is ARFF with series.
pub(super) fn looks_like(text: &str) -> bool {
    let mut header = Header::default();
    let mut data = || text.lines().any(|line| !matches!(header.line(line), Ok(false)));
    arff::looks_like(text) && data() && layout(&header.attributes).is_some()
}

/// Parses a file.
pub(super) fn parse(name: &str, text: &str) -> Result<SeriesFile> {
    let mut header = Header::default();
    let mut lines = (1..).zip(text.lines());
    loop {
        let Some((number, line)) = lines.next() else {
            return Err(Error::data(format!("{name} has no @data line; an ARFF file was expected")));
        };
        if header.line(line).map_err(|flaw| Error::data(format!("{name}:{number}: {flaw}")))? {
            break;
        }
    }
    let columns = header.attributes.len();
    let Some(Layout { class, relational, labels }) = layout(&header.attributes) else {
        return Err(Error::data(format!(
            "{name} has no series: numeric attributes, or a relational attribute, and a nominal class were expected"
        )));
    };
    let mut gathered: Option<Gathered> = None;
    for (number, line) in lines.filter(|(_, line)| !arff::is_comment(line)) {
        let at = |message: String| Error::data(format!("{name}:{number}: {message}"));
        let fields = arff::fields(line).map_err(at)?;
        if fields.len() != columns {
            return Err(at(format!(
                "there are {} values where the header has {columns} attributes",
                fields.len()
            )));
        }
        let channels = match relational {
            Some(series) => several(fields[series].as_deref().unwrap_or_default()),
            None => one(&fields, class).map(|channel| vec![channel]),
        };
        let channels = channels.map_err(at)?;
        if channels.is_empty() {
            return Err(at("the series is empty; remove the row".into()));
        }
        let series = gathered.get_or_insert_with(|| {
            let targets = SeriesTargets::Classes { labels: labels.clone(), classes: Vec::new() };
            let mut series = Gathered::new(name, channels.len(), targets);
            let read = "numeric attributes of a row are read as the steps of one series";
            if relational.is_none() {
                series.note(format!(
                    "the {} {read}, '{}' as its class",
                    columns - 1,
                    header.attributes[class].name
                ));
            }
            series
        });
        series.push(number, channels, Some(fields[class].as_deref().unwrap_or("?"))).map_err(at)?;
    }
    gathered.ok_or_else(|| Error::data(format!("{name} has no row after its @data line")))?.finish()
}

/// Returns the numeric attributes of a row as a channel.
fn one(fields: &[Option<Cow<'_, str>>], class: usize) -> Result<Channel, String> {
    let own = fields.iter().enumerate().filter(|(at, _)| *at != class);
    let values = own.map(|(at, field)| {
        let field = field.as_deref().unwrap_or("?");
        value(field).ok_or_else(|| format!("value {} is '{field}', but a number was expected", at + 1))
    });
    Ok(Channel { values: values.collect::<Result<_, _>>()?, times: Vec::new() })
}

/// Returns the lines of a relational value as channels.
fn several(text: &str) -> Result<Vec<Channel>, String> {
    let channel = |(at, line): (usize, &str)| {
        let values = line.split(',').enumerate().map(|(step, field)| {
            value(field).ok_or_else(|| {
                format!("step {} of channel {at} is '{}', but a number was expected", step + 1, field.trim())
            })
        });
        Ok::<_, String>(Channel { values: values.collect::<Result<_, _>>()?, times: Vec::new() })
    };
    (1..).zip(text.lines()).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_lines_or_the_numeric_attributes() {
        let text = "%c\n@relation x\n@attribute s relational\n@attribute t0 numeric\n@end s\n@attribute c {a,b}\n@data\n\
                    '1,2\\n3,4',b\n\"5,?,7\\n6,6,6\",a\n";
        assert!(looks_like(text));
        let series = parse("x", text).unwrap().labelled().unwrap();
        assert_eq!(series.rows.row(0), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(series.rows.row(1), [5.0, 6.0, 6.0, 6.0, 7.0, 6.0]);
        assert_eq!((series.classes, series.labels), (vec![1, 0], vec!["a".to_owned(), "b".to_owned()]));
        let text =
            "@relation x\n@attribute t0 real\n@attribute t1 real\n@attribute c {a,b}\n@data\n1,2,b\n3,?,?\n";
        let file = parse("x", text).unwrap();
        assert_eq!((file.rows.row(0), file.rows.row(1)), (&[1.0, 2.0][..], &[3.0, 3.0][..]));
        assert!(file.notes[0].starts_with("the 2 numeric attributes"), "{:?}", file.notes);
        assert!(file.labelled().unwrap_err().to_string().starts_with("x:7: the series has no class"));
        assert!(!looks_like("@relation x\n@attribute t string\n@attribute c {a,b}\n@data\n"));
    }

    #[test]
    fn flaws_are_named_with_file_and_line() {
        let head = "@relation x\n@attribute t0 real\n@attribute t1 real\n@attribute c {a,b}\n@data\n";
        for (row, says) in [
            ("1,x,a", "x:6: value 2 is 'x'"),
            ("1,a", "x:6: there are 2 values where the header has 3 attributes"),
            ("{0 1}", "x:6: this is a sparse row"),
            ("1,2,c", "x:6: the class 'c' is not one of a, b"),
            ("?,?,a", "x:6: channel 1 has no value"),
            ("", "x has no row"),
        ] {
            let error = parse("x", &format!("{head}{row}\n")).unwrap_err().to_string();
            assert!(error.starts_with(says), "{row}: {error}");
        }
    }
}
