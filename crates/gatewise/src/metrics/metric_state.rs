//! `MetricState`: a metric as it accumulates over batches of rows.
//!
//! Input: outputs and targets, batch after batch. Output: the result over all of them.

use super::Metric;
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

    /// Returns the numbers with their names in logs: `label`, or `label[0]`, `label[1]`, …
    pub(crate) fn named(&self, label: &str) -> Vec<(String, f64)> {
        match self {
            Self::Number(number) => vec![(label.to_owned(), *number)],
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

/// A metric as it accumulates: Keras's `update_state`, `result` and `reset_state`.
///
/// Sums are taken in `f64`, row by row: how the rows are cut into batches does not change a bit of the result.
///
/// ```
/// use gatewise::metrics::MetricState;
/// let mut state = MetricState::new(&"binary_accuracy".parse()?);
/// state.update(&[0.2, 0.6], &[0.0, 0.0], 1, None)?;
/// state.update(&[0.9], &[1.0], 1, None)?;
/// assert_eq!(state.result()?.number(), 2.0 / 3.0);
/// state.reset();
/// state.update(&[0.4], &[1.0], 1, None)?;
/// assert_eq!(state.result()?.number(), 0.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MetricState {
    metric: Metric,
    /// Empty before the first row.
    numbers: Vec<f64>,
    /// The number of outputs of a row; 0 before the first row.
    width: usize,
}

impl MetricState {
    /// Creates the state before the first row.
    pub fn new(metric: &Metric) -> Self {
        Self { metric: metric.clone(), numbers: Vec::new(), width: 0 }
    }

    /// Returns the metric.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// Accumulates rows of `width` outputs each, with their targets and, if the rows are weighted, one weight for
    /// each row.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the slices do not match, or have another width than
    /// before; [`ErrorKind::Data`](crate::ErrorKind::Data) if the metric cannot measure such rows; and any error
    /// of a metric of one's own.
    pub fn update(
        &mut self,
        outputs: &[f32],
        targets: &[f32],
        width: usize,
        sample_weight: Option<&[f32]>,
    ) -> Result<()> {
        self.add(&MetricRows::new(outputs, targets, width, sample_weight)?)
    }

    /// Accumulates rows, as [`update`](Self::update).
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn add(&mut self, rows: &MetricRows<'_>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.width != 0 && self.width != rows.width() {
            return Err(Error::shape(format!(
                "the metric {} has rows of {} outputs so far, and now rows of {}; reset it first",
                self.metric.label(),
                self.width,
                rows.width()
            )));
        }
        if self.width == 0 {
            (self.numbers, self.width) = (self.metric.start(rows.width()), rows.width());
        }
        self.metric.update(&mut self.numbers, rows)
    }

    /// Returns the result over all rows so far.
    ///
    /// # Errors
    /// Any error of a metric of one's own.
    pub fn result(&self) -> Result<MetricResult> {
        match self.width {
            0 => self.metric.result(&self.metric.start(1)),
            _ => self.metric.result(&self.numbers),
        }
    }

    /// Forgets all rows.
    pub fn reset(&mut self) {
        (self.numbers, self.width) = (Vec::new(), 0);
    }

    /// Adds the rows of `other`, in any order of merging to the same bits where the weights are whole numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `other` is the state of another metric, or of one's own,
    /// and [`ErrorKind::Shape`](crate::ErrorKind::Shape) if its rows have another width.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.metric != other.metric || !self.metric.adds_up() {
            return Err(Error::config(format!(
                "the states of {} and {} cannot be merged; merge states of one metric of the library",
                self.metric.label(),
                other.metric.label()
            )));
        }
        if self.width == 0 || other.width == 0 {
            if other.width != 0 {
                self.clone_from(other);
            }
            return Ok(());
        }
        if self.numbers.len() != other.numbers.len() {
            return Err(Error::shape("the states have rows of different widths"));
        }
        self.numbers.iter_mut().zip(&other.numbers).for_each(|(sum, number)| *sum += number);
        Ok(())
    }

    /// Returns the numbers of the state, and the width of its rows.
    pub(crate) fn parts(&self) -> (&[f64], usize) {
        (&self.numbers, self.width)
    }

    /// Restores [`parts`](Self::parts); returns `false` if they are not a state of this metric.
    pub(crate) fn restore(&mut self, numbers: Vec<f64>, width: usize) -> bool {
        let fits = match width {
            0 => numbers.is_empty(),
            _ => !self.metric.adds_up() || numbers.len() == self.metric.start(width).len(),
        };
        (self.numbers, self.width) = (numbers, width);
        fits
    }
}
