//! What a recurrent model has to beat: linear models of the same rows, or the mean of the numbers.

use super::figures;
use super::parts::Parts;
use crate::interrupt::StopFlag;
use gatewise::ensemble::Ensemble;
use gatewise::linear::{LinearModel, LinearOptions};
use gatewise::metrics::Report;
use gatewise::rows::{Dataset, Problem, Sequences};
use gatewise::{Artifact, Result};
use serde_json::{Value, json};
use std::time::Instant;

/// Another model's score on the test rows.
pub(super) struct Baseline {
    name: &'static str,
    score: Score,
    seconds: f64,
}

enum Score {
    Accuracy(f64),
    Report(Report),
}

impl Baseline {
    /// For people.
    pub fn describe(&self) -> String {
        let score = match &self.score {
            Score::Accuracy(share) => format!("Accuracy: {:.2}%", 100.0 * share),
            Score::Report(report) => figures(report).unwrap_or_default(),
        };
        format!("Baseline: {} - {score}", self.name)
    }

    pub fn as_json(&self) -> Value {
        let mut object = json!({"name": self.name, "seconds": self.seconds});
        match &self.score {
            Score::Accuracy(share) => object["test_accuracy"] = json!(share),
            Score::Report(report) => object["test_report"] = json!(report),
        }
        object
    }
}

/// Those that suit the problem of `artifact`; linear ones count runs of words of up to these lengths.
pub(super) fn baselines(
    artifact: &Artifact,
    ngrams: &[usize],
    parts: &Parts,
    stop: &StopFlag,
) -> Result<Vec<Baseline>> {
    if let Problem::Regression { scale } = artifact.problem {
        let start = Instant::now();
        let targets: Vec<f32> = parts.test.targets().values().iter().map(|&y| scale.restore(y)).collect();
        let score = Score::Report(Report::regression(&vec![scale.mean; targets.len()], &targets)?);
        let name = "mean of the training rows";
        return Ok(vec![Baseline { name, score, seconds: start.elapsed().as_secs_f64() }]);
    }
    if let Some(Ensemble { linear, .. }) = &artifact.ensemble {
        // It was fitted to these very rows.
        let (start, score) = (Instant::now(), Score::Accuracy(linear.accuracy(&parts.test)));
        return Ok(vec![Baseline { name: linear.name(), score, seconds: start.elapsed().as_secs_f64() }]);
    }
    let fit = |&ngram: &usize| {
        let start = Instant::now();
        let options = LinearOptions::default().ngram(ngram);
        let baseline = LinearModel::fit(&parts.training, &options)?;
        let score = match artifact.problem {
            Problem::MultiLabel { .. } => Score::Report(of_labels(&baseline, &parts.test)?),
            _ => Score::Accuracy(baseline.accuracy(&parts.test)),
        };
        Ok(Baseline { name: baseline.name(), score, seconds: start.elapsed().as_secs_f64() })
    };
    ngrams.iter().take_while(|_| !stop.raised()).map(fit).collect()
}

fn of_labels(baseline: &LinearModel, test: &Dataset) -> Result<Report> {
    let odds = baseline.log_odds(test.sequences().unwrap_or(&Sequences::new()));
    let outputs: Vec<f32> = odds.into_iter().map(|odds| 1.0 / (1.0 + (-odds as f32).exp())).collect();
    Report::labels(&outputs, test.targets().values(), test.targets().width(), 0.5)
}
