//! The outcome of a run.

use crate::baselines::Baseline;
use crate::data_summary::DataSummary;
use crate::plan::TrainPlan;
use gatewise::ensemble::Ensemble;
use gatewise::metrics::{Evaluation, Report};
use gatewise::rows::Problem;
use gatewise::{Artifact, History};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The outcome of a run: the artifact, its test results, and the baselines.
///
/// Serde writes the object that `gatewise train --format json` prints; `book/json.md` lists its keys. Of the
/// artifact, it contains the labels, the number of parameters and the SHA-256 of the weights.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(1).no_baseline(true).plan()?.run(&mut ())?;
/// let folder = tempfile::tempdir().unwrap();
/// outcome.artifact.save(&folder.path().join("model.gatewise"))?;
/// let object = serde_json::to_value(&outcome).unwrap();
/// assert_eq!(object["loss"], outcome.evaluation.unwrap().loss);
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

    /// Returns the figures as an object. A key that a kind of model does not have is null.
    pub(crate) fn figures(&self) -> Value {
        let (artifact, history, plan) = (&self.artifact, self.history(), &self.plan);
        let (data, evaluation) = (&self.data, self.evaluation.as_ref());
        let decides =
            artifact.positive().is_some() || matches!(artifact.problem(), Problem::MultiLabel { .. });
        json!({
            "data": data.name,
            "model": self.saved.as_ref().map(|saved| saved.display().to_string()),
            "training_rows": data.training,
            "validation_rows": data.validation,
            "test_rows": data.test,
            "characters": data.text.as_ref().map(|text| text.characters),
            "vocabulary": artifact.vocabulary().map(|words| {
                json!({"words": words.len(), "max_words": words.max_words()})
            }),
            "labels": artifact.labels(),
            "positive": artifact.positive(),
            "threshold": decides.then(|| artifact.threshold()),
            "loss": evaluation.map(|evaluation| evaluation.loss),
            "accuracy": evaluation.and_then(|evaluation| evaluation.accuracy),
            "report": self.report,
            "val_loss": self.val_loss(),
            "out_of_fold_accuracy": artifact.ensemble().map(Ensemble::accuracy),
            "baselines": self.baselines,
            "history": timed(history),
            "fit_seconds": self.timings.fit_seconds,
            "evaluate_seconds": self.timings.evaluate_seconds,
            "parameters": artifact.model().params().len(),
            "seed": plan.seed(),
            "threads": plan.machine().thread_count(),
            "isa": plan.machine().instruction_set().name(),
            "weights_sha256": artifact.weights_sha256(),
            "interrupted": self.interrupted,
        })
    }
}

/// Returns a history with the seconds of each epoch, which the history of an artifact leaves out.
fn timed(history: &History) -> Value {
    let mut object = json!(history);
    for (at, epoch) in history.epochs.iter().enumerate() {
        object["epochs"][at]["seconds"] = epoch.seconds.into();
    }
    object
}

impl Serialize for TrainOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.figures().serialize(serializer)
    }
}
