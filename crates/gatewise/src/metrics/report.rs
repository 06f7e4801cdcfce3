//! Reports: the metrics that suit a task, together, as text and as JSON.

use super::{
    Average, ConfusionMatrix, LabelsReport, Scores, average_precision, brier_score, log_loss,
    mean_absolute_error, mean_absolute_percentage_error, r2_score, roc_auc, root_mean_squared_error,
    top_k_accuracy,
};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What suits a task.
///
/// Printed with `{}` it is text for people; with serde it is an object whose `task` says which report it is.
/// A number that is undefined for these rows is `None`, and says so in the text.
///
/// ```
/// use gatewise::metrics::Report;
///
/// let report = Report::binary(&[0.25, 0.75, 0.5, 0.875], &[0.0, 0.0, 1.0, 1.0], 0.5)?;
/// let text = report.to_string();
/// assert!(text.contains("ROC-AUC            0.7500"), "{text}");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// One yes-or-no question a row.
    Binary(BinaryReport),
    /// One of several classes a row.
    Classes(ClassesReport),
    /// Any number of several labels a row.
    Labels(LabelsReport),
    /// Values.
    Regression(RegressionReport),
    /// One of many symbols at each step.
    LanguageModel(LanguageReport),
}

/// Of a binary model; precision, recall and F1 are those of yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinaryReport {
    /// Number of rows.
    pub samples: usize,
    /// The answer is yes above it.
    pub threshold: f32,
    /// The share of right answers.
    pub accuracy: f64,
    /// Precision, recall and F1 of yes.
    #[serde(flatten)]
    pub scores: Scores,
    /// Area under the ROC curve; `None` when there is one class only.
    pub roc_auc: Option<f64>,
    /// Area under the precision-recall curve; `None` when there is one class only.
    pub average_precision: Option<f64>,
    /// Mean −ln of the probability given to what was right.
    pub log_loss: f64,
    /// Mean square of probability minus target.
    pub brier_score: f64,
    /// How often each class was taken for each.
    pub confusion_matrix: ConfusionMatrix,
    /// What the classes are called, where that is known.
    pub labels: Vec<String>,
}

/// Of a model that chooses one of several classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassesReport {
    /// Number of rows.
    pub samples: usize,
    /// The share of right answers.
    pub accuracy: f64,
    /// The share of rows whose class is among the `k` most probable.
    pub top_k: TopK,
    /// Mean over the classes.
    pub macro_average: Scores,
    /// Of all rows together.
    pub micro_average: Scores,
    /// Mean −ln of the probability given to the right class.
    pub log_loss: f64,
    /// Of each class.
    pub classes: Vec<Scores>,
    /// How often each class was taken for each.
    pub confusion_matrix: ConfusionMatrix,
    /// What the classes are called, where that is known.
    pub labels: Vec<String>,
}

/// A top-k accuracy with its k.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TopK {
    /// How many of the most probable classes count.
    pub k: usize,
    /// The share of rows whose class is among them.
    pub accuracy: f64,
}

/// Of a model of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegressionReport {
    /// Number of values.
    pub samples: usize,
    /// Mean absolute error.
    pub mean_absolute_error: f64,
    /// Root of the mean squared error.
    pub root_mean_squared_error: f64,
    /// The share of the targets' variance that is explained; `None` when all targets are equal.
    #[serde(default)]
    pub r2: Option<f64>,
    /// Mean absolute error in percent of the target; `None` when a target is 0.
    pub mean_absolute_percentage_error: Option<f64>,
}

/// Of a model that says what comes next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LanguageReport {
    /// Number of symbols.
    pub samples: usize,
    /// Mean −ln of the probability given to the symbol that came, in nats.
    pub log_loss: f64,
    /// The same in bits.
    pub bits: f64,
    /// e to the power of the log loss.
    pub perplexity: f64,
    /// The share of symbols that were the most probable one.
    pub accuracy: f64,
    /// The share of symbols among the `k` most probable.
    pub top_k: TopK,
}

/// The k of top-k for `width` classes: Keras's 5 where that says something, else 2.
fn top_k(outputs: &[f32], targets: &[f32], width: usize) -> Result<TopK> {
    let k = if width > 6 { 5 } else { 2 };
    Ok(TopK { k, accuracy: top_k_accuracy(outputs, targets, width, k)? })
}

impl Report {
    /// Of the probabilities of a binary model, whose answer is yes above `threshold`.
    ///
    /// # Errors
    /// As [`log_loss`].
    pub fn binary(outputs: &[f32], targets: &[f32], threshold: f32) -> Result<Self> {
        let log_loss = log_loss(outputs, targets, 1)?;
        let confusion_matrix = ConfusionMatrix::binary(outputs, targets, threshold)?;
        Ok(Self::Binary(BinaryReport {
            samples: targets.len(),
            threshold,
            accuracy: confusion_matrix.accuracy(),
            scores: confusion_matrix.of_class(1),
            roc_auc: roc_auc(outputs, targets).ok(),
            average_precision: average_precision(outputs, targets).ok(),
            log_loss,
            brier_score: brier_score(outputs, targets)?,
            confusion_matrix,
            labels: Vec::new(),
        }))
    }

    /// Of the probabilities of `width` classes, with one class number a row.
    ///
    /// # Errors
    /// As [`log_loss`].
    pub fn classes(outputs: &[f32], targets: &[f32], width: usize) -> Result<Self> {
        let confusion_matrix = ConfusionMatrix::classes(outputs, targets, width)?;
        Ok(Self::Classes(ClassesReport {
            samples: targets.len(),
            accuracy: confusion_matrix.accuracy(),
            top_k: top_k(outputs, targets, width)?,
            macro_average: confusion_matrix.average(Average::Macro),
            micro_average: confusion_matrix.average(Average::Micro),
            log_loss: log_loss(outputs, targets, width)?,
            classes: (0..width).map(|class| confusion_matrix.of_class(class)).collect(),
            confusion_matrix,
            labels: Vec::new(),
        }))
    }

    /// Of the probabilities of `width` labels, each a yes or no of its own, yes above `threshold`.
    ///
    /// # Errors
    /// As [`LabelsReport::new`].
    pub fn labels(outputs: &[f32], targets: &[f32], width: usize, threshold: f32) -> Result<Self> {
        LabelsReport::new(outputs, targets, width, threshold).map(Self::Labels)
    }

    /// Of values, as many outputs as targets.
    ///
    /// # Errors
    /// As [`mean_absolute_error`].
    pub fn regression(outputs: &[f32], targets: &[f32]) -> Result<Self> {
        Ok(Self::Regression(RegressionReport {
            samples: targets.len(),
            mean_absolute_error: mean_absolute_error(outputs, targets)?,
            root_mean_squared_error: root_mean_squared_error(outputs, targets)?,
            r2: r2_score(outputs, targets).ok(),
            mean_absolute_percentage_error: mean_absolute_percentage_error(outputs, targets).ok(),
        }))
    }

    /// Of the probabilities of `width` symbols at each step, with the number of the symbol that came.
    ///
    /// # Errors
    /// As [`log_loss`].
    pub fn language_model(outputs: &[f32], targets: &[f32], width: usize) -> Result<Self> {
        let top_k = top_k(outputs, targets, width)?;
        let log_loss = log_loss(outputs, targets, width)?;
        Ok(Self::LanguageModel(LanguageReport {
            samples: targets.len(),
            log_loss,
            bits: log_loss / std::f64::consts::LN_2,
            perplexity: log_loss.exp(),
            accuracy: super::sparse_categorical_accuracy(outputs, targets, width)?,
            top_k,
        }))
    }

    /// The same report, its classes called `labels`.
    pub fn with_labels(mut self, labels: &[String]) -> Self {
        if let Self::Binary(BinaryReport { labels: own, .. })
        | Self::Classes(ClassesReport { labels: own, .. })
        | Self::Labels(LabelsReport { labels: own, .. }) = &mut self
        {
            *own = labels.to_vec();
        }
        self
    }
}

/// A line of the text: a name and a number.
pub(super) fn line(f: &mut fmt::Formatter<'_>, name: &str, value: f64) -> fmt::Result {
    writeln!(f, "{name:<18} {value:.4}")
}

/// The same for a number that may be undefined.
fn line_or(f: &mut fmt::Formatter<'_>, name: &str, value: Option<f64>, why: &str) -> fmt::Result {
    match value {
        Some(value) => line(f, name, value),
        None => writeln!(f, "{name:<18} undefined: {why}"),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary(report) => report.fmt(f),
            Self::Classes(report) => report.fmt(f),
            Self::Labels(report) => report.fmt(f),
            Self::Regression(report) => report.fmt(f),
            Self::LanguageModel(report) => report.fmt(f),
        }
    }
}

impl fmt::Display for BinaryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ONE_CLASS: &str = "all rows are of one class";
        writeln!(f, "{:<18} {}", "rows", self.samples)?;
        line(f, "threshold", f64::from(self.threshold))?;
        line(f, "accuracy", self.accuracy)?;
        line(f, "precision", self.scores.precision)?;
        line(f, "recall", self.scores.recall)?;
        line(f, "F1", self.scores.f1)?;
        line_or(f, "ROC-AUC", self.roc_auc, ONE_CLASS)?;
        line_or(f, "PR-AUC", self.average_precision, ONE_CLASS)?;
        line(f, "log loss", self.log_loss)?;
        line(f, "Brier score", self.brier_score)?;
        writeln!(f)?;
        self.confusion_matrix.table(f, &self.labels)
    }
}

impl fmt::Display for ClassesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18} {}", "rows", self.samples)?;
        line(f, "accuracy", self.accuracy)?;
        line(f, &format!("top-{} accuracy", self.top_k.k), self.top_k.accuracy)?;
        line(f, "macro F1", self.macro_average.f1)?;
        line(f, "micro F1", self.micro_average.f1)?;
        line(f, "log loss", self.log_loss)?;
        let name = |class: usize| self.labels.get(class).cloned().unwrap_or_else(|| class.to_string());
        let names: Vec<String> = (0..self.classes.len()).map(name).collect();
        let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("class".len());
        writeln!(f, "\n{:<first$}{:>9}{:>11}{:>9}{:>9}", "class", "rows", "precision", "recall", "F1")?;
        for (class, (name, scores)) in names.iter().zip(&self.classes).enumerate() {
            writeln!(
                f,
                "{name:<first$}{:>9}{:>11.4}{:>9.4}{:>9.4}",
                self.confusion_matrix.support(class),
                scores.precision,
                scores.recall,
                scores.f1
            )?;
        }
        writeln!(f)?;
        self.confusion_matrix.table(f, &self.labels)
    }
}

impl fmt::Display for RegressionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18} {}", "values", self.samples)?;
        line(f, "MAE", self.mean_absolute_error)?;
        line(f, "RMSE", self.root_mean_squared_error)?;
        line_or(f, "R²", self.r2, "all targets are equal")?;
        line_or(f, "MAPE in %", self.mean_absolute_percentage_error, "a target is 0")
    }
}

impl fmt::Display for LanguageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18} {}", "symbols", self.samples)?;
        line(f, "log loss in nats", self.log_loss)?;
        line(f, "in bits", self.bits)?;
        line(f, "perplexity", self.perplexity)?;
        line(f, "accuracy", self.accuracy)?;
        line(f, &format!("top-{} accuracy", self.top_k.k), self.top_k.accuracy)
    }
}
