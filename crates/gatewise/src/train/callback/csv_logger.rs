//! `CSVLogger`: writes a line per epoch to a CSV file.

use super::{Callback, CallbackState, Context};
use crate::error::{Error, Result};
use crate::train::EpochLog;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

const NAME: &str = "CSVLogger";

/// Writes the metrics of each epoch to a CSV file: the epoch, then all metrics sorted by name, as Keras does.
///
/// The columns are the metrics of the first epoch and of validation; a missing metric is `NA`. Lines end in
/// `\n`. A resumed run rewrites the lines of previous epochs, so that the file equals the file of an
/// uninterrupted run. Metrics that other callbacks set are written if those callbacks were added before.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::CsvLogger;
/// let fit = Fit::new().epochs(5).callback(CsvLogger::new("training.csv").separator(';'));
/// ```
#[derive(Debug)]
pub struct CsvLogger {
    path: PathBuf,
    separator: char,
    append: bool,
    /// Offset of this run's part of the file.
    start: Option<u64>,
    columns: Vec<String>,
    file: Option<File>,
    /// Where an older file is cut off by the first line: a run without an epoch leaves it as it is.
    cut: Option<u64>,
}

impl CsvLogger {
    /// Creates a logger that writes to `path`. The first line replaces the content of an existing file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (path, columns) = (path.into(), Vec::new());
        Self { path, separator: ',', append: false, start: None, columns, file: None, cut: None }
    }

    /// Sets the separator of fields. Default: a comma.
    pub fn separator(self, separator: char) -> Self {
        Self { separator, ..self }
    }

    /// Sets whether to append to an existing file, without a second header. Default: false.
    pub fn append(self, append: bool) -> Self {
        Self { append, ..self }
    }

    fn refused(&self, error: std::io::Error) -> Error {
        Error::io("cannot write the log", &self.path, error)
    }

    fn open(&mut self) -> std::io::Result<()> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        let there = file.metadata()?.len();
        let start = *self.start.get_or_insert(if self.append { there } else { 0 });
        file.seek(SeekFrom::End(0))?;
        (self.file, self.cut) = (Some(file), Some(start.min(there)));
        Ok(())
    }

    fn field(&self, text: &str) -> String {
        match text.contains([self.separator, '"', '\n', '\r']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.to_owned(),
        }
    }

    /// Returns whether the file is empty, so that it needs a header.
    fn needs_header(&mut self) -> std::io::Result<bool> {
        let Some(file) = &mut self.file else { return Ok(false) };
        file.seek(SeekFrom::Start(0))?;
        let empty = file.read(&mut [0])? == 0;
        file.seek(SeekFrom::End(0))?;
        Ok(empty)
    }

    fn write(&mut self, validated: bool, log: &EpochLog) -> std::io::Result<()> {
        if let (Some(file), Some(cut)) = (&mut self.file, self.cut.take()) {
            file.set_len(cut)?;
            file.seek(SeekFrom::End(0))?;
        }
        let mut text = String::new();
        if self.columns.is_empty() {
            let mut names: Vec<String> = log.values().map(|(name, _)| name.to_owned()).collect();
            names.sort();
            if validated && !names.iter().any(|name| name.starts_with("val_")) {
                // The first validation comes later.
                let later = names.iter().filter(|name| *name != "learning_rate");
                let later: Vec<_> = later.map(|name| format!("val_{name}")).collect();
                names.extend(later);
            }
            self.columns = names;
            if self.needs_header()? {
                text.push_str("epoch");
                for name in &self.columns {
                    text.push(self.separator);
                    text.push_str(&self.field(name));
                }
                text.push('\n');
            }
        }
        text.push_str(&log.epoch.to_string());
        for name in &self.columns {
            text.push(self.separator);
            match log.get(name) {
                Some(value) => text.push_str(&self.field(&value.to_string())),
                None => text.push_str("NA"),
            }
        }
        let _ = writeln!(text);
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(text.as_bytes()))
    }
}

impl Callback for CsvLogger {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.open().map_err(|e| self.refused(e))?;
        let validated = context.validation_samples() > 0;
        for log in context.history() {
            self.write(validated, log).map_err(|e| self.refused(e))?;
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.write(context.validation_samples() > 0, log).map_err(|e| self.refused(e))
    }

    fn save_state(&self) -> CallbackState<'_> {
        match self.append {
            true => json!({ "start": self.start }).into(),
            false => CallbackState::default(),
        }
    }

    fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
        #[derive(serde::Deserialize)]
        struct Kept {
            start: Option<u64>,
        }
        self.start = state.read::<Kept>(NAME)?.start;
        Ok(())
    }
}
