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
    /// let loss = Loss::sparse_categorical_crossentropy();
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
            Self::CategoricalCrossentropy { .. }
            | Self::SparseCategoricalCrossentropy { .. }
            | Self::CategoricalFocalCrossentropy { .. }
            | Self::CategoricalHinge => 2,
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
        if let Self::Custom(function) = self {
            return function.check(targets, output_width);
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
        if let Self::Hinge | Self::SquaredHinge = self {
            let row_of = |label: f32| targets.iter().position(|&y| y == label).map(|at| at / width);
            if let (Some(zero), Some(minus)) = (row_of(0.0), row_of(-1.0)) {
                return Err(Error::data(format!(
                    "row {zero} has the label 0 and row {minus} the label -1, but {self} needs the labels 0 and 1, \
                     or -1 and 1"
                )));
            }
        }
        if let Self::CategoricalCrossentropy { .. } | Self::CategoricalFocalCrossentropy { .. } = self {
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

    /// Checks the settings of the loss.
    pub(super) fn check_settings(&self) -> Result<()> {
        // Name, value and largest value of each.
        let bounded: [Option<(&str, f64, f64)>; 3] = match *self {
            Self::BinaryCrossentropy { label_smoothing: s, .. }
            | Self::CategoricalCrossentropy { label_smoothing: s, .. } => {
                [Some(("label_smoothing", s, 1.0)), None, None]
            }
            Self::BinaryFocalCrossentropy { label_smoothing: s, alpha, gamma, .. } => [
                Some(("label_smoothing", s, 1.0)),
                Some(("alpha", alpha, 1.0)),
                Some(("gamma", gamma, f64::MAX)),
            ],
            Self::CategoricalFocalCrossentropy { label_smoothing: s, alpha, gamma, .. } => [
                Some(("label_smoothing", s, 1.0)),
                Some(("alpha", alpha, f64::MAX)),
                Some(("gamma", gamma, f64::MAX)),
            ],
            Self::Huber { delta } if !(delta > 0.0 && delta.is_finite()) => {
                return Err(Error::config(format!(
                    "{self} has delta {delta}; it must be above 0 and finite"
                )));
            }
            _ => [None; 3],
        };
        match bounded.into_iter().flatten().find(|&(_, value, most)| !(0.0..=most).contains(&value)) {
            Some((name, value, 1.0)) => {
                Err(Error::config(format!("{self} has {name} {value}; it must be from 0 to 1")))
            }
            Some((name, value, _)) => {
                Err(Error::config(format!("{self} has {name} {value}; it must be at least 0 and finite")))
            }
            None => Ok(()),
        }
    }

    /// Returns whether the loss accepts the target `y`.
    fn accepts(&self, y: f32, output_width: usize) -> bool {
        match self {
            Self::BinaryCrossentropy { .. }
            | Self::CategoricalCrossentropy { .. }
            | Self::BinaryFocalCrossentropy { .. }
            | Self::CategoricalFocalCrossentropy { .. }
            | Self::KlDivergence => (0.0..=1.0).contains(&y),
            // `f32` holds every class number below 2²⁴; models have fewer outputs.
            Self::SparseCategoricalCrossentropy { .. } => {
                self.ignores(&[y]) || (y >= 0.0 && y.fract() == 0.0 && f64::from(y) < output_width as f64)
            }
            Self::Hinge | Self::SquaredHinge => [-1.0, 0.0, 1.0].contains(&y),
            Self::CategoricalHinge => (-1.0..=1.0).contains(&y),
            Self::Poisson | Self::MeanSquaredLogarithmicError => y >= 0.0 && y.is_finite(),
            Self::MeanSquaredError
            | Self::MeanAbsoluteError
            | Self::MeanAbsolutePercentageError
            | Self::CosineSimilarity
            | Self::LogCosh
            | Self::Huber { .. } => y.is_finite(),
            Self::Custom(_) => true,
        }
    }

    /// Describes the targets that the loss accepts.
    fn accepted(&self, output_width: usize) -> String {
        match self {
            Self::BinaryCrossentropy { .. }
            | Self::CategoricalCrossentropy { .. }
            | Self::BinaryFocalCrossentropy { .. }
            | Self::CategoricalFocalCrossentropy { .. }
            | Self::KlDivergence => "targets from 0 to 1".into(),
            Self::SparseCategoricalCrossentropy { ignore_class, .. } => {
                let or =
                    ignore_class.map_or(String::new(), |class| format!(", or the ignored class {class}"));
                format!(
                    "the number of a class, from 0 to {} for a model with {output_width} outputs{or}",
                    output_width - 1
                )
            }
            Self::Hinge | Self::SquaredHinge => "the labels 0 and 1, or -1 and 1".into(),
            Self::CategoricalHinge => "targets from -1 to 1, such as one-hot rows".into(),
            Self::Poisson => "finite counts of at least 0".into(),
            Self::MeanSquaredLogarithmicError => "finite numbers of at least 0".into(),
            _ => "finite numbers".into(),
        }
    }
}
