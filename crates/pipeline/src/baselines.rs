//! Baselines for a recurrent model: linear models of the same rows, the majority class, or the mean of the training
//! targets.

use crate::observer::Observer;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use gatewise::ensemble::Ensemble;
use gatewise::linear::{LinearModel, LinearOptions};
use gatewise::metrics::{ClassCounts, Report};
use gatewise::rows::{Dataset, Problem, Sequences};
use gatewise::{Artifact, Result};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// The score of a baseline on the test rows.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(0).plan()?.run(&mut ())?;
/// assert!(outcome.baselines[0].accuracy > Some(0.5));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Baseline {
    /// Name of the baseline.
    pub name: String,
    /// Accuracy. Single-label only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Metrics. Multi-label and regression only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Seconds to fit and score.
    pub seconds: f64,
}

/// The name of the baseline that predicts the most frequent class of the training rows for every row.
pub(crate) const MAJORITY: &str = "majority class";

impl Baseline {
    /// Returns whether this is the baseline that predicts the most frequent class of the training rows for every
    /// row. It matters where classes are imbalanced ([`Report::is_imbalanced`]).
    pub fn is_majority(&self) -> bool {
        self.name == MAJORITY
    }
}

/// Fits the baselines for the problem of `artifact`; linear models count n-grams of up to these lengths. Without
/// linear baselines (`--no-baseline`), the majority class is left, which costs nothing.
pub(crate) fn fit(
    plan: &TrainPlan,
    artifact: &Artifact,
    ngrams: &[usize],
    parts: &Parts,
    observer: &dyn Observer,
) -> Result<Vec<Baseline>> {
    let Parts { training, test: Some(test), .. } = parts else { return Ok(Vec::new()) };
    let scored = |name: &str, start: Instant, accuracy: Option<f64>, report: Option<Report>| {
        let (name, seconds) = (name.to_owned(), start.elapsed().as_secs_f64());
        Baseline { name, accuracy, report, seconds }
    };
    if observer.should_stop() {
        return Ok(Vec::new());
    }
    let none = plan.config().no_baseline == Some(true);
    let majority = || {
        let (start, targets) = (Instant::now(), test.targets().values());
        let counts = |targets| ClassCounts::of(targets, artifact.labels().len());
        let class = counts(training.targets().values()).majority()?;
        Some(scored(MAJORITY, start, Some(counts(targets).share(class)), None))
    };
    let majority = || if *artifact.problem() == Problem::SingleLabel { majority() } else { None };
    if none {
        return Ok(majority().into_iter().collect());
    }
    if let &Problem::Regression { scale, .. } = artifact.problem() {
        let start = Instant::now();
        let targets: Vec<f32> = test.targets().values().iter().map(|&y| scale.restore(y)).collect();
        let report = Report::regression(&vec![scale.mean; targets.len()], &targets)?;
        return Ok(vec![scored("mean of the training rows", start, None, Some(report))]);
    }
    if let Some(linear) = artifact.ensemble().map(Ensemble::linear) {
        // The ensemble has fitted it to the same rows.
        let (start, accuracy) = (Instant::now(), linear.accuracy(test));
        let linear = scored(linear.name(), start, Some(accuracy), None);
        return Ok(std::iter::once(linear).chain(majority()).collect());
    }
    let fit = |&ngram: &usize| {
        let start = Instant::now();
        let options = LinearOptions::default().ngram(ngram);
        let baseline = LinearModel::fit(training, &options)?;
        Ok(match artifact.problem() {
            Problem::MultiLabel { .. } => {
                let report = of_labels(&baseline, test)?;
                scored(baseline.name(), start, None, Some(report))
            }
            _ => {
                let accuracy = baseline.accuracy(test);
                scored(baseline.name(), start, Some(accuracy), None)
            }
        })
    };
    let linear = ngrams.iter().take_while(|_| !observer.should_stop()).map(fit);
    linear.chain(majority().map(Ok)).collect()
}

fn of_labels(baseline: &LinearModel, test: &Dataset) -> Result<Report> {
    let odds = baseline.log_odds(test.sequences().unwrap_or(&Sequences::new()));
    let outputs: Vec<f32> = odds.into_iter().map(|odds| 1.0 / (1.0 + (-odds as f32).exp())).collect();
    Report::labels(&outputs, test.targets().values(), test.targets().width(), 0.5)
}
