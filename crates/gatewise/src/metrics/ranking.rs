//! The order of scores: what can be said of a binary model whatever its threshold.

use super::{check, is_yes};
use crate::error::{Error, Result};

/// What a threshold just below `score` finds: all rows that score this much or more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    pub score: f32,
    /// Rows at or above the score that are yes, and that are no.
    pub yes: u64,
    pub no: u64,
}

/// A cut at each score that occurs, from the highest down; the last holds all rows, and so says how many of
/// each class there are. Rows that score the same are in the same cut: no order among them is made up.
///
/// # Errors
/// As [`check`], and when there is one class only.
pub(super) fn cuts(outputs: &[f32], targets: &[f32]) -> Result<Vec<Cut>> {
    check(outputs, 1, targets, 1)?;
    let mut rows: Vec<(f32, bool)> = outputs.iter().zip(targets).map(|(&p, &y)| (p, is_yes(y))).collect();
    // By the number, which makes −0 and 0 the same score; `check` has found no NaN.
    rows.sort_unstable_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal));
    let mut cuts: Vec<Cut> = Vec::new();
    let (mut yes, mut no) = (0, 0);
    for (score, is_yes) in rows {
        yes += u64::from(is_yes);
        no += u64::from(!is_yes);
        match cuts.last_mut().filter(|last| last.score == score) {
            Some(last) => (last.yes, last.no) = (yes, no),
            None => cuts.push(Cut { score, yes, no }),
        }
    }
    if yes == 0 || no == 0 {
        let (all, other) = if yes == 0 { ("no", "yes") } else { ("yes", "no") };
        return Err(Error::data(format!(
            "all {} rows are {all}, and none is {other}; how well a model tells two classes apart needs rows \
             of both",
            outputs.len()
        )));
    }
    Ok(cuts)
}

/// The area under the ROC curve: the probability that a row that is yes scores above one that is no, a tie
/// counting one half.
///
/// It is exact, as in scikit-learn, computed from ranks in whole numbers. Keras's `AUC` metric is not: it
/// looks at 200 thresholds.
///
/// ```
/// use gatewise::metrics::roc_auc;
/// // Of the four pairs, two are in order and one is a tie.
/// assert_eq!(roc_auc(&[0.9, 0.4, 0.4, 0.7], &[1.0, 1.0, 0.0, 0.0])?, 0.625);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) when there is one class only, no rows, or numbers that are not
/// finite; [`ErrorKind::Shape`](crate::ErrorKind::Shape) when slices do not fit each other.
pub fn roc_auc(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let cuts = cuts(outputs, targets)?;
    let (mut doubled, mut before) = (0u128, (0, 0));
    for cut in &cuts {
        // A trapezoid, twice.
        doubled += u128::from(cut.no - before.1) * u128::from(cut.yes + before.0);
        before = (cut.yes, cut.no);
    }
    Ok(doubled as f64 / (2.0 * before.0 as f64 * before.1 as f64))
}

/// The area under the precision-recall curve, as scikit-learn's `average_precision_score` takes it: the mean
/// of the precision at each threshold, weighted by the recall that it adds. Nothing is interpolated, which
/// would be too optimistic.
///
/// ```
/// use gatewise::metrics::average_precision;
/// // Half of what is yes is found with precision 1, the other half with precision 2/3.
/// assert_eq!(average_precision(&[0.9, 0.7, 0.4], &[1.0, 0.0, 1.0])?, 0.5 + 0.5 * 2.0 / 3.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`roc_auc`].
pub fn average_precision(outputs: &[f32], targets: &[f32]) -> Result<f64> {
    let cuts = cuts(outputs, targets)?;
    let (mut sum, mut before) = (0.0, 0);
    for cut in &cuts {
        sum += (cut.yes - before) as f64 * (cut.yes as f64 / (cut.yes + cut.no) as f64);
        before = cut.yes;
    }
    Ok(sum / before as f64)
}
