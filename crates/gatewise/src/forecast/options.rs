//! The hyperparameters of a forecaster.
//!
//! Input: what the caller sets. Output: [`ForecastOptions`], checked before training.

use crate::error::{Error, Result};
use crate::model::Machine;

/// The steps of windows that one network reads in all epochs together at most, unless the number of epochs is set.
pub(super) const STEPS: usize = 500_000;
/// The number of epochs where there are few rows.
const EPOCHS: usize = 50;

/// Hyperparameters of a [`Forecaster`](super::Forecaster).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastOptions {
    /// Forecast horizon: the number of steps to predict at once. Default: 1.
    pub horizon: usize,
    /// Steps per season; 1 for a series without a season. Default: 1.
    pub period: usize,
    /// Whether logarithms are forecast. Default: if all numbers of the training series are positive.
    pub logarithms: Option<bool>,
    /// The number of changes that the networks read. Default: two periods, at least 8.
    pub length: Option<usize>,
    /// Units of each LSTM. Default: 16.
    pub units: usize,
    /// The number of networks whose corrections are averaged; 0 leaves the linear part alone. Default: 5.
    pub members: usize,
    /// Number of passes over the windows of the series. Default: 50, fewer for more than 400 windows of 24 steps.
    pub epochs: Option<usize>,
    /// Number of windows per batch. Default: 16.
    pub batch_size: usize,
    /// Learning rate of Adam. Default: 3e-3.
    pub learning_rate: f64,
    /// The number of steps at the end whose forecast errors give the prediction intervals; 0 for no intervals. Default: two
    /// horizons and at least 24, at most a quarter of the series.
    pub calibration: Option<usize>,
    /// Seed of the initial weights and of the order of windows. Default: 1.
    pub seed: u64,
    /// The machine that training and forecasts run on. The result does not depend on it.
    pub machine: Machine,
}

impl Default for ForecastOptions {
    fn default() -> Self {
        Self {
            horizon: 1,
            period: 1,
            logarithms: None,
            length: None,
            units: 16,
            members: 5,
            epochs: None,
            batch_size: 16,
            learning_rate: 3e-3,
            calibration: None,
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

    /// Sets the steps per season.
    pub fn period(self, period: usize) -> Self {
        Self { period, ..self }
    }

    /// Sets whether logarithms are forecast.
    pub fn logarithms(self, logarithms: bool) -> Self {
        Self { logarithms: Some(logarithms), ..self }
    }

    /// Sets the number of changes that the networks read.
    pub fn length(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Sets the units of each LSTM.
    pub fn units(self, units: usize) -> Self {
        Self { units, ..self }
    }

    /// Sets the number of networks.
    pub fn members(self, members: usize) -> Self {
        Self { members, ..self }
    }

    /// Sets the number of passes over the windows.
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs: Some(epochs), ..self }
    }

    /// Sets the number of windows per batch.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Sets the learning rate of Adam.
    pub fn learning_rate(self, learning_rate: f64) -> Self {
        Self { learning_rate, ..self }
    }

    /// Sets the number of steps that the prediction intervals are taken from.
    pub fn calibration(self, calibration: usize) -> Self {
        Self { calibration: Some(calibration), ..self }
    }

    /// Sets the seed of the initial weights and of the order of windows.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the machine to run on.
    pub fn machine(self, machine: &Machine) -> Self {
        Self { machine: machine.clone(), ..self }
    }

    /// Returns the number of passes over windows of this many steps in all.
    pub(super) fn epochs_for(&self, steps: usize) -> usize {
        self.epochs.unwrap_or_else(|| (STEPS / steps.max(1)).clamp(1, EPOCHS))
    }

    /// Refuses hyperparameters out of range.
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [("horizon", self.horizon), ("period", self.period)] {
            if value == 0 {
                return Err(Error::config(format!("the {name} of a forecast is 0; it must be at least 1")));
            }
        }
        if self.length == Some(0) {
            return Err(Error::config("the length of a forecast is 0; it must be at least 1"));
        }
        Ok(())
    }
}
