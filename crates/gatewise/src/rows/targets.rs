//! What a model should answer: for each row, or for each step of each row.

use super::Inputs;
use crate::error::{Error, Result};
use crate::text::check_rows;

/// The targets of a data set.
///
/// A target is `width` numbers: 0 or 1 for a binary model; the index of the class for sparse categorical
/// cross-entropy; one number a class for categorical cross-entropy; the values themselves for regression.
///
/// ```
/// use gatewise::rows::Targets;
/// let binary: Targets = vec![0.0, 1.0, 1.0].into();
/// assert_eq!((binary.len(), binary.width()), (3, 1));
/// let one_hot = Targets::rows(3, vec![0., 1., 0., 0., 0., 1.])?;
/// assert_eq!(one_hot.of(1, 0..1), [0., 0., 1.]);
/// // A label for each step of two rows, of two steps and of one.
/// let labels = Targets::steps(1, vec![4., 2., 7.], &[2, 1])?;
/// assert_eq!(labels.of(0, 1..2), [2.]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    width: usize,
    values: Vec<f32>,
    /// For targets of steps: where each row's begin, in steps.
    offsets: Option<Vec<usize>>,
}

impl Targets {
    /// One target a row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when `values` is no whole number of targets.
    pub fn rows(width: usize, values: Vec<f32>) -> Result<Self> {
        whole(width, values.len())?;
        Ok(Self { width, values, offsets: None })
    }

    /// One target for each step of each row; `lengths` are the rows' steps.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the steps do not add up to `values`.
    pub fn steps(width: usize, values: Vec<f32>, lengths: &[usize]) -> Result<Self> {
        whole(width, values.len())?;
        let mut offsets = vec![0usize];
        let ends = lengths.iter().scan(0usize, |end, &length| {
            *end = end.saturating_add(length);
            Some(*end)
        });
        offsets.extend(ends);
        let steps = values.len() / width;
        match offsets.last() {
            Some(&end) if end == steps => Ok(Self { width, values, offsets: Some(offsets) }),
            end => Err(Error::data(format!(
                "the rows have {} steps in all, but there are {steps} targets",
                end.unwrap_or(&0)
            ))),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.offsets.as_ref().map_or(self.values.len() / self.width, |offsets| offsets.len() - 1)
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers in a target.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether each step has a target of its own.
    pub fn per_step(&self) -> bool {
        self.offsets.is_some()
    }

    /// All numbers of all targets, one after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The targets of row `i`: of the steps `steps`, flat; without targets of steps, that of the row.
    /// Panics if there is no such row or step.
    pub fn of(&self, i: usize, steps: std::ops::Range<usize>) -> &[f32] {
        let (start, count) = match &self.offsets {
            Some(offsets) => (offsets[i] + steps.start, steps.len()),
            None => (i, 1),
        };
        &self.values[start * self.width..][..count * self.width]
    }

    /// Returns the rows named by `order`, in that order; a row may be named any number of times.
    ///
    /// # Panics
    /// When there is no such row. The message names it.
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        check_rows(order, self.len());
        let row = |i: usize| match &self.offsets {
            Some(offsets) => &self.values[offsets[i] * self.width..offsets[i + 1] * self.width],
            None => self.of(i, 0..1),
        };
        let values = order.iter().flat_map(|&i| row(i)).copied().collect();
        let offsets = self.offsets.as_ref().map(|offsets| {
            let ends = order.iter().scan(0, |end, &i| {
                *end += offsets[i + 1] - offsets[i];
                Some(*end)
            });
            std::iter::once(0).chain(ends).collect()
        });
        Self { width: self.width, values, offsets }
    }

    /// Checks that there is a target for each row (and step) of `inputs`.
    pub(crate) fn check(&self, inputs: &Inputs) -> Result<()> {
        if inputs.len() != self.len() {
            return Err(Error::data(format!(
                "a data set needs one target for each sequence, but there are {} sequences and {} targets",
                inputs.len(),
                self.len()
            )));
        }
        let Some(offsets) = &self.offsets else { return Ok(()) };
        let differs = |&i: &usize| inputs.steps(i) != offsets[i + 1] - offsets[i];
        match (0..inputs.len()).find(differs) {
            Some(i) => Err(Error::data(format!(
                "row {i} has {} steps, but targets for {}; each step needs one",
                inputs.steps(i),
                offsets[i + 1] - offsets[i]
            ))),
            None => Ok(()),
        }
    }
}

fn whole(width: usize, len: usize) -> Result<()> {
    match width > 0 && len.is_multiple_of(width) {
        true => Ok(()),
        false => Err(Error::data(format!("{len} numbers are no whole number of targets of {width}"))),
    }
}

/// One number a row.
impl From<Vec<f32>> for Targets {
    fn from(values: Vec<f32>) -> Self {
        Self { width: 1, values, offsets: None }
    }
}

impl Default for Targets {
    fn default() -> Self {
        Vec::new().into()
    }
}
