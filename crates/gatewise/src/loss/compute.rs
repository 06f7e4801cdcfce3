//! The functions of all losses, by loss.
//!
//! Input: outputs and targets of one row, or of several. Output: losses and gradients.

use super::crossentropy::{self, Classes, binary_of_logit, sigmoid, smooth};
use super::custom::LossRows;
use super::elementwise::{self, gradient, mean};
use super::focal::Focal;
use super::{Loss, Reduction, vectors};
use crate::error::{Error, Result};

impl Loss {
    /// Computes the loss of one row, or of one step.
    ///
    /// `targets` contains [`target_width`](Self::target_width) numbers that pass [`check`](Self::check). If
    /// an output is NaN, the loss is NaN. The loss of a row that is [ignored](Self::ignores) is 0. A custom loss
    /// that fails gives NaN; [`values`](Self::values) returns its error.
    pub fn value(&self, outputs: &[f32], targets: &[f32]) -> f64 {
        if let Some(focal) = self.focal() {
            return match self {
                Self::BinaryFocalCrossentropy { .. } => mean(outputs, targets, |x, y| focal.binary(x, y).0),
                _ => focal.categorical(outputs, targets),
            };
        }
        match *self {
            Self::BinaryCrossentropy { label_smoothing: s, from_logits: true } => {
                mean(outputs, targets, |z, y| binary_of_logit(z, smooth(y, s, 0.5)))
            }
            Self::BinaryCrossentropy { label_smoothing, .. } => {
                crossentropy::binary(outputs, targets, label_smoothing)
            }
            Self::CategoricalCrossentropy { label_smoothing, from_logits: true } => {
                Classes::new(outputs, true).crossentropy(outputs, targets, label_smoothing)
            }
            Self::CategoricalCrossentropy { label_smoothing, .. } => {
                crossentropy::categorical(outputs, targets, label_smoothing)
            }
            Self::SparseCategoricalCrossentropy { .. } if self.ignores(targets) => 0.0,
            Self::SparseCategoricalCrossentropy { from_logits: true, .. } => {
                Classes::new(outputs, true).sparse(outputs, targets)
            }
            Self::SparseCategoricalCrossentropy { .. } => crossentropy::sparse(outputs, targets),
            Self::KlDivergence => vectors::divergence(outputs, targets),
            Self::Hinge => mean(outputs, targets, elementwise::hinge),
            Self::SquaredHinge => mean(outputs, targets, elementwise::squared_hinge),
            Self::CategoricalHinge => vectors::categorical_hinge(outputs, targets),
            Self::CosineSimilarity => vectors::cosine(outputs, targets),
            Self::MeanSquaredError => mean(outputs, targets, elementwise::squared),
            Self::MeanAbsoluteError => mean(outputs, targets, elementwise::absolute),
            Self::MeanAbsolutePercentageError => mean(outputs, targets, elementwise::percentage),
            Self::MeanSquaredLogarithmicError => mean(outputs, targets, elementwise::squared_logarithmic),
            Self::LogCosh => mean(outputs, targets, elementwise::log_cosh),
            Self::Huber { delta } => mean(outputs, targets, |p, y| elementwise::huber(p, y, delta)),
            Self::Poisson => mean(outputs, targets, elementwise::poisson),
            // Focal losses are above.
            Self::BinaryFocalCrossentropy { .. } | Self::CategoricalFocalCrossentropy { .. } => f64::NAN,
            Self::Custom(_) => {
                self.values(outputs, targets, outputs.len()).map_or(f64::NAN, |losses| losses[0])
            }
        }
    }

    /// Writes the gradient of [`value`](Self::value) with respect to the outputs into `d`, which is as long
    /// as `outputs`.
    ///
    /// As in Keras, the gradient is 0 where a probability was clipped to ε or 1 − ε, and where an absolute
    /// error is 0. Where several classes are the best other class of a categorical hinge, the first has the
    /// gradient.
    pub fn gradient(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        if let Some(focal) = self.focal() {
            return match self {
                Self::BinaryFocalCrossentropy { .. } => {
                    gradient(outputs, targets, d, |x, y| focal.binary(x, y).1);
                }
                _ => focal.categorical_gradient(outputs, targets, d),
            };
        }
        match *self {
            Self::BinaryCrossentropy { label_smoothing: s, from_logits: true } => {
                gradient(outputs, targets, d, |z, y| sigmoid(z) - smooth(y, s, 0.5));
            }
            Self::BinaryCrossentropy { label_smoothing, .. } => {
                crossentropy::binary_gradient(outputs, targets, label_smoothing, d);
            }
            Self::CategoricalCrossentropy { label_smoothing, from_logits: true } => {
                Classes::new(outputs, true).crossentropy_gradient(outputs, targets, label_smoothing, d);
            }
            Self::CategoricalCrossentropy { label_smoothing, .. } => {
                crossentropy::categorical_gradient(outputs, targets, label_smoothing, d);
            }
            Self::SparseCategoricalCrossentropy { .. } if self.ignores(targets) => d.fill(0.0),
            Self::SparseCategoricalCrossentropy { from_logits: true, .. } => {
                Classes::new(outputs, true).sparse_gradient(outputs, targets, d);
            }
            Self::SparseCategoricalCrossentropy { .. } => crossentropy::sparse_gradient(outputs, targets, d),
            Self::KlDivergence => vectors::divergence_gradient(outputs, targets, d),
            Self::Hinge => gradient(outputs, targets, d, elementwise::hinge_slope),
            Self::SquaredHinge => gradient(outputs, targets, d, elementwise::squared_hinge_slope),
            Self::CategoricalHinge => vectors::categorical_hinge_gradient(outputs, targets, d),
            Self::CosineSimilarity => vectors::cosine_gradient(outputs, targets, d),
            Self::MeanSquaredError => gradient(outputs, targets, d, elementwise::squared_slope),
            Self::MeanAbsoluteError => gradient(outputs, targets, d, elementwise::absolute_slope),
            Self::MeanAbsolutePercentageError => gradient(outputs, targets, d, elementwise::percentage_slope),
            Self::MeanSquaredLogarithmicError => {
                gradient(outputs, targets, d, elementwise::squared_logarithmic_slope);
            }
            Self::LogCosh => gradient(outputs, targets, d, elementwise::log_cosh_slope),
            Self::Huber { delta } => {
                gradient(outputs, targets, d, |p, y| elementwise::huber_slope(p, y, delta))
            }
            Self::Poisson => gradient(outputs, targets, d, elementwise::poisson_slope),
            // Focal losses are above.
            Self::BinaryFocalCrossentropy { .. } | Self::CategoricalFocalCrossentropy { .. } => {
                d.fill(f32::NAN)
            }
            Self::Custom(_) => {
                let rows = self.row_pairs(outputs, targets, outputs.len());
                if rows.and_then(|rows| self.rows(rows, &mut [0.0], Some(&mut *d))).is_err() {
                    d.fill(f32::NAN);
                }
            }
        }
    }

    /// Writes the gradient of the loss with respect to the logits into `d`.
    ///
    /// `outputs` are the logits after the [fused activation](Self::fused_activation). Probabilities are not
    /// clipped here, so that a wrong probability that has rounded to 0 still has a gradient. A loss without a
    /// fused activation writes its [`gradient`](Self::gradient).
    pub fn logit_gradient(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        match *self {
            Self::BinaryCrossentropy { label_smoothing, from_logits: false } => {
                crossentropy::binary_logits(outputs, targets, label_smoothing as f32, d);
            }
            Self::CategoricalCrossentropy { label_smoothing, from_logits: false } => {
                crossentropy::categorical_logits(outputs, targets, label_smoothing as f32, d);
            }
            Self::SparseCategoricalCrossentropy { from_logits: false, .. } if !self.ignores(targets) => {
                crossentropy::sparse_logits(outputs, targets, d);
            }
            _ => self.gradient(outputs, targets, d),
        }
    }

    fn focal(&self) -> Option<Focal> {
        match *self {
            Self::BinaryFocalCrossentropy {
                apply_class_balancing: balanced,
                alpha,
                gamma,
                label_smoothing: smoothing,
                from_logits,
            } => Some(Focal { alpha, gamma, balanced, smoothing, from_logits }),
            Self::CategoricalFocalCrossentropy { alpha, gamma, label_smoothing: smoothing, from_logits } => {
                Some(Focal { alpha, gamma, balanced: false, smoothing, from_logits })
            }
            _ => None,
        }
    }

    /// Returns the loss of each row of `outputs`, `width` numbers each; `targets` has
    /// [`target_width`](Self::target_width) numbers for each row. Targets are not checked: see
    /// [`check`](Self::check).
    ///
    /// ```
    /// use gatewise::Loss;
    /// let losses = Loss::MeanSquaredError.values(&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 3.0, 5.0], 2)?;
    /// assert_eq!(losses, [2.0, 0.5]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if lengths and widths do not match,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting is out of range, and any error of a custom
    /// loss.
    pub fn values(&self, outputs: &[f32], targets: &[f32], width: usize) -> Result<Vec<f64>> {
        let rows = self.row_pairs(outputs, targets, width)?;
        let mut losses = vec![f64::NAN; rows.len()];
        self.rows(rows, &mut losses, None)?;
        Ok(losses)
    }

    /// As [`values`](Self::values), with the gradient of each row's loss with respect to the row's outputs.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn values_and_gradients(
        &self,
        outputs: &[f32],
        targets: &[f32],
        width: usize,
    ) -> Result<(Vec<f64>, Vec<f32>)> {
        let rows = self.row_pairs(outputs, targets, width)?;
        let (mut losses, mut gradient) = (vec![f64::NAN; rows.len()], vec![f32::NAN; outputs.len()]);
        self.rows(rows, &mut losses, Some(&mut gradient))?;
        Ok((losses, gradient))
    }

    /// Returns the reduced loss of all rows, as a call of a Keras loss does. Rows that the loss
    /// [ignores](Self::ignores) do not count.
    ///
    /// ```
    /// use gatewise::{Loss, Reduction};
    /// let (outputs, targets) = ([1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]);
    /// let loss = Loss::binary_crossentropy();
    /// let mean = loss.reduced(&outputs, &targets, 2, None, Reduction::default())?;
    /// assert!((mean - 3.98559).abs() < 1e-5);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`values`](Self::values) and [`Reduction::reduce`].
    pub fn reduced(
        &self,
        outputs: &[f32],
        targets: &[f32],
        width: usize,
        sample_weight: Option<&[f32]>,
        reduction: Reduction,
    ) -> Result<f64> {
        let losses = self.values(outputs, targets, width)?;
        // Also checks the number of weights.
        let all = reduction.reduce(&losses, sample_weight)?;
        let rows = self.row_pairs(outputs, targets, width)?;
        if !rows.iter().any(|(_, target)| self.ignores(target)) {
            return Ok(all);
        }
        let counting: Vec<usize> = (0..)
            .zip(rows.iter())
            .filter(|(_, (_, target))| !self.ignores(target))
            .map(|(row, _)| row)
            .collect();
        let losses: Vec<f64> = counting.iter().map(|&row| losses[row]).collect();
        let weights: Option<Vec<f32>> =
            sample_weight.map(|weights| counting.iter().map(|&row| weights[row]).collect());
        reduction.reduce(&losses, weights.as_deref())
    }

    /// Checks settings and lengths.
    fn row_pairs<'a>(&self, outputs: &'a [f32], targets: &'a [f32], width: usize) -> Result<LossRows<'a>> {
        self.check_settings()?;
        let target_width = self.target_width(width);
        let rows = outputs.len() / width.max(1);
        if width == 0
            || target_width == 0
            || rows * width != outputs.len()
            || rows * target_width != targets.len()
        {
            return Err(Error::shape(format!(
                "{self} needs {target_width} targets for each row of {width} outputs, but there are {} outputs \
                 and {} targets",
                outputs.len(),
                targets.len()
            )));
        }
        Ok(LossRows::new(outputs, targets, width, target_width))
    }

    /// Computes the loss of each row and, if asked for, the gradients.
    pub(crate) fn rows(
        &self,
        rows: LossRows<'_>,
        losses: &mut [f64],
        mut d: Option<&mut [f32]>,
    ) -> Result<()> {
        if let Self::Custom(function) = self {
            losses.fill(f64::NAN);
            if let Some(d) = &mut d {
                d.fill(f32::NAN);
            }
            return function.compute(rows, losses, d);
        }
        for (row, ((output, target), loss)) in rows.iter().zip(losses).enumerate() {
            *loss = self.value(output, target);
            if let Some(d) = &mut d {
                self.gradient(output, target, &mut d[row * rows.width..][..rows.width]);
            }
        }
        Ok(())
    }
}
