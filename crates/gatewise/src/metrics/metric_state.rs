//! `MetricState`: a metric as it accumulates over batches of rows.
//!
//! Input: outputs and targets, batch after batch. Output: the result over all of them.

use super::{Metric, MetricResult, MetricRows};
use crate::error::{Error, Result};

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
