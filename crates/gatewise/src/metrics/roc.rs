//! The points of the ROC curve.
//!
//! Input: the outputs of a binary model and the targets. Output: the rates at each threshold, for a picture. The area
//! under the curve is [`roc_auc`](super::roc_auc).

use super::ranking::cuts;
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// A point of a ROC curve: the rates of a decision threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RocPoint {
    /// The lowest output that is predicted as positive; infinite at the first point, where no row is.
    pub threshold: f32,
    /// False positive rate: the fraction of the negative rows that are predicted as positive.
    pub false_positive_rate: f64,
    /// True positive rate (recall): the fraction of the positive rows that are predicted as positive.
    pub true_positive_rate: f64,
}

/// Returns the points of the ROC curve, from (0, 0) to (1, 1), in descending order of the threshold.
///
/// Points on a straight line between their neighbours are left out, as scikit-learn's `roc_curve` does by default.
///
/// ```
/// use gatewise::metrics::roc_curve;
/// let curve = roc_curve(&[0.9, 0.7, 0.4, 0.2], &[1.0, 0.0, 1.0, 0.0])?;
/// let rates: Vec<_> = curve.iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect();
/// assert_eq!(rates, [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// Same errors as [`roc_auc`](super::roc_auc).
pub fn roc_curve(outputs: &[f32], targets: &[f32]) -> Result<Vec<RocPoint>> {
    let cuts = cuts(outputs, targets)?;
    let counts =
        |index: usize| index.checked_sub(1).map_or((0, 0), |at| (cuts[at].positives, cuts[at].negatives));
    let all = counts(cuts.len());
    let is_corner = |index: &usize| {
        if *index == 0 || *index == cuts.len() {
            return true;
        }
        let [before, here, after] = [index - 1, *index, index + 1].map(counts);
        // Slopes as products of whole numbers, in which nothing is rounded.
        let product = |rise: u64, run: u64| u128::from(rise) * u128::from(run);
        product(here.0 - before.0, after.1 - here.1) != product(after.0 - here.0, here.1 - before.1)
    };
    let point = |index: usize| RocPoint {
        threshold: index.checked_sub(1).map_or(f32::INFINITY, |at| cuts[at].score),
        false_positive_rate: counts(index).1 as f64 / all.1 as f64,
        true_positive_rate: counts(index).0 as f64 / all.0 as f64,
    };
    Ok((0..=cuts.len()).filter(is_corner).map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::roc_auc;
    use proptest::prelude::*;

    #[test]
    fn ties_are_one_step_and_straight_lines_have_two_ends() {
        // Two positives in order, then a tie of one of each, then a negative.
        let curve = roc_curve(&[0.9, 0.8, 0.5, 0.5, 0.1], &[1.0, 1.0, 1.0, 0.0, 0.0]).unwrap();
        let rates: Vec<_> = curve.iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect();
        assert_eq!(rates, [(0.0, 0.0), (0.0, 2.0 / 3.0), (0.5, 1.0), (1.0, 1.0)]);
        let thresholds: Vec<_> = curve.iter().map(|p| p.threshold).collect();
        assert_eq!(thresholds, [f32::INFINITY, 0.8, 0.5, 0.1]);
    }

    #[test]
    fn one_class_is_refused() {
        assert!(roc_curve(&[0.1, 0.2], &[1.0, 1.0]).unwrap_err().to_string().contains("none is negative"));
    }

    proptest! {
        /// Few distinct outputs, so that there are ties.
        #[test]
        fn the_area_under_the_points_is_roc_auc(rows in prop::collection::vec((0u8..=12, any::<bool>()), 2..40)) {
            let mut rows = rows;
            (rows[0].1, rows[1].1) = (true, false);
            let outputs: Vec<f32> = rows.iter().map(|row| f32::from(row.0) / 12.0).collect();
            let targets: Vec<f32> = rows.iter().map(|row| f32::from(u8::from(row.1))).collect();
            let curve = roc_curve(&outputs, &targets).unwrap();
            let area: f64 = curve
                .windows(2)
                .map(|p| {
                    (p[1].false_positive_rate - p[0].false_positive_rate)
                        * (p[0].true_positive_rate + p[1].true_positive_rate)
                        / 2.0
                })
                .sum();
            prop_assert!((area - roc_auc(&outputs, &targets).unwrap()).abs() < 1e-12);
            prop_assert!(curve.windows(2).all(|p| p[0].threshold > p[1].threshold));
        }
    }
}
