//! Evaluation of a model on other rows.

use crate::observer::Observer;
use crate::reading::{self, RowOptions, Test};
use crate::run_files::RunFiles;
use crate::source::{DataKind, Source};
use crate::{Task, defaults, language_model, series};
use gatewise::metrics::{Calibration, Evaluation, Report};
use gatewise::rows::Dataset;
use gatewise::{AnswerKind, Artifact, Machine, Result};
use serde::{Serialize, Serializer};
use serde_json::json;
use std::time::Instant;

/// The settings of an evaluation.
///
/// ```
/// use gatewise_pipeline::{EvaluateConfig, Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(1).no_baseline(true).plan()?.run(&mut ())?;
/// let again = EvaluateConfig::new(Source::reviews()).run(&outcome.artifact, &mut ())?;
/// assert_eq!(Some(again.evaluation), outcome.evaluation);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EvaluateConfig {
    data: Source,
    rows: RowOptions,
    bins: Option<usize>,
    machine: Machine,
}

impl EvaluateConfig {
    /// Creates the settings of an evaluation on the test rows of named data, or on all rows of a file or in
    /// memory.
    pub fn new(data: impl Into<Source>) -> Self {
        let (data, rows) = (data.into(), RowOptions::new());
        Self { data, rows, bins: None, machine: Machine::new() }
    }

    /// Sets how the rows are read.
    pub fn rows(self, rows: RowOptions) -> Self {
        Self { rows, ..self }
    }

    /// Also computes the calibration curve, with this number of bins.
    pub fn calibration_bins(self, bins: usize) -> Self {
        Self { bins: Some(bins), ..self }
    }

    /// Sets the machine to run on; the result does not depend on it.
    pub fn machine(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }

    /// Evaluates `artifact`.
    ///
    /// # Errors
    /// As [`TrainPlan::run`](crate::TrainPlan::run) for the data, and
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) for labels that the model does not have.
    pub fn run(&self, artifact: &Artifact, observer: &mut dyn Observer) -> Result<EvaluateOutcome> {
        let is_language_model = artifact.answer_kind() == AnswerKind::NextToken;
        let parts = if is_language_model { None } else { self.data.parts()? };
        parts.iter().for_each(|parts| observer.note(&parts.note()));
        let data = parts.map(|parts| Source::file(parts.test.unwrap_or(parts.training)));
        let data = data.as_ref().unwrap_or(&self.data);
        match is_language_model {
            true => self.rows.check_one_text()?,
            false => self.rows.check(data)?,
        }
        RunFiles::new().reads_source(data).check_inputs()?;
        let test = match data.kind(Task::Classify) {
            _ if is_language_model => {
                let (windows, unknown) = language_model::windows(artifact, data, self.rows.encoding)?;
                if unknown > 0 {
                    observer.note(&format!("{unknown} characters of the text are unknown to the model"));
                }
                windows
            }
            DataKind::Series => artifact.series_dataset(&*series::labelled(data, observer)?)?,
            _ => {
                let corpus = reading::for_artifact(artifact, data, &self.rows, Test::All, observer)?;
                corpus.notes.iter().for_each(|note| observer.note(note));
                artifact.dataset(&corpus, &corpus.test)?
            }
        };
        let start = Instant::now();
        let scored = artifact.score(&test, &self.machine)?;
        let seconds = start.elapsed().as_secs_f64();
        let report = scored.report()?.with_labels(artifact.labels());
        let calibration = self.bins.map(|bins| scored.calibration(bins)).transpose()?;
        let calibration = calibration.map(|curve| curve.with_positive(artifact.positive()));
        let (data, evaluation) = (self.data.to_string(), scored.evaluation);
        let positive = artifact.positive().map(String::from);
        Ok(EvaluateOutcome { data, evaluation, positive, report, calibration, seconds })
    }
}

/// The result of an evaluation. Serde writes the object that `gatewise evaluate --format json` prints.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EvaluateOutcome {
    /// Name or path of the data.
    pub data: String,
    /// Positive class of a binary model.
    pub positive: Option<String>,
    /// Loss and accuracy.
    pub evaluation: Evaluation,
    /// Metrics of the task.
    pub report: Report,
    /// Calibration curve, if requested.
    pub calibration: Option<Calibration>,
    /// Seconds of the evaluation.
    pub seconds: f64,
}

impl Serialize for EvaluateOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "data": self.data,
            "test_rows": self.evaluation.samples,
            "positive": self.positive,
            "loss": self.evaluation.loss,
            "accuracy": self.evaluation.accuracy,
            "report": self.report,
            "calibration": self.calibration,
            "evaluate_seconds": self.seconds,
        })
        .serialize(serializer)
    }
}

/// Returns the training rows and the test rows of labelled texts, encoded for `artifact` and drawn as in
/// training.
///
/// ```
/// use gatewise_pipeline::{RowOptions, Source, TrainConfig, rows_for};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(0).no_baseline(true).plan()?.run(&mut ())?;
/// let (training, test) = rows_for(&outcome.artifact, &Source::reviews(), &RowOptions::new(), &mut ())?;
/// assert_eq!((training.len(), test.len()), (20_000, 4_000));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`EvaluateConfig::run`].
pub fn rows_for(
    artifact: &Artifact,
    source: &Source,
    rows: &RowOptions,
    observer: &mut dyn Observer,
) -> Result<(Dataset, Dataset)> {
    let parts = source.parts()?.map(|parts| Source::file(parts.training));
    let (source, test) = (parts.as_ref().unwrap_or(source), Test::Apart(None, defaults::TEST_SPLIT));
    let corpus = reading::for_artifact(artifact, source, rows, test, observer)?;
    Ok((artifact.dataset(&corpus, &corpus.train)?, artifact.dataset(&corpus, &corpus.test)?))
}
