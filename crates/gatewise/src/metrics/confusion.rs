//! The confusion matrix, and what follows from it for each class.

use super::{argmax, check, check_classes, is_yes};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How often each class was taken for each: row by row the right class, column by column the answer.
///
/// ```
/// use gatewise::metrics::{Average, ConfusionMatrix};
///
/// // Three classes; the answers to four rows of class 0, 0, 1 and 2 are 0, 1, 1 and 1.
/// let matrix = ConfusionMatrix::new(3, [(0, 0), (0, 1), (1, 1), (2, 1)])?;
/// assert_eq!(matrix.count(0, 1), 1);
/// assert_eq!(matrix.accuracy(), 0.5);
/// assert_eq!(matrix.of_class(1).precision, 1.0 / 3.0);
/// assert_eq!(matrix.of_class(1).recall, 1.0);
/// // Class 2 was never answered: 0.
/// assert_eq!(matrix.of_class(2).f1, 0.0);
/// assert_eq!(matrix.average(Average::Micro).f1, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    /// `[right class][answer]`
    counts: Vec<Vec<u64>>,
}

/// Precision, recall and their harmonic mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Of the rows answered with the class, the share that belongs to it. 0 where there are none.
    pub precision: f64,
    /// Of the rows that belong to the class, the share answered with it. 0 where there are none.
    pub recall: f64,
    /// 2·precision·recall / (precision + recall), or 0.
    pub f1: f64,
}

/// How the scores of classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// The mean over the classes that occur among targets or answers: rare classes count as much as common
    /// ones.
    Macro,
    /// Of all rows together: where each row has one class and one answer, that is the accuracy.
    Micro,
    /// The mean over classes by their number of rows.
    Weighted,
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Scores {
    /// From counts: rows answered rightly with the class, all answered with it, all that belong to it.
    pub(super) fn new(hits: u64, answered: u64, belong: u64) -> Self {
        Self {
            precision: ratio(hits, answered),
            recall: ratio(hits, belong),
            f1: ratio(2 * hits, answered + belong),
        }
    }
}

impl ConfusionMatrix {
    /// Counts pairs of the right class and the answer, for `classes` classes.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there is no pair or one names a class beyond.
    pub fn new(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Result<Self> {
        let mut counts = vec![vec![0u64; classes]; classes];
        let mut rows = 0usize;
        for (right, answer) in pairs {
            match counts.get_mut(right).and_then(|row| row.get_mut(answer)) {
                Some(count) => *count += 1,
                None => {
                    return Err(Error::data(format!(
                        "row {rows} has class {right} and the answer {answer}, but there are {classes} classes"
                    )));
                }
            }
            rows += 1;
        }
        if rows == 0 {
            return Err(Error::data("there are no rows to measure"));
        }
        Ok(Self { counts })
    }

    /// Of a binary model, whose answer is yes (class 1) above `threshold`.
    ///
    /// # Errors
    /// As [`binary_accuracy`](super::binary_accuracy).
    pub fn binary(outputs: &[f32], targets: &[f32], threshold: f32) -> Result<Self> {
        check(outputs, 1, targets, 1)?;
        let pairs = outputs.iter().zip(targets);
        Self::new(2, pairs.map(|(&p, &y)| (usize::from(is_yes(y)), usize::from(p > threshold))))
    }

    /// Of a model with `width` outputs, whose answer is the largest, and one class number a row.
    ///
    /// # Errors
    /// As [`sparse_categorical_accuracy`](super::sparse_categorical_accuracy).
    pub fn classes(outputs: &[f32], targets: &[f32], width: usize) -> Result<Self> {
        let classes = check_classes(outputs, width, targets)?;
        Self::new(width, classes.into_iter().zip(outputs.chunks_exact(width).map(argmax)))
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Never true: a matrix has rows, and so classes.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Rows of class `right` that were answered with `answer`; 0 for classes that there are not.
    pub fn count(&self, right: usize, answer: usize) -> u64 {
        self.counts.get(right).and_then(|row| row.get(answer)).copied().unwrap_or(0)
    }

    /// Rows of `class`.
    pub fn support(&self, class: usize) -> u64 {
        self.counts.get(class).map_or(0, |row| row.iter().sum())
    }

    /// Rows answered with `class`.
    fn answered(&self, class: usize) -> u64 {
        (0..self.len()).map(|right| self.count(right, class)).sum()
    }

    fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of rows answered rightly.
    pub fn accuracy(&self) -> f64 {
        ratio((0..self.len()).map(|class| self.count(class, class)).sum(), self.total())
    }

    /// Precision, recall and F1 of one class.
    pub fn of_class(&self, class: usize) -> Scores {
        Scores::new(self.count(class, class), self.answered(class), self.support(class))
    }

    /// Precision, recall and F1 of all classes as one number each, as scikit-learn averages them.
    pub fn average(&self, average: Average) -> Scores {
        let weight = |class: usize| match average {
            Average::Macro => u64::from(self.support(class) + self.answered(class) > 0),
            Average::Micro | Average::Weighted => self.support(class),
        };
        if average == Average::Micro {
            let hits = (0..self.len()).map(|class| self.count(class, class)).sum();
            return Scores::new(hits, self.total(), self.total());
        }
        let whole = (0..self.len()).map(weight).sum::<u64>() as f64;
        let mean = |score: fn(Scores) -> f64| {
            (0..self.len()).map(|class| weight(class) as f64 * score(self.of_class(class))).sum::<f64>()
                / whole
        };
        Scores { precision: mean(|s| s.precision), recall: mean(|s| s.recall), f1: mean(|s| s.f1) }
    }

    /// The matrix as lines of text, its classes called `labels` (or by their numbers).
    pub(super) fn table(&self, f: &mut fmt::Formatter<'_>, labels: &[String]) -> fmt::Result {
        let name = |class: usize| labels.get(class).cloned().unwrap_or_else(|| class.to_string());
        let names: Vec<String> = (0..self.len()).map(name).collect();
        let first =
            names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("right \\ answer".len());
        let width = |class: usize| {
            let counts = (0..self.len()).map(|right| self.count(right, class).to_string().len());
            counts.max().unwrap_or(0).max(names[class].chars().count()) + 2
        };
        write!(f, "{:<first$}", "right \\ answer")?;
        for (class, name) in names.iter().enumerate() {
            write!(f, "{name:>0$}", width(class))?;
        }
        for (right, name) in names.iter().enumerate() {
            write!(f, "\n{name:<first$}")?;
            for answer in 0..self.len() {
                write!(f, "{:>1$}", self.count(right, answer), width(answer))?;
            }
        }
        writeln!(f)
    }
}
