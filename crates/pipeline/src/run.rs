//! Runs a plan: reads, trains, chooses the threshold, tests, saves, and fits the baselines.

use crate::baselines;
use crate::choices::Preset;
use crate::ensemble;
use crate::fit::{self, Trained};
use crate::observer::{Observer, Progress};
use crate::outcome::{Timings, TrainOutcome};
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::source::DataKind;
use crate::{language_model, series, texts, threshold};
use gatewise::metrics::{Evaluation, Report};
use gatewise::{Artifact, Result};
use std::time::Instant;

impl TrainPlan {
    /// Runs the plan. A run that `observer` stops keeps its model.
    ///
    /// ```
    /// use gatewise_pipeline::{Source, TrainConfig};
    /// let plan = TrainConfig::new(Source::reviews()).epochs(2).plan()?;
    /// let outcome = plan.run(&mut ())?;
    /// assert_eq!(outcome.history().epochs.len(), 2);
    /// assert!(outcome.evaluation.unwrap().accuracy > Some(0.6));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) for data that are missing, malformed or unusable,
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for settings that do not fit the data,
    /// [`ErrorKind::Io`](gatewise::ErrorKind::Io) when the system refuses a read or a write, and the errors of
    /// [`Fit::run`](gatewise::Fit::run).
    pub fn run(&self, observer: &mut dyn Observer) -> Result<TrainOutcome> {
        self.note().into_iter().for_each(|note| observer.note(note));
        match self.kind() {
            DataKind::Text => learn(self, language_model::prepare(self)?, observer),
            DataKind::Series => {
                let (plan, read) = series::load(self, observer)?;
                learn(&plan, series::prepare(&plan, read)?, observer)
            }
            _ => {
                let (plan, corpus) = texts::load(self, observer)?;
                let prepared = texts::prepare(&plan, &corpus, observer)?;
                drop(corpus);
                learn(&plan, prepared, observer)
            }
        }
    }
}

/// Trains, tests and saves the prepared model.
fn learn(plan: &TrainPlan, prepared: Prepared, observer: &mut dyn Observer) -> Result<TrainOutcome> {
    let data = prepared.summary();
    let Prepared { artifact, parts, ngrams, .. } = prepared;
    observer.progress(Progress::Ready { data: &data, artifact: &artifact })?;
    let trained = match plan.preset() {
        Some(Preset::Accurate) => ensemble::several(plan, artifact, &parts.training, observer)?,
        _ => fit::one(plan, artifact, &parts, observer)?,
    };
    let Trained { mut artifact, time } = trained;
    artifact.set_threshold(threshold::choose(plan, &artifact, &parts, observer))?;
    let start = Instant::now();
    let tested = parts.test.as_ref().map(|test| test_on(plan, &artifact, test)).transpose()?;
    let timings =
        Timings { fit_seconds: time.as_secs_f64(), evaluate_seconds: start.elapsed().as_secs_f64() };
    let (evaluation, report) = tested.unzip();
    artifact.training_mut().test = evaluation;
    if let Some(output) = &plan.config().output {
        artifact.save(output)?;
    }
    let baselines = match plan.config().no_baseline {
        Some(true) => Vec::new(),
        _ => baselines::fit(&artifact, ngrams, &parts, observer)?,
    };
    let interrupted = observer.should_stop() && artifact.training().history.stopped;
    let plan = plan.clone();
    Ok(TrainOutcome { artifact, data, evaluation, report, baselines, timings, interrupted, plan })
}

/// Evaluates a model on `rows`.
pub(crate) fn test_on(
    plan: &TrainPlan,
    artifact: &Artifact,
    rows: &gatewise::rows::Dataset,
) -> Result<(Evaluation, Report)> {
    let scored = artifact.score(rows, plan.machine())?;
    Ok((scored.evaluation, scored.report()?.with_labels(artifact.labels())))
}
