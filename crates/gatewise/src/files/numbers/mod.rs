//! Reads series of numbers from a file of records.
//!
//! Input: a file with a column of numbers, perhaps with dates and with the names of several series. Output:
//! [`NumberFile`]: the numbers of each series in order of time, without holes, and what was found by looking.

mod date_parts;
mod dates;
mod missing;
mod one_column;
mod parse;
mod roles;
mod rows;
mod step;
#[cfg(test)]
mod tests;

pub use dates::DateOrder;
pub use missing::Missing;
pub use step::Step;

pub(super) use parse::{Hints, Style, find_style, is_number, number};

use super::records::RecordOptions;
use crate::error::{Error, Result};
use dates::Precision;
use jiff::civil::DateTime;
use std::path::Path;

/// How series of numbers are read from a file. What is not set is found by looking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberOptions {
    /// How the file becomes records.
    pub records: RecordOptions,
    /// The column of the numbers.
    pub column: Option<String>,
    /// The column of the dates.
    pub date_column: Option<String>,
    /// The columns that name the series of a row.
    pub id_columns: Vec<String>,
    /// The decimal mark: a point or a comma.
    pub decimal: Option<char>,
    /// Which of day and month comes first.
    pub date_order: Option<DateOrder>,
    /// What becomes of numbers and dates that are missing. Default: an error.
    pub missing: Missing,
}

impl NumberOptions {
    /// Sets how the file becomes records.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { records, ..self }
    }

    /// Sets the column of the numbers. Default: a column called y or value, else the last column of numbers.
    pub fn column(self, name: impl Into<String>) -> Self {
        Self { column: Some(name.into()), ..self }
    }

    /// Sets the column of the dates. Default: the first column of dates; without one, rows are in order of time.
    pub fn date_column(self, name: impl Into<String>) -> Self {
        Self { date_column: Some(name.into()), ..self }
    }

    /// Adds a column that names the series of a row. Default: looked for where dates repeat.
    pub fn id_column(mut self, name: impl Into<String>) -> Self {
        self.id_columns.push(name.into());
        self
    }

    /// Sets the decimal mark: a point or a comma.
    pub fn decimal(self, mark: char) -> Self {
        Self { decimal: Some(mark), ..self }
    }

    /// Sets which of day and month comes first in dates such as 01/02/2020.
    pub fn date_order(self, order: DateOrder) -> Self {
        Self { date_order: Some(order), ..self }
    }

    /// Sets what becomes of numbers and dates that are missing.
    pub fn missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }
}

/// The series of a file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NumberFile {
    /// The column of the numbers.
    pub column: String,
    /// The column of the dates.
    pub date_column: Option<String>,
    /// The columns that name the series.
    pub id_columns: Vec<String>,
    /// The most decimals that a number has.
    pub decimals: usize,
    /// The series, in the order of their first rows; at least one.
    pub series: Vec<NumberSeries>,
    /// What was found by looking, one sentence each.
    pub notes: Vec<String>,
}

/// One series of numbers in order of time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NumberSeries {
    /// The name of the series, where the file has several.
    pub id: Option<String>,
    /// The numbers; all are finite.
    pub values: Vec<f64>,
    /// The dates of the numbers, where the file has dates.
    pub dates: Option<Timeline>,
}

impl NumberFile {
    /// Returns one series of numbers in memory, in order of time, in place of a file: the column is called `y`, and there are no
    /// dates.
    ///
    /// ```
    /// use gatewise::files::NumberFile;
    /// let numbers = NumberFile::of_numbers(vec![1.0, 2.25])?;
    /// assert_eq!((&*numbers.column, numbers.decimals, &*numbers.series[0].values), ("y", 2, &[1.0, 2.25][..]));
    /// let refused = NumberFile::of_numbers(vec![f64::NAN]).unwrap_err();
    /// assert!(refused.to_string().starts_with("number 0 is NaN"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a number that is NaN or infinite.
    pub fn of_numbers(values: Vec<f64>) -> Result<Self> {
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::data(format!(
                "number {at} is {}; numbers must be finite: fill in what is missing",
                values[at]
            )));
        }
        let places = |number: &f64| number.to_string().split_once('.').map_or(0, |(_, places)| places.len());
        Ok(Self {
            column: "y".to_owned(),
            date_column: None,
            id_columns: Vec::new(),
            decimals: values.iter().map(places).max().unwrap_or_default(),
            series: vec![NumberSeries { id: None, values, dates: None }],
            notes: Vec::new(),
        })
    }
}

/// The dates of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    times: Vec<DateTime>,
    step: Option<Step>,
    precision: Precision,
}

impl Timeline {
    /// Returns the step from each date to the next, or `None` if the dates are irregular.
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// Returns the date of number `at`, counted from 0 and on after the end of the series. Returns `None` after the end of
    /// irregular dates.
    ///
    /// The date is written as exactly as the dates of the file: `1949`, `2001Q3`, `1949-01`, `1949-01-31`, `1949-01-31 13:00`.
    pub fn label(&self, at: usize) -> Option<String> {
        let time = match (self.times.get(at), self.times.last()) {
            (Some(time), _) => *time,
            (None, Some(last)) => self.step?.after(last, i64::try_from(at + 1 - self.times.len()).ok()?)?,
            (None, None) => return None,
        };
        Some(dates::label(&time, self.precision))
    }
}

/// Reads the series of numbers in a file.
///
/// * Numbers may have a decimal comma, separators of thousands, signs of currencies and of per cent. Text below the header
///   (units) and after the last row (totals, sources) is left out, with a note.
/// * Dates are found by looking: ISO 8601, `Jan-49`, `1949-01`, `31/12/2020`, `2001Q3`, years, with and without times. Rows are
///   sorted by date. A date that comes twice is an error, or belongs to another series.
/// * A number that is missing, and a date without a row, are errors unless [`Missing`] states what takes their place.
///
/// ```
/// use gatewise::files::{NumberOptions, read_numbers};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("sales.csv");
/// std::fs::write(&path, "month,sales\n2020-03,\"1,250.5\"\n2020-02,998\n2020-01,1000\n")?;
/// let file = read_numbers(&path, &NumberOptions::default())?;
/// let series = &file.series[0];
/// assert_eq!(series.values, [1000.0, 998.0, 1250.5]);
/// assert_eq!(series.dates.as_ref().unwrap().label(3).unwrap(), "2020-04");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, for a missing column, a cell that is not a number or not a
/// date, and as above.
pub fn read_numbers(path: &Path, options: &NumberOptions) -> Result<NumberFile> {
    rows::Table::read(path, options)?.series(options)
}
