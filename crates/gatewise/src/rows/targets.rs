//! Targets: the values that a model learns to predict, for each row or for each step.

use super::Inputs;
use crate::error::{Error, Result};
use crate::text::check_rows;

/// The targets of a data set.
///
/// A target is `width` numbers:
///
/// - binary classification: 0 or 1,
/// - sparse categorical cross-entropy: the index of the class,
/// - categorical cross-entropy: one number for each class,
/// - regression: the values.
///
/// ```
/// use gatewise::rows::Targets;
/// let binary: Targets = vec![0.0, 1.0, 1.0].into();
/// assert_eq!((binary.len(), binary.width()), (3, 1));
/// let one_hot = Targets::rows(3, vec![0., 1., 0., 0., 0., 1.])?;
/// assert_eq!(one_hot.of(1, 0..1), [0., 0., 1.]);
/// // One label for each step of two rows, of two steps and of one step.
/// let labels = Targets::steps(1, vec![4., 2., 7.], &[2, 1])?;
/// assert_eq!(labels.of(0, 1..2), [2.]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    width: usize,
    values: Vec<f32>,
    /// For targets per step: the offset of each row, in steps.
    offsets: Option<Vec<usize>>,
}

impl Targets {
    /// Returns one target for each row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the length of `values` is not a multiple of `width`.
    pub fn rows(width: usize, values: Vec<f32>) -> Result<Self> {
        whole(width, values.len())?;
        Ok(Self { width, values, offsets: None })
    }

    /// Returns one target for each step of each row; `lengths` are the numbers of steps of the rows.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the sum of `lengths` differs from the number of targets.
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

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.offsets.as_ref().map_or(self.values.len() / self.width, |offsets| offsets.len() - 1)
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of values in a target.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns whether there is one target for each step.
    pub fn per_step(&self) -> bool {
        self.offsets.is_some()
    }

    /// Returns the values of all targets as one flat slice.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the targets of row `i` at `steps` as a flat slice. Without targets per step, returns the
    /// target of the row and ignores `steps`.
    ///
    /// # Panics
    /// If the targets contain no such row or step.
    #[track_caller]
    pub fn of(&self, i: usize, steps: std::ops::Range<usize>) -> &[f32] {
        assert!(i < self.len(), "row {i} is out of range: there are {} rows", self.len());
        let (start, count) = match &self.offsets {
            Some(offsets) => {
                let (start, end) = (offsets[i], offsets[i + 1]);
                assert!(
                    steps.end <= end - start,
                    "steps {steps:?} are out of range: row {i} has targets for {} steps",
                    end - start
                );
                (start + steps.start, steps.len())
            }
            None => (i, 1),
        };
        &self.values[start * self.width..][..count * self.width]
    }

    /// Returns the number of steps before row `i`, for targets per step; else `i`.
    pub(crate) fn start(&self, i: usize) -> usize {
        self.offsets.as_ref().map_or(i, |offsets| offsets[i])
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
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
        false => Err(Error::data(format!("{len} numbers are not a multiple of the target width {width}"))),
    }
}

/// One number for each row.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "steps 1..3 are out of range: row 0 has targets for 2 steps")]
    fn steps_of_another_row_are_out_of_range() {
        Targets::steps(1, vec![1.0, 2.0, 3.0], &[2, 1]).unwrap().of(0, 1..3);
    }

    #[test]
    #[should_panic(expected = "row 3 was selected, but there are 2 rows")]
    fn a_selected_row_out_of_range_is_named() {
        Targets::from(vec![1.0, 2.0]).select(&[0, 3]);
    }
}
