//! Forecasts of a series of numbers, and their test on its last part.

use gatewise::files::{RecordOptions, last_number_column, read_series};
use gatewise::{Error, ForecastOptions, Forecaster, Machine, Result};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The settings of a forecast.
///
/// ```
/// use gatewise_pipeline::ForecastConfig;
/// # let folder = tempfile::tempdir().unwrap();
/// # let sales = folder.path().join("sales.csv");
/// let lines: String = (0..60).map(|t| format!("{t},{}\n", [4.0, 6.0, 5.0, 3.0][t % 4])).collect();
/// std::fs::write(&sales, format!("quarter,sales\n{lines}")).unwrap();
/// let outcome = ForecastConfig::new(&sales).period(4).units(4).epochs(2).run()?;
/// assert_eq!((outcome.column.as_str(), outcome.next.len()), ("sales", 4));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ForecastConfig {
    file: PathBuf,
    column: Option<String>,
    records: RecordOptions,
    period: usize,
    horizon: Option<usize>,
    length: Option<usize>,
    test: Option<usize>,
    options: ForecastOptions,
}

impl ForecastConfig {
    /// Creates the settings for the series in a CSV file: a season of 12 steps, 32 units, 200 epochs.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        let options = ForecastOptions::default().units(32).epochs(200).seed(1);
        let (file, records) = (file.into(), RecordOptions::default());
        Self { file, column: None, records, period: 12, horizon: None, length: None, test: None, options }
    }

    /// Sets the column of the numbers. Default: the last column of numbers.
    pub fn column(self, name: impl Into<String>) -> Self {
        Self { column: Some(name.into()), ..self }
    }

    /// Sets how the file is read: delimiter, header, encoding, and the handling of bad records.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { records, ..self }
    }

    /// Sets the steps per season; the baseline is the number one season before.
    pub fn period(self, period: usize) -> Self {
        Self { period, ..self }
    }

    /// Sets the steps to forecast. Default: a season.
    pub fn horizon(self, horizon: usize) -> Self {
        Self { horizon: Some(horizon), ..self }
    }

    /// Sets the steps that a forecast reads. Default: two seasons.
    pub fn length(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Sets the number of steps at the end to test on. Default: two seasons.
    pub fn test(self, test: usize) -> Self {
        Self { test: Some(test), ..self }
    }

    /// Sets the units of the LSTM.
    pub fn units(mut self, units: usize) -> Self {
        self.options.units = units;
        self
    }

    /// Sets the number of passes over the series.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.options.epochs = epochs;
        self
    }

    /// Sets the seed of the weights and of the order of the windows.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Sets the machine. The result does not depend on it.
    pub fn machine(mut self, machine: Machine) -> Self {
        self.options.machine = machine;
        self
    }

    /// Tests forecasts on the last part of the series, with models that were not trained on it, and forecasts
    /// the numbers after its end.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](gatewise::ErrorKind::Io) when the file cannot be read,
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) when it has no such column or too few numbers; otherwise
    /// as [`Forecaster::fit`].
    pub fn run(&self) -> Result<ForecastOutcome> {
        let file: &Path = &self.file;
        let column = self.column.clone().map_or_else(|| last_number_column(file), Ok)?;
        let series = read_series(file, &column)?;
        let period = self.period;
        let (horizon, length) = (self.horizon.unwrap_or(period), self.length.unwrap_or(2 * period));
        let test = self.test.unwrap_or(2 * period);
        let first = series.len().checked_sub(test).filter(|first| *first > period.max(length + horizon));
        let Some(first) = first else {
            return Err(Error::data(format!(
                "{} has {} numbers in column '{column}', too few to train on when the last {test} are \
                 held out for testing, {length} are read and {horizon} forecast; make --test, --length or --horizon smaller",
                file.display(),
                series.len()
            )));
        };
        let options = |horizon| self.options.clone().horizon(horizon).length(length);
        let error = |forecasts: &[f32]| {
            let off = forecasts.iter().zip(&series[first..]).map(|(a, b)| f64::from((a - b).abs()));
            off.sum::<f64>() / test as f64
        };
        let season_before = error(&series[first - period..series.len() - period]);
        let mut horizons = vec![1, horizon];
        horizons.dedup();
        let tested = |horizon| -> Result<TestedForecast> {
            let forecaster = Forecaster::fit(&series[..first], &options(horizon))?;
            let of = |at: usize| Ok(forecaster.forecast(&series[..=at - horizon])?[horizon - 1]);
            let forecasts = (first..series.len()).map(of).collect::<Result<Vec<f32>>>()?;
            Ok(TestedForecast { horizon, mean_absolute_error: error(&forecasts), forecasts })
        };
        let tested = horizons.into_iter().map(tested).collect::<Result<_>>()?;
        let whole = Forecaster::fit(&series, &options(horizon))?;
        let (next, logarithms) = (whole.forecast(&series)?, whole.logs());
        let (file, period) = (self.file.clone(), self.period);
        Ok(ForecastOutcome { file, column, series, logarithms, period, first, season_before, tested, next })
    }
}

/// Forecasts of the test part of a series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestedForecast {
    /// Steps ahead.
    pub horizon: usize,
    /// Forecasts, one for each step of the test part.
    pub forecasts: Vec<f32>,
    /// Mean absolute error of the forecasts.
    pub mean_absolute_error: f64,
}

/// The result of a forecast. Serde writes the object that `gatewise forecast --format json` prints.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastOutcome {
    /// File of the series.
    pub file: PathBuf,
    /// Column of the numbers.
    pub column: String,
    /// Numbers of the series.
    pub series: Vec<f32>,
    /// Whether the model forecasts changes of the logarithm, and not changes.
    pub logarithms: bool,
    /// Steps per season.
    pub period: usize,
    /// First step of the test part.
    pub first: usize,
    /// Mean absolute error of the baseline on the test part: the number one season before.
    pub season_before: f64,
    /// Tested forecasts, one step ahead and `horizon` steps ahead.
    pub tested: Vec<TestedForecast>,
    /// Forecast of the numbers after the end of the series.
    pub next: Vec<f32>,
}

impl Serialize for ForecastOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mae = |it: &TestedForecast| json!({"horizon": it.horizon, "mae": it.mean_absolute_error});
        json!({
            "file": self.file,
            "column": self.column,
            "numbers": self.series.len(),
            "logarithms": self.logarithms,
            "tested": self.series.len() - self.first,
            "season_before_mae": self.season_before,
            "lstm": self.tested.iter().map(mae).collect::<Vec<_>>(),
            "forecast": self.next,
        })
        .serialize(serializer)
    }
}
