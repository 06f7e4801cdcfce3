//! The dialect of a table, found by looking at its first lines.
//!
//! Input: the first lines, and what the user states. Output: a [`Dialect`]: delimiter, escapes, and whether there is a header.

use super::header::{FirstLine, first_line};
use super::input::Input;
use super::syntax::{Flaw as CutFlaw, Syntax};
use super::table::Table;
use super::{Delimiter, Flaw, Record, RecordOptions, Source};
use memchr::{memchr_iter, memmem, memrchr};
use std::io::Cursor;

/// The delimiters that are found by looking, the most usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The number of rows that are looked at.
const ROWS: usize = 1_000;

/// How a table is written.
pub(super) struct Dialect {
    pub syntax: Syntax,
    /// Whether the first line names the columns.
    pub header: bool,
    /// Whether a line `sep=;` comes before all others.
    pub states_delimiter: bool,
    /// What was found by looking, one sentence each.
    pub notes: Vec<String>,
}

/// The first lines read with one syntax.
pub(super) struct Trial {
    /// The fields of the first row.
    pub first: Vec<String>,
    /// The rows below it with as many fields.
    pub rows: Vec<Vec<String>>,
    /// The number of all rows below it.
    pub all: usize,
    /// The number of quoted fields with single quotation marks in them.
    lone: u64,
}

impl Trial {
    pub fn new(sample: &[u8], whole: bool, syntax: Syntax) -> Self {
        let mut trial = Self { first: Vec::new(), rows: Vec::new(), all: 0, lone: 0 };
        let Ok(input) = Input::new("", Box::new(Cursor::new(sample.to_vec())), None) else { return trial };
        let mut table = Table::new(input, syntax);
        let mut record = Record::default();
        while trial.all < ROWS {
            record.clear();
            let read = table.read(&mut record);
            if !whole && matches!(table.cut().flaw, Some(CutFlaw::NeverClosed)) {
                // It may be closed behind what is looked at.
                break;
            }
            if !matches!(read, Ok(false)) {
                trial.lone += table.cut().lone;
            }
            match read {
                Ok(true) => {
                    let fields: Vec<String> =
                        record.fields().map(|field| field.unwrap_or_default().into()).collect();
                    if trial.first.is_empty() {
                        table.set_columns(fields.len());
                        trial.first = fields;
                        continue;
                    }
                    trial.rows.push(fields);
                }
                Ok(false) | Err(Flaw::Fatal(_)) => break,
                // What is wrong with the first row is told when it is read.
                Err(Flaw::Record(_)) if trial.first.is_empty() => break,
                Err(Flaw::Record(_)) => {}
            }
            trial.all += 1;
        }
        trial
    }

    /// Returns whether there are several columns, and all rows, or nine of ten, have them.
    fn fits(&self) -> bool {
        self.first.len() > 1 && 10 * self.rows.len() >= 9 * self.all
    }

    fn bad(&self) -> usize {
        self.all - self.rows.len()
    }

    /// Returns whether a greater share of the rows is good than with `other`.
    fn is_better_than(&self, other: &Self) -> bool {
        other.first.len() < 2 || self.rows.len() * other.all.max(1) > other.rows.len() * self.all.max(1)
    }
}

/// Finds the dialect of a table. A delimiter or a header that the options state is taken as it is.
pub(super) fn find(input: &Input, usual: Delimiter, options: &RecordOptions) -> Dialect {
    let (sample, whole) = input.sample();
    let stated = stated(sample);
    let sample = whole_lines(&sample[stated.map_or(0, |(_, length)| length)..], whole);
    let mut notes = input.notes.clone();
    let trial = |delimiter: u8, backslash: bool| Trial::new(sample, whole, Syntax { delimiter, backslash });
    let (delimiter, mut found) = match (options.delimiter, stated) {
        (Some(delimiter), _) => (delimiter.byte(), trial(delimiter.byte(), false)),
        (None, Some((delimiter, _))) => {
            notes.push(format!("fields are separated by {}, as the first line states", name(delimiter)));
            (delimiter, trial(delimiter, false))
        }
        (None, None) => {
            let (delimiter, found) = best(sample, usual.byte(), |delimiter| trial(delimiter, false));
            if delimiter != usual.byte() {
                notes.push(format!("fields are separated by {}", name(delimiter)));
            }
            (delimiter, found)
        }
    };
    let mut backslash = false;
    if (found.bad() > 0 || found.lone > 0) && memmem::find(sample, b"\\\"").is_some() {
        let escaped = trial(delimiter, true);
        let flaws = |trial: &Trial| trial.bad() as u64 + trial.lone;
        if flaws(&escaped) < flaws(&found) {
            (backslash, found) = (true, escaped);
            notes.push("quotation marks in fields are escaped by backslashes (\\\")".into());
        }
    }
    if found.lone > 0 {
        notes.push(
            "some quoted fields contain quotation marks that are not doubled; these are taken as characters"
                .into(),
        );
    }
    let looked = first_line(&found.first, &found.rows);
    let header = options.header.unwrap_or(looked != FirstLine::Row);
    match looked {
        _ if options.header.is_some() => {}
        FirstLine::Header => {}
        FirstLine::Assumed => {
            let names = found.first.iter().take(3).map(|name| name.trim()).collect::<Vec<_>>().join("', '");
            notes.push(format!(
                "the first line ('{names}') is taken as the header; --no-header takes it as a row"
            ));
        }
        FirstLine::Row => {
            let names = match found.first.len() {
                1 => "the column is called 1".into(),
                2 => "the columns are called 1 and 2".into(),
                count => format!("the columns are called 1 to {count}"),
            };
            notes.push(format!(
                "the first line is a row, not a header, so {names}; --header takes it as a header"
            ));
        }
    }
    Dialect { syntax: Syntax { delimiter, backslash }, header, states_delimiter: stated.is_some(), notes }
}

/// Returns the delimiter with which most rows have the same number of fields, several of them; `usual`, if none is better.
fn best(sample: &[u8], usual: u8, trial: impl Fn(u8) -> Trial) -> (u8, Trial) {
    let found = trial(usual);
    // As in 3,5: of those, all other delimiters have precedence.
    let decimal = usual == b',' && commas_are_decimal(sample);
    if found.first.len() > 1 && found.bad() == 0 && !decimal {
        return (usual, found);
    }
    let others =
        DELIMITERS.into_iter().filter(|&delimiter| delimiter != usual && sample.contains(&delimiter));
    let mut best = (usual, found);
    for delimiter in others {
        let other = trial(delimiter);
        if other.fits() && (other.is_better_than(&best.1) || decimal && best.0 == usual) {
            best = (delimiter, other);
        }
    }
    best
}

/// Returns whether there are commas, and all of them are between digits.
fn commas_are_decimal(sample: &[u8]) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| sample.get(at)).is_some_and(u8::is_ascii_digit);
    let mut commas = memchr_iter(b',', sample).peekable();
    commas.peek().is_some() && commas.all(|at| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)))
}

/// Returns the delimiter of a first line such as `sep=;`, and the length of the line.
fn stated(sample: &[u8]) -> Option<(u8, usize)> {
    let end = sample.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let next = end + if sample[end..].starts_with(b"\r\n") { 2 } else { 1 };
    let line =
        sample[..end].strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(&sample[..end]);
    match line {
        [s, e, p, b'=', delimiter] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" => {
            let delimiter = Delimiter::of(*delimiter)?;
            Some((delimiter.byte(), next))
        }
        _ => None,
    }
}

/// Returns the sample without a last line that is cut off.
pub(super) fn whole_lines(sample: &[u8], whole: bool) -> &[u8] {
    let end = memrchr(b'\n', sample).or_else(|| memrchr(b'\r', sample));
    match end {
        Some(end) if !whole => &sample[..=end],
        _ => sample,
    }
}

fn name(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tabs".into(),
        b' ' => "spaces".into(),
        byte => format!("'{}'", char::from(byte)),
    }
}
