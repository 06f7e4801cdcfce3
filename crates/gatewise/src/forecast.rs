//! Forecasts of a univariate time series.
//!
//! Input: the numbers so far. Output: the next numbers, a fixed number of steps at once.

use crate::error::{Error, Result};
use crate::layers::{Dense, Input, Lstm};
use crate::loss::Loss;
use crate::model::{Machine, Model, PaddedRows, Sequential, Session};
use crate::rows::{Features, Padding, Scaler, windows};
use crate::train::Fit;
use std::sync::Arc;

/// Hyperparameters of a [`Forecaster`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastOptions {
    /// Forecast horizon: the number of steps to predict at once. Default: 1.
    pub horizon: usize,
    /// Input length of the model: the number of changes a forecast reads. Default: 24.
    pub length: usize,
    /// Units of the LSTM. Default: 32.
    pub units: usize,
    /// Number of passes over the windows of the series. Default: 200.
    pub epochs: usize,
    /// Number of windows per batch. Default: 16.
    pub batch_size: usize,
    /// Learning rate of Adam. Default: 3e-3.
    pub learning_rate: f64,
    /// Seed of the initial weights and of the order of windows. Default: 1.
    pub seed: u64,
    /// The machine that training and forecasts run on. The result does not depend on it.
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

impl ForecastOptions {
    /// Sets the forecast horizon.
    pub fn horizon(self, horizon: usize) -> Self {
        Self { horizon, ..self }
    }

    /// Sets the number of changes a forecast reads.
    pub fn length(self, length: usize) -> Self {
        Self { length, ..self }
    }

    /// Sets the units of the LSTM.
    pub fn units(self, units: usize) -> Self {
        Self { units, ..self }
    }

    /// Sets the number of passes over the windows.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Sets the number of windows per batch.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Sets the learning rate of Adam.
    pub fn learning_rate(self, learning_rate: f64) -> Self {
        Self { learning_rate, ..self }
    }

    /// Sets the seed of the initial weights and of the order of windows.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the machine to run on.
    pub fn machine(self, machine: &Machine) -> Self {
        Self { machine: machine.clone(), ..self }
    }
}

/// A forecaster of one series: Input(1) → LSTM(units) → Dense(horizon) on its changes from step to step.
///
/// A forecaster is `Send`, `Sync` and `Clone`; clones share the model.
///
/// If all numbers are positive, the model reads changes of their logarithms, so that growth and seasons are
/// proportional. Changes are standardised (mean 0, standard deviation 1); the loss is the mean squared error.
///
/// ```
/// use gatewise::{ForecastOptions, Forecaster};
/// // A season of four that grows by 2 % a step.
/// let sales: Vec<f32> = (0..80).map(|t| [4.0, 6.0, 5.0, 3.0][t % 4] * 1.02f32.powi(t as i32)).collect();
/// let options = ForecastOptions::default().horizon(4).length(8).units(8);
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
    /// Trains a forecaster on a series.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when a number is not finite or the series is too short for a
    /// single window, [`ErrorKind::Config`](crate::ErrorKind::Config) for hyperparameters out of range.
    pub fn fit(series: &[f32], options: &ForecastOptions) -> Result<Self> {
        let ForecastOptions { horizon, length, units, epochs, batch_size, .. } = *options;
        if let Some(at) = series.iter().position(|number| !number.is_finite()) {
            return Err(Error::data(format!(
                "number {} of the series is {}; replace it by a finite number",
                at + 1,
                series[at]
            )));
        }
        if series.len() < length.saturating_add(horizon).saturating_add(1) {
            return Err(Error::data(format!(
                "the series has {} numbers, but to read {length} changes and forecast {horizon} steps takes at \
                 least {}; give a longer series, or a smaller length or horizon",
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

    /// Returns whether the model reads changes of logarithms.
    pub fn logs(&self) -> bool {
        self.logs
    }

    /// Returns the next numbers after `series`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when `series` is shorter than the model's input, or
    /// contains a number that is not positive although the forecaster works on logarithms.
    pub fn forecast(&self, series: &[f32]) -> Result<Vec<f32>> {
        let known = &series[series.len().saturating_sub(self.length + 1)..];
        let [.., last] = known else { return Err(self.too_short(0)) };
        if known.len() <= self.length {
            return Err(self.too_short(known.len()));
        }
        if self.logs && known.iter().any(|&number| number <= 0.0) {
            return Err(Error::data(
                "the training series was positive, but this one is not; train on a series like this one",
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

/// Returns the changes from each number to the next.
fn changes(series: &[f32], logs: bool) -> Vec<f32> {
    let level = |number: f32| if logs { number.ln() } else { number };
    series.windows(2).map(|pair| level(pair[1]) - level(pair[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(horizon: usize) -> ForecastOptions {
        ForecastOptions::default().horizon(horizon).length(6).units(6).epochs(60).learning_rate(0.01)
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
