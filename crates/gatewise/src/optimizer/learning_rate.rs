//! Learning rates: a constant, or one of Keras's schedules.
//!
//! Input: the number of steps done. Output: the learning rate of the next step, in `f64`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The learning rate of an optimizer: a [`Constant`](Self::Constant) or one of Keras's schedules. A number
/// and a schedule both convert into it.
///
/// ```
/// use gatewise::optimizer::{Adam, CosineDecay, Optimizer};
/// let adam = Adam::new(CosineDecay::new(0.0, 900).warmup(0.01, 100));
/// assert_eq!(adam.learning_rate(0), 0.0);
/// assert_eq!(adam.learning_rate(50), 0.005);
/// assert_eq!(adam.learning_rate(100), 0.01);
/// assert_eq!(adam.learning_rate(1000), 0.0);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum LearningRate {
    /// The same learning rate at every step.
    Constant(f64),
    /// A learning rate that depends on the number of steps done.
    Schedule(Schedule),
}

/// A learning rate schedule of Keras (`keras.optimizers.schedules`), saved under its name in Keras.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "schedule", deny_unknown_fields)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is a documented type")]
pub enum Schedule {
    PiecewiseConstantDecay(PiecewiseConstantDecay),
    ExponentialDecay(ExponentialDecay),
    InverseTimeDecay(InverseTimeDecay),
    PolynomialDecay(PolynomialDecay),
    CosineDecay(CosineDecay),
    CosineDecayRestarts(CosineDecayRestarts),
}

impl LearningRate {
    /// Returns the learning rate of the next step, after `iterations` steps: 0 before the first step.
    pub fn at(&self, iterations: u64) -> f64 {
        let t = iterations as f64;
        match self {
            Self::Constant(rate) => *rate,
            Self::Schedule(schedule) => match schedule {
                Schedule::PiecewiseConstantDecay(it) => it.at(iterations),
                Schedule::ExponentialDecay(it) => it.at(t),
                Schedule::InverseTimeDecay(it) => it.at(t),
                Schedule::PolynomialDecay(it) => it.at(t),
                Schedule::CosineDecay(it) => it.at(t),
                Schedule::CosineDecayRestarts(it) => it.at(t),
            },
        }
    }

    /// Returns whether the learning rate depends on the step.
    pub fn is_schedule(&self) -> bool {
        !matches!(self, Self::Constant(_))
    }

    /// Checks that every learning rate is finite and at least 0.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the name of the setting.
    pub fn check(&self) -> Result<()> {
        let rate = |name: &str, rate: f64| {
            if rate.is_finite() && rate >= 0.0 {
                Ok(())
            } else {
                Err(Error::config(format!("{name} is {rate}; it must be a finite number of 0 or more")))
            }
        };
        let steps = |name: &str, steps: u64| match steps {
            0 => Err(Error::config(format!("{name} is 0; it must be at least 1"))),
            _ => Ok(()),
        };
        let Self::Schedule(schedule) = self else { return rate("learning_rate", self.at(0)) };
        match schedule {
            Schedule::PiecewiseConstantDecay(PiecewiseConstantDecay { boundaries, values }) => {
                if boundaries.len() + 1 != values.len() {
                    return Err(Error::config(format!(
                        "PiecewiseConstantDecay has {} boundaries and {} values; it needs one value more than \
                         boundaries",
                        boundaries.len(),
                        values.len()
                    )));
                }
                if !boundaries.is_sorted() {
                    return Err(Error::config("the boundaries of PiecewiseConstantDecay must rise"));
                }
                values.iter().try_for_each(|&value| rate("a value of PiecewiseConstantDecay", value))
            }
            Schedule::ExponentialDecay(it) => {
                rate("initial_learning_rate", it.initial_learning_rate)?;
                rate("decay_rate", it.decay_rate)?;
                steps("decay_steps", it.decay_steps)
            }
            Schedule::InverseTimeDecay(it) => {
                rate("initial_learning_rate", it.initial_learning_rate)?;
                rate("decay_rate", it.decay_rate)?;
                steps("decay_steps", it.decay_steps)
            }
            Schedule::PolynomialDecay(it) => {
                rate("initial_learning_rate", it.initial_learning_rate)?;
                rate("end_learning_rate", it.end_learning_rate)?;
                rate("power", it.power)?;
                steps("decay_steps", it.decay_steps)
            }
            Schedule::CosineDecay(it) => {
                rate("initial_learning_rate", it.initial_learning_rate)?;
                rate("alpha", it.alpha)?;
                it.warmup_target.map_or(Ok(()), |target| rate("warmup_target", target))?;
                steps("decay_steps", it.decay_steps)
            }
            Schedule::CosineDecayRestarts(it) => {
                rate("initial_learning_rate", it.initial_learning_rate)?;
                rate("alpha", it.alpha)?;
                rate("m_mul", it.m_mul)?;
                rate("t_mul", it.t_mul)?;
                // Periods that get shorter end at a finite step, after which no learning rate is defined.
                if it.t_mul < 1.0 {
                    return Err(Error::config(format!("t_mul is {}; it must be at least 1", it.t_mul)));
                }
                steps("first_decay_steps", it.first_decay_steps)
            }
        }
    }
}

impl From<f64> for LearningRate {
    fn from(rate: f64) -> Self {
        Self::Constant(rate)
    }
}

macro_rules! into_learning_rate {
    ($($name:ident),*) => {$(
        impl From<$name> for LearningRate {
            fn from(schedule: $name) -> Self {
                Self::Schedule(Schedule::$name(schedule))
            }
        }
    )*};
}
into_learning_rate!(
    PiecewiseConstantDecay,
    ExponentialDecay,
    InverseTimeDecay,
    PolynomialDecay,
    CosineDecay,
    CosineDecayRestarts
);

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

    fn at(&self, iterations: u64) -> f64 {
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

    fn at(&self, t: f64) -> f64 {
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

    fn at(&self, t: f64) -> f64 {
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
    pub end_learning_rate: f64,
    /// Power of the polynomial. Default: 1, a straight line.
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

    fn at(&self, t: f64) -> f64 {
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

    fn at(&self, t: f64) -> f64 {
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
    pub t_mul: f64,
    /// Factor of the initial learning rate of each period to the previous one. Default: 1.
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

    fn at(&self, t: f64) -> f64 {
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

/// Returns half a cosine of height `top`, scaled so that it ends at `alpha`.
fn cosine(fraction: f64, top: f64, alpha: f64) -> f64 {
    (1.0 - alpha) * (0.5 * top * (1.0 + (PI * fraction).cos())) + alpha
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_begins_at_the_top_whatever_the_logarithm_rounds_to() {
        // ln 243 / ln 3 is a little less than 5.
        for (grow, restarts) in [(3.0, [0, 10, 40, 130, 400, 1210, 3640]), (1.0, [0, 10, 20, 30, 40, 50, 60])]
        {
            let rate = LearningRate::from(CosineDecayRestarts::new(0.5, 10).t_mul(grow));
            for t in restarts {
                assert!((rate.at(t) - 0.5).abs() < 1e-12, "{grow} {t}: {}", rate.at(t));
                assert!(rate.at(t + 9) < 0.5);
            }
        }
    }

    #[test]
    fn settings_that_give_no_rate_are_refused() {
        let refused = |rate: LearningRate, part: &str| {
            let message = rate.check().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        for rate in [f64::NAN, f64::INFINITY, -0.1] {
            refused(rate.into(), "learning_rate is");
        }
        refused(PiecewiseConstantDecay::new([1, 2], [0.1, 0.2]).into(), "2 boundaries and 2 values");
        refused(PiecewiseConstantDecay::new([2, 1], [0.1, 0.2, 0.3]).into(), "must rise");
        refused(PiecewiseConstantDecay::new([1], [0.1, -0.2]).into(), "is -0.2");
        refused(ExponentialDecay::new(0.1, 0, 0.9).into(), "decay_steps is 0");
        refused(InverseTimeDecay::new(0.1, 1, -1.0).into(), "decay_rate is -1");
        refused(PolynomialDecay::new(0.1, 1).power(f64::NAN).into(), "power is NaN");
        refused(CosineDecay::new(0.1, 0).into(), "decay_steps is 0");
        refused(CosineDecay::new(0.1, 1).warmup(f64::NAN, 1).into(), "warmup_target is NaN");
        refused(CosineDecayRestarts::new(0.1, 1).t_mul(0.5).into(), "t_mul is 0.5");
        for rate in [0.0.into(), ExponentialDecay::new(0.1, 1, 0.9).into(), LearningRate::Constant(1.0)] {
            rate.check().unwrap();
        }
    }

    #[test]
    fn json_keeps_a_number_a_number_and_names_a_schedule() {
        let schedule = LearningRate::from(ExponentialDecay::new(0.1, 7, 0.9).staircase(true));
        let json = serde_json::to_value(&schedule).unwrap();
        assert_eq!(json["schedule"], "ExponentialDecay");
        for rate in [schedule, 0.25.into(), PiecewiseConstantDecay::new([1], [0.1, 0.2]).into()] {
            let json = serde_json::to_string(&rate).unwrap();
            assert_eq!(serde_json::from_str::<LearningRate>(&json).unwrap(), rate, "{json}");
        }
        assert_eq!(serde_json::to_value(LearningRate::from(0.25)).unwrap(), 0.25);
    }
}
