//! Losses and their gradients.
//!
//! Input: the outputs and the targets of one row, or of one step. Output: the loss, or its gradient. Names,
//! formulas and the guard against ln 0 follow Keras 3. A loss is a mean over the last axis; the caller takes
//! the mean over rows or steps.
//!
//! Losses are computed in `f64`, one row at a time, in the order of the row. The bits do not depend on
//! threads or on the instruction set; they do depend on the system's `ln`.

mod check;
mod crossentropy;
mod name;
mod regression;

use crate::layers::Activation;
use serde::{Deserialize, Serialize};

/// A loss: the function that training minimises.
///
/// y is a target, p or ŷ an output, n the number of outputs, and ε is 1e-7. The cross-entropies first clip
/// every p to ε..1 − ε.
///
/// | loss | loss of one row | targets |
/// |---|---|---|
/// | `BinaryCrossentropy` | mean of −y·ln p − (1 − y)·ln(1 − p) | n numbers from 0 to 1 |
/// | `CategoricalCrossentropy` | −Σ y·ln(p / Σp) | n numbers that sum to 1, such as a one-hot row |
/// | `SparseCategoricalCrossentropy` | −ln(p_c / Σp) | the number c of the true class |
/// | `MeanSquaredError` | mean of (ŷ − y)² | n numbers |
/// | `MeanAbsoluteError` | mean of \|ŷ − y\| | n numbers |
/// | `Huber` | mean of e²/2 where e = \|ŷ − y\| is at most δ, and of δ·e − δ²/2 elsewhere | n numbers |
/// | `Poisson` | mean of ŷ − y·ln(ŷ + ε) | n numbers of at least 0 |
///
/// Label smoothing by s replaces y by y·(1 − s) + s/2 in the binary loss and by y·(1 − s) + s/n in the
/// categorical loss.
///
/// Keras's name of a loss parses to the loss with Keras's defaults:
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
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Loss {
    /// Cross-entropy of independent probabilities: binary and multi-label classification.
    BinaryCrossentropy {
        /// Label smoothing towards ½, from 0 to 1. Default: 0.
        #[serde(default)]
        label_smoothing: f64,
    },
    /// Cross-entropy of class probabilities, with one target for each class.
    CategoricalCrossentropy {
        /// Label smoothing towards the uniform distribution, from 0 to 1. Default: 0.
        #[serde(default)]
        label_smoothing: f64,
    },
    /// Cross-entropy of class probabilities, with the number of the true class as target, from 0.
    SparseCategoricalCrossentropy,
    /// Mean squared error.
    MeanSquaredError,
    /// Mean absolute error.
    MeanAbsoluteError,
    /// Huber loss: squared for small errors, linear for large errors.
    Huber {
        /// The error above which the loss is linear. Default: 1.
        delta: f64,
    },
    /// Poisson loss, for outputs that are expected counts.
    Poisson,
}

impl Default for Loss {
    fn default() -> Self {
        Self::binary_crossentropy()
    }
}

/// Keras's `epsilon()`: probabilities are clipped this far from 0 and 1.
const EPSILON: f64 = 1e-7;

impl Loss {
    /// Returns [`BinaryCrossentropy`](Self::BinaryCrossentropy) without label smoothing.
    pub const fn binary_crossentropy() -> Self {
        Self::BinaryCrossentropy { label_smoothing: 0.0 }
    }

    /// Returns [`CategoricalCrossentropy`](Self::CategoricalCrossentropy) without label smoothing.
    pub const fn categorical_crossentropy() -> Self {
        Self::CategoricalCrossentropy { label_smoothing: 0.0 }
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
            (Activation::Softmax, 1) => Self::SparseCategoricalCrossentropy,
            (Activation::Softmax, _) => Self::categorical_crossentropy(),
            _ => Self::MeanSquaredError,
        }
    }

    /// Returns the number of targets of one row, for a model with `output_width` outputs.
    pub fn target_width(&self, output_width: usize) -> usize {
        match self {
            Self::SparseCategoricalCrossentropy => 1,
            _ => output_width,
        }
    }

    /// Computes the loss of one row, or of one step.
    ///
    /// `targets` contains [`target_width`](Self::target_width) numbers that pass [`check`](Self::check). If
    /// an output is NaN, the loss is NaN.
    pub fn value(&self, outputs: &[f32], targets: &[f32]) -> f64 {
        match *self {
            Self::BinaryCrossentropy { label_smoothing } => {
                crossentropy::binary(outputs, targets, label_smoothing)
            }
            Self::CategoricalCrossentropy { label_smoothing } => {
                crossentropy::categorical(outputs, targets, label_smoothing)
            }
            Self::SparseCategoricalCrossentropy => crossentropy::sparse(outputs, targets),
            Self::MeanSquaredError => regression::mean(outputs, targets, regression::squared),
            Self::MeanAbsoluteError => regression::mean(outputs, targets, regression::absolute),
            Self::Huber { delta } => {
                regression::mean(outputs, targets, |p, y| regression::huber(p, y, delta))
            }
            Self::Poisson => regression::mean(outputs, targets, regression::poisson),
        }
    }

    /// Writes the gradient of [`value`](Self::value) with respect to the outputs into `d`, which is as long
    /// as `outputs`.
    ///
    /// As in Keras, the gradient is 0 where a probability was clipped to ε or 1 − ε, and where an absolute
    /// error is 0.
    pub fn gradient(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        match *self {
            Self::BinaryCrossentropy { label_smoothing } => {
                crossentropy::binary_gradient(outputs, targets, label_smoothing, d);
            }
            Self::CategoricalCrossentropy { label_smoothing } => {
                crossentropy::categorical_gradient(outputs, targets, label_smoothing, d);
            }
            Self::SparseCategoricalCrossentropy => crossentropy::sparse_gradient(outputs, targets, d),
            Self::MeanSquaredError => regression::gradient(outputs, targets, d, regression::squared_slope),
            Self::MeanAbsoluteError => regression::gradient(outputs, targets, d, regression::absolute_slope),
            Self::Huber { delta } => {
                regression::gradient(outputs, targets, d, |p, y| regression::huber_slope(p, y, delta));
            }
            Self::Poisson => regression::gradient(outputs, targets, d, regression::poisson_slope),
        }
    }

    /// Returns the activation that training fuses with this loss, if any.
    ///
    /// The gradient of the fused pair with respect to the logits is p − y. It is exact even where p has
    /// rounded to 0 or 1.
    pub fn fused_activation(&self) -> Option<Activation> {
        match self {
            Self::BinaryCrossentropy { .. } => Some(Activation::Sigmoid),
            Self::CategoricalCrossentropy { .. } | Self::SparseCategoricalCrossentropy => {
                Some(Activation::Softmax)
            }
            _ => None,
        }
    }

    /// Writes the gradient of the loss with respect to the logits into `d`.
    ///
    /// `outputs` are the logits after the [fused activation](Self::fused_activation). Probabilities are not
    /// clipped here, so that a wrong probability that has rounded to 0 still has a gradient. A loss without a
    /// fused activation writes its [`gradient`](Self::gradient).
    pub fn logit_gradient(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        match *self {
            Self::BinaryCrossentropy { label_smoothing } => {
                crossentropy::binary_logits(outputs, targets, label_smoothing as f32, d);
            }
            Self::CategoricalCrossentropy { label_smoothing } => {
                crossentropy::categorical_logits(outputs, targets, label_smoothing as f32, d);
            }
            Self::SparseCategoricalCrossentropy => crossentropy::sparse_logits(outputs, targets, d),
            _ => self.gradient(outputs, targets, d),
        }
    }
}
