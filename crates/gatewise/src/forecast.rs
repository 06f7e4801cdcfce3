//! One series of numbers, continued.
//!
//! Enters: the numbers so far. Leaves: those that follow, a fixed number of steps at once.

use crate::error::{Error, Result};
use crate::layers::{Dense, Input, Lstm};
use crate::loss::Loss;
use crate::model::{Machine, Model, PaddedRows, Sequential, Session};
use crate::rows::{Features, Padding, Scaler, windows};
use crate::train::Fit;
use std::sync::Arc;

/// How a [`Forecaster`] is made.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastOptions {
    /// Steps that are forecast at once.
    pub horizon: usize,
    /// Changes that a forecast reads.
    pub length: usize,
    /// Units of the LSTM.
    pub units: usize,
    /// Passes over the windows of the series.
    pub epochs: usize,
    /// Windows a step.
    pub batch_size: usize,
    /// Step size of Adam.
    pub learning_rate: f64,
    /// Decides the weights and the order of windows.
    pub seed: u64,
    /// What training and forecasts run on. It does not change the result.
    pub machine: Machine,
}

impl Default for ForecastOptions {
    fn default() -> Self {
        Self {
            horizon: 1,
            length: 24,
            units: 32,
            epochs: 200,
            batch_size: 16,
            learning_rate: 3e-3,
            seed: 1,
            machine: Machine::new(),
        }
    }
}

/// Input(1) → LSTM(units) → Dense(horizon) on the changes of a series from step to step.
///
/// A forecaster is `Send`, `Sync` and `Clone`; clones share the model.
///
/// Where all numbers are positive, the changes are those of their logarithms: growth and seasons are then
/// proportional. Changes are brought to mean 0 and deviation 1; the loss is the mean squared error.
///
/// ```
/// use gatewise::{ForecastOptions, Forecaster};
/// // A season of four that grows by 2 % a step.
/// let sales: Vec<f32> = (0..80).map(|t| [4.0, 6.0, 5.0, 3.0][t % 4] * 1.02f32.powi(t as i32)).collect();
/// let options = ForecastOptions { horizon: 4, length: 8, units: 8, ..Default::default() };
/// let forecaster = Forecaster::fit(&sales[..76], &options)?;
/// let next = forecaster.forecast(&sales[..76])?;
/// assert!(next.iter().zip(&sales[76..]).all(|(forecast, number)| (forecast / number - 1.0).abs() < 0.1));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Forecaster {
    model: Arc<Model>,
    session: Arc<Session>,
    scaler: Scaler,
    logs: bool,
    length: usize,
}

impl Forecaster {
    /// Learns from a series.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when a number is not finite or the series is too short for a
    /// single window, [`ErrorKind::Config`](crate::ErrorKind::Config) for a model that cannot be.
    pub fn fit(series: &[f32], options: &ForecastOptions) -> Result<Self> {
        let ForecastOptions { horizon, length, units, epochs, batch_size, .. } = *options;
        if let Some(at) = series.iter().position(|number| !number.is_finite()) {
            return Err(Error::data(format!(
                "number {} of the series is {}; fill it in",
                at + 1,
                series[at]
            )));
        }
        if series.len() < length.saturating_add(horizon).saturating_add(1) {
            return Err(Error::data(format!(
                "the series has {} numbers, but to read {length} changes and forecast {horizon} steps takes at \
                 least {}; give more, or make both smaller",
                series.len(),
                length.saturating_add(horizon).saturating_add(1)
            )));
        }
        let logs = series.iter().all(|&number| number > 0.0);
        let changes = changes(series, logs);
        let scaler = Scaler::fit(changes.iter().copied());
        let scaled: Vec<f32> = changes.iter().map(|&change| scaler.scale(change)).collect();
        let data = windows(&scaled, length, horizon)?;
        let layers = Sequential::new().with(Input::new(1)).with(Lstm::new(units)).with(Dense::new(horizon));
        let mut model = layers.compile(options.seed)?;
        Fit::new()
            .epochs(epochs)
            .batch_size(batch_size)
            .learning_rate(options.learning_rate)
            .loss(Loss::MeanSquaredError)
            .seed(options.seed)
            .machine(&options.machine)
            .run(&mut model, &data)?;
        let session = Session::new(&model, &options.machine, Padding::to(length));
        Ok(Self { model: model.into(), session: session.into(), scaler, logs, length })
    }

    /// Whether it works on logarithms.
    pub fn logs(&self) -> bool {
        self.logs
    }

    /// The numbers that follow `series`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when it is shorter than what a forecast reads, or, where the
    /// forecaster works on logarithms, has a number that is not positive.
    pub fn forecast(&self, series: &[f32]) -> Result<Vec<f32>> {
        let known = &series[series.len().saturating_sub(self.length + 1)..];
        let [.., last] = known else { return Err(self.too_short(0)) };
        if known.len() <= self.length {
            return Err(self.too_short(known.len()));
        }
        if self.logs && known.iter().any(|&number| number <= 0.0) {
            return Err(Error::data(
                "the series that was learnt from was positive, but this one is not; learn from one that is like it",
            ));
        }
        let mut rows = Features::new(1);
        let scaled = changes(known, self.logs).into_iter().map(|change| self.scaler.scale(change));
        rows.push(&scaled.collect::<Vec<_>>())?;
        let rows = rows.into();
        let steps =
            self.session.outputs(&self.model, PaddedRows::new(&self.model, &rows, Padding::to(self.length))?);
        let mut level = if self.logs { last.ln() } else { *last };
        let follow = |step: &f32| {
            level += self.scaler.restore(*step);
            if self.logs { level.exp() } else { level }
        };
        Ok(steps.iter().map(follow).collect())
    }

    fn too_short(&self, len: usize) -> Error {
        Error::data(format!("a forecast reads {} numbers, but there are {len}", self.length + 1))
    }
}

/// From each number to the next.
fn changes(series: &[f32], logs: bool) -> Vec<f32> {
    let level = |number: f32| if logs { number.ln() } else { number };
    series.windows(2).map(|pair| level(pair[1]) - level(pair[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(horizon: usize) -> ForecastOptions {
        ForecastOptions {
            horizon,
            length: 6,
            units: 6,
            epochs: 60,
            learning_rate: 0.01,
            ..Default::default()
        }
    }

    #[test]
    fn a_season_goes_on_with_its_growth_or_about_its_level() {
        let season = [1.0, 1.5, 0.8];
        let growing: Vec<f32> = (0..60).map(|t| season[t % 3] * 1.03f32.powi(t as i32)).collect();
        let level: Vec<f32> = (0..60).map(|t| season[t % 3] - 1.1).collect();
        for (series, logs) in [(growing, true), (level, false)] {
            let forecaster = Forecaster::fit(&series[..54], &options(3)).unwrap();
            assert_eq!(forecaster.logs(), logs);
            for end in [54, 57] {
                let next = forecaster.forecast(&series[..end]).unwrap();
                for (forecast, number) in next.iter().zip(&series[end..]) {
                    let error = (forecast - number).abs() / number.abs().max(0.3);
                    assert!(error < 0.15, "{forecast} {number}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_forecast_is_refused() {
        let series: Vec<f32> = (1..40).map(|t| t as f32).collect();
        let refused = |series: &[f32], options| Forecaster::fit(series, &options).unwrap_err().to_string();
        assert!(refused(&series[..7], options(1)).contains("has 7 numbers, but to read 6 changes"));
        assert!(refused(&[1.0, f32::NAN], options(1)).contains("number 2 of the series is NaN"));
        assert!(refused(&series, ForecastOptions { units: 0, ..options(1) }).contains("at least 1 unit"));
        assert!(
            refused(&series, ForecastOptions { horizon: 0, ..options(1) }).contains("must be at least 1")
        );
        let far = ForecastOptions { horizon: usize::MAX, ..options(1) };
        assert!(refused(&series, far).contains("has 39 numbers"));
        let forecaster = Forecaster::fit(&series, &ForecastOptions { epochs: 1, ..options(2) }).unwrap();
        let refused = |series: &[f32]| forecaster.forecast(series).unwrap_err().to_string();
        assert!(refused(&[]).contains("reads 7 numbers, but there are 0"));
        assert!(refused(&series[..6]).contains("there are 6"));
        assert!(refused(&[-1.0; 9]).contains("was positive, but this one is not"));
    }
}
