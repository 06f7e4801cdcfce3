//! Names of losses: Keras's.

use super::Loss;
use crate::error::{Error, Result};
use serde::Deserialize;
use serde::de::value::{Error as NotRead, MapDeserializer};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

impl Loss {
    /// All losses of Keras, with Keras's defaults.
    pub const ALL: [Self; 17] = [
        Self::binary_crossentropy(),
        Self::categorical_crossentropy(),
        Self::sparse_categorical_crossentropy(),
        Self::binary_focal_crossentropy(),
        Self::categorical_focal_crossentropy(),
        Self::KlDivergence,
        Self::Hinge,
        Self::SquaredHinge,
        Self::CategoricalHinge,
        Self::CosineSimilarity,
        Self::MeanSquaredError,
        Self::MeanAbsoluteError,
        Self::MeanAbsolutePercentageError,
        Self::MeanSquaredLogarithmicError,
        Self::LogCosh,
        Self::Huber { delta: 1.0 },
        Self::Poisson,
    ];

    /// Returns the loss as the settings of a run describe it: its settings, or the name of a custom loss.
    pub(crate) fn described(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|_| json!({ "custom": self.name() }))
    }

    /// Returns Keras's name, without settings; for a custom loss, its own.
    pub fn name(&self) -> &str {
        match self {
            Self::BinaryCrossentropy { .. } => "binary_crossentropy",
            Self::CategoricalCrossentropy { .. } => "categorical_crossentropy",
            Self::SparseCategoricalCrossentropy { .. } => "sparse_categorical_crossentropy",
            Self::BinaryFocalCrossentropy { .. } => "binary_focal_crossentropy",
            Self::CategoricalFocalCrossentropy { .. } => "categorical_focal_crossentropy",
            Self::KlDivergence => "kl_divergence",
            Self::Hinge => "hinge",
            Self::SquaredHinge => "squared_hinge",
            Self::CategoricalHinge => "categorical_hinge",
            Self::CosineSimilarity => "cosine_similarity",
            Self::MeanSquaredError => "mean_squared_error",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::MeanAbsolutePercentageError => "mean_absolute_percentage_error",
            Self::MeanSquaredLogarithmicError => "mean_squared_logarithmic_error",
            Self::LogCosh => "log_cosh",
            Self::Huber { .. } => "huber",
            Self::Poisson => "poisson",
            Self::Custom(function) => function.name(),
        }
    }
}

impl fmt::Display for Loss {
    /// Writes Keras's name, without settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Loss {
    type Err = Error;

    /// Parses Keras's name of a loss (`mean_squared_error`), of its class (`MeanSquaredError`), or a short name
    /// (`mse`). The loss has Keras's defaults.
    fn from_str(name: &str) -> Result<Self> {
        let settings = MapDeserializer::<_, NotRead>::new([("name", name)].into_iter());
        Self::deserialize(settings).map_err(|_| {
            let losses = Self::ALL;
            let names: Vec<_> = losses.iter().map(Self::name).collect();
            Error::config(format!("unknown loss '{name}'; the losses are {}", names.join(", ")))
        })
    }
}
