//! Ragged sequences of vectors: measurements over time.

use crate::error::{Error, Result};
use crate::text::check_rows;

/// Many sequences of vectors of one width in one allocation: row `i` is `[steps_i][width]`.
///
/// As with [`Sequences`](super::Sequences), padding is never stored here.
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
    /// In steps.
    offsets: Vec<usize>,
}

impl Features {
    /// No rows, of vectors of `width` numbers. Panics when `width` is 0.
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "vectors have at least one number");
        Self { width, values: Vec::new(), offsets: vec![0] }
    }

    /// Appends a row of steps, flat.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when `row` is no whole number of vectors, or a number
    /// is NaN or infinite.
    pub fn push(&mut self, row: &[f32]) -> Result<()> {
        let index = self.len();
        if !row.len().is_multiple_of(self.width) {
            return Err(Error::data(format!(
                "row {index} has {} numbers, which is no whole number of steps of {}",
                row.len(),
                self.width
            )));
        }
        if let Some(at) = row.iter().position(|value| !value.is_finite()) {
            return Err(Error::data(format!(
                "row {index} has {} at step {}; numbers must be finite: leave out or fill in what is missing",
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

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row `i`, `[steps][width]`. Panics if there is no such row.
    pub fn row(&self, i: usize) -> &[f32] {
        &self.values[self.offsets[i] * self.width..self.offsets[i + 1] * self.width]
    }

    /// Steps of row `i`. Panics if there is no such row.
    pub fn steps(&self, i: usize) -> usize {
        self.offsets[i + 1] - self.offsets[i]
    }

    /// All numbers of all rows, one after the other.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the rows named by `order`, in that order; a row may be named any number of times.
    ///
    /// # Panics
    /// When there is no such row. The message names it.
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
