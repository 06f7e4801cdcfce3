//! Learning rates: a constant, one of Keras's schedules, or a function.
//!
//! Input: the number of steps done. Output: the learning rate of the next step, in `f64`.

use super::rate_function::RateFunction;
use super::schedules::{
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay,
    PolynomialDecay,
};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// A function of the number of steps done: see [`from_fn`](Self::from_fn).
    #[serde(skip_deserializing)]
    Function(RateFunction),
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
        match self {
            Self::Constant(rate) => *rate,
            Self::Schedule(schedule) => schedule.at(iterations),
            Self::Function(function) => function.at(iterations),
        }
    }

    /// Creates a schedule from a function of the number of steps done. A run ends with an error if the function
    /// returns a number that is negative or not finite.
    ///
    /// Functions cannot be compared: a checkpoint knows the function by `name`, and a run that is resumed needs
    /// the same function under the same name.
    ///
    /// ```
    /// use gatewise::optimizer::{Adam, LearningRate, Optimizer};
    /// let rate = LearningRate::from_fn("inverse root", |steps| 0.1 / (1.0 + steps as f64).sqrt());
    /// assert_eq!((rate.at(0), Adam::new(rate).learning_rate(3)), (0.1, 0.05));
    /// ```
    pub fn from_fn(name: impl Into<String>, rate: impl Fn(u64) -> f64 + Send + Sync + 'static) -> Self {
        Self::Function(RateFunction::new(name, rate))
    }

    /// Creates a learning rate from JSON: a number, or a schedule with its name in Keras and its arguments.
    ///
    /// ```
    /// use gatewise::optimizer::{ExponentialDecay, LearningRate};
    /// use serde_json::json;
    /// let decay = json!({
    ///     "name": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9
    /// });
    /// assert_eq!(LearningRate::from_json(decay)?, ExponentialDecay::new(0.1, 100, 0.9).into());
    /// assert_eq!(LearningRate::from_json(json!(0.1))?, 0.1.into());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown name or argument, a missing argument, or
    /// one out of range.
    pub fn from_json(value: Value) -> Result<Self> {
        let mut settings = match value {
            Value::Number(rate) => return Ok(Self::Constant(rate.as_f64().unwrap_or(f64::NAN))),
            Value::Object(settings) => settings,
            other => {
                return Err(Error::config(format!("a learning rate is a number or a schedule, not {other}")));
            }
        };
        // As Keras writes it: the class, and its arguments with the name of the instance.
        if let (Some(class), Some(Value::Object(config))) =
            (settings.remove("class_name"), settings.remove("config"))
        {
            settings = config;
            settings.insert("name".into(), class);
        }
        if let Some(name) = settings.remove("name") {
            settings.entry("schedule").or_insert(name);
        }
        let schedule = serde_json::from_value::<Schedule>(settings.into());
        let rate =
            Self::Schedule(schedule.map_err(|e| {
                Error::config(format!("the schedule of the learning rate cannot be read: {e}"))
            })?);
        rate.check().map(|()| rate)
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

impl Schedule {
    /// Returns the learning rate of the next step, after `iterations` steps.
    pub fn at(&self, iterations: u64) -> f64 {
        let t = iterations as f64;
        match self {
            Self::PiecewiseConstantDecay(it) => it.at(iterations),
            Self::ExponentialDecay(it) => it.at(t),
            Self::InverseTimeDecay(it) => it.at(t),
            Self::PolynomialDecay(it) => it.at(t),
            Self::CosineDecay(it) => it.at(t),
            Self::CosineDecayRestarts(it) => it.at(t),
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
