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

use crate::error::{Error, Result};
use crate::rows::{Features, TimeSeries};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The format of a file of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SeriesFormat {
    /// The `.ts` format of sktime and the UEA archive.
    Ts,
    /// Weka's ARFF: numbers, or a relational attribute, and a nominal class.
    Arff,
    /// A table of the UCR archive: a series in each line, after the number of its class.
    Ucr,
}

/// The number of bytes that decide the format.
const LOOKED_AT: u64 = 1 << 18;

impl SeriesFormat {
    /// Returns the format of the file at `path`, or `None` if it does not contain series. A name that ends in
    /// .ts decides, otherwise the first bytes of the file.
    ///
    /// ```
    /// use gatewise::files::SeriesFormat;
    /// assert_eq!(SeriesFormat::of("vowels.TS".as_ref()), Some(SeriesFormat::Ts));
    /// assert_eq!(SeriesFormat::of("films.csv".as_ref()), None);
    /// ```
    pub fn of(path: &Path) -> Option<Self> {
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("ts")) {
            return Some(Self::Ts);
        }
        let mut first = Vec::new();
        let file = path.is_file().then(|| File::open(path).ok()).flatten()?;
        file.take(LOOKED_AT).read_to_end(&mut first).ok()?;
        let whole = (first.len() as u64) < LOOKED_AT;
        Self::of_bytes(&first, whole)
    }

    /// Returns the format of a file that starts with `first`, which is all of it if `whole` is set.
    fn of_bytes(first: &[u8], whole: bool) -> Option<Self> {
        let text = String::from_utf8_lossy(first);
        let text = text.trim_start_matches('\u{feff}');
        if arff::looks_like(text) {
            return Some(Self::Arff);
        }
        let text = if whole { text } else { &text[..text.rfind('\n').map_or(0, |end| end + 1)] };
        ucr::looks_like(text).then_some(Self::Ucr)
    }
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
    /// Reads a file of series in any [`SeriesFormat`].
    ///
    /// Missing values (`?`, `NaN`) are interpolated linearly, by time where the file has time stamps; at the ends
    /// of a series the nearest value is repeated. Values with time stamps are sorted by time.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if it is malformed.
    pub fn read(path: &Path) -> Result<Self> {
        let format = SeriesFormat::of(path).unwrap_or(SeriesFormat::Ts);
        let bytes = std::fs::read(path).map_err(|e| Error::io("cannot read", path, e))?;
        let name = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|_| Error::data(format!("{name} is not UTF-8 text")))?;
        Self::parse_as(format, &name, &text)
    }

    /// Parses the content of a file of series; errors refer to the file as `name`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let format = SeriesFormat::of_bytes(text.as_bytes(), true).unwrap_or(SeriesFormat::Ts);
        Self::parse_as(format, name, text)
    }

    fn parse_as(format: SeriesFormat, name: &str, text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}');
        match format {
            SeriesFormat::Ts => ts::parse(name, text),
            SeriesFormat::Arff => arff::parse(name, text),
            SeriesFormat::Ucr => ucr::parse(name, text),
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
