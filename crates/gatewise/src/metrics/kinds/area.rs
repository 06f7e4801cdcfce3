//! The area under a curve over thresholds, as Keras approximates it.

use super::thresholds::{Counts, Thresholds, check_count};
use super::{Rule, ratio};
use crate::error::{Error, Result};
use crate::metrics::{MetricResult, MetricRows};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Curve {
    #[serde(alias = "roc")]
    Roc,
    #[serde(alias = "pr")]
    Pr,
    #[serde(alias = "prgain")]
    PrGain,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Summation {
    #[serde(alias = "Interpolation")]
    Interpolation,
    #[serde(alias = "Minoring")]
    Minoring,
    #[serde(alias = "Majoring")]
    Majoring,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Auc {
    num_thresholds: usize,
    curve: Curve,
    summation_method: Summation,
    /// Thresholds inside 0..1; the ends are added.
    #[serde(skip_serializing_if = "Option::is_none")]
    thresholds: Option<Vec<f64>>,
    multi_label: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_labels: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_weights: Option<Vec<f64>>,
    from_logits: bool,
}

impl Default for Auc {
    fn default() -> Self {
        Self {
            num_thresholds: 200,
            curve: Curve::Roc,
            summation_method: Summation::Interpolation,
            thresholds: None,
            multi_label: false,
            num_labels: None,
            label_weights: None,
            from_logits: false,
        }
    }
}

impl Auc {
    fn thresholds(&self) -> Thresholds {
        let mut all = Thresholds::for_area(self.num_thresholds, self.thresholds.as_deref());
        all.from_logits = self.from_logits;
        all
    }

    fn labels(&self, width: usize) -> usize {
        if self.multi_label { width } else { 1 }
    }

    /// Returns the area over the thresholds of one label.
    fn area(&self, counts: &[Counts]) -> f64 {
        // From one threshold to the next.
        let steps = counts.windows(2).map(|pair| (pair[0], pair[1]));
        if let (Curve::Pr, Summation::Interpolation) = (self.curve, self.summation_method) {
            return steps.map(|(a, b)| interpolated(a, b)).sum();
        }
        steps.fold(0.0, |sum, (a, b)| {
            let ((x, y), (next_x, next_y)) = (self.point(a), self.point(b));
            let height = match self.summation_method {
                Summation::Interpolation => (y + next_y) / 2.0,
                Summation::Minoring => y.min(next_y),
                Summation::Majoring => y.max(next_y),
            };
            sum + (x - next_x) * height
        })
    }

    /// Returns the point of the curve at a threshold.
    fn point(&self, counts: Counts) -> (f64, f64) {
        let Counts { true_positives: tp, false_positives: fp, true_negatives: tn, false_negatives: fn_ } =
            counts;
        let recall = ratio(tp, tp + fn_);
        match self.curve {
            Curve::Roc => (ratio(fp, fp + tn), recall),
            Curve::Pr => (recall, ratio(tp, tp + fp)),
            Curve::PrGain if tp == 0.0 => (0.0, 1.0),
            Curve::PrGain => {
                let odds = ratio(tp + fn_, tn + fp);
                ((1.0 - odds * ratio(fn_, tp)).max(0.0), 1.0 - odds * ratio(fp, tp))
            }
        }
    }
}

/// Returns the area under the precision-recall curve between two thresholds, `b` the higher one: true and false
/// positives grow linearly between them, and precision is their ratio (Davis & Goadrich 2006).
fn interpolated(a: Counts, b: Counts) -> f64 {
    let predicted = |counts: Counts| counts.true_positives + counts.false_positives;
    let (more, fewer) = (predicted(a), predicted(b));
    let gained = a.true_positives - b.true_positives;
    let slope = ratio(gained, (more - fewer).max(0.0));
    let intercept = b.true_positives - slope * fewer;
    let growth = if more > 0.0 && fewer > 0.0 { more / fewer } else { 1.0 };
    ratio(slope * (gained + intercept * growth.ln()), b.true_positives + b.false_negatives)
}

impl Rule for Auc {
    fn check(&self) -> Result<()> {
        check_count(self.num_thresholds, 2)?;
        let outside = |value: &&f64| !(0.0..=1.0).contains(*value);
        if let Some(value) = self.thresholds.iter().flatten().find(outside) {
            return Err(Error::config(format!("a threshold is {value}; it must be from 0 to 1")));
        }
        if self.num_labels.is_some() && !self.multi_label {
            return Err(Error::config(
                "num_labels is given, but not multi_label; set multi_label, or leave it out",
            ));
        }
        Ok(())
    }

    fn start(&self, width: usize) -> Vec<f64> {
        self.thresholds().start(self.labels(width))
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        let labels = self.label_weights.as_ref().map(Vec::len).or(self.num_labels);
        if let Some(labels) = labels.filter(|&labels| labels != rows.width()) {
            return Err(Error::shape(format!(
                "the metric has {labels} labels, but rows have {}",
                rows.width()
            )));
        }
        let weights = self.label_weights.as_deref().filter(|_| !self.multi_label);
        self.thresholds().add(state, rows, self.labels(rows.width()), weights)
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        let thresholds = self.thresholds();
        let labels = state.len() / thresholds.start(1).len();
        let areas = (0..labels).map(|label| self.area(&thresholds.counts(state, label)));
        let even = vec![1.0; labels];
        let weights = self.label_weights.as_ref().filter(|_| self.multi_label).unwrap_or(&even);
        let sum: f64 = areas.zip(weights).map(|(area, weight)| area * weight).sum();
        ratio(sum, weights.iter().take(labels).sum()).into()
    }
}
