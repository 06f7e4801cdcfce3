//! The outcome of a run.

use crate::baselines::Baseline;
use crate::data_summary::DataSummary;
use crate::plan::TrainPlan;
use gatewise::ensemble::Ensemble;
use gatewise::metrics::{Evaluation, Report};
use gatewise::text::Vocabulary;
use gatewise::{Artifact, History};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The outcome of a run: the artifact, its test results, and the baselines.
///
/// Serde writes the object that `gatewise train --format json` prints. Of the artifact, it contains the
/// number of parameters and the SHA-256 of the weights.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(1).no_baseline(true).plan()?.run(&mut ())?;
/// let folder = tempfile::tempdir().unwrap();
/// outcome.artifact.save(&folder.path().join("model.gatewise"))?;
/// let object = serde_json::to_value(&outcome).unwrap();
/// assert_eq!(object["test_loss"], outcome.evaluation.unwrap().loss);
/// assert_eq!(object["weights_sha256"], outcome.artifact.weights_sha256());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrainOutcome {
    /// Trained artifact.
    pub artifact: Artifact,
    /// Numbers of rows.
    pub data: DataSummary,
    /// Loss and accuracy on the test rows; `None` without test rows.
    pub evaluation: Option<Evaluation>,
    /// Metrics of the task on the test rows; `None` without test rows.
    pub report: Option<Report>,
    /// Baselines on the test rows.
    pub baselines: Vec<Baseline>,
    /// Duration of each part.
    pub timings: Timings,
    /// Whether the observer stopped the training.
    pub interrupted: bool,
    /// File of the saved artifact. `None` without [`output`](crate::TrainConfig::output), and for a run that the
    /// observer stopped before its first epoch was complete.
    pub saved: Option<PathBuf>,
    /// Executed plan. If the default data were not available, the plan for the data used instead.
    pub plan: TrainPlan,
}

/// The durations of the parts of a run, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Timings {
    /// Training, validation included.
    pub fit_seconds: f64,
    /// Evaluation on the test rows.
    pub evaluate_seconds: f64,
}

impl TrainOutcome {
    /// Returns the history of the training. Ensemble: the history of the first member.
    pub fn history(&self) -> &History {
        &self.artifact.training().history
    }

    /// Returns the decision threshold of the model.
    pub fn threshold(&self) -> f32 {
        self.artifact.threshold()
    }

    /// Returns the loss on the validation rows after the last epoch.
    pub fn val_loss(&self) -> Option<f64> {
        self.history().epochs.last().and_then(|log| log.val_loss)
    }

    /// Returns the figures as an object.
    fn figures(&self) -> Value {
        let (artifact, history, plan) = (&self.artifact, self.history(), &self.plan);
        let mut object = json!({
            "data": self.data.name,
            "fit_seconds": self.timings.fit_seconds,
            "parameters": artifact.model().params().len(),
            "seed": plan.seed(),
            "weights_sha256": artifact.weights_sha256(),
            "history": history,
            "interrupted": self.interrupted,
        });
        if let Some(saved) = &self.saved {
            object["artifact"] = json!(saved);
        }
        let more = match &self.data.text {
            Some(text) => json!({
                "characters": text.characters,
                "vocabulary": artifact.vocabulary().map_or(0, Vocabulary::len),
                "val_loss": self.val_loss(),
            }),
            None => json!({
                "test_loss": self.evaluation.map(|evaluation| evaluation.loss),
                "test_accuracy": self.evaluation.and_then(|evaluation| evaluation.accuracy),
                "test_report": self.report,
                "threshold": artifact.threshold(),
                "epoch_seconds": history.epochs.iter().map(|log| log.seconds).collect::<Vec<_>>(),
                "evaluate_seconds": self.timings.evaluate_seconds,
                "threads": plan.machine().thread_count(),
                "isa": plan.machine().instruction_set().name(),
                "baselines": self.baselines,
                "unseen_accuracy": artifact.ensemble().map(Ensemble::accuracy),
            }),
        };
        if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
            object.extend(more);
        }
        object
    }
}

impl Serialize for TrainOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.figures().serialize(serializer)
    }
}
