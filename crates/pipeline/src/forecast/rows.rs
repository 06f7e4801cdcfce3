//! The forecasts as rows of a file.
//!
//! Input: an outcome. Output: a file with a row for each number forecast: id, date or step, value, bounds.

use super::outcome::ForecastOutcome;
use gatewise::files::{Record, RecordFormat, RecordOptions, RecordWriter, Records};
use gatewise::{Error, Result, write_atomic};
use std::io::Cursor;
use std::path::Path;

impl ForecastOutcome {
    /// Returns the forecasts as JSON objects, one per line, with the keys `id`, `date` or `step`, `value`, `lo80`, `hi80`,
    /// `lo95` and `hi95`.
    fn json_lines(&self) -> String {
        let points = self.series.iter().flat_map(|series| {
            series.forecast.iter().map(|point| point.row(series.id.as_deref(), self.decimals))
        });
        points.map(|row| serde_json::to_string(&row).unwrap_or_default() + "\n").collect()
    }

    /// Writes the forecasts as rows, to a temporary file that is renamed.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](gatewise::ErrorKind::Io) if the file cannot be written.
    pub fn write_rows(&self, path: &Path, format: RecordFormat) -> Result<()> {
        let lines = self.json_lines();
        if format == RecordFormat::JsonLines {
            return write_atomic(path, lines.as_bytes());
        }
        let name = path.display().to_string();
        let mut records = Records::from_reader(
            Cursor::new(lines.into_bytes()),
            RecordFormat::JsonLines,
            &name,
            &RecordOptions::default(),
        )?;
        let mut writer = RecordWriter::new(Vec::new(), format, &records, &[])?;
        let mut record = Record::default();
        while records.read(&mut record)? {
            writer.write(&record, &[])?;
        }
        let bytes = writer.finish().map_err(|e| Error::io("cannot write", path, std::io::Error::other(e)))?;
        write_atomic(path, &bytes)
    }
}
