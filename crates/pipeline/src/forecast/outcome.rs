//! What comes of a forecast, and the object that `--format json` prints.

use gatewise::Result;
use gatewise::files::Timeline;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The result of a forecast. Serde writes the object that `gatewise forecast --format json` prints.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastOutcome {
    /// File of the series.
    pub file: PathBuf,
    /// Column of the numbers.
    pub column: String,
    /// Column of the dates.
    pub date_column: Option<String>,
    /// Columns that name the series; empty for one series.
    pub id_columns: Vec<String>,
    /// The most decimals of a number in the file.
    pub decimals: usize,
    /// The series; at least one.
    pub series: Vec<SeriesForecast>,
    /// What was found by looking, one sentence each.
    pub notes: Vec<String>,
}

/// The forecast of one series, and its test.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeriesForecast {
    /// Name of the series, where the file has several.
    pub id: Option<String>,
    /// Numbers of the series.
    pub numbers: Vec<f64>,
    /// Dates of the numbers.
    pub dates: Option<Timeline>,
    /// Whether the model works on logarithms.
    pub logarithms: bool,
    /// Steps per season.
    pub period: usize,
    /// Steps forecast.
    pub horizon: usize,
    /// First step of the test part.
    pub first: usize,
    /// Errors of the baselines on the test part. The last one is the model without its LSTMs.
    pub baselines: Vec<TestedBaseline>,
    /// Errors of the model on the test part.
    pub lstm: Errors,
    /// Share of the numbers of the test part that lie in their 80 % prediction intervals.
    pub coverage_80: Option<f64>,
    /// Share of the numbers of the test part that lie in their 95 % prediction intervals.
    pub coverage_95: Option<f64>,
    /// Forecasts of the test part, one step ahead and `horizon` steps ahead.
    pub tested: Vec<TestedForecast>,
    /// Forecasts of the numbers after the end of the series.
    pub forecast: Vec<ForecastPoint>,
}

impl SeriesForecast {
    /// Returns the baseline with the smallest mean absolute error over all steps ahead.
    pub fn best_baseline(&self) -> Option<&TestedBaseline> {
        self.baselines.iter().min_by(|a, b| a.errors.mae.total_cmp(&b.errors.mae))
    }

    /// Returns whether the error of the model is smaller than the error of the best baseline.
    pub fn beats_baselines(&self) -> bool {
        self.best_baseline().is_none_or(|best| self.lstm.mae < best.errors.mae)
    }
}

/// Mean absolute errors on the test part, by rolling origin: each number is forecast from all that comes before, 1 to
/// `horizon` steps ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Errors {
    /// The mean over all steps ahead.
    pub mae: f64,
    /// One step ahead.
    pub mae_first: f64,
    /// `horizon` steps ahead.
    pub mae_last: f64,
}

/// A baseline and its errors.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestedBaseline {
    /// Name in JSON.
    pub key: &'static str,
    /// Name in text.
    pub name: String,
    /// Errors on the test part.
    pub errors: Errors,
}

/// Forecasts of the test part of a series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestedForecast {
    /// Steps ahead.
    pub horizon: usize,
    /// Forecasts, one for each step of the test part.
    pub forecasts: Vec<f64>,
}

/// The forecast of one number, with its prediction intervals.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastPoint {
    /// Steps after the end of the series, from 1.
    pub step: usize,
    /// Date, where the series has regular dates.
    pub date: Option<String>,
    /// Forecast.
    pub value: f64,
    /// Bounds that the number is expected to lie between with a probability of 80 %.
    pub interval_80: Option<(f64, f64)>,
    /// Bounds that the number is expected to lie between with a probability of 95 %.
    pub interval_95: Option<(f64, f64)>,
}

/// A forecast as a row of a file, and as an object in JSON.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    value: f64,
    lo80: Option<f64>,
    hi80: Option<f64>,
    lo95: Option<f64>,
    hi95: Option<f64>,
}

impl ForecastPoint {
    /// Returns the row of a forecast, rounded to three decimals more than the data have.
    pub(super) fn row<'a>(&'a self, id: Option<&'a str>, decimals: usize) -> Row<'a> {
        let round = |number: f64| format!("{number:.*}", (decimals + 3).min(15)).parse().unwrap_or(number);
        let [inner, outer] = [self.interval_80, self.interval_95];
        Row {
            id,
            date: self.date.as_deref(),
            step: self.date.is_none().then_some(self.step),
            value: round(self.value),
            lo80: inner.map(|bounds| round(bounds.0)),
            hi80: inner.map(|bounds| round(bounds.1)),
            lo95: outer.map(|bounds| round(bounds.0)),
            hi95: outer.map(|bounds| round(bounds.1)),
        }
    }
}

impl Errors {
    fn json(&self, horizon: usize) -> Value {
        json!({"mae": self.mae, "mae_1_ahead": self.mae_first, format!("mae_{horizon}_ahead"): self.mae_last})
    }
}

impl Serialize for ForecastOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let series = |it: &SeriesForecast| {
            let baseline = |baseline: &TestedBaseline| {
                let mut object = baseline.errors.json(it.horizon);
                object["name"] = baseline.key.into();
                object
            };
            let mut lstm = it.lstm.json(it.horizon);
            lstm["beats_baselines"] = it.beats_baselines().into();
            json!({
                "id": it.id,
                "numbers": it.numbers.len(),
                "step": it.dates.as_ref().and_then(Timeline::step).map(|step| step.to_string()),
                "logarithms": it.logarithms,
                "period": it.period,
                "tested": it.numbers.len() - it.first,
                "baselines": it.baselines.iter().map(baseline).collect::<Vec<_>>(),
                "lstm": lstm,
                "coverage": {"80": it.coverage_80, "95": it.coverage_95},
                "forecast": it.forecast.iter().map(|point| point.row(None, self.decimals)).collect::<Vec<_>>(),
            })
        };
        json!({
            "data": self.file.display().to_string(),
            "column": self.column,
            "date_column": self.date_column,
            "id_columns": self.id_columns,
            "series": self.series.iter().map(series).collect::<Vec<_>>(),
            "notes": self.notes,
        })
        .serialize(serializer)
    }
}
