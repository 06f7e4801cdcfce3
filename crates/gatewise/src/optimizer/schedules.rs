//! Keras's schedules of the learning rate.
//!
//! Input: the number of steps done. Output: the learning rate of the next step, in `f64`.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A schedule that is `values[i]` up to and including step `boundaries[i]`, and the last value afterwards.
///
/// ```
/// use gatewise::optimizer::{LearningRate, PiecewiseConstantDecay};
/// let rate = LearningRate::from(PiecewiseConstantDecay::new([100], [0.01, 0.001]));
/// assert_eq!((rate.at(100), rate.at(101)), (0.01, 0.001));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PiecewiseConstantDecay {
    /// Steps, in ascending order.
    pub boundaries: Vec<u64>,
    /// Learning rates, one more than boundaries. `values[i]` ends with step `boundaries[i]`.
    pub values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// Creates a schedule of `values` between `boundaries`.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self { boundaries: boundaries.into(), values: values.into() }
    }

    pub(super) fn at(&self, iterations: u64) -> f64 {
        let place = self.boundaries.partition_point(|&boundary| boundary < iterations);
        self.values.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// Exponential decay: `initial·rate^(t / steps)`. With `staircase` the quotient is rounded down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExponentialDecay {
    /// Learning rate at step 0.
    pub initial_learning_rate: f64,
    /// Number of steps that multiply the learning rate by `decay_rate`.
    pub decay_steps: u64,
    /// Factor of `decay_steps` steps.
    pub decay_rate: f64,
    /// Whether the learning rate falls only at the end of every `decay_steps` steps. Default: false.
    #[serde(default)]
    pub staircase: bool,
}

impl ExponentialDecay {
    /// Creates a decay that is continuous.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Sets whether the learning rate falls only at the end of every `decay_steps` steps.
    pub fn staircase(self, staircase: bool) -> Self {
        Self { staircase, ..self }
    }

    pub(super) fn at(&self, t: f64) -> f64 {
        self.initial_learning_rate * self.decay_rate.powf(periods(t, self.decay_steps, self.staircase))
    }
}

/// Inverse time decay: `initial / (1 + rate·t / steps)`. With `staircase` the quotient is rounded down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct InverseTimeDecay {
    /// Learning rate at step 0.
    pub initial_learning_rate: f64,
    /// Number of steps that add `decay_rate` to the divisor.
    pub decay_steps: u64,
    /// Increase of the divisor.
    pub decay_rate: f64,
    /// Whether the divisor grows only at the end of every `decay_steps` steps. Default: false.
    #[serde(default)]
    pub staircase: bool,
}

impl InverseTimeDecay {
    /// Creates a decay that is continuous.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Sets whether the learning rate falls only at the end of every `decay_steps` steps.
    pub fn staircase(self, staircase: bool) -> Self {
        Self { staircase, ..self }
    }

    pub(super) fn at(&self, t: f64) -> f64 {
        self.initial_learning_rate / (1.0 + self.decay_rate * periods(t, self.decay_steps, self.staircase))
    }
}

/// Returns t / steps, rounded down if `whole`.
fn periods(t: f64, steps: u64, whole: bool) -> f64 {
    let periods = t / steps as f64;
    if whole { periods.floor() } else { periods }
}

/// Polynomial decay: `(initial − end)·(1 − t / steps)^power + end`, and `end` after `steps` steps.
///
/// With `cycle` the decay repeats, over a longer period each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PolynomialDecay {
    /// Learning rate at step 0.
    pub initial_learning_rate: f64,
    /// Number of steps until the end.
    pub decay_steps: u64,
    /// Final learning rate. Default: 1e-4.
    #[serde(default = "end_learning_rate")]
    pub end_learning_rate: f64,
    /// Power of the polynomial. Default: 1, a straight line.
    #[serde(default = "one")]
    pub power: f64,
    /// Whether the period becomes the next multiple of `decay_steps` after the end. Default: false.
    #[serde(default)]
    pub cycle: bool,
}

impl PolynomialDecay {
    /// Creates a linear decay to 1e-4.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, end_learning_rate: 1e-4, power: 1.0, cycle: false }
    }

    /// Sets the final learning rate.
    pub fn end_learning_rate(self, end_learning_rate: f64) -> Self {
        Self { end_learning_rate, ..self }
    }

    /// Sets the power of the polynomial.
    pub fn power(self, power: f64) -> Self {
        Self { power, ..self }
    }

    /// Sets whether the decay repeats after the end.
    pub fn cycle(self, cycle: bool) -> Self {
        Self { cycle, ..self }
    }

    pub(super) fn at(&self, t: f64) -> f64 {
        let steps = self.decay_steps as f64;
        let fraction = match self.cycle {
            true => t / (steps * (t / steps).ceil().max(1.0)),
            false => t.min(steps) / steps,
        };
        let span = self.initial_learning_rate - self.end_learning_rate;
        span * (1.0 - fraction).powf(self.power) + self.end_learning_rate
    }
}

/// Cosine decay with optional linear warmup (Loshchilov & Hutter 2016): half a cosine from the
/// initial learning rate (with warmup: from `warmup_target`) down to `alpha` times that learning rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CosineDecay {
    /// Learning rate at step 0.
    pub initial_learning_rate: f64,
    /// Number of steps of the decay, without the warmup.
    pub decay_steps: u64,
    /// Final learning rate as a fraction of the initial learning rate. Default: 0.
    #[serde(default)]
    pub alpha: f64,
    /// Learning rate at the end of the warmup, from which the decay starts. Default: no warmup.
    #[serde(default)]
    pub warmup_target: Option<f64>,
    /// Number of steps of the warmup.
    #[serde(default)]
    pub warmup_steps: u64,
}

impl CosineDecay {
    /// Creates a decay to zero without warmup.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, alpha: 0.0, warmup_target: None, warmup_steps: 0 }
    }

    /// Sets the final learning rate as a fraction of the initial learning rate.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Sets a linear warmup from the initial learning rate to `warmup_target`, from which the decay starts.
    pub fn warmup(self, warmup_target: f64, warmup_steps: u64) -> Self {
        Self { warmup_target: Some(warmup_target), warmup_steps, ..self }
    }

    pub(super) fn at(&self, t: f64) -> f64 {
        let warmup = if self.warmup_target.is_some() { self.warmup_steps as f64 } else { 0.0 };
        let top = self.warmup_target.unwrap_or(self.initial_learning_rate);
        if t < warmup {
            return (top - self.initial_learning_rate) * (t / warmup) + self.initial_learning_rate;
        }
        let steps = self.decay_steps as f64;
        top * cosine((t - warmup).min(steps) / steps, 1.0, self.alpha)
    }
}

/// Cosine decay with warm restarts (Loshchilov & Hutter 2016): [`CosineDecay`] that repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CosineDecayRestarts {
    /// Learning rate at step 0.
    pub initial_learning_rate: f64,
    /// Number of steps of the first period.
    pub first_decay_steps: u64,
    /// Factor of the length of each period to the length of the previous one. Default: 2.
    #[serde(default = "two")]
    pub t_mul: f64,
    /// Factor of the initial learning rate of each period to the previous one. Default: 1.
    #[serde(default = "one")]
    pub m_mul: f64,
    /// Final learning rate as a fraction of the initial learning rate. Default: 0.
    #[serde(default)]
    pub alpha: f64,
}

impl CosineDecayRestarts {
    /// Creates a decay to zero whose periods double in length.
    pub fn new(initial_learning_rate: f64, first_decay_steps: u64) -> Self {
        Self { initial_learning_rate, first_decay_steps, t_mul: 2.0, m_mul: 1.0, alpha: 0.0 }
    }

    /// Sets the factor of the length of each period.
    pub fn t_mul(self, t_mul: f64) -> Self {
        Self { t_mul, ..self }
    }

    /// Sets the factor of the initial learning rate of each period.
    pub fn m_mul(self, m_mul: f64) -> Self {
        Self { m_mul, ..self }
    }

    /// Sets the final learning rate as a fraction of the initial learning rate.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    pub(super) fn at(&self, t: f64) -> f64 {
        let (done, grow) = (t / self.first_decay_steps as f64, self.t_mul);
        let (period, fraction) = if grow == 1.0 {
            (done.floor(), done - done.floor())
        } else {
            let fraction = |period: f64| {
                let length = grow.powf(period);
                (done - (1.0 - length) / (1.0 - grow)) / length
            };
            let period = (1.0 - done * (1.0 - grow)).log(grow).floor();
            // At a restart the logarithm may be below the whole number by its last bit.
            if fraction(period) < 1.0 {
                (period, fraction(period))
            } else {
                (period + 1.0, fraction(period + 1.0))
            }
        };
        self.initial_learning_rate * cosine(fraction, self.m_mul.powf(period), self.alpha)
    }
}

fn end_learning_rate() -> f64 {
    1e-4
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

/// Returns half a cosine of height `top`, scaled so that it ends at `alpha`.
fn cosine(fraction: f64, top: f64, alpha: f64) -> f64 {
    (1.0 - alpha) * (0.5 * top * (1.0 + (PI * fraction).cos())) + alpha
}
