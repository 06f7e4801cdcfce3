//! `OptimizerConfig`: an optimizer by Keras's name and arguments, with all that Keras sets on optimizers.
//!
//! Input: JSON. Output: an optimizer, gradient clipping, a moving average, and the rest.

use super::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Clip, Ema, LearningRate, Lion, Nadam, Optimizer, RmsProp, Sgd,
};
use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// An optimizer with Keras's name and arguments, the global ones included: clipping, moving average, gradient
/// accumulation and tensors that do not decay.
///
/// It is made from a name, or from JSON with a name and arguments; a missing argument has Keras's default, and one
/// that is null is missing. `learning_rate` is a number or a schedule ([`LearningRate::from_json`]).
///
/// ```
/// use gatewise::Fit;
/// use gatewise::optimizer::OptimizerConfig;
/// use serde_json::json;
/// let config = OptimizerConfig::from_json(json!({
///     "name": "SGD", "momentum": 0.9, "clipnorm": 1.0, "use_ema": true,
///     "learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 1000},
/// }))?;
/// assert_eq!(config.optimizer().learning_rate(0), 0.1);
/// let fit = Fit::new().optimizer_config(config);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// | argument | meaning |
/// |---|---|
/// | `clipnorm`, `clipvalue`, `global_clipnorm` | [`Clip`]; at most one |
/// | `use_ema`, `ema_momentum`, `ema_overwrite_frequency` | [`Ema`] |
/// | `gradient_accumulation_steps` | gradients of several steps are averaged, then applied once |
/// | `exclude_from_weight_decay` | parts of names of tensors that do not decay |
/// | all others | fields of [`Sgd`], [`RmsProp`], [`Adagrad`], [`Adadelta`], [`Adam`], [`AdamW`], [`Adamax`], [`Nadam`] or [`Lion`] |
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerConfig {
    kind: Kind,
    clip: Option<Clip>,
    ema: Option<Ema>,
    gradient_accumulation_steps: Option<u64>,
    exclude_from_weight_decay: Vec<String>,
}

/// Lists the optimizers with their names in Keras.
macro_rules! optimizers {
    ($($optimizer:ident = $name:literal,)*) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name")]
        enum Kind {$(
            #[serde(rename = $name)]
            $optimizer($optimizer),
        )*}

        impl Kind {
            fn as_dyn(&self) -> &dyn Optimizer {
                match self {$(Self::$optimizer(it) => it,)*}
            }

            fn as_dyn_mut(&mut self) -> &mut dyn Optimizer {
                match self {$(Self::$optimizer(it) => it,)*}
            }

            fn boxed(self) -> Box<dyn Optimizer> {
                match self {$(Self::$optimizer(it) => Box::new(it),)*}
            }
        }
    };
}

optimizers! {
    Sgd = "sgd",
    RmsProp = "rmsprop",
    Adagrad = "adagrad",
    Adadelta = "adadelta",
    Adam = "adam",
    AdamW = "adamw",
    Adamax = "adamax",
    Nadam = "nadam",
    Lion = "lion",
}

impl OptimizerConfig {
    /// Creates an optimizer from JSON: its name, or an object with its `name` and arguments.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown name or argument, or an argument out of
    /// range.
    pub fn from_json(value: Value) -> Result<Self> {
        let mut settings = match value {
            Value::String(name) => Map::from_iter([("name".to_owned(), name.into())]),
            Value::Object(settings) => settings,
            other => {
                return Err(Error::config(format!(
                    "an optimizer is a name or an object with a name, not {other}"
                )));
            }
        };
        let Some(Value::String(given)) = settings.get("name").cloned() else {
            return Err(Error::config("an optimizer needs a name, such as {\"name\": \"adam\"}"));
        };
        let name = given.to_lowercase();
        if name == "adamw" && settings.get("weight_decay").is_some_and(Value::is_null) {
            return Err(Error::config("AdamW needs a weight_decay; use Adam for none"));
        }
        settings.retain(|_, value| !value.is_null());
        settings.insert("name".into(), name.into());
        let refused =
            |e: serde_json::Error| Error::config(format!("the optimizer {given} cannot be read: {e}"));
        if let Some(rate) = settings.get_mut("learning_rate") {
            let learning_rate = LearningRate::from_json(rate.take());
            let learning_rate =
                learning_rate.map_err(|e| Error::config(format!("the optimizer {given}: {e}")))?;
            *rate = serde_json::to_value(learning_rate).map_err(refused)?;
        }
        if settings.remove("loss_scale_factor").is_some() {
            return Err(Error::config(format!(
                "the optimizer {given} has a loss_scale_factor, which is for half precision; leave it out"
            )));
        }
        let shared = Shared::take(&mut settings).map_err(refused)?;
        let config = Self {
            clip: shared.clip()?,
            ema: shared.ema(),
            gradient_accumulation_steps: shared.gradient_accumulation_steps,
            exclude_from_weight_decay: shared.exclude_from_weight_decay,
            kind: serde_json::from_value(settings.into()).map_err(refused)?,
        };
        config.kind.as_dyn().check()?;
        config.clip.map_or(Ok(()), |clip| clip.check())?;
        config.ema.map_or(Ok(()), |ema| ema.check())?;
        Ok(config)
    }

    /// Returns the optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer {
        self.kind.as_dyn()
    }

    /// Returns the optimizer, owned.
    pub fn into_optimizer(self) -> Box<dyn Optimizer> {
        self.kind.boxed()
    }

    /// Sets the learning rate, or a schedule: one that JSON cannot hold, such as
    /// [`LearningRate::from_fn`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the learning rate is out of range.
    pub fn learning_rate(mut self, learning_rate: impl Into<LearningRate>) -> Result<Self> {
        let learning_rate = learning_rate.into();
        learning_rate.check()?;
        self.kind.as_dyn_mut().set_learning_rate(learning_rate)?;
        Ok(self)
    }

    /// Returns the gradient clipping.
    pub fn clip(&self) -> Option<Clip> {
        self.clip
    }

    /// Returns the moving average of the weights.
    pub fn ema(&self) -> Option<Ema> {
        self.ema
    }

    /// Returns the number of steps whose gradients are averaged.
    pub fn gradient_accumulation_steps(&self) -> Option<u64> {
        self.gradient_accumulation_steps
    }

    /// Returns the parts of the names of tensors that do not decay.
    pub fn exclude_from_weight_decay(&self) -> &[String] {
        &self.exclude_from_weight_decay
    }

    /// Returns the settings as JSON, which [`from_json`](Self::from_json) reads.
    pub fn config(&self) -> Value {
        let mut value = serde_json::to_value(&self.kind).unwrap_or_default();
        if let Some(clip) = self.clip {
            let (name, bound) = match clip {
                Clip::Norm(bound) => ("clipnorm", bound),
                Clip::Value(bound) => ("clipvalue", bound),
                Clip::GlobalNorm(bound) => ("global_clipnorm", bound),
            };
            value[name] = bound.into();
        }
        if let Some(ema) = self.ema {
            value["use_ema"] = true.into();
            value["ema_momentum"] = ema.momentum.into();
            value["ema_overwrite_frequency"] = json!(ema.overwrite_frequency);
        }
        if let Some(steps) = self.gradient_accumulation_steps {
            value["gradient_accumulation_steps"] = steps.into();
        }
        if !self.exclude_from_weight_decay.is_empty() {
            value["exclude_from_weight_decay"] = json!(self.exclude_from_weight_decay);
        }
        value
    }
}

/// The arguments that all optimizers of Keras have.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Shared {
    clipnorm: Option<f64>,
    clipvalue: Option<f64>,
    global_clipnorm: Option<f64>,
    use_ema: bool,
    ema_momentum: f64,
    ema_overwrite_frequency: Option<u64>,
    gradient_accumulation_steps: Option<u64>,
    exclude_from_weight_decay: Vec<String>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            clipnorm: None,
            clipvalue: None,
            global_clipnorm: None,
            use_ema: false,
            ema_momentum: Ema::default().momentum,
            ema_overwrite_frequency: None,
            gradient_accumulation_steps: None,
            exclude_from_weight_decay: Vec::new(),
        }
    }
}

impl Shared {
    const NAMES: [&str; 8] = [
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "gradient_accumulation_steps",
        "exclude_from_weight_decay",
    ];

    /// Takes the arguments out of `settings`.
    fn take(settings: &mut Map<String, Value>) -> Result<Self, serde_json::Error> {
        let named = Self::NAMES.iter().filter_map(|&name| Some((name.to_owned(), settings.remove(name)?)));
        serde_json::from_value(Value::Object(named.collect()))
    }

    fn clip(&self) -> Result<Option<Clip>> {
        let given = [
            self.clipnorm.map(Clip::Norm),
            self.clipvalue.map(Clip::Value),
            self.global_clipnorm.map(Clip::GlobalNorm),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (_, Some(_)) => Err(Error::config(
                "more than one of clipnorm, clipvalue and global_clipnorm is set; set one of them",
            )),
            (first, None) => Ok(first),
        }
    }

    fn ema(&self) -> Option<Ema> {
        let ema = Ema::new().momentum(self.ema_momentum).overwrite_frequency(self.ema_overwrite_frequency);
        self.use_ema.then_some(ema)
    }
}

impl FromStr for OptimizerConfig {
    type Err = Error;

    /// Parses Keras's name of an optimizer, in any case; the arguments have Keras's defaults.
    fn from_str(name: &str) -> Result<Self> {
        Self::from_json(name.into())
    }
}

impl Serialize for OptimizerConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.config().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OptimizerConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
