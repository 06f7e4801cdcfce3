//! The decision threshold of a binary model, chosen on rows that it was not trained on.

use super::ranking::{Cut, cuts};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// What a threshold should make as large as it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ThresholdRule {
    /// The share of right answers.
    Accuracy,
    /// F1 of the class yes: for a rare class that should be found.
    F1,
    /// Youden's J = sensitivity + specificity − 1: both classes count alike, however rare.
    YoudenJ,
}

/// The threshold above which a model's answer should be yes, by `rule`, for these outputs and targets.
///
/// Every way to cut the rows in two by their score is compared, in whole numbers. Among ways that are equally
/// good the one nearest to ½ is taken, and of two as near the lower; ½ itself stays where no other threshold is
/// better. Otherwise the threshold is in the middle between the two scores that it separates.
///
/// ```
/// use gatewise::metrics::{ThresholdRule, best_threshold};
/// let outputs = [0.125, 0.25, 0.375, 0.4375];
/// assert_eq!(best_threshold(&outputs, &[0.0, 0.0, 1.0, 1.0], ThresholdRule::Accuracy)?, 0.3125);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) when there is one class only, no rows, or outputs are no
/// probabilities; [`ErrorKind::Shape`](crate::ErrorKind::Shape) when slices do not fit each other.
pub fn best_threshold(outputs: &[f32], targets: &[f32], rule: ThresholdRule) -> Result<f32> {
    super::probability::check_probabilities(outputs, 1)?;
    let cuts = cuts(outputs, targets)?;
    let Some(&all) = cuts.last() else { return Ok(0.5) };
    // Above the highest score: nothing is yes.
    let none = Cut { score: 1.0, yes: 0, no: 0 };
    let from = std::iter::once(&none).chain(&cuts);
    // Below each cut lies the next lower score; below the last nothing, and no threshold is below 0.
    let to = cuts.iter().map(|cut| cut.score).chain([0.0]);
    let mut best: Option<(Cut, f32)> = None;
    for (index, (&cut, low)) in from.zip(to).enumerate() {
        // A row is yes when it scores above the threshold: so the threshold may be `low` and must be below
        // the cut's score. Above the highest there is no such end.
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

/// ½ where it is from `low` up to, but below, `high`; else the middle.
fn between(low: f32, high: f32) -> f32 {
    if low <= 0.5 && 0.5 < high {
        return 0.5;
    }
    let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
    // Between neighbours it has rounded to one of them.
    if middle < high { middle } else { low }
}

/// Less when `a` is nearer to ½.
fn nearness(a: f32, b: f32) -> Ordering {
    (a - 0.5).abs().total_cmp(&(b - 0.5).abs())
}

impl ThresholdRule {
    /// Compares two cuts of the rows `all`.
    fn compare(self, a: Cut, b: Cut, all: Cut) -> Ordering {
        let (yes, no) = (i128::from(all.yes), i128::from(all.no));
        let signed = |cut: Cut| (i128::from(cut.yes), i128::from(cut.no));
        let ((a_yes, a_no), (b_yes, b_no)) = (signed(a), signed(b));
        match self {
            // Right answers are yes found and no left.
            Self::Accuracy => (a_yes - a_no).cmp(&(b_yes - b_no)),
            // F1 = 2·found / (answered + belong); a/b < c/d as a·d < c·b.
            Self::F1 => (a_yes * (b_yes + b_no + yes)).cmp(&(b_yes * (a_yes + a_no + yes))),
            // J = found/yes − wrongly found/no.
            Self::YoudenJ => (a_yes * no - a_no * yes).cmp(&(b_yes * no - b_no * yes)),
        }
    }

    /// The name, as [`from_str`](Self::from_str) reads it.
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
            Error::config(format!("no threshold rule '{name}'; there are accuracy, f1 and youden"))
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
            ThresholdRule::F1 => matrix.of_class(1).f1,
            ThresholdRule::YoudenJ => matrix.of_class(1).recall + matrix.of_class(0).recall - 1.0,
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
    fn neighbouring_scores_are_told_apart() {
        let low = 0.7f32;
        let high = f32::from_bits(low.to_bits() + 1);
        let threshold = best_threshold(&[low, high], &[0.0, 1.0], ThresholdRule::Accuracy).unwrap();
        assert_eq!(binary_accuracy(&[low, high], &[0.0, 1.0], threshold).unwrap(), 1.0);
        let extremes = best_threshold(&[0.0, 1.0], &[1.0, 0.0], ThresholdRule::F1).unwrap();
        assert!((0.0..=1.0).contains(&extremes));
    }

    #[test]
    fn one_class_and_what_is_no_probability_are_refused() {
        let message =
            |p: &[f32], y: &[f32]| best_threshold(p, y, ThresholdRule::Accuracy).unwrap_err().to_string();
        assert!(message(&[0.2, 0.3], &[1.0, 1.0]).contains("all 2 rows are yes, and none is no"));
        assert!(message(&[0.2, 1.3], &[1.0, 0.0]).contains("row 1 has the output 1.3"));
        assert!(message(&[0.2, f32::NAN], &[1.0, 0.0]).contains("row 1"));
        assert!(message(&[], &[]).contains("no rows"));
    }
}
