//! Keras's `pad_sequences`: pads and truncates rows to one length.
//!
//! Input: ragged rows. Output: a matrix. Models do not need the matrix, because their padding is a policy
//! ([`Padding`](crate::rows::Padding)) that is applied to each batch.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The end of a sequence that is padded or truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Before the first step (Keras's default).
    #[default]
    Pre,
    /// After the last step.
    Post,
}

/// The settings of [`pad_sequences`], with Keras's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PadOptions<T> {
    /// The length of every row. Default: the length of the longest row.
    pub maxlen: Option<usize>,
    /// The side on which short rows are padded. Default: `Pre`.
    pub padding: Side,
    /// The side on which long rows are truncated. Default: `Pre`.
    pub truncating: Side,
    /// The value that pads short rows. Default: 0.
    pub value: T,
}

impl<T> PadOptions<T> {
    /// Sets the length of every row; `None` takes the length of the longest row.
    pub fn maxlen(self, maxlen: impl Into<Option<usize>>) -> Self {
        Self { maxlen: maxlen.into(), ..self }
    }

    /// Sets the side on which short rows are padded.
    pub fn padding(self, padding: Side) -> Self {
        Self { padding, ..self }
    }

    /// Sets the side on which long rows are truncated.
    pub fn truncating(self, truncating: Side) -> Self {
        Self { truncating, ..self }
    }

    /// Sets the value that pads short rows.
    pub fn value(self, value: T) -> Self {
        Self { value, ..self }
    }
}

/// A matrix of padded rows, in row-major order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Padded<T> {
    /// The number of rows.
    pub rows: usize,
    /// The length of each row.
    pub cols: usize,
    /// `rows * cols` values, row after row.
    pub data: Vec<T>,
}

impl<T> Padded<T> {
    /// Returns row `i`.
    ///
    /// # Panics
    /// If the matrix has no row `i`.
    pub fn row(&self, i: usize) -> &[T] {
        assert!(i < self.rows, "row {i} is out of range: the matrix has {} rows", self.rows);
        &self.data[i * self.cols..(i + 1) * self.cols]
    }
}

/// Pads and truncates all rows to one length, as Keras's `pad_sequences`.
///
/// ```
/// use gatewise::text::{PadOptions, Side, pad_sequences};
/// let rows = [vec![1, 2, 3], vec![4]];
/// assert_eq!(pad_sequences(&rows, &PadOptions::default())?.data, [1, 2, 3, 0, 0, 4]);
/// let options = PadOptions::default().maxlen(2).padding(Side::Post).value(9);
/// assert_eq!(pad_sequences(&rows, &options)?.data, [2, 3, 4, 9]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) where Keras raises too (no rows and no `maxlen`; a
/// `maxlen` of 0 with `truncating` set to `Pre`) and when the matrix does not fit in memory.
pub fn pad_sequences<T, I>(sequences: I, options: &PadOptions<T>) -> Result<Padded<T>>
where
    T: Copy,
    I: IntoIterator,
    I::Item: AsRef<[T]>,
{
    let sequences: Vec<I::Item> = sequences.into_iter().collect();
    let longest = sequences.iter().map(|row| row.as_ref().len()).max();
    let Some(cols) = options.maxlen.or(longest) else {
        return Err(Error::config(
            "there are no rows to pad and no maxlen, so the length is unknown: give maxlen",
        ));
    };
    if cols == 0 && options.truncating == Side::Pre && longest > Some(0) {
        return Err(Error::config("maxlen is 0, which truncates every row to nothing: use at least 1"));
    }
    let rows = sequences.len();
    let mut data = Vec::new();
    let cells = rows.checked_mul(cols).filter(|&cells| data.try_reserve_exact(cells).is_ok());
    let Some(cells) = cells else {
        return Err(Error::config(format!(
            "a matrix of {rows} rows by {cols} columns does not fit in memory: use a smaller maxlen"
        )));
    };
    for row in &sequences {
        let row = row.as_ref();
        let kept = row.len().min(cols);
        let row = match options.truncating {
            Side::Pre => &row[row.len() - kept..],
            Side::Post => &row[..kept],
        };
        let filling = std::iter::repeat_n(options.value, cols - kept);
        match options.padding {
            Side::Pre => {
                data.extend(filling);
                data.extend_from_slice(row);
            }
            Side::Post => {
                data.extend_from_slice(row);
                data.extend(filling);
            }
        }
    }
    debug_assert_eq!(data.len(), cells);
    Ok(Padded { rows, cols, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Cell by cell: which element of the row, if any, stands in column j.
        #[test]
        fn every_cell_is_where_keras_puts_it(
            rows in prop::collection::vec(prop::collection::vec(any::<i32>(), 0..9), 1..6),
            maxlen in prop::option::of(1usize..12),
            post: bool,
            cut_end: bool,
            value: i32,
        ) {
            let side = |end| if end { Side::Post } else { Side::Pre };
            let options = PadOptions { maxlen, padding: side(post), truncating: side(cut_end), value };
            let padded = pad_sequences(&rows, &options).unwrap();
            let cols = maxlen.unwrap_or_else(|| rows.iter().map(Vec::len).max().unwrap());
            prop_assert_eq!((padded.rows, padded.cols), (rows.len(), cols));
            for (i, row) in rows.iter().enumerate() {
                for j in 0..cols {
                    let shift = if post { 0 } else { cols.saturating_sub(row.len()) };
                    let skip = if cut_end { 0 } else { row.len().saturating_sub(cols) };
                    let expected = j.checked_sub(shift).and_then(|k| row.get(k + skip)).copied();
                    prop_assert_eq!(padded.row(i)[j], expected.unwrap_or(value));
                }
            }
        }
    }

    #[test]
    fn the_edges() {
        let none: [&[f32]; 0] = [];
        assert!(pad_sequences(none, &PadOptions::default()).is_err());
        let three = PadOptions::default().maxlen(3);
        assert_eq!(pad_sequences(none, &three).unwrap(), Padded { rows: 0, cols: 3, data: vec![] });
        let empty: [&[f32]; 2] = [&[], &[]];
        assert_eq!(pad_sequences(empty, &PadOptions::default()).unwrap().cols, 0);
        let zero = PadOptions::default().maxlen(0);
        assert!(pad_sequences([[1.0f32]], &zero).is_err());
        let huge = PadOptions::default().maxlen(usize::MAX / 2);
        assert!(pad_sequences([[1u32], [2]], &huge).unwrap_err().to_string().contains("memory"));
        assert!(pad_sequences([[1u32]], &huge).is_err());
    }

    #[test]
    fn takes_ragged_sequences() {
        let rows: crate::rows::Sequences = [vec![5, 6], vec![7]].into_iter().collect();
        assert_eq!(pad_sequences(rows.rows(), &PadOptions::default()).unwrap().data, [5, 6, 0, 7]);
    }
}
