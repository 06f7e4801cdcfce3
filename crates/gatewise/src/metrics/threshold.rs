//! The decision threshold of a binary model, chosen on rows that the model was not trained on.

use super::ranking::{Cut, cuts};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The metric that a threshold maximises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ThresholdRule {
    /// Accuracy.
    Accuracy,
    /// F1 of the positive class, for a rare positive class.
    F1,
    /// Youden's J = sensitivity + specificity − 1, which weights both classes equally.
    YoudenJ,
}

/// Returns the threshold that maximises `rule` on these outputs and targets. A row is predicted as positive
/// if its output is above the threshold.
///
/// All distinct thresholds are compared, in whole numbers:
///
/// - If no threshold is better than ½, the threshold is ½.
/// - Otherwise it is the midpoint of the two outputs that it separates.
/// - Of equally good thresholds, the one nearest to ½ is returned; of two at the same distance, the lower
///   one.
///
/// ```
/// use gatewise::metrics::{ThresholdRule, best_threshold};
/// let outputs = [0.125, 0.25, 0.375, 0.4375];
/// assert_eq!(best_threshold(&outputs, &[0.0, 0.0, 1.0, 1.0], ThresholdRule::Accuracy)?, 0.3125);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// - [`ErrorKind::Data`](crate::ErrorKind::Data): all rows are of one class, there are no rows, or an output
///   is not a probability.
/// - [`ErrorKind::Shape`](crate::ErrorKind::Shape): the slices have lengths that do not match.
pub fn best_threshold(outputs: &[f32], targets: &[f32], rule: ThresholdRule) -> Result<f32> {
    super::probability::check_probabilities(outputs, 1)?;
    let cuts = cuts(outputs, targets)?;
    let Some(&all) = cuts.last() else { return Ok(0.5) };
    // Above the highest score no row is positive.
    let none = Cut { score: 1.0, positives: 0, negatives: 0 };
    let from = std::iter::once(&none).chain(&cuts);
    // Below each cut lies the next lower score; below the last nothing, and no threshold is below 0.
    let to = cuts.iter().map(|cut| cut.score).chain([0.0]);
    let mut best: Option<(Cut, f32)> = None;
    for (index, (&cut, low)) in from.zip(to).enumerate() {
        // A row is positive if its score is above the threshold. So the threshold is at least `low` and below
        // the score of the cut; above the highest score it has no such upper bound.
        let threshold = match index {
            0 => between(low, 1.0),
            _ if low < cut.score => between(low, cut.score),
            _ => continue,
        };
        let better = best.is_none_or(|(other, theirs)| match rule.compare(cut, other, all) {
            Ordering::Equal => nearness(threshold, theirs).is_le(),
            order => order.is_gt(),
        });
        if better {
            best = Some((cut, threshold));
        }
    }
    Ok(best.map_or(0.5, |(_, threshold)| threshold))
}

/// Returns ½ if it is in `low..high`, else the midpoint.
fn between(low: f32, high: f32) -> f32 {
    if low <= 0.5 && 0.5 < high {
        return 0.5;
    }
    let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
    // Between neighbouring numbers the midpoint rounds to one of them.
    if middle < high { middle } else { low }
}

/// Compares the distances to ½.
fn nearness(a: f32, b: f32) -> Ordering {
    (a - 0.5).abs().total_cmp(&(b - 0.5).abs())
}

impl ThresholdRule {
    /// Compares two cuts of the rows `all`.
    fn compare(self, a: Cut, b: Cut, all: Cut) -> Ordering {
        let signed = |cut: Cut| (i128::from(cut.positives), i128::from(cut.negatives));
        let ((pos, neg), (a_pos, a_neg), (b_pos, b_neg)) = (signed(all), signed(a), signed(b));
        match self {
            // Correct predictions: true positives, and the negatives that are not in the cut.
            Self::Accuracy => (a_pos - a_neg).cmp(&(b_pos - b_neg)),
            // F1 = 2·true positives / (predicted + actual positives); a/b < c/d as a·d < c·b.
            Self::F1 => (a_pos * (b_pos + b_neg + pos)).cmp(&(b_pos * (a_pos + a_neg + pos))),
            // J = true positive rate − false positive rate.
            Self::YoudenJ => (a_pos * neg - a_neg * pos).cmp(&(b_pos * neg - b_neg * pos)),
        }
    }

    /// Returns the name that [`from_str`](Self::from_str) parses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::F1 => "f1",
            Self::YoudenJ => "youden",
        }
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ThresholdRule {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Accuracy, Self::F1, Self::YoudenJ];
        all.into_iter().find(|rule| rule.name() == name).ok_or_else(|| {
            Error::config(format!("unknown threshold rule '{name}'; the rules are accuracy, f1 and youden"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{ConfusionMatrix, binary_accuracy};
    use proptest::prelude::*;

    const RULES: [ThresholdRule; 3] = [ThresholdRule::Accuracy, ThresholdRule::F1, ThresholdRule::YoudenJ];

    fn score(rule: ThresholdRule, outputs: &[f32], targets: &[f32], threshold: f32) -> f64 {
        let matrix = ConfusionMatrix::binary(outputs, targets, threshold).unwrap();
        match rule {
            ThresholdRule::Accuracy => matrix.accuracy(),
            ThresholdRule::F1 => matrix.class_scores(1).f1,
            ThresholdRule::YoudenJ => matrix.class_scores(1).recall + matrix.class_scores(0).recall - 1.0,
        }
    }

    proptest! {
        /// Few distinct scores, so that there are ties; some rows are at the ends.
        #[test]
        fn no_threshold_is_better(rows in prop::collection::vec((0u8..=16, any::<bool>()), 2..30), f in 0..3usize) {
            let mut rows = rows;
            (rows[0].1, rows[1].1) = (true, false);
            let outputs: Vec<f32> = rows.iter().map(|row| f32::from(row.0) / 16.0).collect();
            let targets: Vec<f32> = rows.iter().map(|row| f32::from(u8::from(row.1))).collect();
            let best = best_threshold(&outputs, &targets, RULES[f]).unwrap();
            prop_assert!((0.0..=1.0).contains(&best));
            let reached = score(RULES[f], &outputs, &targets, best);
            for step in 0..=64 {
                let other = score(RULES[f], &outputs, &targets, step as f32 / 64.0);
                prop_assert!(reached >= other - 1e-12, "{best} gives {reached}, {step}/64 {other}");
            }
            let half = score(RULES[f], &outputs, &targets, 0.5);
            prop_assert!(best == 0.5 || reached > half + 1e-12, "{best} gives {reached}, one half {half}");
            let mut turned = rows.clone();
            turned.reverse();
            let outputs: Vec<f32> = turned.iter().map(|row| f32::from(row.0) / 16.0).collect();
            let targets: Vec<f32> = turned.iter().map(|row| f32::from(u8::from(row.1))).collect();
            prop_assert_eq!(best, best_threshold(&outputs, &targets, RULES[f]).unwrap());
        }
    }

    #[test]
    fn one_half_stays_where_nothing_is_better() {
        let (outputs, targets) = ([0.1, 0.45, 0.9], [0.0, 0.0, 1.0]);
        for rule in RULES {
            assert_eq!(best_threshold(&outputs, &targets, rule).unwrap(), 0.5);
        }
    }

    #[test]
    fn neighbouring_scores_are_separated() {
        let low = 0.7f32;
        let high = f32::from_bits(low.to_bits() + 1);
        let threshold = best_threshold(&[low, high], &[0.0, 1.0], ThresholdRule::Accuracy).unwrap();
        assert_eq!(binary_accuracy(&[low, high], &[0.0, 1.0], threshold).unwrap(), 1.0);
        let extremes = best_threshold(&[0.0, 1.0], &[1.0, 0.0], ThresholdRule::F1).unwrap();
        assert!((0.0..=1.0).contains(&extremes));
    }

    #[test]
    fn one_class_and_outputs_that_are_not_probabilities_are_refused() {
        let message =
            |p: &[f32], y: &[f32]| best_threshold(p, y, ThresholdRule::Accuracy).unwrap_err().to_string();
        assert!(message(&[0.2, 0.3], &[1.0, 1.0]).contains("all 2 rows are positive, and none is negative"));
        assert!(message(&[0.2, 1.3], &[1.0, 0.0]).contains("row 1 has the output 1.3"));
        assert!(message(&[0.2, f32::NAN], &[1.0, 0.0]).contains("row 1"));
        assert!(message(&[], &[]).contains("no rows"));
    }
}
