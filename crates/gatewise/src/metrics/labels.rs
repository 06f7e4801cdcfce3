//! Any number of labels a row: how well each is found, and all together.

use super::report::line;
use super::{Scores, check, is_yes, log_loss};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Of a model that says of each of several labels whether a row has it.
///
/// ```
/// use gatewise::metrics::LabelsReport;
/// // Three rows of two labels. The answers above one half are {0}, {0, 1} and none.
/// let outputs = [0.75, 0.25, 0.625, 0.75, 0.125, 0.25];
/// let report = LabelsReport::new(&outputs, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 2, 0.5)?;
/// assert_eq!(report.exact_matches, 2.0 / 3.0);
/// assert_eq!(report.accuracy, 5.0 / 6.0);
/// assert_eq!(report.micro_average.precision, 2.0 / 3.0);
/// assert_eq!((report.classes[0].scores.precision, report.classes[1].rows), (0.5, 1));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelsReport {
    /// Number of rows.
    pub samples: usize,
    /// The answer to a label is yes above it.
    pub threshold: f32,
    /// The share of rows all of whose labels are found, and no other (scikit-learn's subset accuracy).
    pub exact_matches: f64,
    /// The share of right answers, of all labels of all rows. Where labels are rare, saying no to all has a high one.
    pub accuracy: f64,
    /// Mean over the labels that occur among targets or answers.
    pub macro_average: Scores,
    /// Of all labels of all rows together.
    pub micro_average: Scores,
    /// Mean −ln of the probability given to each answer that was right.
    pub log_loss: f64,
    /// Of each label.
    pub classes: Vec<LabelScores>,
    /// What the labels are called, where that is known.
    pub labels: Vec<String>,
}

/// Of one label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelScores {
    /// Rows that have it.
    pub rows: u64,
    /// Precision, recall and F1 of yes.
    #[serde(flatten)]
    pub scores: Scores,
}

/// Of a label: answered yes rightly, answered yes, rows that have it.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    hits: u64,
    answered: u64,
    belong: u64,
}

impl Count {
    fn scores(self) -> Scores {
        Scores::new(self.hits, self.answered, self.belong)
    }
}

impl LabelsReport {
    /// Of the probabilities of `width` labels a row, with as many targets; the answer is yes above `threshold`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there are no rows, outputs are no probabilities or targets no
    /// numbers; [`ErrorKind::Shape`](crate::ErrorKind::Shape) when slices do not fit each other.
    pub fn new(outputs: &[f32], targets: &[f32], width: usize, threshold: f32) -> Result<Self> {
        let samples = check(outputs, width, targets, width)?;
        let mut counts = vec![Count::default(); width];
        let (mut exact, mut right) = (0usize, 0usize);
        for (output, target) in outputs.chunks_exact(width).zip(targets.chunks_exact(width)) {
            let mut agree = 0;
            for ((count, &p), &y) in counts.iter_mut().zip(output).zip(target) {
                let (answer, wanted) = (p > threshold, is_yes(y));
                count.answered += u64::from(answer);
                count.belong += u64::from(wanted);
                count.hits += u64::from(answer && wanted);
                agree += usize::from(answer == wanted);
            }
            right += agree;
            exact += usize::from(agree == width);
        }
        let sum = |part: fn(&Count) -> u64| counts.iter().map(part).sum();
        let all = Count { hits: sum(|c| c.hits), answered: sum(|c| c.answered), belong: sum(|c| c.belong) };
        let occur: Vec<Scores> =
            counts.iter().filter(|c| c.answered + c.belong > 0).map(|count| count.scores()).collect();
        let mean =
            |score: fn(&Scores) -> f64| occur.iter().map(score).sum::<f64>() / occur.len().max(1) as f64;
        let scores = |count: &Count| LabelScores { rows: count.belong, scores: count.scores() };
        Ok(Self {
            samples,
            threshold,
            exact_matches: exact as f64 / samples as f64,
            accuracy: right as f64 / outputs.len() as f64,
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
        let name = |label: usize| self.labels.get(label).cloned().unwrap_or_else(|| label.to_string());
        let names: Vec<String> = (0..self.classes.len()).map(name).collect();
        let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("label".len());
        writeln!(f, "\n{:<first$}{:>9}{:>11}{:>9}{:>9}", "label", "rows", "precision", "recall", "F1")?;
        for (name, LabelScores { rows, scores }) in names.iter().zip(&self.classes) {
            let Scores { precision, recall, f1 } = scores;
            writeln!(f, "{name:<first$}{rows:>9}{precision:>11.4}{recall:>9.4}{f1:>9.4}")?;
        }
        Ok(())
    }
}
