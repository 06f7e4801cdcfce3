//! Ragged sequences of feature vectors: measurements over time.

use crate::error::{Error, Result};
use crate::text::check_rows;

/// Ragged sequences of feature vectors of one width in one allocation: row `i` is `[steps_i][width]`.
///
/// As with [`Sequences`](super::Sequences), padding is not stored.
///
/// ```
/// use gatewise::rows::Features;
/// let mut rows = Features::new(2);
/// rows.push(&[0.5, 1.0, 0.25, 0.0])?; // two steps of two numbers
/// rows.push(&[0.1, 0.2])?;
/// assert_eq!((rows.len(), rows.steps(0), rows.row(1)), (2, 2, &[0.1, 0.2][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    width: usize,
    values: Vec<f32>,
    /// The offset of each row, in steps.
    offsets: Vec<usize>,
}

impl Features {
    /// Returns features without rows, for vectors of `width` numbers.
    ///
    /// # Panics
    /// If `width` is 0.
    #[track_caller]
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "the width is 0, but a vector has at least one number");
        Self { width, values: Vec::new(), offsets: vec![0] }
    }

    /// Appends a row, given as flat `[steps][width]` numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the length of `row` is not a multiple of the width, or
    /// if a number is NaN or infinite.
    pub fn push(&mut self, row: &[f32]) -> Result<()> {
        let index = self.len();
        if !row.len().is_multiple_of(self.width) {
            return Err(Error::data(format!(
                "row {index} has {} numbers, which is not a multiple of the width {}",
                row.len(),
                self.width
            )));
        }
        if let Some(at) = row.iter().position(|value| !value.is_finite()) {
            return Err(Error::data(format!(
                "row {index} has {} at step {}; numbers must be finite: drop or fill in missing values",
                row[at],
                at / self.width
            )));
        }
        self.values.extend_from_slice(row);
        self.offsets.push(self.values.len() / self.width);
        Ok(())
    }

    /// Rows of `lengths` steps whose numbers are `values`; `what` they are, for messages.
    pub(crate) fn computed(
        what: &str,
        width: usize,
        values: Vec<f32>,
        lengths: impl Iterator<Item = usize>,
    ) -> Result<Self> {
        let ends = lengths.scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        let offsets: Vec<usize> = std::iter::once(0).chain(ends).collect();
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let row = offsets.partition_point(|&offset| offset <= at / width) - 1;
            return Err(Error::data(format!(
                "{what} of row {row} have {} at step {}; the weights or the inputs are too large for f32",
                values[at],
                at / width - offsets[row]
            )));
        }
        Ok(Self { width, values, offsets })
    }

    /// Returns the number of values in a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns row `i`, `[steps][width]`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[track_caller]
    pub fn row(&self, i: usize) -> &[f32] {
        assert!(i < self.len(), "row {i} is out of range: there are {} rows", self.len());
        &self.values[self.offsets[i] * self.width..self.offsets[i + 1] * self.width]
    }

    /// Returns the number of steps of row `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[track_caller]
    pub fn steps(&self, i: usize) -> usize {
        assert!(i < self.len(), "row {i} is out of range: there are {} rows", self.len());
        self.offsets[i + 1] - self.offsets[i]
    }

    /// Returns the numbers of all rows as one flat slice.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        check_rows(order, self.len());
        let mut out = Self::new(self.width);
        for &i in order {
            out.values.extend_from_slice(self.row(i));
            out.offsets.push(out.values.len() / self.width);
        }
        out
    }
}
