//! Reports: the metrics of a task, as text and as JSON.

use super::{
    Average, ConfusionMatrix, LabelsReport, Scores, average_precision, brier_score, line, log_loss,
    mean_absolute_error, mean_absolute_percentage_error, r2_score, roc_auc, root_mean_squared_error,
    top_k_accuracy,
};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The metrics of a task.
///
/// `{}` writes the report as text. Serde writes an object whose `task` names the kind of report. A metric
/// that is undefined for the rows is `None`; the text gives the reason.
///
/// ```
/// use gatewise::metrics::Report;
///
/// let report = Report::binary(&[0.25, 0.75, 0.5, 0.875], &[0.0, 0.0, 1.0, 1.0], 0.5)?;
/// let text = report.to_string();
/// assert!(text.contains("ROC-AUC            0.7500"), "{text}");
/// // Precision, recall and F1 are of the positive class, which a report with labels names.
/// let text = report.with_labels(&["ham", "spam"].map(String::from)).to_string();
/// assert!(text.contains("positive class     spam"), "{text}");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// Binary classification.
    Binary(BinaryReport),
    /// Multiclass classification.
    Classes(ClassesReport),
    /// Multi-label classification.
    Labels(LabelsReport),
    /// Regression.
    Regression(RegressionReport),
    /// A language model: the next token at each step.
    LanguageModel(LanguageReport),
}

/// The report of a binary model. `precision`, `recall` and `f1` are of the positive class, the class whose
/// probability is the output of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BinaryReport {
    /// Number of rows.
    pub samples: usize,
    /// Decision threshold: a row is predicted as positive if its probability is above the threshold.
    pub threshold: f32,
    /// Name of the positive class; `None` if unknown.
    pub positive: Option<String>,
    /// Fraction of rows predicted correctly.
    pub accuracy: f64,
    /// Balanced accuracy: the mean recall over the classes that have rows.
    pub balanced_accuracy: f64,
    /// Precision, recall and F1 of the positive class.
    #[serde(flatten)]
    pub scores: Scores,
    /// Unweighted mean over the classes.
    pub macro_average: Scores,
    /// Area under the ROC curve; `None` if all rows are of one class.
    pub roc_auc: Option<f64>,
    /// Average precision (PR-AUC); `None` if all rows are of one class.
    pub average_precision: Option<f64>,
    /// Log loss: the mean of −ln of the probability of the true class.
    pub log_loss: f64,
    /// Brier score: the mean squared difference of probability and target.
    pub brier_score: f64,
    /// Scores of each class.
    pub classes: Vec<Scores>,
    /// Confusion matrix.
    pub confusion_matrix: ConfusionMatrix,
    /// Names of the classes; empty if unknown.
    pub labels: Vec<String>,
}

/// The report of a multiclass model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClassesReport {
    /// Number of rows.
    pub samples: usize,
    /// Fraction of rows predicted correctly.
    pub accuracy: f64,
    /// Balanced accuracy: the mean recall over the classes that have rows.
    pub balanced_accuracy: f64,
    /// Top-k accuracy.
    pub top_k: TopK,
    /// Unweighted mean over the classes.
    pub macro_average: Scores,
    /// Scores of all rows together.
    pub micro_average: Scores,
    /// Log loss: the mean of −ln of the probability of the true class.
    pub log_loss: f64,
    /// Scores of each class.
    pub classes: Vec<Scores>,
    /// Confusion matrix.
    pub confusion_matrix: ConfusionMatrix,
    /// Names of the classes; empty if unknown.
    pub labels: Vec<String>,
}

/// A top-k accuracy and its k.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TopK {
    /// Number of most probable classes that count.
    pub k: usize,
    /// Fraction of rows whose true class is among the `k` most probable classes.
    pub accuracy: f64,
}

/// The report of a regression model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegressionReport {
    /// Number of targets.
    pub samples: usize,
    /// Mean absolute error.
    pub mean_absolute_error: f64,
    /// Root of the mean squared error.
    pub root_mean_squared_error: f64,
    /// R², the coefficient of determination; `None` if all targets are equal.
    #[serde(default)]
    pub r2: Option<f64>,
    /// Mean absolute percentage error, in percent; `None` if a target is 0.
    pub mean_absolute_percentage_error: Option<f64>,
}

/// The report of a language model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LanguageReport {
    /// Number of predicted tokens.
    pub samples: usize,
    /// Log loss in nats: the mean of −ln of the probability of the true token.
    pub log_loss: f64,
    /// Log loss in bits.
    pub bits: f64,
    /// Perplexity: e to the power of the log loss.
    pub perplexity: f64,
    /// Fraction of tokens that are predicted correctly.
    pub accuracy: f64,
    /// Top-k accuracy.
    pub top_k: TopK,
}

/// Computes the top-k accuracy. k is Keras's 5 for more than 6 classes, else 2.
fn top_k(outputs: &[f32], targets: &[f32], width: usize) -> Result<TopK> {
    let k = if width > 6 { 5 } else { 2 };
    Ok(TopK { k, accuracy: top_k_accuracy(outputs, targets, width, k)? })
}

impl Report {
    /// Computes the report of a binary model from its probabilities. A row is predicted as positive if its
    /// probability is above `threshold`.
    ///
    /// # Errors
    /// Same errors as [`log_loss`].
    pub fn binary(outputs: &[f32], targets: &[f32], threshold: f32) -> Result<Self> {
        let log_loss = log_loss(outputs, targets, 1)?;
        let confusion_matrix = ConfusionMatrix::binary(outputs, targets, threshold)?;
        Ok(Self::Binary(BinaryReport {
            samples: targets.len(),
            threshold,
            positive: None,
            accuracy: confusion_matrix.accuracy(),
            balanced_accuracy: confusion_matrix.balanced_accuracy(),
            scores: confusion_matrix.class_scores(1),
            macro_average: confusion_matrix.average(Average::Macro),
            roc_auc: roc_auc(outputs, targets).ok(),
            average_precision: average_precision(outputs, targets).ok(),
            log_loss,
            brier_score: brier_score(outputs, targets)?,
            classes: (0..2).map(|class| confusion_matrix.class_scores(class)).collect(),
            confusion_matrix,
            labels: Vec::new(),
        }))
    }

    /// Computes the report of a multiclass model from the probabilities of `width` classes. `targets`
    /// contains one class number for each row.
    ///
    /// # Errors
    /// Same errors as [`log_loss`].
    pub fn classes(outputs: &[f32], targets: &[f32], width: usize) -> Result<Self> {
        let confusion_matrix = ConfusionMatrix::classes(outputs, targets, width)?;
        Ok(Self::Classes(ClassesReport {
            samples: targets.len(),
            accuracy: confusion_matrix.accuracy(),
            balanced_accuracy: confusion_matrix.balanced_accuracy(),
            top_k: top_k(outputs, targets, width)?,
            macro_average: confusion_matrix.average(Average::Macro),
            micro_average: confusion_matrix.average(Average::Micro),
            log_loss: log_loss(outputs, targets, width)?,
            classes: (0..width).map(|class| confusion_matrix.class_scores(class)).collect(),
            confusion_matrix,
            labels: Vec::new(),
        }))
    }

    /// Computes the report of a multi-label model from the probabilities of `width` labels. A label is
    /// predicted if its probability is above `threshold`.
    ///
    /// # Errors
    /// Same errors as [`LabelsReport::new`].
    pub fn labels(outputs: &[f32], targets: &[f32], width: usize, threshold: f32) -> Result<Self> {
        LabelsReport::new(outputs, targets, width, threshold).map(Self::Labels)
    }

    /// Computes the report of a regression model. There are as many outputs as targets.
    ///
    /// # Errors
    /// Same errors as [`mean_absolute_error`].
    pub fn regression(outputs: &[f32], targets: &[f32]) -> Result<Self> {
        Ok(Self::Regression(RegressionReport {
            samples: targets.len(),
            mean_absolute_error: mean_absolute_error(outputs, targets)?,
            root_mean_squared_error: root_mean_squared_error(outputs, targets)?,
            r2: r2_score(outputs, targets).ok(),
            mean_absolute_percentage_error: mean_absolute_percentage_error(outputs, targets).ok(),
        }))
    }

    /// Computes the report of a language model from the probabilities of `width` tokens at each step.
    /// `targets` contains the number of the next token.
    ///
    /// # Errors
    /// Same errors as [`log_loss`].
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

    /// Returns the confusion matrix of a binary or multiclass model.
    pub fn confusion_matrix(&self) -> Option<&ConfusionMatrix> {
        match self {
            Self::Binary(report) => Some(&report.confusion_matrix),
            Self::Classes(report) => Some(&report.confusion_matrix),
            _ => None,
        }
    }

    /// Returns whether the accuracy is one of imbalanced classes
    /// ([`ClassCounts::is_imbalanced`](super::ClassCounts::is_imbalanced)).
    pub fn is_imbalanced(&self) -> bool {
        self.confusion_matrix().is_some_and(|matrix| matrix.supports().is_imbalanced())
    }

    /// Sets the names of the classes or labels; of a binary model, the second is the positive class. Other reports
    /// do not change.
    pub fn with_labels(mut self, labels: &[String]) -> Self {
        if let Self::Binary(BinaryReport { positive, .. }) = &mut self {
            *positive = labels.get(1).cloned();
        }
        if let Self::Binary(BinaryReport { labels: own, .. })
        | Self::Classes(ClassesReport { labels: own, .. })
        | Self::Labels(LabelsReport { labels: own, .. }) = &mut self
        {
            *own = labels.to_vec();
        }
        self
    }
}

/// Writes a line of the text for a number that may be undefined.
fn line_or(f: &mut fmt::Formatter<'_>, name: &str, value: Option<f64>, why: &str) -> fmt::Result {
    match value {
        Some(value) => line(f, name, value),
        None => writeln!(f, "{name:<18} undefined: {why}"),
    }
}

/// Writes accuracy and balanced accuracy; of imbalanced classes, also the accuracy of the majority class.
fn accuracies(f: &mut fmt::Formatter<'_>, accuracy: f64, matrix: &ConfusionMatrix) -> fmt::Result {
    line(f, "accuracy", accuracy)?;
    let counts = matrix.supports();
    if counts.is_imbalanced() {
        line(f, "majority class", counts.majority_share())?;
    }
    line(f, "balanced accuracy", matrix.balanced_accuracy())
}

/// Writes the scores of each class and the confusion matrix.
fn classes(f: &mut fmt::Formatter<'_>, matrix: &ConfusionMatrix, labels: &[String]) -> fmt::Result {
    matrix.scores_table(f, labels)?;
    writeln!(f)?;
    matrix.table(f, labels)?;
    matrix.only_prediction_line(f, labels)
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
        writeln!(f, "{:<18} {}", "positive class", self.positive.as_deref().unwrap_or("1"))?;
        accuracies(f, self.accuracy, &self.confusion_matrix)?;
        line(f, "precision", self.scores.precision)?;
        line(f, "recall", self.scores.recall)?;
        line(f, "F1", self.scores.f1)?;
        line(f, "macro F1", self.macro_average.f1)?;
        line_or(f, "ROC-AUC", self.roc_auc, ONE_CLASS)?;
        line_or(f, "PR-AUC", self.average_precision, ONE_CLASS)?;
        line(f, "log loss", self.log_loss)?;
        line(f, "Brier score", self.brier_score)?;
        classes(f, &self.confusion_matrix, &self.labels)
    }
}

impl fmt::Display for ClassesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18} {}", "rows", self.samples)?;
        accuracies(f, self.accuracy, &self.confusion_matrix)?;
        line(f, &format!("top-{} accuracy", self.top_k.k), self.top_k.accuracy)?;
        line(f, "macro F1", self.macro_average.f1)?;
        line(f, "micro F1", self.micro_average.f1)?;
        line(f, "log loss", self.log_loss)?;
        classes(f, &self.confusion_matrix, &self.labels)
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
