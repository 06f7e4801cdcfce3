//! Custom losses: functions of the program.
//!
//! Input: the outputs and the targets of several rows. Output: a loss for each row, and the gradient.

use crate::error::Result;
use serde::Serializer;
use serde::ser::Error as _;
use std::fmt;
use std::sync::Arc;

/// The outputs and the targets of some rows, or of some steps.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LossRows<'a> {
    /// The outputs, `width` numbers for each row.
    pub outputs: &'a [f32],
    /// The targets, `target_width` numbers for each row.
    pub targets: &'a [f32],
    /// The number of outputs in a row.
    pub width: usize,
    /// The number of targets in a row.
    pub target_width: usize,
}

impl<'a> LossRows<'a> {
    pub(crate) fn new(outputs: &'a [f32], targets: &'a [f32], width: usize, target_width: usize) -> Self {
        Self { outputs, targets, width, target_width }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.outputs.len() / self.width.max(1)
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Returns the outputs and the targets of each row.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [f32], &'a [f32])> + use<'a> {
        let targets = self.targets.chunks_exact(self.target_width.max(1));
        self.outputs.chunks_exact(self.width.max(1)).zip(targets)
    }
}

/// A loss that is a function of the program, computed for several rows at once.
///
/// Training calls [`compute`](Self::compute) once for each block of sixteen rows, from several threads at once.
/// With an output at every step, a block has the outputs of all steps that count. Evaluation calls it for up to
/// 1,024 outputs. Results do not depend on the number of threads as long as the function depends on its
/// arguments only. A custom loss has no accuracy and cannot be stored. A run with checkpoints may be resumed with
/// a custom loss of the same [`name`](Self::name).
///
/// ```
/// use gatewise::rows::{Dataset, Sequences};
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::{CustomLoss, Fit, Loss, LossRows, Result, Sequential};
///
/// /// The loss of the quantile q: errors above cost q, errors below 1 − q.
/// #[derive(Debug)]
/// struct Quantile(f32);
///
/// impl CustomLoss for Quantile {
///     fn name(&self) -> &str {
///         "quantile"
///     }
///
///     fn compute(&self, rows: LossRows<'_>, losses: &mut [f64], gradient: Option<&mut [f32]>) -> Result<()> {
///         let slope = |(p, y): (&f32, &f32)| if y > p { -self.0 } else { 1.0 - self.0 };
///         for ((outputs, targets), loss) in rows.iter().zip(losses) {
///             let each = outputs.iter().zip(targets).map(|(p, y)| slope((p, y)) * (p - y));
///             *loss = f64::from(each.sum::<f32>());
///         }
///         if let Some(gradient) = gradient {
///             let pairs = rows.outputs.iter().zip(rows.targets);
///             gradient.iter_mut().zip(pairs).for_each(|(d, pair)| *d = slope(pair));
///         }
///         Ok(())
///     }
/// }
///
/// let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
/// let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// let mut model = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(4)).with(Dense::new(1)).compile(1)?;
/// let loss = Loss::custom(Quantile(0.9));
/// assert_eq!(loss.values(&[0.0, 2.0], &[1.0, 1.0], 1)?, [0.9f32 as f64, (1.0 - 0.9f32) as f64]);
/// let history = Fit::new().epochs(30).learning_rate(0.02).loss(loss).run(&mut model, &data)?;
/// assert!(history.epochs[29].loss < history.epochs[0].loss / 2.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub trait CustomLoss: Send + Sync + fmt::Debug {
    /// Returns the name of the loss, for messages and checkpoints. Default: `custom_loss`.
    fn name(&self) -> &str {
        "custom_loss"
    }

    /// Returns the number of targets of one row, for a model with `output_width` outputs. Default: the same
    /// number.
    fn target_width(&self, output_width: usize) -> usize {
        output_width
    }

    /// Checks the targets of a data set before a run. Default: accepts all.
    ///
    /// # Errors
    /// Any error; it ends the run before the first step.
    fn check(&self, targets: &[f32], output_width: usize) -> Result<()> {
        let _ = (targets, output_width);
        Ok(())
    }

    /// Writes the loss of each row to `losses`, and the gradient of each row's loss with respect to the row's
    /// outputs to `gradient`, which is as long as `rows.outputs`. `gradient` is `None` if it is not needed.
    ///
    /// # Errors
    /// Any error; it ends the run. What was not written is NaN.
    fn compute(&self, rows: LossRows<'_>, losses: &mut [f64], gradient: Option<&mut [f32]>) -> Result<()>;
}

/// A shared loss: the program keeps a clone of the `Arc`, and so sees what the loss counts or stores.
impl<T: CustomLoss + ?Sized> CustomLoss for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn target_width(&self, output_width: usize) -> usize {
        (**self).target_width(output_width)
    }

    fn check(&self, targets: &[f32], output_width: usize) -> Result<()> {
        (**self).check(targets, output_width)
    }

    fn compute(&self, rows: LossRows<'_>, losses: &mut [f64], gradient: Option<&mut [f32]>) -> Result<()> {
        (**self).compute(rows, losses, gradient)
    }
}

/// Custom losses are equal if they are the same object.
impl PartialEq for dyn CustomLoss {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(self, other)
    }
}

/// Serializes to an error: a function cannot be stored.
pub(super) fn not_stored<S: Serializer>(
    function: &Arc<dyn CustomLoss>,
    _: S,
) -> std::result::Result<S::Ok, S::Error> {
    Err(S::Error::custom(format!(
        "the loss {} is a function of the program and cannot be stored; store a loss of Keras, or give the \
         function again where the model is trained or evaluated",
        function.name()
    )))
}
