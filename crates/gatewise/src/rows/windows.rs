//! Sliding windows over a series, each with the numbers that follow it.

use super::{Dataset, Features, Targets};
use crate::error::{Error, Result};

/// Returns the sliding windows of `length` numbers, each with the next `horizon` numbers as its target. There
/// is one row for each position at which window and target fit into the series.
///
/// ```
/// let data = gatewise::rows::windows(&[1.0, 2.0, 3.0, 4.0], 2, 1)?;
/// assert_eq!((data.len(), data.targets().values()), (2, &[3.0, 4.0][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the series is too short for a window, if a number is not
/// finite, or if `length` or `horizon` is 0.
pub fn windows(series: &[f32], length: usize, horizon: usize) -> Result<Dataset> {
    if length == 0 || horizon == 0 || series.len() < length.saturating_add(horizon) {
        return Err(Error::data(format!(
            "a window of {length} numbers with the next {horizon} as target does not fit into a series of {}; \
             both must be at least 1",
            series.len()
        )));
    }
    let mut rows = Features::new(1);
    let mut targets = Vec::new();
    for window in series.windows(length + horizon) {
        rows.push(&window[..length])?;
        targets.extend_from_slice(&window[length..]);
    }
    Dataset::new(rows, Targets::rows(horizon, targets)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_end_with_the_series() {
        let series: Vec<f32> = (0..10).map(|i| i as f32).collect();
        let data = windows(&series, 3, 2).unwrap();
        assert_eq!(data.len(), 6);
        assert_eq!(&data.targets().values()[10..], [8.0, 9.0]);
        for (length, horizon) in [(0, 1), (1, 0), (9, 2), (usize::MAX, 2)] {
            assert!(windows(&series, length, horizon).unwrap_err().to_string().contains("does not fit"));
        }
    }
}
