//! Learning rates: a number, or a schedule of Keras's that gives one for each step.
//!
//! Enters: how many steps have been done. Leaves: the learning rate of the next. All in `f64`.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The learning rate of an optimizer: [`Constant`](Self::Constant), or one of Keras's schedules. Both a
/// number and a schedule turn into it.
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
    /// The same at every step.
    Constant(f64),
    /// Decided by the number of steps done.
    Schedule(Schedule),
}

/// Keras's schedules (`keras.optimizers.schedules`); saved under their names there.
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
    /// The learning rate of the next step, `iterations` steps having been done: 0 before the first one.
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

    /// Refuses settings that give no finite rate of 0 or more.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting.
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
                // Shorter and shorter periods come to an end, after which there is no rate.
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

/// `values[i]` up to and including step `boundaries[i]`, the last value after them all.
///
/// ```
/// use gatewise::optimizer::{LearningRate, PiecewiseConstantDecay};
/// let rate = LearningRate::from(PiecewiseConstantDecay::new([100], [0.01, 0.001]));
/// assert_eq!((rate.at(100), rate.at(101)), (0.01, 0.001));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiecewiseConstantDecay {
    /// Steps, rising.
    pub boundaries: Vec<u64>,
    /// Learning rates, one more than boundaries.
    pub values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// `values` between `boundaries`.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self { boundaries: boundaries.into(), values: values.into() }
    }

    fn at(&self, iterations: u64) -> f64 {
        let place = self.boundaries.partition_point(|&boundary| boundary < iterations);
        self.values.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// `initial·rate^(t / steps)`; with `staircase` the quotient is rounded down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExponentialDecay {
    /// The rate at step 0.
    pub initial_learning_rate: f64,
    /// Steps in which it is multiplied by `decay_rate` once.
    pub decay_steps: u64,
    /// The factor.
    pub decay_rate: f64,
    /// Whether it falls at once at the end of `decay_steps`, rather than bit by bit.
    #[serde(default)]
    pub staircase: bool,
}

impl ExponentialDecay {
    /// Falls bit by bit.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Sets whether it falls at once.
    pub fn staircase(self, staircase: bool) -> Self {
        Self { staircase, ..self }
    }

    fn at(&self, t: f64) -> f64 {
        self.initial_learning_rate * self.decay_rate.powf(periods(t, self.decay_steps, self.staircase))
    }
}

/// `initial / (1 + rate·t / steps)`; with `staircase` the quotient is rounded down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InverseTimeDecay {
    /// The rate at step 0.
    pub initial_learning_rate: f64,
    /// Steps in which the divisor grows by `decay_rate`.
    pub decay_steps: u64,
    /// What the divisor grows by.
    pub decay_rate: f64,
    /// Whether it grows at once at the end of `decay_steps`, rather than bit by bit.
    #[serde(default)]
    pub staircase: bool,
}

impl InverseTimeDecay {
    /// Falls bit by bit.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Sets whether it falls at once.
    pub fn staircase(self, staircase: bool) -> Self {
        Self { staircase, ..self }
    }

    fn at(&self, t: f64) -> f64 {
        self.initial_learning_rate / (1.0 + self.decay_rate * periods(t, self.decay_steps, self.staircase))
    }
}

/// t / steps, rounded down where asked.
fn periods(t: f64, steps: u64, whole: bool) -> f64 {
    let periods = t / steps as f64;
    if whole { periods.floor() } else { periods }
}

/// `(initial − end)·(1 − t / steps)^power + end`, and `end` from then on; with `cycle` it starts anew, over
/// a period that is longer each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolynomialDecay {
    /// The rate at step 0.
    pub initial_learning_rate: f64,
    /// Steps until the end.
    pub decay_steps: u64,
    /// The rate at the end. Default: 1e-4.
    pub end_learning_rate: f64,
    /// 1 is a straight line.
    pub power: f64,
    /// Whether, beyond the end, the period becomes the next multiple of `decay_steps`.
    #[serde(default)]
    pub cycle: bool,
}

impl PolynomialDecay {
    /// A straight line to 1e-4.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, end_learning_rate: 1e-4, power: 1.0, cycle: false }
    }

    /// Sets the rate at the end.
    pub fn end_learning_rate(self, end_learning_rate: f64) -> Self {
        Self { end_learning_rate, ..self }
    }

    /// Sets the power.
    pub fn power(self, power: f64) -> Self {
        Self { power, ..self }
    }

    /// Sets whether it starts anew.
    pub fn cycle(self, cycle: bool) -> Self {
        Self { cycle, ..self }
    }

    fn at(&self, t: f64) -> f64 {
        let steps = self.decay_steps as f64;
        let share = match self.cycle {
            true => t / (steps * (t / steps).ceil().max(1.0)),
            false => t.min(steps) / steps,
        };
        let span = self.initial_learning_rate - self.end_learning_rate;
        span * (1.0 - share).powf(self.power) + self.end_learning_rate
    }
}

/// Half a cosine from the initial rate down to `alpha` times it, after a linear warm-up where one is set
/// (Loshchilov & Hutter 2016).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineDecay {
    /// The rate at step 0.
    pub initial_learning_rate: f64,
    /// Steps from the top to the bottom, warm-up not counted.
    pub decay_steps: u64,
    /// The share that is left at the bottom.
    #[serde(default)]
    pub alpha: f64,
    /// The rate that the warm-up leads to, and the decay begins with; without one, no warm-up.
    #[serde(default)]
    pub warmup_target: Option<f64>,
    /// Steps of the warm-up.
    #[serde(default)]
    pub warmup_steps: u64,
}

impl CosineDecay {
    /// Down to zero, without a warm-up.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, alpha: 0.0, warmup_target: None, warmup_steps: 0 }
    }

    /// Sets the share that is left at the bottom.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Begins with a straight line from the initial rate to `warmup_target`, from which the decay sets out.
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

/// [`CosineDecay`] that starts anew after each period (Loshchilov & Hutter 2016).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineDecayRestarts {
    /// The rate at step 0.
    pub initial_learning_rate: f64,
    /// Steps of the first period.
    pub first_decay_steps: u64,
    /// Each period is this many times as long as the one before it. Default: 2.
    pub t_mul: f64,
    /// Each period begins at this many times the rate of the one before it. Default: 1.
    pub m_mul: f64,
    /// The share that is left at the bottom.
    #[serde(default)]
    pub alpha: f64,
}

impl CosineDecayRestarts {
    /// Each period twice as long as the one before it, down to zero.
    pub fn new(initial_learning_rate: f64, first_decay_steps: u64) -> Self {
        Self { initial_learning_rate, first_decay_steps, t_mul: 2.0, m_mul: 1.0, alpha: 0.0 }
    }

    /// Sets how much longer each period is.
    pub fn t_mul(self, t_mul: f64) -> Self {
        Self { t_mul, ..self }
    }

    /// Sets how much higher (or lower) each period begins.
    pub fn m_mul(self, m_mul: f64) -> Self {
        Self { m_mul, ..self }
    }

    /// Sets the share that is left at the bottom.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    fn at(&self, t: f64) -> f64 {
        let (done, grow) = (t / self.first_decay_steps as f64, self.t_mul);
        let (period, share) = if grow == 1.0 {
            (done.floor(), done - done.floor())
        } else {
            let share = |period: f64| {
                let length = grow.powf(period);
                (done - (1.0 - length) / (1.0 - grow)) / length
            };
            let period = (1.0 - done * (1.0 - grow)).log(grow).floor();
            // At a restart the logarithm may fall short of a whole number by its last bit.
            if share(period) < 1.0 { (period, share(period)) } else { (period + 1.0, share(period + 1.0)) }
        };
        self.initial_learning_rate * cosine(share, self.m_mul.powf(period), self.alpha)
    }
}

/// Half a cosine of height `top`, squeezed to end at `alpha`.
fn cosine(share: f64, top: f64, alpha: f64) -> f64 {
    (1.0 - alpha) * (0.5 * top * (1.0 + (PI * share).cos())) + alpha
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
