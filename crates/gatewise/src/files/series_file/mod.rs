//! Files of series: the `.ts` files of sktime and the UEA archive, ARFF files, and the tables of the UCR archive.
//!
//! Input: a file of series, with or without a target for each. Output: [`SeriesFile`]: rows of vectors with one
//! number for each channel, the targets, and notes on what the reader decided.

mod arff;
mod gaps;
mod gathered;
mod times;
mod ts;
mod ucr;

pub use ts::{parse_ts, read_ts};

use super::format::unpacked;
use super::text_stream::read_text;
use crate::error::{Error, Result};
use crate::rows::{Features, TimeSeries};
use std::path::Path;

/// The format of a file of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Ts,
    Arff,
    Ucr,
}

/// Returns whether a file that starts with `first`, which is all of it if `whole` is set, is ARFF with series or a table of
/// the UCR archive. The name of a `.ts` file states its format.
pub(super) fn is_series(first: &str, whole: bool) -> bool {
    format_of(first, whole).is_some()
}

fn format_of(first: &str, whole: bool) -> Option<Format> {
    if arff::looks_like(first) {
        return Some(Format::Arff);
    }
    let lines = if whole { first } else { &first[..first.rfind('\n').map_or(0, |end| end + 1)] };
    ucr::looks_like(lines).then_some(Format::Ucr)
}

/// The target of each series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SeriesTargets {
    /// The classes: an index into the labels, or `None` for a series without a class.
    #[non_exhaustive]
    Classes {
        /// The names of the classes.
        labels: Vec<String>,
        /// The class of each series.
        classes: Vec<Option<u32>>,
    },
    /// Numbers, for regression.
    Numbers(Vec<Option<f32>>),
    /// The file has no targets.
    None,
}

/// The series of a file, and their targets where the file has them.
///
/// ```
/// use gatewise::files::{SeriesFile, SeriesTargets};
/// let text = "@classLabel false\n@data\n1,?,3\n7,8\n";
/// let file = SeriesFile::parse("new.ts", text)?;
/// assert_eq!(file.rows.row(0), [1.0, 2.0, 3.0]);
/// assert_eq!(file.targets, SeriesTargets::None);
/// assert!(file.notes[0].starts_with("1 missing value in 1 series is filled in"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeriesFile {
    /// The series; a step contains one number for each channel.
    pub rows: Features,
    /// The targets of the series.
    pub targets: SeriesTargets,
    /// What the reader decided, one sentence each: values that were filled in, steps that were sorted.
    pub notes: Vec<String>,
    /// The reason why a series has no target, with its place.
    unlabelled: Option<String>,
}

impl SeriesFile {
    /// Reads a file of series: a `.ts` file of sktime or the UEA archive, an ARFF file with series, or a table of the UCR
    /// archive; also compressed as .gz or .zst.
    ///
    /// Missing values (`?`, `NaN`) are interpolated linearly, by time where the file has time stamps; at the ends
    /// of a series the nearest value is repeated. Values with time stamps are sorted by time.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if it is malformed.
    pub fn read(path: &Path) -> Result<Self> {
        let (text, name) = (read_text(path, None)?, path.display().to_string());
        let named = unpacked(path).extension().is_some_and(|end| end.eq_ignore_ascii_case("ts"));
        match named || text.trim_start().starts_with(['@', '#', '%']) || is_series(&text, true) {
            true => Self::parse_as(named.then_some(Format::Ts), &name, &text),
            false => Err(Error::data(format!(
                "{name} is not a file of series: a .ts file, ARFF with numeric attributes and a nominal class, or a table of \
                 numbers with the class first was expected"
            ))),
        }
    }

    /// Parses the content of a file of series; errors refer to the file as `name`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        Self::parse_as(None, name, text)
    }

    fn parse_as(format: Option<Format>, name: &str, text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}');
        match format.or_else(|| format_of(text, true)).unwrap_or(Format::Ts) {
            Format::Ts => ts::parse(name, text),
            Format::Arff => arff::parse(name, text),
            Format::Ucr => ucr::parse(name, text),
        }
    }

    /// Returns the series with their targets.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if a series has no target.
    pub fn labelled(self) -> Result<TimeSeries> {
        if let Some(reason) = self.unlabelled {
            return Err(Error::data(reason));
        }
        match self.targets {
            SeriesTargets::Classes { labels, classes } => {
                TimeSeries::new(self.rows, classes.into_iter().flatten().collect(), labels)
            }
            SeriesTargets::Numbers(values) => {
                TimeSeries::regression(self.rows, values.into_iter().flatten().collect())
            }
            SeriesTargets::None => Err(Error::data("the series have no targets")),
        }
    }
}
