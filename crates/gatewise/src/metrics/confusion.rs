//! The confusion matrix, and precision, recall and F1 of each class.

use super::{ClassCounts, argmax, check, check_classes, is_positive};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A confusion matrix: rows are the actual classes, columns the predicted classes.
///
/// ```
/// use gatewise::metrics::{Average, ConfusionMatrix};
///
/// // Four rows of the classes 0, 0, 1 and 2 are predicted as 0, 1, 1 and 1.
/// let matrix = ConfusionMatrix::new(3, [(0, 0), (0, 1), (1, 1), (2, 1)])?;
/// assert_eq!(matrix.count(0, 1), 1);
/// assert_eq!(matrix.accuracy(), 0.5);
/// assert_eq!(matrix.class_scores(1).precision, 1.0 / 3.0);
/// assert_eq!(matrix.class_scores(1).recall, 1.0);
/// // Class 2 is never predicted: 0.
/// assert_eq!(matrix.class_scores(2).f1, 0.0);
/// assert_eq!(matrix.average(Average::Micro).f1, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix {
    /// `[actual class][predicted class]`
    counts: Vec<Vec<u64>>,
}

/// Precision, recall and F1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scores {
    /// Fraction of the rows predicted as the class that belong to it. 0 if no row is predicted as the class.
    pub precision: f64,
    /// Fraction of the rows of the class that are predicted as it. 0 if the class has no rows.
    pub recall: f64,
    /// F1, the harmonic mean of both: 2·precision·recall / (precision + recall), or 0.
    pub f1: f64,
}

/// The average of the scores of several classes, as in scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Average {
    /// Unweighted mean over the classes that occur among the targets or the predictions.
    Macro,
    /// Scores of all rows together. With one class and one prediction for each row, this is the accuracy.
    Micro,
    /// Mean over the classes, weighted by their number of rows.
    Weighted,
}

/// The top left corner of the matrix as text.
const CORNER: &str = "actual \\ predicted";

/// Returns the name of a class: its label, or its number.
pub(super) fn name_of(labels: &[String], class: usize) -> String {
    labels.get(class).cloned().unwrap_or_else(|| class.to_string())
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Scores {
    /// Computes the scores from three counts: true positives, predicted positives and actual positives.
    pub(super) fn new(hits: u64, predicted: u64, actual: u64) -> Self {
        Self {
            precision: ratio(hits, predicted),
            recall: ratio(hits, actual),
            f1: ratio(2 * hits, predicted + actual),
        }
    }

    /// Writes a line for each class or label: its name, its rows, and its scores.
    pub(super) fn table(
        f: &mut fmt::Formatter<'_>,
        head: &str,
        labels: &[String],
        scores: impl Iterator<Item = (u64, Self)> + Clone,
    ) -> fmt::Result {
        let names: Vec<String> = (0..scores.clone().count()).map(|class| name_of(labels, class)).collect();
        let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(head.len());
        writeln!(f, "\n{head:<first$}{:>9}{:>11}{:>9}{:>9}", "rows", "precision", "recall", "F1")?;
        for (name, (rows, Self { precision, recall, f1 })) in names.iter().zip(scores) {
            writeln!(f, "{name:<first$}{rows:>9}{precision:>11.4}{recall:>9.4}{f1:>9.4}")?;
        }
        Ok(())
    }
}

impl ConfusionMatrix {
    /// Counts pairs of an actual and a predicted class, for `classes` classes.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if there are no pairs, or a class number is out of range.
    pub fn new(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Result<Self> {
        let mut counts = vec![vec![0u64; classes]; classes];
        let mut rows = 0usize;
        for (actual, predicted) in pairs {
            match counts.get_mut(actual).and_then(|row| row.get_mut(predicted)) {
                Some(count) => *count += 1,
                None => {
                    return Err(Error::data(format!(
                        "row {rows} has class {actual} and is predicted as {predicted}, but there are {classes} classes"
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

    /// Computes the matrix of a binary model, which predicts class 1 above `threshold`.
    ///
    /// # Errors
    /// Same errors as [`binary_accuracy`](super::binary_accuracy).
    pub fn binary(outputs: &[f32], targets: &[f32], threshold: f32) -> Result<Self> {
        check(outputs, 1, targets, 1)?;
        let pairs = outputs.iter().zip(targets);
        Self::new(2, pairs.map(|(&p, &y)| (usize::from(is_positive(y)), usize::from(p > threshold))))
    }

    /// Computes the matrix of a multiclass model with `width` outputs, which predicts the class of the
    /// largest output.
    /// `targets` contains one class number for each row.
    ///
    /// # Errors
    /// Same errors as [`sparse_categorical_accuracy`](super::sparse_categorical_accuracy).
    pub fn classes(outputs: &[f32], targets: &[f32], width: usize) -> Result<Self> {
        let classes = check_classes(outputs, width, targets)?;
        Self::new(width, classes.into_iter().zip(outputs.chunks_exact(width).map(argmax)))
    }

    /// Returns the number of classes.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Returns false: a matrix has at least one class.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the number of rows of class `actual` that are predicted as `predicted`; 0 if a class is out of
    /// range.
    pub fn count(&self, actual: usize, predicted: usize) -> u64 {
        self.counts.get(actual).and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    /// Returns the number of rows of `class`; 0 if it is out of range.
    pub fn support(&self, class: usize) -> u64 {
        self.counts.get(class).map_or(0, |row| row.iter().sum())
    }

    /// Returns the number of rows predicted as `class`.
    fn predicted(&self, class: usize) -> u64 {
        (0..self.len()).map(|actual| self.count(actual, class)).sum()
    }

    fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Returns the accuracy: the fraction of rows predicted correctly.
    pub fn accuracy(&self) -> f64 {
        ratio((0..self.len()).map(|class| self.count(class, class)).sum(), self.total())
    }

    /// Returns the balanced accuracy, as in scikit-learn: the mean recall over the classes that have rows. It is
    /// 1 / classes for a model that predicts one class for every row, however frequent that class is.
    ///
    /// ```
    /// use gatewise::metrics::ConfusionMatrix;
    /// // Nine rows of class 0 and one of class 1; all are predicted as class 0.
    /// let matrix = ConfusionMatrix::new(2, (0..10).map(|row| (row / 9, 0)))?;
    /// assert_eq!((matrix.accuracy(), matrix.balanced_accuracy()), (0.9, 0.5));
    /// assert_eq!(matrix.only_prediction(), Some(0));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn balanced_accuracy(&self) -> f64 {
        let occur = || (0..self.len()).filter(|&class| self.support(class) > 0);
        occur().map(|class| self.class_scores(class).recall).sum::<f64>() / occur().count().max(1) as f64
    }

    /// Returns the number of rows of each class.
    pub fn supports(&self) -> ClassCounts {
        ClassCounts::new((0..self.len()).map(|class| self.support(class)).collect::<Vec<_>>())
    }

    /// Returns the class that every row is predicted as, if rows of several classes are predicted as one.
    pub fn only_prediction(&self) -> Option<usize> {
        let several = (0..self.len()).filter(|&class| self.support(class) > 0).count() > 1;
        (0..self.len()).find(|&class| several && self.predicted(class) == self.total())
    }

    /// Returns precision, recall and F1 of one class; all 0 if it is out of range.
    pub fn class_scores(&self, class: usize) -> Scores {
        Scores::new(self.count(class, class), self.predicted(class), self.support(class))
    }

    /// Returns precision, recall and F1 averaged over the classes, as in scikit-learn.
    pub fn average(&self, average: Average) -> Scores {
        let weight = |class: usize| match average {
            Average::Macro => u64::from(self.support(class) + self.predicted(class) > 0),
            Average::Micro | Average::Weighted => self.support(class),
        };
        if average == Average::Micro {
            let hits = (0..self.len()).map(|class| self.count(class, class)).sum();
            return Scores::new(hits, self.total(), self.total());
        }
        let whole = (0..self.len()).map(weight).sum::<u64>() as f64;
        let mean = |score: fn(Scores) -> f64| {
            (0..self.len()).map(|class| weight(class) as f64 * score(self.class_scores(class))).sum::<f64>()
                / whole
        };
        Scores { precision: mean(|s| s.precision), recall: mean(|s| s.recall), f1: mean(|s| s.f1) }
    }

    /// Writes a line for each class: rows, precision, recall and F1.
    pub(super) fn scores_table(&self, f: &mut fmt::Formatter<'_>, labels: &[String]) -> fmt::Result {
        let rows = (0..self.len()).map(|class| (self.support(class), self.class_scores(class)));
        Scores::table(f, "class", labels, rows)
    }

    /// Writes the sentence about a model that predicts one class for every row, if it does.
    pub(super) fn only_prediction_line(&self, f: &mut fmt::Formatter<'_>, labels: &[String]) -> fmt::Result {
        match self.only_prediction() {
            Some(class) => writeln!(f, "\nEvery row is predicted as '{}'.", name_of(labels, class)),
            None => Ok(()),
        }
    }

    /// Writes the matrix as a table, with the names of the classes in `labels` (default: their numbers).
    pub(super) fn table(&self, f: &mut fmt::Formatter<'_>, labels: &[String]) -> fmt::Result {
        let names: Vec<String> = (0..self.len()).map(|class| name_of(labels, class)).collect();
        let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(CORNER.len());
        let width = |class: usize| {
            let counts = (0..self.len()).map(|actual| self.count(actual, class).to_string().len());
            counts.max().unwrap_or(0).max(names[class].chars().count()) + 2
        };
        write!(f, "{CORNER:<first$}")?;
        for (class, name) in names.iter().enumerate() {
            write!(f, "{name:>0$}", width(class))?;
        }
        for (actual, name) in names.iter().enumerate() {
            write!(f, "\n{name:<first$}")?;
            for predicted in 0..self.len() {
                write!(f, "{:>1$}", self.count(actual, predicted), width(predicted))?;
            }
        }
        writeln!(f)
    }
}
