//! Forecasts of the series of numbers in a file, and their test on the last part of each.
//!
//! Input: a file and settings. Output: [`ForecastOutcome`]: errors on the test part beside the errors of baselines, the numbers
//! that follow with prediction intervals, and these as rows of a file.

mod one;
mod outcome;
mod rows;

pub use outcome::{Errors, ForecastOutcome, ForecastPoint, SeriesForecast, TestedBaseline, TestedForecast};

use gatewise::files::{
    DateOrder, Missing, NumberFile, NumberOptions, NumberSeries, RecordFormat, RecordOptions, read_numbers,
};
use gatewise::{Error, ErrorKind, ForecastOptions, Machine, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The settings of a forecast.
///
/// ```
/// use gatewise_pipeline::ForecastConfig;
/// # let folder = tempfile::tempdir().unwrap();
/// # let sales = folder.path().join("sales.csv");
/// let lines: String = (0..60).map(|t| format!("{}Q{},{}\n", 2000 + t / 4, t % 4 + 1, [4, 6, 5, 3][t % 4])).collect();
/// std::fs::write(&sales, format!("quarter,sales\n{lines}")).unwrap();
/// let outcome = ForecastConfig::new(&sales).units(4).epochs(2).run()?;
/// let series = &outcome.series[0];
/// assert_eq!((outcome.column.as_str(), series.period, series.forecast.len()), ("sales", 4, 4));
/// assert_eq!(series.forecast[0].date.as_deref(), Some("2015Q1"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ForecastConfig {
    file: PathBuf,
    /// Numbers in memory, in place of a file.
    given: Option<Vec<f64>>,
    numbers: NumberOptions,
    period: Option<usize>,
    horizon: Option<usize>,
    test: Option<usize>,
    options: ForecastOptions,
}

impl ForecastConfig {
    /// Creates the settings for the series in a file.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        let (file, numbers, options) = (file.into(), NumberOptions::default(), ForecastOptions::default());
        Self { file, given: None, numbers, period: None, horizon: None, test: None, options }
    }

    /// Creates the settings for one series of numbers in memory, in order of time. They have no dates: a season of 12 steps is
    /// assumed unless [`period`](Self::period) is set.
    ///
    /// ```
    /// use gatewise_pipeline::ForecastConfig;
    /// let numbers = (0..60).map(|t| [4.0, 6.0, 5.0, 3.0][t % 4]).collect::<Vec<_>>();
    /// let outcome = ForecastConfig::of_numbers(numbers).period(4).horizon(2).units(4).epochs(2).run()?;
    /// assert_eq!(outcome.series[0].forecast.len(), 2);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn of_numbers(numbers: impl Into<Vec<f64>>) -> Self {
        Self { given: Some(numbers.into()), ..Self::new("numbers in memory") }
    }

    /// Sets the column of the numbers. Default: a column called y or value, else the last column of numbers.
    pub fn column(self, name: impl Into<String>) -> Self {
        Self { numbers: self.numbers.column(name), ..self }
    }

    /// Sets the column of the dates. Default: found by looking.
    pub fn date_column(self, name: impl Into<String>) -> Self {
        Self { numbers: self.numbers.date_column(name), ..self }
    }

    /// Adds a column that names the series of a row. Default: found by looking where dates repeat.
    pub fn id_column(self, name: impl Into<String>) -> Self {
        Self { numbers: self.numbers.id_column(name), ..self }
    }

    /// Sets how the file is read: delimiter, header and encoding.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { numbers: self.numbers.records(records), ..self }
    }

    /// Sets the decimal mark: a point or a comma. Default: found by looking.
    pub fn decimal(self, mark: char) -> Self {
        Self { numbers: self.numbers.decimal(mark), ..self }
    }

    /// Sets which of day and month comes first in dates such as 01/02/2020. Default: found by looking.
    pub fn date_order(self, order: DateOrder) -> Self {
        Self { numbers: self.numbers.date_order(order), ..self }
    }

    /// Sets what becomes of numbers and dates that are missing. Default: an error.
    pub fn missing(self, missing: Missing) -> Self {
        Self { numbers: self.numbers.missing(missing), ..self }
    }

    /// Sets the steps per season; 1 for none. Default: by the step of the dates; 12 without dates.
    pub fn period(self, period: usize) -> Self {
        Self { period: Some(period), ..self }
    }

    /// Sets the steps to forecast. Default: a season.
    pub fn horizon(self, horizon: usize) -> Self {
        Self { horizon: Some(horizon), ..self }
    }

    /// Sets the changes that the networks read. Default: two seasons.
    pub fn length(self, length: usize) -> Self {
        Self { options: self.options.length(length), ..self }
    }

    /// Sets the number of steps at the end to test on. Default: two seasons, at most a fifth of the series.
    pub fn test(self, test: usize) -> Self {
        Self { test: Some(test), ..self }
    }

    /// Sets the units of each LSTM.
    pub fn units(self, units: usize) -> Self {
        Self { options: self.options.units(units), ..self }
    }

    /// Sets the number of passes over the series.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { options: self.options.epochs(epochs), ..self }
    }

    /// Sets the seed of the weights and of the order of the windows.
    pub fn seed(self, seed: u64) -> Self {
        Self { options: self.options.seed(seed), ..self }
    }

    /// Sets the machine. The result does not depend on it.
    pub fn machine(self, machine: &Machine) -> Self {
        Self { options: self.options.machine(machine), ..self }
    }

    /// Tests forecasts on the last part of each series, with models that were not trained on it, and forecasts the numbers
    /// after its end. Of several series, those that are too short are left out, with a note.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](gatewise::ErrorKind::Io) when the file cannot be read,
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) when it has no such column or too few numbers; otherwise
    /// as [`read_numbers`] and [`Forecaster::fit`](gatewise::Forecaster::fit).
    pub fn run(&self) -> Result<ForecastOutcome> {
        let read = self.read()?;
        let mut notes = read.notes;
        let several = read.series.len() > 1;
        let ids: Vec<_> = read.series.iter().map(|one| one.id.clone()).collect();
        let (mut series, mut short): (Vec<SeriesForecast>, Vec<(String, Error)>) = (Vec::new(), Vec::new());
        for (id, (done, found)) in ids.into_iter().zip(self.each(read.series, &read.column)) {
            for note in found {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            match done {
                Ok(done) => series.push(done),
                Err(error) if several && error.kind() == ErrorKind::Data => {
                    short.push((id.unwrap_or_default(), error));
                }
                Err(error) => return Err(error),
            }
        }
        if let Some((id, error)) = short.first() {
            let rest = if short.len() > 1 { format!(" and {} more", short.len() - 1) } else { String::new() };
            notes.push(format!("the series '{id}'{rest} cannot be forecast: {error}"));
        }
        if series.is_empty()
            && let Some((_, error)) = short.into_iter().next()
        {
            return Err(error);
        }
        let (date_column, id_columns, decimals) = (read.date_column, read.id_columns, read.decimals);
        let (file, column) = (self.file.clone(), read.column);
        Ok(ForecastOutcome { file, column, date_column, id_columns, decimals, series, notes })
    }

    /// Returns the series of the file or in memory.
    fn read(&self) -> Result<NumberFile> {
        match &self.given {
            None => read_numbers(&self.file, &self.numbers),
            Some(numbers) if self.numbers == NumberOptions::default() => {
                NumberFile::of_numbers(numbers.clone())
            }
            Some(_) => Err(Error::config(
                "columns, decimal marks and dates are of a file, but the numbers are in memory; leave these options out",
            )),
        }
    }

    fn each(&self, series: Vec<NumberSeries>, column: &str) -> Vec<(Result<SeriesForecast>, Vec<String>)> {
        let threads = self.options.machine.thread_count().min(series.len());
        let forecast = |one: &NumberSeries| {
            let mut notes = Vec::new();
            (one::forecast(self, one.clone(), column, &mut notes), notes)
        };
        if threads <= 1 {
            return series.iter().map(forecast).collect();
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(one) = series.get(at) else { break done };
                done.push((at, forecast(one)));
            }
        };
        let mut all: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, done)| done).collect()
    }
}

/// What `--output` of a forecast names, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForecastFile {
    /// A picture: .svg.
    Picture,
    /// The forecasts as rows: .csv, .tsv, .jsonl, .parquet.
    Rows(RecordFormat),
}

impl ForecastFile {
    /// Returns what goes into `path`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for any other ending.
    pub fn of(path: &Path) -> Result<Self> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match &*end {
            "svg" => Ok(Self::Picture),
            "csv" => Ok(Self::Rows(RecordFormat::Csv)),
            "tsv" => Ok(Self::Rows(RecordFormat::Tsv)),
            "jsonl" | "ndjson" => Ok(Self::Rows(RecordFormat::JsonLines)),
            "parquet" => Ok(Self::Rows(RecordFormat::Parquet)),
            _ => Err(Error::config(format!(
                "--output {} has an ending that is not written; .svg is a picture, and .csv, .tsv, .jsonl and .parquet are the \
                 forecasts as rows",
                path.display()
            ))),
        }
    }
}
