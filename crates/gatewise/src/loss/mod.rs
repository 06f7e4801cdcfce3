//! Losses and their gradients.
//!
//! Input: the outputs and the targets of one row, or of one step. Output: the loss, or its gradient. Names,
//! formulas and the guard against ln 0 follow Keras 3. A loss is a mean over the last axis; the caller reduces
//! the losses of rows or steps ([`Reduction`]).
//!
//! Losses are computed in `f64`, one row at a time, in the order of the row. The bits do not depend on
//! threads or on the instruction set; they do depend on the system's `ln`.

mod check;
mod compute;
mod crossentropy;
mod custom;
mod elementwise;
mod fits;
mod focal;
mod name;
mod reduction;
mod vectors;

pub use custom::{CustomLoss, LossRows};
pub use reduction::Reduction;

use crate::layers::Activation;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A loss: the function that training minimises.
///
/// y is a target, p or ŷ an output, n the number of outputs, and ε is 1e-7. The cross-entropies first clip
/// every p to ε..1 − ε.
///
/// | loss | loss of one row | targets |
/// |---|---|---|
/// | `BinaryCrossentropy` | mean of −y·ln p − (1 − y)·ln(1 − p) | n numbers from 0 to 1 |
/// | `BinaryFocalCrossentropy` | mean of w·(1 − p_t)^γ times the above, with p_t = y·p + (1 − y)·(1 − p) | n numbers from 0 to 1 |
/// | `CategoricalCrossentropy` | −Σ y·ln(p / Σp) | n numbers that sum to 1, such as a one-hot row |
/// | `CategoricalFocalCrossentropy` | −Σ α·(1 − q)^γ·y·ln q, with q = p / Σp | n numbers that sum to 1 |
/// | `SparseCategoricalCrossentropy` | −ln(p_c / Σp) | the number c of the true class |
/// | `KlDivergence` | Σ y·ln(y / p), y and p clipped to ε..1 | n numbers from 0 to 1 |
/// | `Hinge` | mean of max(1 − y·ŷ, 0) | n labels, 0 and 1 or −1 and 1; 0 counts as −1 |
/// | `SquaredHinge` | mean of max(1 − y·ŷ, 0)² | as `Hinge` |
/// | `CategoricalHinge` | max(max((1 − y)·ŷ) − Σ y·ŷ + 1, 0) | n numbers from −1 to 1, such as a one-hot row |
/// | `CosineSimilarity` | −Σ y·ŷ / (‖y‖·‖ŷ‖): −1 for equal directions | n numbers |
/// | `MeanSquaredError` | mean of (ŷ − y)² | n numbers |
/// | `MeanAbsoluteError` | mean of \|ŷ − y\| | n numbers |
/// | `MeanAbsolutePercentageError` | mean of 100·\|ŷ − y\| / max(\|y\|, ε) | n numbers |
/// | `MeanSquaredLogarithmicError` | mean of (ln(1 + max(ŷ, ε)) − ln(1 + max(y, ε)))² | n numbers of at least 0 |
/// | `LogCosh` | mean of ln cosh(ŷ − y) | n numbers |
/// | `Huber` | mean of e²/2 where e = \|ŷ − y\| is at most δ, and of δ·e − δ²/2 elsewhere | n numbers |
/// | `Poisson` | mean of ŷ − y·ln(ŷ + ε) | n numbers of at least 0 |
/// | `Custom` | any function: see [`CustomLoss`] | any |
///
/// Label smoothing by s replaces y by y·(1 − s) + s/2 in the binary losses and by y·(1 − s) + s/n in the
/// categorical losses.
///
/// # Logits
///
/// With `from_logits`, the outputs are logits z: the model ends in a linear layer, p is σ(z) or softmax(z), and
/// loss and gradient are computed from z without clipping. Accuracy, reports and thresholds still speak of the
/// probability p: a binary output is positive if σ(z) is above the threshold. (Keras's `"accuracy"` compares the
/// raw output with 0.5 there.) Outputs, as in [`Scored::outputs`](crate::Scored), stay logits.
///
/// # Certainty
///
/// As Keras computes in `f32`, 1 − ε is the `f32` next to it, 1 − 2⁻²³. So a wrong probability of 0 costs 16.12
/// (−ln ε), and a wrong probability of 1 costs 15.94.
///
/// # Names
///
/// Keras's name of a loss parses to the loss with Keras's defaults, and so does an object of its settings. A
/// setting that is left out has Keras's default, and an unknown one is an error:
///
/// ```
/// use gatewise::Loss;
///
/// let loss: Loss = "sparse_categorical_crossentropy".parse()?;
/// // Three classes; the last one is true.
/// assert!((loss.value(&[0.25, 0.25, 0.5], &[2.0]) - 2f64.ln()).abs() < 1e-12);
/// let huber = Loss::Huber { delta: 1.0 };
/// assert_eq!(huber.value(&[0.5, 3.0], &[0.0, 0.0]), (0.125 + 2.5) / 2.0);
/// assert_eq!("huber".parse::<Loss>()?, huber);
/// let logits: Loss = serde_json::from_str(r#"{"name": "binary_crossentropy", "from_logits": true}"#).unwrap();
/// // σ(0) is ½.
/// assert!((logits.value(&[0.0], &[1.0]) - 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Loss {
    /// Cross-entropy of independent probabilities: binary and multi-label classification.
    #[serde(alias = "BinaryCrossentropy", alias = "bce", alias = "BCE")]
    BinaryCrossentropy {
        /// Label smoothing towards ½, from 0 to 1. Default: 0.
        #[serde(default)]
        label_smoothing: f64,
        /// Whether the outputs are logits. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        from_logits: bool,
    },
    /// Cross-entropy of class probabilities, with one target for each class.
    #[serde(alias = "CategoricalCrossentropy")]
    CategoricalCrossentropy {
        /// Label smoothing towards the uniform distribution, from 0 to 1. Default: 0.
        #[serde(default)]
        label_smoothing: f64,
        /// Whether the outputs are logits. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        from_logits: bool,
    },
    /// Cross-entropy of class probabilities, with the number of the true class as target, from 0.
    #[serde(alias = "SparseCategoricalCrossentropy")]
    SparseCategoricalCrossentropy {
        /// Whether the outputs are logits. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        from_logits: bool,
        /// A target that is left out of loss, gradient, count and accuracy, such as −1. Default: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ignore_class: Option<i64>,
    },
    /// Binary cross-entropy in which confident and correct outputs weigh less (Lin et al. 2017).
    #[serde(alias = "BinaryFocalCrossentropy")]
    BinaryFocalCrossentropy {
        /// Whether outputs of class 1 are weighted by α, and outputs of class 0 by 1 − α. Default: false.
        #[serde(default)]
        apply_class_balancing: bool,
        /// The weight α, from 0 to 1. Default: 0.25.
        #[serde(default = "quarter")]
        alpha: f64,
        /// The focusing exponent γ, at least 0. Default: 2.
        #[serde(default = "two")]
        gamma: f64,
        /// Label smoothing towards ½, from 0 to 1. Default: 0.
        #[serde(default)]
        label_smoothing: f64,
        /// Whether the outputs are logits. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        from_logits: bool,
    },
    /// Categorical cross-entropy in which confident and correct outputs weigh less.
    #[serde(alias = "CategoricalFocalCrossentropy")]
    CategoricalFocalCrossentropy {
        /// The factor α, at least 0. Default: 0.25.
        #[serde(default = "quarter")]
        alpha: f64,
        /// The focusing exponent γ, at least 0. Default: 2.
        #[serde(default = "two")]
        gamma: f64,
        /// Label smoothing towards the uniform distribution, from 0 to 1. Default: 0.
        #[serde(default)]
        label_smoothing: f64,
        /// Whether the outputs are logits. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        from_logits: bool,
    },
    /// Kullback-Leibler divergence of distributions.
    #[serde(alias = "KLDivergence", alias = "kld", alias = "KLD", alias = "kullback_leibler_divergence")]
    #[serde(deserialize_with = "no_settings")]
    KlDivergence,
    /// Hinge loss of maximum-margin classification.
    #[serde(alias = "Hinge", deserialize_with = "no_settings")]
    Hinge,
    /// Square of the hinge loss.
    #[serde(alias = "SquaredHinge", deserialize_with = "no_settings")]
    SquaredHinge,
    /// Hinge loss between the true class and the best other class.
    #[serde(alias = "CategoricalHinge", deserialize_with = "no_settings")]
    CategoricalHinge,
    /// Negative cosine of the angle between output and target.
    #[serde(alias = "CosineSimilarity", deserialize_with = "no_settings")]
    CosineSimilarity,
    /// Mean squared error.
    #[serde(alias = "MeanSquaredError", alias = "mse", alias = "MSE", deserialize_with = "no_settings")]
    MeanSquaredError,
    /// Mean absolute error.
    #[serde(alias = "MeanAbsoluteError", alias = "mae", alias = "MAE", deserialize_with = "no_settings")]
    MeanAbsoluteError,
    /// Mean absolute percentage error.
    #[serde(alias = "MeanAbsolutePercentageError", alias = "mape", alias = "MAPE")]
    #[serde(deserialize_with = "no_settings")]
    MeanAbsolutePercentageError,
    /// Mean squared error of ln(1 + x). Outputs below ε count as ε, and have no gradient.
    #[serde(alias = "MeanSquaredLogarithmicError", alias = "msle", alias = "MSLE")]
    #[serde(deserialize_with = "no_settings")]
    MeanSquaredLogarithmicError,
    /// Logarithm of the hyperbolic cosine of the error: squared for small errors, absolute for large errors.
    #[serde(alias = "LogCosh", alias = "logcosh", deserialize_with = "no_settings")]
    LogCosh,
    /// Huber loss: squared for small errors, linear for large errors.
    #[serde(alias = "Huber")]
    Huber {
        /// The error above which the loss is linear. Default: 1.
        #[serde(default = "one")]
        delta: f64,
    },
    /// Poisson loss, for outputs that are expected counts.
    #[serde(alias = "Poisson", deserialize_with = "no_settings")]
    Poisson,
    /// A function of the program; see [`Loss::custom`]. It cannot be stored.
    #[serde(skip_deserializing, serialize_with = "custom::not_stored")]
    Custom(Arc<dyn CustomLoss>),
}

fn is_false(value: &bool) -> bool {
    !value
}

fn quarter() -> f64 {
    0.25
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

/// Reads a loss without settings. (For such a variant, serde alone does not refuse unknown settings.)
fn no_settings<'de, D: serde::Deserializer<'de>>(from: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoSettings {}
    NoSettings::deserialize(from).map(|NoSettings {}| ())
}

impl Default for Loss {
    fn default() -> Self {
        Self::binary_crossentropy()
    }
}

/// Keras's `epsilon()`: probabilities are clipped this far from 0 and 1.
const EPSILON: f64 = 1e-7;

impl Loss {
    /// Returns [`BinaryCrossentropy`](Self::BinaryCrossentropy) with Keras's defaults.
    pub const fn binary_crossentropy() -> Self {
        Self::BinaryCrossentropy { label_smoothing: 0.0, from_logits: false }
    }

    /// Returns [`CategoricalCrossentropy`](Self::CategoricalCrossentropy) with Keras's defaults.
    pub const fn categorical_crossentropy() -> Self {
        Self::CategoricalCrossentropy { label_smoothing: 0.0, from_logits: false }
    }

    /// Returns [`SparseCategoricalCrossentropy`](Self::SparseCategoricalCrossentropy) with Keras's defaults.
    pub const fn sparse_categorical_crossentropy() -> Self {
        Self::SparseCategoricalCrossentropy { from_logits: false, ignore_class: None }
    }

    /// Returns [`BinaryFocalCrossentropy`](Self::BinaryFocalCrossentropy) with Keras's defaults.
    pub const fn binary_focal_crossentropy() -> Self {
        Self::BinaryFocalCrossentropy {
            apply_class_balancing: false,
            alpha: 0.25,
            gamma: 2.0,
            label_smoothing: 0.0,
            from_logits: false,
        }
    }

    /// Returns [`CategoricalFocalCrossentropy`](Self::CategoricalFocalCrossentropy) with Keras's defaults.
    pub const fn categorical_focal_crossentropy() -> Self {
        Self::CategoricalFocalCrossentropy {
            alpha: 0.25,
            gamma: 2.0,
            label_smoothing: 0.0,
            from_logits: false,
        }
    }

    /// Returns the loss that `function` computes.
    pub fn custom(function: impl CustomLoss + 'static) -> Self {
        Self::Custom(Arc::new(function))
    }

    /// Returns the default loss for a model whose last layer has this `activation`.
    ///
    /// | activation | loss |
    /// |---|---|
    /// | sigmoid | binary cross-entropy |
    /// | softmax, targets of width 1 | sparse categorical cross-entropy |
    /// | softmax, wider targets | categorical cross-entropy |
    /// | any other | mean squared error |
    pub fn default_for(activation: Activation, target_width: usize) -> Self {
        match (activation, target_width) {
            (Activation::Sigmoid, _) => Self::binary_crossentropy(),
            (Activation::Softmax, 1) => Self::sparse_categorical_crossentropy(),
            (Activation::Softmax, _) => Self::categorical_crossentropy(),
            _ => Self::MeanSquaredError,
        }
    }

    /// Returns the number of targets of one row, for a model with `output_width` outputs.
    pub fn target_width(&self, output_width: usize) -> usize {
        match self {
            Self::SparseCategoricalCrossentropy { .. } => 1,
            Self::Custom(function) => function.target_width(output_width),
            _ => output_width,
        }
    }

    /// Returns whether the loss leaves out a row with this `target`: the target is `ignore_class`.
    pub fn ignores(&self, target: &[f32]) -> bool {
        match self {
            Self::SparseCategoricalCrossentropy { ignore_class: Some(class), .. } => {
                target.first().is_some_and(|&target| f64::from(target) == *class as f64)
            }
            _ => false,
        }
    }

    /// Returns whether outputs are logits.
    pub fn from_logits(&self) -> bool {
        match self {
            Self::BinaryCrossentropy { from_logits, .. }
            | Self::CategoricalCrossentropy { from_logits, .. }
            | Self::SparseCategoricalCrossentropy { from_logits, .. }
            | Self::BinaryFocalCrossentropy { from_logits, .. }
            | Self::CategoricalFocalCrossentropy { from_logits, .. } => *from_logits,
            _ => false,
        }
    }

    /// Returns whether predictions are classes, which are correct or wrong, so that there is an accuracy:
    /// true for the cross-entropies and the hinge losses.
    pub fn has_accuracy(&self) -> bool {
        matches!(self, Self::Hinge | Self::SquaredHinge | Self::CategoricalHinge)
            || self.probabilities().is_some()
    }

    /// Returns the activation that makes probabilities of logits, for a loss of class probabilities.
    pub(crate) fn probabilities(&self) -> Option<Activation> {
        match self {
            Self::BinaryCrossentropy { .. } | Self::BinaryFocalCrossentropy { .. } => {
                Some(Activation::Sigmoid)
            }
            Self::CategoricalCrossentropy { .. }
            | Self::SparseCategoricalCrossentropy { .. }
            | Self::CategoricalFocalCrossentropy { .. } => Some(Activation::Softmax),
            _ => None,
        }
    }

    /// Returns the activation that training fuses with this loss, if any.
    ///
    /// The gradient of the fused pair with respect to the logits is p − y. It is exact even where p has
    /// rounded to 0 or 1.
    pub fn fused_activation(&self) -> Option<Activation> {
        match self {
            Self::BinaryFocalCrossentropy { .. } | Self::CategoricalFocalCrossentropy { .. } => None,
            _ if self.from_logits() => None,
            _ => self.probabilities(),
        }
    }
}
