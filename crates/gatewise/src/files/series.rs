//! Reads a series of numbers from a CSV file.

use crate::error::{Error, Result};
use std::path::Path;

/// Reads a column of numbers from a CSV file with a header.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if the column is missing or contains a
/// value that is not a finite number.
pub fn read_series(path: &Path, column: &str) -> Result<Vec<f32>> {
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
    let mut reader = csv::Reader::from_reader(file);
    let flaw = |e: csv::Error| {
        let line = e.position().map_or(1, csv::Position::line);
        Error::data(format!("{name}:{line}: this is not a row of a CSV file: {e}"))
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
            Error::data(format!("{name}:{line}: '{}' in column '{column}' is not a number", &record[at]))
        })
    };
    reader.records().map(number).collect()
}

/// Returns the name of the last column of a CSV file whose first value is a number.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if it is malformed or has no such column.
pub fn last_number_column(path: &Path) -> Result<String> {
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|e| Error::io("cannot read", path, e))?;
    let mut reader = csv::Reader::from_reader(file);
    let flaw = |e: csv::Error| Error::data(format!("{name} is not a CSV file: {e}"));
    let header = reader.headers().map_err(flaw)?.clone();
    let first = reader.records().next().transpose().map_err(flaw)?.unwrap_or_default();
    let is_number = |value: &str| value.trim().parse::<f32>().is_ok_and(f32::is_finite);
    let found = header.iter().zip(first.iter()).filter(|(_, value)| is_number(value)).last();
    found.map(|(column, _)| column.trim().to_owned()).ok_or_else(|| {
        let columns: Vec<_> = header.iter().collect();
        Error::data(format!("{name} has no column of numbers; the columns are {}", columns.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws_are_named_with_file_and_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, says) in [
            ("a,b\n1,2\n", ":1: there is no column 'n'; the columns are a, b"),
            ("n\n1\nx\n", ":3: 'x' in column 'n' is not a number"),
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
