//! Forecasts of a univariate time series, with prediction intervals.
//!
//! Input: the numbers so far. Output: the next numbers, a fixed number of steps at once, by a linear autoregression that a
//! few small LSTMs correct; and [`Baseline`]s to compare them with.

mod baselines;
mod interval;
mod linear;
mod options;
#[cfg(test)]
mod tests;

pub use baselines::{Baseline, FittedBaseline};
pub use interval::Interval;
pub use options::ForecastOptions;

use crate::error::{Error, Result};
use crate::layers::{Dense, Input, Lstm, Regularizer};
use crate::loss::Loss;
use crate::model::{Model, PaddedRows, Sequential, Session};
use crate::rows::{Dataset, Features, Inputs, Padding, Targets};
use crate::train::Fit;
use interval::Spread;
use linear::{Linear, moments};
use std::sync::Arc;

/// The share of the networks' correction that is added: the forecast is the mean of the linear and the corrected one.
const SHARE: f64 = 0.5;
/// The factor of the penalty on the squares of the networks' weights.
const PENALTY: f64 = 0.01;
/// The steps that the prediction intervals are taken from at least, where the series is long enough.
const CALIBRATION: usize = 24;
/// The least number of windows to learn from.
const WINDOWS: usize = 4;
/// The most windows to learn from; the last ones are taken.
const MOST_WINDOWS: usize = 5_000;

/// A forecaster of one series: a linear autoregression on seasonal differences, corrected by LSTMs.
///
/// * All numbers positive: levels are logarithms, so that growth and seasons are proportional. Else levels are the numbers.
/// * The linear part forecasts each step ahead from differences between a level and the one a period before, by ridge
///   regression.
/// * Each of a few networks, Input(1) → LSTM(units) → Dense(horizon), reads the standardised changes from step to step of a
///   window and is trained on what the linear part leaves, all steps ahead at once, with the mean squared error.
/// * The forecast is the linear one plus half of the mean correction.
/// * Before that, the same is trained without the last part of the series. Its errors there, scaled for each step ahead,
///   give the prediction intervals (split conformal prediction).
///
/// Sums are `f64` throughout; the networks see standardised numbers only. A forecaster is `Send`, `Sync` and `Clone`; clones
/// share the models.
///
/// ```
/// use gatewise::{ForecastOptions, Forecaster};
/// // A season of four that grows by 2 % a step.
/// let sales: Vec<f64> = (0..80).map(|t| [4.0, 6.0, 5.0, 3.0][t % 4] * 1.02f64.powi(t as i32)).collect();
/// let options = ForecastOptions::default().period(4).horizon(4);
/// let forecaster = Forecaster::fit(&sales[..76], &options)?;
/// let next = forecaster.forecast(&sales[..76])?;
/// assert!(next.iter().zip(&sales[76..]).all(|(forecast, number)| (forecast / number - 1.0).abs() < 0.01));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Forecaster {
    linear: Linear,
    networks: Vec<(Arc<Model>, Arc<Session>)>,
    /// Mean and standard deviation of the changes that the networks read.
    changes: (f64, f64),
    /// The standard deviation of what the linear part leaves.
    residual: f64,
    spread: Option<Spread>,
    logs: bool,
    length: usize,
    horizon: usize,
    period: usize,
}

impl Forecaster {
    /// Trains a forecaster on a series.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when a number is not finite or the series is too short,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for hyperparameters out of range.
    pub fn fit(series: &[f64], options: &ForecastOptions) -> Result<Self> {
        if let Some(at) = series.iter().position(|number| !number.is_finite()) {
            return Err(Error::data(format!(
                "number {} of the series is {}; replace it by a finite number",
                at + 1,
                series[at]
            )));
        }
        options.check()?;
        let needed = Self::needs(options);
        if series.len() < needed {
            return Err(Error::data(format!(
                "the series has {} numbers, but to forecast {} steps with a period of {} takes at least {needed}; give a longer \
                 series, or a smaller horizon or period",
                series.len(),
                options.horizon,
                options.period
            )));
        }
        let positive = series.iter().all(|&number| number > 0.0);
        let logs = options.logarithms.unwrap_or(positive);
        if logs && !positive {
            return Err(Error::data(
                "a number of the series is not positive, so it has no logarithm; leave logarithms out",
            ));
        }
        let levels: Vec<f64> = series.iter().map(|&number| level(number, logs)).collect();
        let held_out = options
            .calibration
            .unwrap_or(options.horizon.saturating_mul(2).max(CALIBRATION))
            .min(levels.len() / 4);
        let spread = if held_out > 0 && levels.len() - held_out >= needed {
            let first = levels.len() - held_out;
            let before = Self::train(&levels[..first], logs, options)?;
            Some(Spread::fit(&before.errors(&levels, first), options.horizon))
        } else {
            None
        };
        Ok(Self { spread, ..Self::train(&levels, logs, options)? })
    }

    /// Returns the least number of numbers that [`fit`](Self::fit) takes.
    pub fn needs(options: &ForecastOptions) -> usize {
        Linear::needs(options.period).saturating_add(options.horizon).saturating_add(WINDOWS)
    }

    /// Returns the least number of numbers that a forecast reads.
    pub fn reads(options: &ForecastOptions) -> usize {
        Linear::needs(options.period)
    }

    /// Returns whether levels are logarithms.
    pub fn logs(&self) -> bool {
        self.logs
    }

    /// Returns the next numbers after `series`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when `series` is too short, or contains a number that is not positive
    /// although the forecaster works on logarithms.
    pub fn forecast(&self, series: &[f64]) -> Result<Vec<f64>> {
        Ok(self.rolling(series, &[series.len()])?.remove(0))
    }

    /// Returns the forecasts after the first `n` numbers of `series`, for each `n` in `lengths`.
    ///
    /// # Errors
    /// As [`forecast`](Self::forecast), for the shortest length; also for a length beyond the series.
    pub fn rolling(&self, series: &[f64], lengths: &[usize]) -> Result<Vec<Vec<f64>>> {
        let levels = self.levels(series, lengths)?;
        let forecasts = self.steps(&levels, lengths)?.into_iter();
        Ok(forecasts.map(|steps| steps.into_iter().map(|step| self.number(step)).collect()).collect())
    }

    /// Returns the forecasts of the linear part alone, as [`rolling`](Self::rolling).
    ///
    /// # Errors
    /// As [`rolling`](Self::rolling).
    pub fn linear_rolling(&self, series: &[f64], lengths: &[usize]) -> Result<Vec<Vec<f64>>> {
        let levels = self.levels(series, lengths)?;
        let known = self.linear.known(&levels);
        let one = |&end: &usize, ahead| self.number(self.linear.forecast(&known, end, ahead));
        Ok(lengths.iter().map(|end| (1..=self.horizon).map(|ahead| one(end, ahead)).collect()).collect())
    }

    /// Returns the prediction intervals around `forecast`, one for each step ahead: each is expected to contain its number
    /// with probability `coverage`. Returns `None` if the series was too short to hold out a part for them.
    pub fn intervals(&self, forecast: &[f64], coverage: f64) -> Option<Vec<Interval>> {
        let spread = self.spread.as_ref()?;
        let interval = |(at, &number): (usize, &f64)| {
            let (centre, half) = (level(number, self.logs), spread.half_width(at + 1, coverage));
            Interval { low: self.number(centre - half), high: self.number(centre + half) }
        };
        Some(forecast.iter().enumerate().map(interval).collect())
    }

    fn number(&self, level: f64) -> f64 {
        if self.logs { level.exp() } else { level }
    }

    /// Returns the levels of a series, after checking what a forecast reads.
    fn levels(&self, series: &[f64], lengths: &[usize]) -> Result<Vec<f64>> {
        let needed = Linear::needs(self.period);
        let bad = lengths.iter().copied().find(|&length| length < needed || length > series.len());
        if let Some(length) = bad {
            let there = length.min(series.len());
            return Err(Error::data(format!("a forecast reads {needed} numbers, but there are {there}")));
        }
        if self.logs && series.iter().any(|&number| number <= 0.0) {
            return Err(Error::data(
                "the training series was positive, but this one is not; train on a series like this one",
            ));
        }
        Ok(series.iter().map(|&number| level(number, self.logs)).collect())
    }

    /// Trains the linear part and the networks.
    fn train(levels: &[f64], logs: bool, options: &ForecastOptions) -> Result<Self> {
        let &ForecastOptions { horizon, period, batch_size, seed, .. } = options;
        let linear = Linear::fit(levels, period, horizon);
        let steps: Vec<f64> = levels.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (length, networks) = (options.length.unwrap_or((2 * period).max(8)), Vec::new());
        let mut it = Self {
            linear,
            networks,
            changes: moments(&steps),
            residual: 1.0,
            spread: None,
            logs,
            length,
            horizon,
            period,
        };
        let last = levels.len() - horizon;
        let most = (options::STEPS / length.min(levels.len())).clamp(WINDOWS, MOST_WINDOWS);
        let first = Linear::needs(period).max((last + 1).saturating_sub(most));
        let known = it.linear.known(levels);
        let (mut rows, mut left) = (Features::new(1), Vec::new());
        for end in first..=last {
            rows.push(&it.window(&levels[..end]))?;
            let one = |ahead| levels[end + ahead - 1] - it.linear.forecast(&known, end, ahead);
            left.extend((1..=horizon).map(one));
        }
        let size = (left.iter().map(|x| x * x).sum::<f64>() / left.len() as f64).sqrt();
        let rounding = 1e-12 * levels.iter().fold(0.0f64, |most, level| most.max(level.abs()));
        if size <= rounding || options.members == 0 {
            // Nothing is left to learn.
            return Ok(it);
        }
        it.residual = size;
        let targets = Targets::rows(horizon, left.iter().map(|x| (x / size) as f32).collect())?;
        let data = Dataset::new(rows, targets)?.with_padding(Padding::to(length));
        let penalty = Regularizer::l2(PENALTY);
        for member in 0..options.members as u64 {
            let seed = seed.wrapping_mul(1_000).wrapping_add(member);
            let lstm = Lstm::new(options.units).kernel_regularizer(penalty).recurrent_regularizer(penalty);
            let dense = Dense::new(horizon).kernel_regularizer(penalty);
            let mut model = Sequential::new().with(Input::new(1)).with(lstm).with(dense).compile(seed)?;
            Fit::new()
                .epochs(options.epochs_for(data.len() * length.min(levels.len())))
                .batch_size(batch_size)
                .learning_rate(options.learning_rate)
                .loss(Loss::MeanSquaredError)
                .seed(seed)
                .machine(&options.machine)
                .run(&mut model, &data)?;
            let session = Session::new(&model, &options.machine, Padding::to(length));
            it.networks.push((model.into(), session.into()));
        }
        Ok(it)
    }

    /// Returns the standardised changes that the networks read.
    fn window(&self, known: &[f64]) -> Vec<f32> {
        let (mean, deviation) = self.changes;
        let known = &known[known.len().saturating_sub(self.length + 1)..];
        known.windows(2).map(|pair| ((pair[1] - pair[0] - mean) / deviation) as f32).collect()
    }

    /// Returns the forecast levels after the first `n` levels, for each `n` in `lengths`.
    fn steps(&self, levels: &[f64], lengths: &[usize]) -> Result<Vec<Vec<f64>>> {
        let mut rows = Features::new(1);
        lengths.iter().try_for_each(|&end| rows.push(&self.window(&levels[..end])))?;
        let rows: Inputs = rows.into();
        let mut corrections = vec![0.0; lengths.len() * self.horizon];
        for (model, session) in &self.networks {
            let rows = PaddedRows::new(model, &rows, Padding::to(self.length))?;
            let outputs = session.outputs(model, rows);
            corrections.iter_mut().zip(outputs).for_each(|(sum, output)| *sum += f64::from(output));
        }
        let factor = SHARE * self.residual / self.networks.len().max(1) as f64;
        let known = self.linear.known(levels);
        let of = |(&end, corrections): (&usize, &[f64])| {
            let steps = corrections.iter().enumerate();
            steps.map(|(at, sum)| self.linear.forecast(&known, end, at + 1) + factor * sum).collect()
        };
        Ok(lengths.iter().zip(corrections.chunks(self.horizon)).map(of).collect())
    }

    /// Returns the errors of the forecasts of the levels from `first` on: for each step ahead, the errors of all levels.
    fn errors(&self, levels: &[f64], first: usize) -> Vec<Vec<f64>> {
        let lengths: Vec<usize> = ((first + 1).saturating_sub(self.horizon).max(Linear::needs(self.period))
            ..levels.len())
            .collect();
        let steps = self.steps(levels, &lengths).unwrap_or_default();
        let of = |ahead: usize| {
            let pairs =
                lengths.iter().zip(&steps).map(move |(end, steps)| (end + ahead - 1, steps[ahead - 1]));
            pairs
                .filter(|(t, _)| (first..levels.len()).contains(t))
                .map(|(t, step)| levels[t] - step)
                .collect()
        };
        (1..=self.horizon).map(of).collect()
    }
}

fn level(number: f64, logs: bool) -> f64 {
    if logs { number.ln() } else { number }
}
