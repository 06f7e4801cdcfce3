//! A series of numbers: how well it can be forecast, and how it goes on.

use gatewise::files::{last_number_column, read_series};
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
    period: usize,
    horizon: Option<usize>,
    length: Option<usize>,
    test: Option<usize>,
    options: ForecastOptions,
}

impl ForecastConfig {
    /// Returns the forecast of the series in a CSV file: a season of 12 steps, an LSTM of 32 units, 200 epochs.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        let options = ForecastOptions::default().units(32).epochs(200).seed(1);
        let file = file.into();
        Self { file, column: None, period: 12, horizon: None, length: None, test: None, options }
    }

    /// Sets the column of the numbers; without it, the last whose values are numbers.
    pub fn column(self, name: impl Into<String>) -> Self {
        Self { column: Some(name.into()), ..self }
    }

    /// Sets the steps of a season; the forecast to beat is the number a season before.
    pub fn period(self, period: usize) -> Self {
        Self { period, ..self }
    }

    /// Sets the steps to forecast; without it, a season.
    pub fn horizon(self, horizon: usize) -> Self {
        Self { horizon: Some(horizon), ..self }
    }

    /// Sets the steps that a forecast reads; without it, two seasons.
    pub fn length(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Sets the last steps that forecasts are tested on; without it, two seasons.
    pub fn test(self, test: usize) -> Self {
        Self { test: Some(test), ..self }
    }

    /// Sets the units of the LSTM.
    pub fn units(mut self, units: usize) -> Self {
        self.options.units = units;
        self
    }

    /// Sets the passes over the series.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.options.epochs = epochs;
        self
    }

    /// Sets the seed of the weights and of the order of windows.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Sets the machine to run on; the result does not depend on it.
    pub fn machine(mut self, machine: Machine) -> Self {
        self.options.machine = machine;
        self
    }

    /// Tests forecasts on the last part of the series, by models that did not see it, and forecasts what follows.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](gatewise::ErrorKind::Io) when the file cannot be read,
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) when it has no such column or too few numbers, and what
    /// [`Forecaster::fit`] gives.
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
                "{} has {} numbers in column '{column}', which leaves too few to learn from when the last {test} are \
                 kept to test on, {length} are read and {horizon} forecast; make --test, --length or --horizon smaller",
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

/// Forecasts of the part that is kept to test on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestedForecast {
    /// Steps ahead.
    pub horizon: usize,
    /// One a step of that part.
    pub forecasts: Vec<f32>,
    /// How far off they are.
    pub mean_absolute_error: f64,
}

/// How well a series can be forecast, and how it goes on. With serde it is the object that
/// `gatewise forecast --format json` prints.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastOutcome {
    /// The file.
    pub file: PathBuf,
    /// The column of the numbers.
    pub column: String,
    /// The numbers.
    pub series: Vec<f32>,
    /// Whether the changes of their logarithms are forecast.
    pub logarithms: bool,
    /// Steps of a season.
    pub period: usize,
    /// Where the part that is kept to test on begins.
    pub first: usize,
    /// How far off the number a season before is, on that part: the mean absolute error.
    pub season_before: f64,
    /// One step ahead and `horizon` steps ahead.
    pub tested: Vec<TestedForecast>,
    /// What follows the series.
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
