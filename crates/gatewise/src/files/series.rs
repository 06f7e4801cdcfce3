//! One series of numbers, for forecasting: read, scaled, and cut into windows.

use super::{Dataset, Features, Targets};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The numbers of one column of a CSV file, whose first line names the columns.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, when the column is missing or holds something
/// that is no finite number.
pub fn read_series(path: &Path, column: &str) -> Result<Vec<f32>> {
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
    let mut reader = csv::Reader::from_reader(file);
    let flaw = |e: csv::Error| {
        let line = e.position().map_or(1, csv::Position::line);
        Error::data(format!("{name}:{line}: this is no row of a CSV file: {e}"))
    };
    let header = reader.headers().map_err(flaw)?.clone();
    let Some(at) = header.iter().position(|found| found.trim() == column) else {
        let found: Vec<_> = header.iter().collect();
        return Err(Error::data(format!(
            "{name}:1: there is no column '{column}'; the columns are {}",
            found.join(", ")
        )));
    };
    let number = |record: std::result::Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(flaw)?;
        record[at].trim().parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| {
            let line = record.position().map_or(0, csv::Position::line);
            Error::data(format!("{name}:{line}: '{}' in column '{column}' is no number", &record[at]))
        })
    };
    reader.records().map(number).collect()
}

/// The name of the last column of a CSV file whose first value is a number.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data) when it is malformed or has no such column.
pub fn last_number_column(path: &Path) -> Result<String> {
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
    let mut reader = csv::Reader::from_reader(file);
    let flaw = |e: csv::Error| Error::data(format!("{name} is no CSV file: {e}"));
    let header = reader.headers().map_err(flaw)?.clone();
    let first = reader.records().next().transpose().map_err(flaw)?.unwrap_or_default();
    let is_number = |value: &str| value.trim().parse::<f32>().is_ok_and(f32::is_finite);
    let found = header.iter().zip(first.iter()).filter(|(_, value)| is_number(value)).last();
    found.map(|(column, _)| column.trim().to_owned()).ok_or_else(|| {
        let columns: Vec<_> = header.iter().collect();
        Error::data(format!("{name} has no column of numbers; the columns are {}", columns.join(", ")))
    })
}

/// Brings numbers to mean 0 and standard deviation 1, and back.
///
/// It is fitted on the training part only: the test part's mean is not known when a model is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    /// Mean of the numbers it was fitted on.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
}

/// No scale at all: mean 0, deviation 1.
impl Default for Scaler {
    fn default() -> Self {
        Self { mean: 0.0, deviation: 1.0 }
    }
}

impl Scaler {
    /// Mean and standard deviation of `values`. Equal values are shifted, not stretched.
    pub fn fit(values: impl Iterator<Item = f32> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().map(f64::from).sum::<f64>() / count;
        let variance = values.map(|value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        let deviation = if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 };
        Self { mean: mean as f32, deviation }
    }

    /// To the scale of the model.
    pub fn scale(self, value: f32) -> f32 {
        (value - self.mean) / self.deviation
    }

    /// Whether it can be undone: both numbers are finite, the deviation above 0.
    pub(crate) fn is_sound(self) -> bool {
        self.mean.is_finite() && self.deviation.is_finite() && self.deviation > 0.0
    }

    /// Back from it.
    pub fn restore(self, value: f32) -> f32 {
        value * self.deviation + self.mean
    }
}

/// Windows of `length` numbers, each with the `horizon` numbers that follow it as its target: one row for each
/// place where both fit.
///
/// ```
/// let data = gatewise::data::windows(&[1.0, 2.0, 3.0, 4.0], 2, 1)?;
/// assert_eq!((data.len(), data.targets().values()), (2, &[3.0, 4.0][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) when the series is too short for a single window, a number is not
/// finite, or `length` or `horizon` is 0.
pub fn windows(series: &[f32], length: usize, horizon: usize) -> Result<Dataset> {
    if length == 0 || horizon == 0 || series.len() < length.saturating_add(horizon) {
        return Err(Error::data(format!(
            "a window of {length} numbers with the {horizon} that follow does not fit into a series of {}; both \
             must be at least 1",
            series.len()
        )));
    }
    let mut rows = Features::new(1);
    let mut targets = Vec::new();
    for window in series.windows(length + horizon) {
        rows.push(&window[..length])?;
        targets.extend_from_slice(&window[length..]);
    }
    Dataset::new(rows, Targets::rows(horizon, targets)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_end_with_the_series() {
        let series: Vec<f32> = (0..10).map(|i| i as f32).collect();
        let data = windows(&series, 3, 2).unwrap();
        assert_eq!(data.len(), 6);
        assert_eq!(&data.targets().values()[10..], [8.0, 9.0]);
        for (length, horizon) in [(0, 1), (1, 0), (9, 2), (usize::MAX, 2)] {
            assert!(windows(&series, length, horizon).unwrap_err().to_string().contains("does not fit"));
        }
    }

    #[test]
    fn scaling_is_undone() {
        let scaler = Scaler::fit([1.0, 3.0].into_iter());
        assert_eq!((scaler.mean, scaler.deviation), (2.0, 1.0));
        assert_eq!(scaler.restore(scaler.scale(5.0)), 5.0);
        assert_eq!(Scaler::fit([4.0, 4.0].into_iter()).scale(4.0), 0.0);
    }

    #[test]
    fn flaws_are_named_with_file_and_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, says) in [
            ("a,b\n1,2\n", ":1: there is no column 'n'; the columns are a, b"),
            ("n\n1\nx\n", ":3: 'x' in column 'n' is no number"),
            ("n\n1\ninf\n", ":3: 'inf'"),
        ] {
            std::fs::write(file.path(), text).unwrap();
            let error = read_series(file.path(), "n").unwrap_err().to_string();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        std::fs::write(file.path(), "m,n\n1,2\n3,4\n").unwrap();
        assert_eq!(read_series(file.path(), "n").unwrap(), [2.0, 4.0]);
        assert_eq!(last_number_column(file.path()).unwrap(), "n");
        std::fs::write(file.path(), "m,n\n1,x\n").unwrap();
        assert_eq!(last_number_column(file.path()).unwrap(), "m");
        std::fs::write(file.path(), "m,n\nx,NaN\n").unwrap();
        let error = last_number_column(file.path()).unwrap_err().to_string();
        assert!(error.contains("no column of numbers; the columns are m, n"), "{error}");
    }
}
