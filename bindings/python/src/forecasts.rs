//! Forecasts of series of numbers.
//!
//! Input: a file, or numbers of Python, and settings as JSON with the names of the options of `gatewise forecast`. Output: the
//! outcome as JSON, with the forecasts in full precision.

use crate::settings;
use crate::watch::Watch;
use gatewise::files::{DateOrder, Delimiter, Encoding, Missing, RecordOptions};
use gatewise_pipeline::{ForecastConfig, ForecastFile, ForecastPoint, machine};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;

/// The settings of a forecast.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    column: Option<String>,
    date_column: Option<String>,
    id_column: Vec<String>,
    decimal: Option<char>,
    date_order: Option<String>,
    missing: Option<String>,
    delimiter: Option<Delimiter>,
    header: Option<bool>,
    encoding: Option<Encoding>,
    period: Option<usize>,
    horizon: Option<usize>,
    length: Option<usize>,
    test: Option<usize>,
    units: Option<usize>,
    epochs: Option<usize>,
    seed: Option<u64>,
    threads: Option<usize>,
    output: Option<PathBuf>,
}

impl Settings {
    fn config(&self, mut config: ForecastConfig) -> PyResult<ForecastConfig> {
        let mut records = RecordOptions::default();
        (records.delimiter, records.header, records.encoding) = (self.delimiter, self.header, self.encoding);
        config = config.records(records).machine(&machine(self.threads, None));
        let numbers: [(Option<usize>, SetNumber); 6] = [
            (self.period, ForecastConfig::period),
            (self.horizon, ForecastConfig::horizon),
            (self.length, ForecastConfig::length),
            (self.test, ForecastConfig::test),
            (self.units, ForecastConfig::units),
            (self.epochs, ForecastConfig::epochs),
        ];
        for (value, set) in numbers {
            config = value.map_or(config.clone(), |value| set(config, value));
        }
        if let Some(seed) = self.seed {
            config = config.seed(seed);
        }
        if let Some(name) = &self.column {
            config = config.column(name);
        }
        if let Some(name) = &self.date_column {
            config = config.date_column(name);
        }
        config = self.id_column.iter().fold(config, ForecastConfig::id_column);
        if let Some(mark) = self.decimal {
            config = config.decimal(mark);
        }
        config = match self.date_order.as_deref() {
            None => config,
            Some("day-first") => config.date_order(DateOrder::DayFirst),
            Some("month-first") => config.date_order(DateOrder::MonthFirst),
            Some(other) => return Err(unknown("date_order", other, "'day-first' or 'month-first'")),
        };
        Ok(match self.missing.as_deref() {
            None => config,
            Some("interpolate") => config.missing(Missing::Interpolate),
            Some("previous") => config.missing(Missing::Previous),
            Some("drop") => config.missing(Missing::Drop),
            Some(other) => return Err(unknown("missing", other, "'interpolate', 'previous' or 'drop'")),
        })
    }
}

/// Sets a number of a configuration.
type SetNumber = fn(ForecastConfig, usize) -> ForecastConfig;

fn unknown(name: &str, value: &str, expected: &str) -> PyErr {
    PyValueError::new_err(format!("{name} is '{value}'; it must be {expected}"))
}

/// Forecasts the series of a file, or one series of numbers. Returns the outcome as JSON.
#[pyfunction]
pub fn forecast(py: Python<'_>, data: &Bound<'_, PyAny>, settings: &str) -> PyResult<String> {
    let settings: Settings = settings::read("forecast", settings)?;
    let config = match data.extract::<PathBuf>() {
        Ok(path) => ForecastConfig::new(path),
        Err(_) => ForecastConfig::of_numbers(numbers(data)?),
    };
    let config = settings.config(config)?;
    let (outcome, seen) = Watch::new(None).run(py, |_| {
        let file = settings.output.as_ref().map(|path| ForecastFile::of(path)).transpose()?;
        let outcome = config.run()?;
        match (file, &settings.output) {
            (Some(ForecastFile::Rows(format)), Some(path)) => outcome.write_rows(path, format)?,
            (Some(_), Some(path)) => {
                return Err(gatewise::Error::config(format!(
                    "output {} is a picture, which the program draws; .csv, .tsv, .jsonl and .parquet are rows",
                    path.display()
                )));
            }
            _ => {}
        }
        Ok(outcome)
    })?;
    if seen.stopped {
        return Err(pyo3::exceptions::PyKeyboardInterrupt::new_err("the forecast was stopped"));
    }
    let point = |point: &ForecastPoint| json!({"step": point.step, "date": point.date, "value": point.value, "80": point.interval_80, "95": point.interval_95});
    let mut figures = json!(outcome);
    for (series, object) in outcome.series.iter().zip(figures["series"].as_array_mut().into_iter().flatten())
    {
        object["forecast"] = series.forecast.iter().map(point).collect();
        object["horizon"] = series.horizon.into();
    }
    Ok(figures.to_string())
}

/// Returns the numbers of a series.
fn numbers(data: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let array = data.py().import("numpy")?.call_method1("asarray", (data, "float64"))?;
    let array = array.cast_into::<PyArray1<f64>>().map_err(|_| {
        PyTypeError::new_err(
            "a series is a path, or numbers in order of time: a list or an array of one dimension",
        )
    })?;
    Ok(array.readonly().as_array().iter().copied().collect())
}
