//! Names of losses: Keras's.

use super::Loss;
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

impl Loss {
    /// All losses, with Keras's defaults.
    pub const ALL: [Self; 7] = [
        Self::binary_crossentropy(),
        Self::categorical_crossentropy(),
        Self::SparseCategoricalCrossentropy,
        Self::MeanSquaredError,
        Self::MeanAbsoluteError,
        Self::Huber { delta: 1.0 },
        Self::Poisson,
    ];

    /// Returns Keras's name, without settings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BinaryCrossentropy { .. } => "binary_crossentropy",
            Self::CategoricalCrossentropy { .. } => "categorical_crossentropy",
            Self::SparseCategoricalCrossentropy => "sparse_categorical_crossentropy",
            Self::MeanSquaredError => "mean_squared_error",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::Huber { .. } => "huber",
            Self::Poisson => "poisson",
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

    /// Parses Keras's name of a loss, or its short name (`mse`, `mae`, `bce`). The loss has Keras's defaults.
    fn from_str(name: &str) -> Result<Self> {
        let full = match name {
            "bce" => "binary_crossentropy",
            "mse" => "mean_squared_error",
            "mae" => "mean_absolute_error",
            name => name,
        };
        Self::ALL.into_iter().find(|loss| loss.name() == full).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(Self::name).collect();
            Error::config(format!("unknown loss '{name}'; the losses are {}", names.join(", ")))
        })
    }
}
