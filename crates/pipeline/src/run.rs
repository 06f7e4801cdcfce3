//! Runs a plan: reads, trains, chooses the threshold, tests, saves, and fits the baselines.

use crate::baselines;
use crate::choices::Preset;
use crate::ensemble;
use crate::fit::{self, Trained};
use crate::imbalance;
use crate::observer::{Observer, Progress};
use crate::outcome::{Timings, TrainOutcome};
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::source::DataKind;
use crate::{language_model, series, texts, threshold};
use gatewise::metrics::{Evaluation, Report};
use gatewise::train::EpochLog;
use gatewise::{Artifact, History, Result};
use std::time::Instant;

impl TrainPlan {
    /// Runs the plan. A run that `observer` stops after an epoch keeps its model; before that, it saves nothing.
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
        self.files().check_inputs()?;
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
                let outcome = learn(&plan, prepared, observer)?;
                if plan.kind() != self.kind() && outcome.saved.is_some() {
                    observer.note(FALLEN_BACK);
                }
                Ok(outcome)
            }
        }
    }
}

/// What a model of the fallback cannot know.
const FALLEN_BACK: &str = "this model has read generated sentences about films, and no other text: it is a trial, and what it answers about \
     real reviews is of no use; give DATA to train on your own texts";

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
    let interrupted = observer.should_stop() && artifact.training().history.stopped;
    let timings = Timings { fit_seconds: time.as_secs_f64(), evaluate_seconds: 0.0 };
    if interrupted && artifact.training().history.epochs.is_empty() {
        // Weights of less than an epoch do not replace a model.
        let (baselines, plan) = (Vec::new(), plan.clone());
        let outcome = TrainOutcome {
            artifact,
            data,
            evaluation: None,
            report: None,
            baselines,
            timings,
            interrupted,
            saved: None,
            plan,
        };
        return Ok(outcome);
    }
    if let Some(note) = best_before_last(plan, &artifact.training().history) {
        observer.note(&note);
    }
    artifact.set_threshold(threshold::choose(plan, &artifact, &parts, observer))?;
    let start = Instant::now();
    let tested = parts.test.as_ref().map(|test| test_on(plan, &artifact, test)).transpose()?;
    let timings = Timings { evaluate_seconds: start.elapsed().as_secs_f64(), ..timings };
    let (evaluation, report) = tested.unzip();
    artifact.training_mut().test = evaluation;
    let saved = plan.config().output.clone();
    saved.as_ref().map_or(Ok(()), |output| artifact.save(output))?;
    imbalance::note(plan, &artifact, &parts, report.as_ref(), observer);
    let baselines = baselines::fit(plan, &artifact, ngrams, &parts, observer)?;
    let plan = plan.clone();
    Ok(TrainOutcome { artifact, data, evaluation, report, baselines, timings, interrupted, saved, plan })
}

/// Returns a note if the validation loss was best before the last epoch, and the run could have kept that model.
fn best_before_last(plan: &TrainPlan, history: &History) -> Option<String> {
    let loss = |log: &EpochLog| log.val_loss.filter(|loss| loss.is_finite());
    let last = history.epochs.last().and_then(loss)?;
    let best = history.epochs.iter().min_by(|a, b| {
        let [a, b] = [a, b].map(|log| loss(log).unwrap_or(f64::INFINITY));
        a.total_cmp(&b)
    })?;
    let (lowest, keeps_best) = (loss(best)?, plan.config().early_stopping.is_some());
    let chosen = keeps_best || plan.preset() == Some(Preset::Accurate) || history.stopped;
    (lowest < last && !chosen).then(|| {
        format!(
            "the best epoch was {} of {} (val_loss {lowest:.4}, and {last:.4} after the last one); --early-stopping keeps \
             the weights of the best epoch",
            best.epoch + 1,
            history.epochs.len()
        )
    })
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
