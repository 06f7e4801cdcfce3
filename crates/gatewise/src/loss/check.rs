//! Checks of losses: settings out of range, and targets that a loss does not accept.

use super::Loss;
use crate::error::{Error, Result};

/// The largest distance from 1 of the sum of a row of class probabilities.
const SUM_TOLERANCE: f64 = 1e-3;

impl Loss {
    /// Checks the loss's settings and `targets`, for a model with `output_width` outputs. `targets` contains
    /// [`target_width`](Self::target_width) numbers for each row.
    ///
    /// ```
    /// use gatewise::{ErrorKind, Loss};
    ///
    /// let loss = Loss::SparseCategoricalCrossentropy;
    /// assert!(loss.check(&[0.0, 5.0], 6).is_ok());
    /// let error = loss.check(&[0.0, 6.0], 6).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Data);
    /// assert!(error.to_string().starts_with("row 1 has the target 6, but"));
    /// ```
    ///
    /// # Errors
    /// - [`ErrorKind::Config`](crate::ErrorKind::Config): a setting is out of range.
    /// - [`ErrorKind::Shape`](crate::ErrorKind::Shape): the model has too few outputs.
    /// - [`ErrorKind::Data`](crate::ErrorKind::Data): a target is not finite, or the loss does not accept it.
    ///   The message names the first such row.
    pub fn check(&self, targets: &[f32], output_width: usize) -> Result<()> {
        self.check_settings()?;
        let least = match self {
            Self::CategoricalCrossentropy { .. } | Self::SparseCategoricalCrossentropy => 2,
            _ => 1,
        };
        if output_width < least {
            let advice = match least {
                2 => "; for two classes in one output, use binary_crossentropy",
                _ => "",
            };
            return Err(Error::shape(format!(
                "{self} needs a model with at least {least} outputs, but this one has {output_width}{advice}"
            )));
        }
        let width = self.target_width(output_width);
        if !targets.len().is_multiple_of(width) {
            return Err(Error::data(format!(
                "{self} needs {width} targets for each row of a model with {output_width} outputs, but there \
                 are {}, which is not a multiple of {width}",
                targets.len()
            )));
        }
        let refused = |y: &f32| !self.accepts(*y, output_width);
        if let Some(at) = targets.iter().position(refused) {
            return Err(Error::data(format!(
                "row {} has the target {}, but {self} needs {}",
                at / width,
                targets[at],
                self.accepted(output_width)
            )));
        }
        if let Self::CategoricalCrossentropy { .. } = self {
            let sum = |row: &[f32]| row.iter().map(|&y| f64::from(y)).sum::<f64>();
            let mut sums = targets.chunks_exact(width).map(sum).enumerate();
            if let Some((row, sum)) = sums.find(|(_, sum)| (sum - 1.0).abs() > SUM_TOLERANCE) {
                return Err(Error::data(format!(
                    "row {row} has targets that sum to {sum}, but {self} needs the probabilities of one class \
                     among {width}, which sum to 1; for classes that do not exclude each other, use \
                     binary_crossentropy"
                )));
            }
        }
        Ok(())
    }

    fn check_settings(&self) -> Result<()> {
        match *self {
            Self::BinaryCrossentropy { label_smoothing: s }
            | Self::CategoricalCrossentropy { label_smoothing: s }
                if !(0.0..=1.0).contains(&s) =>
            {
                Err(Error::config(format!("{self} has label_smoothing {s}; it must be from 0 to 1")))
            }
            Self::Huber { delta } if !(delta > 0.0 && delta.is_finite()) => {
                Err(Error::config(format!("{self} has delta {delta}; it must be above 0 and finite")))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether the loss accepts the target `y`.
    fn accepts(&self, y: f32, output_width: usize) -> bool {
        match self {
            Self::BinaryCrossentropy { .. } | Self::CategoricalCrossentropy { .. } => {
                (0.0..=1.0).contains(&y)
            }
            // `f32` holds every class number below 2²⁴; models have fewer outputs.
            Self::SparseCategoricalCrossentropy => {
                y >= 0.0 && y.fract() == 0.0 && f64::from(y) < output_width as f64
            }
            Self::Poisson => y >= 0.0 && y.is_finite(),
            Self::MeanSquaredError | Self::MeanAbsoluteError | Self::Huber { .. } => y.is_finite(),
        }
    }

    /// Describes the targets that the loss accepts.
    fn accepted(&self, output_width: usize) -> String {
        match self {
            Self::BinaryCrossentropy { .. } | Self::CategoricalCrossentropy { .. } => {
                "targets from 0 to 1".into()
            }
            Self::SparseCategoricalCrossentropy => format!(
                "the number of a class, from 0 to {} for a model with {output_width} outputs",
                output_width - 1
            ),
            Self::Poisson => "finite counts of at least 0".into(),
            _ => "finite numbers".into(),
        }
    }
}
