//! What a metric reads and returns: rows of outputs and targets, and a number or several.
//!
//! Input: flat outputs and targets. Output: rows; the result of a metric.

use crate::error::{Error, Result};

/// Rows to measure: outputs and targets, row by row, and one weight for each row.
#[derive(Debug, Clone, Copy)]
pub struct MetricRows<'a> {
    outputs: &'a [f32],
    targets: &'a [f32],
    width: usize,
    target_width: usize,
    weights: Option<&'a [f32]>,
}

impl<'a> MetricRows<'a> {
    /// Creates rows of `width` outputs. The number of targets of a row follows from the number of targets; there
    /// may be none, for a metric that does not need them.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the numbers are not those of a whole number of rows.
    pub fn new(
        outputs: &'a [f32],
        targets: &'a [f32],
        width: usize,
        sample_weight: Option<&'a [f32]>,
    ) -> Result<Self> {
        if width == 0 || !outputs.len().is_multiple_of(width) {
            return Err(Error::shape(format!(
                "{} outputs are not a whole number of rows of {width}",
                outputs.len()
            )));
        }
        let rows = outputs.len() / width;
        if !targets.len().is_multiple_of(rows.max(1)) || rows == 0 && !targets.is_empty() {
            return Err(Error::shape(format!(
                "{} targets are not the same number for each of {rows} rows",
                targets.len()
            )));
        }
        if let Some(weights) = sample_weight.filter(|weights| weights.len() != rows) {
            return Err(Error::shape(format!(
                "sample_weight needs one weight for each row, but there are {rows} rows and {} weights",
                weights.len()
            )));
        }
        Ok(Self {
            outputs,
            targets,
            width,
            target_width: targets.len() / rows.max(1),
            weights: sample_weight,
        })
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.outputs.len() / self.width
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Returns the number of outputs of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of targets of a row.
    pub fn target_width(&self) -> usize {
        self.target_width
    }

    /// Returns the outputs of all rows.
    pub fn outputs(&self) -> &'a [f32] {
        self.outputs
    }

    /// Returns the targets of all rows.
    pub fn targets(&self) -> &'a [f32] {
        self.targets
    }

    /// Returns the weights of all rows, if there are any.
    pub fn sample_weight(&self) -> Option<&'a [f32]> {
        self.weights
    }

    /// Returns the outputs, the targets and the weight of each row; the weight is 1 without weights.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [f32], &'a [f32], f64)> + use<'a> {
        let Self { outputs, targets, width, target_width, weights } = *self;
        outputs.chunks_exact(width).enumerate().map(move |(row, output)| {
            let weight = weights.map_or(1.0, |weights| f64::from(weights[row]));
            (output, &targets[row * target_width..][..target_width], weight)
        })
    }
}

/// The result of a metric.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MetricResult {
    /// A number.
    Number(f64),
    /// A number for each class, output or threshold.
    Vector(Vec<f64>),
}

impl MetricResult {
    /// Returns the number, or the mean of the numbers.
    pub fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Vector(numbers) => numbers.iter().sum::<f64>() / numbers.len() as f64,
        }
    }

    /// Returns the number or numbers.
    pub fn numbers(&self) -> &[f64] {
        match self {
            Self::Number(number) => std::slice::from_ref(number),
            Self::Vector(numbers) => numbers,
        }
    }

    /// Returns the numbers with their names in logs: `label`, or, of several, `label[0]`, `label[1]`, …
    pub(crate) fn named(&self, label: &str) -> Vec<(String, f64)> {
        match self {
            Self::Number(number) => vec![(label.to_owned(), *number)],
            Self::Vector(numbers) if numbers.len() == 1 => vec![(label.to_owned(), numbers[0])],
            Self::Vector(numbers) => {
                numbers.iter().enumerate().map(|(at, &number)| (format!("{label}[{at}]"), number)).collect()
            }
        }
    }
}

impl From<f64> for MetricResult {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}
