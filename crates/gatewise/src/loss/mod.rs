//! Losses, and the gradient each sends back.
//!
//! Enters: what a model answered for one row, or one step of it, and what was wanted. Leaves: a number, or
//! its gradient. Names, formulas and the guard against ln 0 are those of Keras 3: everything is a mean over
//! the last axis, and the mean over rows (or steps) is taken by whoever sums.
//!
//! Everything is computed in `f64` from the `f32`s given, one row at a time, in the order of the row; so
//! the bits do not depend on threads or on the instruction set (they do on the system's `ln`).

mod check;
mod crossentropy;
mod name;
mod regression;

use crate::layers::Activation;
use serde::{Deserialize, Serialize};

/// What training minimises.
///
/// Below, y is a target, p or ŷ an output, n the number of outputs, and ε is 1e-7. Every p of the
/// cross-entropies is first kept within ε..1 − ε.
///
/// | loss | of one row | targets |
/// |---|---|---|
/// | `BinaryCrossentropy` | mean of −y·ln p − (1 − y)·ln(1 − p) | n numbers from 0 to 1 |
/// | `CategoricalCrossentropy` | −Σ y·ln(p / Σp) | n numbers that sum to 1: a one-hot row, say |
/// | `SparseCategoricalCrossentropy` | −ln(p_c / Σp) | the number c of the right class |
/// | `MeanSquaredError` | mean of (ŷ − y)² | n numbers |
/// | `MeanAbsoluteError` | mean of \|ŷ − y\| | n numbers |
/// | `Huber` | mean of e²/2 where e = \|ŷ − y\| is at most δ, of δ·e − δ²/2 elsewhere | n numbers |
/// | `Poisson` | mean of ŷ − y·ln(ŷ + ε) | n numbers, none negative |
///
/// Label smoothing by s replaces y by y·(1 − s) + s/2 in the binary loss and by y·(1 − s) + s/n in the
/// categorical one.
///
/// A name, as Keras writes it, is a loss with Keras's defaults:
///
/// ```
/// use gatewise::Loss;
///
/// let loss: Loss = "sparse_categorical_crossentropy".parse()?;
/// // Three classes, the right one being the last.
/// assert!((loss.of(&[0.25, 0.25, 0.5], &[2.0]) - 2f64.ln()).abs() < 1e-12);
/// let huber = Loss::Huber { delta: 1.0 };
/// assert_eq!(huber.of(&[0.5, 3.0], &[0.0, 0.0]), (0.125 + 2.5) / 2.0);
/// assert_eq!("huber".parse::<Loss>()?, huber);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Loss {
    /// For outputs that are probabilities of their own, each the answer to a yes-or-no question.
    BinaryCrossentropy {
        /// How far targets are drawn towards ½, from 0 (not) to 1.
        #[serde(default)]
        label_smoothing: f64,
    },
    /// For outputs that are the probabilities of classes, with targets of the same width.
    CategoricalCrossentropy {
        /// How far targets are drawn towards all classes alike, from 0 (not) to 1.
        #[serde(default)]
        label_smoothing: f64,
    },
    /// As the categorical one, the target being the number of the right class, counted from 0.
    SparseCategoricalCrossentropy,
    /// Mean squared error.
    MeanSquaredError,
    /// Mean absolute error.
    MeanAbsoluteError,
    /// Squared for small errors and absolute for large ones.
    Huber {
        /// The error from which on it grows linearly.
        delta: f64,
    },
    /// For outputs that are expected counts.
    Poisson,
}

impl Default for Loss {
    fn default() -> Self {
        Self::binary_crossentropy()
    }
}

/// Keras's `epsilon()`: probabilities are kept this far from 0 and 1.
const EPSILON: f64 = 1e-7;

impl Loss {
    /// [`BinaryCrossentropy`](Self::BinaryCrossentropy) without label smoothing.
    pub const fn binary_crossentropy() -> Self {
        Self::BinaryCrossentropy { label_smoothing: 0.0 }
    }

    /// [`CategoricalCrossentropy`](Self::CategoricalCrossentropy) without label smoothing.
    pub const fn categorical_crossentropy() -> Self {
        Self::CategoricalCrossentropy { label_smoothing: 0.0 }
    }

    /// The usual loss for a model whose last layer ends in `activation`: binary cross-entropy after a
    /// sigmoid, categorical cross-entropy after a softmax (sparse where a target is one number), mean
    /// squared error after all else.
    pub fn suiting(activation: Activation, target_width: usize) -> Self {
        match (activation, target_width) {
            (Activation::Sigmoid, _) => Self::binary_crossentropy(),
            (Activation::Softmax, 1) => Self::SparseCategoricalCrossentropy,
            (Activation::Softmax, _) => Self::categorical_crossentropy(),
            _ => Self::MeanSquaredError,
        }
    }

    /// Numbers in the target of one row, for a model with `output_width` outputs.
    pub fn target_width(&self, output_width: usize) -> usize {
        match self {
            Self::SparseCategoricalCrossentropy => 1,
            _ => output_width,
        }
    }

    /// The loss of one row, or of one step of it.
    ///
    /// `targets` holds [`target_width`](Self::target_width) numbers that pass [`check`](Self::check). NaN
    /// among the outputs gives NaN.
    pub fn of(&self, outputs: &[f32], targets: &[f32]) -> f64 {
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

    /// Writes the gradient of [`of`](Self::of) with respect to the outputs into `d`, as many numbers.
    ///
    /// As in Keras, it is 0 where a probability was held at ε or 1 − ε, and where an absolute error is 0.
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

    /// The activation that training folds into this loss: the gradient of the pair with respect to the
    /// logits is (p − y), exact where p has rounded to 0 or 1.
    pub fn folds(&self) -> Option<Activation> {
        match self {
            Self::BinaryCrossentropy { .. } => Some(Activation::Sigmoid),
            Self::CategoricalCrossentropy { .. } | Self::SparseCategoricalCrossentropy => {
                Some(Activation::Softmax)
            }
            _ => None,
        }
    }

    /// Writes the gradient of the loss with respect to the logits into `d`, for `outputs` that
    /// [`folds`](Self::folds)'s activation made of them. Never held at ε: a probability that is wrong and
    /// has rounded to 0 still learns. For a loss that folds nothing it is [`gradient`](Self::gradient).
    pub fn gradient_folded(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        match *self {
            Self::BinaryCrossentropy { label_smoothing } => {
                crossentropy::binary_folded(outputs, targets, label_smoothing as f32, d);
            }
            Self::CategoricalCrossentropy { label_smoothing } => {
                crossentropy::categorical_folded(outputs, targets, label_smoothing as f32, d);
            }
            Self::SparseCategoricalCrossentropy => crossentropy::sparse_folded(outputs, targets, d),
            _ => self.gradient(outputs, targets, d),
        }
    }
}
