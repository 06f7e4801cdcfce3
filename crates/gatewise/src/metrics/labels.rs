//! The report of multi-label models.

use super::{Scores, check, is_positive, line, log_loss};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The report of a multi-label model.
///
/// ```
/// use gatewise::metrics::LabelsReport;
/// // Three rows, two labels. The predicted labels are {0}, {0, 1} and {}.
/// let outputs = [0.75, 0.25, 0.625, 0.75, 0.125, 0.25];
/// let report = LabelsReport::new(&outputs, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2, 0.5)?;
/// assert_eq!(report.exact_matches, 2.0 / 3.0);
/// assert_eq!(report.accuracy, 5.0 / 6.0);
/// assert_eq!(report.micro_average.precision, 2.0 / 3.0);
/// assert_eq!((report.classes[0].scores.precision, report.classes[1].rows), (0.5, 1));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelsReport {
    /// Number of rows.
    pub samples: usize,
    /// Decision threshold: a label is predicted if its probability is above the threshold.
    pub threshold: f32,
    /// Subset accuracy, as in scikit-learn: the fraction of rows whose labels are all predicted correctly.
    pub exact_matches: f64,
    /// Fraction of correct predictions over all labels of all rows. For rare labels it is high even if no
    /// label is ever predicted.
    pub accuracy: f64,
    /// Unweighted mean over the labels that occur among the targets or the predictions.
    pub macro_average: Scores,
    /// Scores of all labels of all rows together.
    pub micro_average: Scores,
    /// Log loss: the mean over all labels of all rows of −ln of the probability of the true value.
    pub log_loss: f64,
    /// Scores of each label.
    pub classes: Vec<LabelScores>,
    /// Names of the labels; empty if unknown.
    pub labels: Vec<String>,
}

/// Scores of one label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelScores {
    /// Number of rows with the label.
    pub rows: u64,
    /// Precision, recall and F1 of the label.
    #[serde(flatten)]
    pub scores: Scores,
}

/// Counts of a label: true positives, predicted positives and actual positives.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    hits: u64,
    predicted: u64,
    actual: u64,
}

impl Count {
    fn scores(self) -> Scores {
        Scores::new(self.hits, self.predicted, self.actual)
    }
}

impl LabelsReport {
    /// Computes the report from the probabilities and the targets (0 or 1) of `width` labels for each row. A
    /// label is predicted if its probability is above `threshold`.
    ///
    /// # Errors
    /// - [`ErrorKind::Data`](crate::ErrorKind::Data): there are no rows, an output is not a probability, or a
    ///   target is not finite.
    /// - [`ErrorKind::Shape`](crate::ErrorKind::Shape): the slices have lengths that do not match.
    pub fn new(outputs: &[f32], targets: &[f32], width: usize, threshold: f32) -> Result<Self> {
        let samples = check(outputs, width, targets, width)?;
        let mut counts = vec![Count::default(); width];
        let (mut exact, mut correct) = (0usize, 0usize);
        for (output, target) in outputs.chunks_exact(width).zip(targets.chunks_exact(width)) {
            let mut agree = 0;
            for ((count, &p), &y) in counts.iter_mut().zip(output).zip(target) {
                let (predicted, actual) = (p > threshold, is_positive(y));
                count.predicted += u64::from(predicted);
                count.actual += u64::from(actual);
                count.hits += u64::from(predicted && actual);
                agree += usize::from(predicted == actual);
            }
            correct += agree;
            exact += usize::from(agree == width);
        }
        let sum = |part: fn(&Count) -> u64| counts.iter().map(part).sum();
        let all = Count { hits: sum(|c| c.hits), predicted: sum(|c| c.predicted), actual: sum(|c| c.actual) };
        let occur: Vec<Scores> =
            counts.iter().filter(|c| c.predicted + c.actual > 0).map(|count| count.scores()).collect();
        let mean =
            |score: fn(&Scores) -> f64| occur.iter().map(score).sum::<f64>() / occur.len().max(1) as f64;
        let scores = |count: &Count| LabelScores { rows: count.actual, scores: count.scores() };
        Ok(Self {
            samples,
            threshold,
            exact_matches: exact as f64 / samples as f64,
            accuracy: correct as f64 / outputs.len() as f64,
            macro_average: Scores {
                precision: mean(|s| s.precision),
                recall: mean(|s| s.recall),
                f1: mean(|s| s.f1),
            },
            micro_average: all.scores(),
            log_loss: log_loss(outputs, targets, 1)?,
            classes: counts.iter().map(scores).collect(),
            labels: Vec::new(),
        })
    }
}

impl fmt::Display for LabelsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18} {}", "rows", self.samples)?;
        line(f, "threshold", f64::from(self.threshold))?;
        line(f, "exact matches", self.exact_matches)?;
        line(f, "accuracy", self.accuracy)?;
        line(f, "macro F1", self.macro_average.f1)?;
        line(f, "micro F1", self.micro_average.f1)?;
        line(f, "log loss", self.log_loss)?;
        let rows = self.classes.iter().map(|label| (label.rows, label.scores));
        Scores::table(f, "label", &self.labels, rows)
    }
}
