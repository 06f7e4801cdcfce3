//! File names with fields, as Python's `str.format` fills them: `{epoch:02d}-{val_loss:.2f}`.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// A parsed file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Field {
    name: String,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    /// `d` for integers, `f` for floats, or by the value.
    form: Option<char>,
}

/// Maximum width: longer names exceed the limits of file systems.
const WIDEST: usize = 64;
/// What numbers are written with, `inf`, `NaN` and blanks for a width included.
const NUMBERS: &[u8] = b"0123456789.-+ infNa";

impl FileName {
    pub fn parse(path: &Path) -> Result<Self> {
        let text = path.to_str().ok_or_else(|| {
            Error::config(format!(
                "the path {} is not Unicode, so that its fields cannot be found",
                path.display()
            ))
        })?;
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut literal = String::new();
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..at + 1];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let field = (brace == "{").then(|| after.split_once('}')).flatten();
            let Some((field, after)) = field else {
                return Err(Error::config(format!(
                    "the path {text} has a '{brace}' without its other half; write it twice where it is meant as it is"
                )));
            };
            pieces.push(Piece::Text(std::mem::take(&mut literal)));
            let field = Field::parse(field).ok_or_else(|| {
                Error::config(format!(
                    "the path {text} has the field {{{field}}}; fields look like {{epoch}}, {{epoch:02d}} or {{val_loss:.2f}}"
                ))
            })?;
            pieces.push(Piece::Field(field));
            rest = after;
        }
        literal.push_str(rest);
        pieces.push(Piece::Text(literal));
        Ok(Self(pieces))
    }

    /// Returns whether the name is `path` with numbers in the place of its fields.
    pub fn could_be(&self, path: &str) -> bool {
        // The ends of the beginnings of `path` that the pieces so far can be.
        let mut ends = vec![0];
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => {
                    ends.retain_mut(|end| {
                        let found = path[*end..].starts_with(text.as_str());
                        *end += if found { text.len() } else { 0 };
                        found
                    });
                }
                Piece::Field(_) => {
                    let numbers = |&end: &usize| {
                        path[end..]
                            .bytes()
                            .take_while(|b| NUMBERS.contains(b))
                            .enumerate()
                            .map(move |(at, _)| end + at + 1)
                    };
                    ends = ends.iter().flat_map(numbers).collect();
                    ends.sort_unstable();
                    ends.dedup();
                }
            }
        }
        ends.contains(&path.len())
    }

    /// Returns the path with its fields filled from `counts` and `values`.
    pub fn fill(&self, counts: &[(&str, Option<usize>)], values: &[(&str, f64)]) -> Result<PathBuf> {
        let mut path = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Field(field) => path.push_str(&field.fill(counts, values)?),
            }
        }
        Ok(path.into())
    }
}

impl Field {
    fn parse(text: &str) -> Option<Self> {
        let (name, spec) = text.split_once(':').unwrap_or((text, ""));
        let (spec, form) = match spec.strip_suffix(['d', 'f']) {
            Some(short) => (short, spec.chars().last()),
            None => (spec, None),
        };
        let (width, precision) = match spec.split_once('.') {
            Some((width, precision)) => (width, Some(number(precision)?)),
            None => (spec, None),
        };
        let zeros = width.starts_with('0');
        let width = if width.is_empty() { 0 } else { number(width)? };
        let unsound = name.is_empty() || name.contains('{') || form == Some('d') && precision.is_some();
        (!unsound).then(|| Self { name: name.to_owned(), zeros, width, precision, form })
    }

    fn fill(&self, counts: &[(&str, Option<usize>)], values: &[(&str, f64)]) -> Result<String> {
        let Self { name, zeros, width, precision, form } = self;
        let count = counts.iter().find(|(own, count)| own == name && count.is_some());
        let text = match (count, values.iter().find(|(own, _)| own == name)) {
            (Some((_, Some(count))), _) if *form != Some('f') && precision.is_none() => count.to_string(),
            (Some((_, Some(count))), _) => format!("{:.*}", precision.unwrap_or(6), *count as f64),
            (_, Some((_, value))) if *form == Some('f') || precision.is_some() => {
                format!("{value:.*}", precision.unwrap_or(6))
            }
            (_, Some((_, value))) if form.is_none() => value.to_string(),
            (_, Some(_)) => {
                return Err(Error::config(format!(
                    "the file name wants {name} as a whole number, which it is not; write {{{name}:.2f}}"
                )));
            }
            (_, None) => {
                let counts = counts.iter().filter(|(_, count)| count.is_some()).map(|&(own, _)| own);
                let names: Vec<_> = counts.chain(values.iter().map(|&(own, _)| own)).collect();
                return Err(Error::config(format!(
                    "the file name has the field {{{name}}}, but there are only {}",
                    names.join(", ")
                )));
            }
        };
        Ok(match (zeros, text.strip_prefix('-')) {
            (true, Some(text)) => format!("-{text:0>0$}", width.saturating_sub(1)),
            (true, None) => format!("{text:0>0$}", width),
            (false, _) => format!("{text:>0$}", width),
        })
    }
}

fn number(text: &str) -> Option<usize> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&number| digits && number <= WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(name: &str) -> String {
        let values = [("loss", 0.5), ("val_loss", 0.126), ("gain", -1.5)];
        let name = FileName::parse(Path::new(name)).unwrap();
        name.fill(&[("epoch", Some(7)), ("batch", None)], &values).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn fields_are_filled_as_python_fills_them() {
        for (name, expected) in [
            ("best.safetensors", "best.safetensors"),
            ("{epoch:02d}-{val_loss:.2f}.w", "07-0.13.w"),
            ("a/{epoch}/{loss}", "a/7/0.5"),
            ("{epoch:4d}|{epoch:.1f}|{epoch:f}", "   7|7.0|7.000000"),
            ("{val_loss:08.3f}|{gain:07.2f}|{gain:f}", "0000.126|-001.50|-1.500000"),
            ("{{{epoch}}}", "{7}"),
        ] {
            assert_eq!(filled(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_could_be_what_numbers_make_of_it() {
        for (name, path, could) in [
            ("best.g", "best.g", true),
            ("best.g", "best.gg", false),
            ("{epoch:02d}-{val_loss:.2f}.w", "07-0.13.w", true),
            ("{epoch}{loss}", "7", false),
            ("{epoch}{loss}", "70.5", true),
            ("m{epoch}.g", "m.g", false),
            ("m{epoch}.g", "mé.g", false),
            ("m{loss}.g", "mNaN.g", true),
        ] {
            assert_eq!(FileName::parse(Path::new(name)).unwrap().could_be(path), could, "{name} {path}");
        }
    }

    #[test]
    fn what_cannot_be_filled_is_refused_by_name() {
        for (name, found) in [
            ("{epoch", "other half"),
            ("epoch}", "other half"),
            ("{}", "look like"),
            ("{epoch:.2d}", "look like"),
            ("{epoch:>4}", "look like"),
            ("{epoch:999999}", "look like"),
            ("{loss:+2f}", "look like"),
        ] {
            let error = FileName::parse(Path::new(name)).unwrap_err().to_string();
            assert!(error.contains(found), "{name}: {error}");
        }
        for (name, found) in [("{batch}", "only epoch, loss"), ("{mse}", "{mse}"), ("{loss:d}", "{loss:.2f}")]
        {
            let name = FileName::parse(Path::new(name)).unwrap();
            let error = name.fill(&[("epoch", Some(1)), ("batch", None)], &[("loss", 1.5)]).unwrap_err();
            assert!(error.to_string().contains(found), "{error}");
        }
    }
}
