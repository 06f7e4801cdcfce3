//! Ranking metrics: the quality of a binary model over all thresholds.

use super::{check, is_positive};
use crate::error::{Error, Result};

/// The rows with an output of at least `score`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    pub score: f32,
    /// Number of these rows that are positive, and that are negative.
    pub positives: u64,
    pub negatives: u64,
}

/// Returns a cut for each distinct output, in descending order. The last cut contains all rows. Rows with
/// equal outputs are in the same cut, so that their order does not matter.
///
/// # Errors
/// Same errors as [`check`]; or all rows are of one class.
pub(super) fn cuts(outputs: &[f32], targets: &[f32]) -> Result<Vec<Cut>> {
    check(outputs, 1, targets, 1)?;
    let mut rows: Vec<(f32, bool)> =
        outputs.iter().zip(targets).map(|(&p, &y)| (p, is_positive(y))).collect();
    // `partial_cmp` makes −0 and 0 the same score; `check` has excluded NaN.
    rows.sort_unstable_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal));
    let mut cuts: Vec<Cut> = Vec::new();
    let (mut positives, mut negatives) = (0, 0);
    for (score, positive) in rows {
        positives += u64::from(positive);
        negatives += u64::from(!positive);
        match cuts.last_mut().filter(|last| last.score == score) {
            Some(last) => (last.positives, last.negatives) = (positives, negatives),
            None => cuts.push(Cut { score, positives, negatives }),
        }
    }
    if positives == 0 || negatives == 0 {
        let (all, other) = if positives == 0 { ("negative", "positive") } else { ("positive", "negative") };
        return Err(Error::data(format!(
            "all {} rows are {all}, and none is {other}; this metric needs rows of both classes",
            outputs.len()
        )));
    }
    Ok(cuts)
}

/// Computes the area under the ROC curve (ROC-AUC): the probability that a positive row has a higher output
/// than a negative row. A tie counts one half.
///
/// The area is exact, as in scikit-learn: it is computed from ranks in whole numbers. Keras's `AUC` metric
/// approximates it with 200 thresholds.
///
/// ```
/// use gatewise::metrics::roc_auc;
/// // Two of the four pairs are in order, and one is a tie.
/// assert_eq!(roc_auc(&[0.9, 0.4, 0.4, 0.7], &[1.0, 1.0, 0.0, 0.0])?, 0.625);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// - [`ErrorKind::Data`](crate::ErrorKind::Data): all rows are of one class, there are no rows, or a number
///   is not finite.
/// - [`ErrorKind::Shape`](crate::ErrorKind::Shape): the slices have lengths that do not match.
pub fn roc_auc(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let cuts = cuts(outputs, targets)?;
    let (mut doubled, mut before) = (0u128, (0, 0));
    for cut in &cuts {
        // A trapezoid, twice.
        doubled += u128::from(cut.negatives - before.1) * u128::from(cut.positives + before.0);
        before = (cut.positives, cut.negatives);
    }
    Ok(doubled as f64 / (2.0 * before.0 as f64 * before.1 as f64))
}

/// Computes the average precision (PR-AUC), as scikit-learn's `average_precision_score`: the mean of the
/// precision at each threshold, weighted by the increase of the recall.
///
/// The curve is not interpolated, because interpolation is too optimistic.
///
/// ```
/// use gatewise::metrics::average_precision;
/// // Half of the recall has precision 1, the other half 2/3.
/// assert_eq!(average_precision(&[0.9, 0.7, 0.4], &[1.0, 0.0, 1.0])?, 0.5 + 0.5 * 2.0 / 3.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`roc_auc`].
pub fn average_precision(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let cuts = cuts(outputs, targets)?;
    let (mut sum, mut before) = (0.0, 0);
    for cut in &cuts {
        let precision = cut.positives as f64 / (cut.positives + cut.negatives) as f64;
        sum += (cut.positives - before) as f64 * precision;
        before = cut.positives;
    }
    Ok(sum / before as f64)
}
