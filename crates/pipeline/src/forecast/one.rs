//! The forecast of one series.
//!
//! Input: a series and the settings. Output: the errors of the model and of baselines on its last part, and the numbers that
//! follow.

use super::ForecastConfig;
use super::outcome::{Errors, ForecastPoint, SeriesForecast, TestedBaseline, TestedForecast};
use gatewise::files::NumberSeries;
use gatewise::{Baseline, Error, ForecastOptions, Forecaster, Result};

/// The steps per season of a series without dates.
const PERIOD: usize = 12;
/// The most steps to forecast of a series without a season, unless stated.
const HORIZON: usize = 12;
/// The longest season that is looked for.
const REPEATS: usize = 400;
/// The autocorrelation of a season that is clear.
const CLEARLY: f64 = 0.3;

/// The sizes of a forecast.
struct Sizes {
    period: usize,
    horizon: usize,
    test: usize,
}

impl Sizes {
    /// Returns the sizes for a period.
    fn of(config: &ForecastConfig, numbers: usize, period: usize) -> Self {
        let season = if period > 1 { period } else { HORIZON.min(numbers / 10).max(1) };
        let horizon = config.horizon.unwrap_or(season);
        let test = config.test.unwrap_or((2 * season).min(numbers / 5).max(1));
        Self { period, horizon, test }
    }

    /// Returns whether the numbers before the test part are enough to train on.
    fn fit(&self, numbers: usize, options: &ForecastOptions) -> bool {
        let options = options.clone().period(self.period).horizon(self.horizon);
        numbers.checked_sub(self.test).is_some_and(|first| first >= Forecaster::needs(&options))
    }

    /// Returns the sizes that are stated, else those that the dates suggest and the numbers allow.
    fn choose(config: &ForecastConfig, series: &NumberSeries, notes: &mut Vec<String>) -> Self {
        let numbers = series.values.len();
        let step = series.dates.as_ref().and_then(|dates| dates.step());
        let Some(step) = step.filter(|_| config.period.is_none()) else {
            let default = if series.dates.is_some() { 1 } else { PERIOD };
            let sizes = Self::of(config, numbers, config.period.unwrap_or(default));
            if config.period.is_none() && series.dates.is_none() && sizes.fit(numbers, &config.options) {
                let seen = repeats(&series.values[..numbers - sizes.test]);
                let seen = seen.map_or(String::new(), |steps| {
                    format!("; the numbers repeat about every {steps} steps, try --period {steps}")
                });
                let note =
                    format!("there are no dates; a season of {PERIOD} steps is assumed (--period){seen}");
                once(notes, note);
            }
            return sizes;
        };
        let period = step.period().unwrap_or(1);
        let sizes = Self::of(config, numbers, period);
        if period > 1 && !sizes.fit(numbers, &config.options) {
            let note = format!(
                "{numbers} {step} numbers are too few for a season of {period} steps; none is assumed (--period)"
            );
            once(notes, note);
            return Self::of(config, numbers, 1);
        }
        let note = match period {
            1 => format!("dates are {step}; no season is assumed (--period)"),
            _ => format!("dates are {step}; a season has {period} steps (--period)"),
        };
        once(notes, note);
        sizes
    }
}

/// Adds a note that is the same for several series.
fn once(notes: &mut Vec<String>, note: String) {
    if !notes.contains(&note) {
        notes.push(note);
    }
}

/// Returns the steps after which numbers repeat, if they do so far more clearly than after the season that is assumed: the
/// first peak of the autocorrelation of their changes that is about as high as the highest.
fn repeats(values: &[f64]) -> Option<usize> {
    let changes: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = changes.iter().sum::<f64>() / changes.len().max(1) as f64;
    let changes: Vec<f64> = changes.into_iter().map(|change| change - mean).collect();
    let product = |lag: usize| changes.iter().zip(changes.iter().skip(lag)).map(|(a, b)| a * b).sum::<f64>();
    let (all, most) = (product(0), (changes.len() / 3).min(REPEATS));
    if all <= 0.0 || !all.is_finite() {
        return None;
    }
    let shares: Vec<f64> = (0..=most + 1).map(|lag| product(lag) / all).collect();
    let is_peak = |lag: &usize| shares[*lag] > shares[lag - 1] && shares[*lag] >= shares[lag + 1];
    let peaks: Vec<usize> = (2..=most).filter(is_peak).collect();
    let highest = peaks.iter().map(|&lag| shares[lag]).fold(0.0, f64::max);
    // What repeats also repeats after twice as many steps.
    let best = peaks.into_iter().find(|&lag| shares[lag] >= 0.75 * highest)?;
    let assumed = shares.get(PERIOD).copied().unwrap_or(0.0);
    (best != PERIOD && shares[best] > CLEARLY && shares[best] > assumed + CLEARLY / 2.0).then_some(best)
}

/// Forecasts of the test part for each step ahead, by the length of what was known.
struct Rolling<'a> {
    series: &'a [f64],
    first: usize,
    lengths: Vec<usize>,
    forecasts: Vec<Vec<f64>>,
}

impl Rolling<'_> {
    /// Returns the forecasts of the test part, `ahead` steps ahead.
    fn ahead(&self, ahead: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let of = move |(length, forecast): (&usize, &Vec<f64>)| (length + ahead - 1, forecast[ahead - 1]);
        let all = self.lengths.iter().zip(&self.forecasts).map(of);
        all.filter(|(at, _)| (self.first..self.series.len()).contains(at))
    }

    fn error(&self, ahead: usize) -> f64 {
        let errors: Vec<f64> =
            self.ahead(ahead).map(|(at, forecast)| (forecast - self.series[at]).abs()).collect();
        errors.iter().sum::<f64>() / errors.len().max(1) as f64
    }

    fn errors(&self, horizon: usize) -> Errors {
        let each: Vec<f64> = (1..=horizon).map(|ahead| self.error(ahead)).collect();
        Errors {
            mae: each.iter().sum::<f64>() / horizon as f64,
            mae_first: each[0],
            mae_last: each[horizon - 1],
        }
    }
}

/// Tests forecasts of a series, and forecasts what follows it.
pub(super) fn forecast(
    config: &ForecastConfig,
    series: NumberSeries,
    column: &str,
    notes: &mut Vec<String>,
) -> Result<SeriesForecast> {
    let sizes = Sizes::choose(config, &series, notes);
    let Sizes { period, horizon, test } = sizes;
    let options = config.options.clone().period(period).horizon(horizon);
    let (id, values, dates) = (series.id, series.values, series.dates);
    // The part to test on may be the first that is not positive.
    let options = options.logarithms(values.iter().all(|&number| number > 0.0));
    if !sizes.fit(values.len(), &options) {
        let large = [("--test", test), ("--horizon", horizon), ("--period", period)];
        let large: Vec<&str> = large.iter().filter(|(_, size)| *size > 2).map(|(name, _)| *name).collect();
        let advice = match large.as_slice() {
            [] => String::new(),
            [one] => format!("; add numbers, or make {one} smaller"),
            [rest @ .., last] => format!("; add numbers, or make {} or {last} smaller", rest.join(", ")),
        };
        return Err(Error::data(format!(
            "{} has {} numbers in column '{column}'{}, but {} are needed when {test} at the end {} held out for testing, {horizon} {} \
             forecast and {}{advice}",
            config.file.display(),
            values.len(),
            id.as_ref().map_or(String::new(), |id| format!(", series '{id}'")),
            Forecaster::needs(&options).saturating_add(test),
            if test == 1 { "is" } else { "are" },
            if horizon == 1 { "is" } else { "are" },
            if period == 1 {
                "there is no season".to_owned()
            } else {
                format!("a season has {period} steps")
            },
        )));
    }
    let first = values.len() - test;
    let tester = Forecaster::fit(&values[..first], &options)?;
    // A forecast needs what training needs but for its targets.
    let least = Forecaster::reads(&options);
    let lengths: Vec<usize> = ((first + 1).saturating_sub(horizon).max(least)..values.len()).collect();
    let rolling = |forecasts| Rolling { series: &values, first, lengths: lengths.clone(), forecasts };

    let lstm = rolling(tester.rolling(&values, &lengths)?);
    let mut baselines = Vec::new();
    for &baseline in Baseline::all(period) {
        let fitted = baseline.fit(&values[..first], period);
        let forecasts = lengths.iter().map(|&length| fitted.forecast(&values[..length], horizon)).collect();
        let errors = rolling(forecasts).errors(horizon);
        baselines.push(TestedBaseline { key: baseline.key(), name: baseline.to_string(), errors });
    }
    let errors = rolling(tester.linear_rolling(&values, &lengths)?).errors(horizon);
    let name = "linear autoregression".to_owned();
    baselines.push(TestedBaseline { key: "linear_autoregression", name, errors });

    let coverage = [0.8, 0.95].map(|coverage| share_inside(&tester, &lstm, horizon, coverage));
    let mut steps = vec![1, horizon];
    steps.dedup();
    let tested = steps.into_iter().map(|ahead| TestedForecast {
        horizon: ahead,
        forecasts: lstm.ahead(ahead).map(|(_, forecast)| forecast).collect(),
    });
    let (errors, tested) = (lstm.errors(horizon), tested.collect());

    let whole = Forecaster::fit(&values, &options)?;
    let next = whole.forecast(&values)?;
    let intervals = [0.8, 0.95].map(|coverage| whole.intervals(&next, coverage));
    let point = |(at, &value): (usize, &f64)| {
        let bounds = |which: usize| intervals[which].as_ref().map(|all| (all[at].low, all[at].high));
        let date = dates.as_ref().and_then(|dates| dates.label(values.len() + at));
        ForecastPoint { step: at + 1, date, value, interval_80: bounds(0), interval_95: bounds(1) }
    };
    let forecast = next.iter().enumerate().map(point).collect();
    let logarithms = whole.logs();
    let [coverage_80, coverage_95] = coverage;
    Ok(SeriesForecast {
        id,
        numbers: values,
        dates,
        logarithms,
        period,
        horizon,
        first,
        baselines,
        lstm: errors,
        coverage_80,
        coverage_95,
        tested,
        forecast,
    })
}

/// Returns the share of the numbers of the test part, at all steps ahead, that lie in their prediction intervals.
fn share_inside(tester: &Forecaster, lstm: &Rolling<'_>, horizon: usize, coverage: f64) -> Option<f64> {
    let (mut inside, mut all) = (0.0, 0.0);
    for (length, forecast) in lstm.lengths.iter().zip(&lstm.forecasts) {
        let intervals = tester.intervals(forecast, coverage)?;
        for (at, interval) in (*length..length + horizon).zip(intervals) {
            if at >= lstm.first && at < lstm.series.len() {
                all += 1.0;
                inside += f64::from(u8::from(interval.contains(lstm.series[at])));
            }
        }
    }
    Some(inside / f64::max(all, 1.0))
}
