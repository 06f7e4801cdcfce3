//! One trial of a search.

use crate::fit::fit;
use crate::observer::{Observer, Progress};
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::{run, texts, threshold};
use gatewise::metrics::Report;
use gatewise::rows::Corpus;
use gatewise::train::{BatchLog, Callback, Context, EarlyStopping, EpochLog};
use gatewise::{Artifact, ErrorKind, Result};
use std::time::Instant;

/// The number of earlier trials that stopping a trial early needs.
const RIVALS: usize = 4;

/// The input of a trial.
pub(super) struct Trial<'a> {
    pub plan: &'a TrainPlan,
    pub corpus: &'a Corpus,
    /// The val_loss of each epoch of the earlier trials.
    pub curves: &'a [Vec<f64>],
    pub deadline: Instant,
}

/// The result of a trial.
pub(super) struct Outcome {
    pub artifact: Artifact,
    /// Report and loss on the validation rows; `None` if no epoch was finished.
    pub report: Option<(Report, f64)>,
    /// The val_loss of each epoch.
    pub curve: Vec<f64>,
    /// Why the trial ended.
    pub end: &'static str,
    pub seconds: f64,
}

impl Trial<'_> {
    pub fn run(&self, observer: &mut dyn Observer) -> Result<Outcome> {
        let (start, plan) = (Instant::now(), self.plan);
        let Prepared { mut artifact, parts, .. } = texts::prepare(plan, self.corpus, observer)?;
        let parts = parts.with_validation(plan)?;
        let (mut curve, mut end, mut model) = (Vec::new(), "done", artifact.model().clone());
        let mut run = fit(plan, artifact.training());
        if let Some(validation) = &parts.validation {
            run = run.validation_data(validation);
        }
        let patience = plan.config().early_stopping.unwrap_or(usize::MAX);
        let (deadline, rivals) = (self.deadline, self.curves);
        let watch = Watch { observer, deadline, rivals, curve: &mut curve, end: &mut end };
        let trained = run
            .callback(EarlyStopping::new().patience(patience).restore_best_weights(true))
            .callback(watch)
            .run(&mut model, &parts.training);
        artifact = artifact.with_model(model)?;
        match trained {
            Ok(history) => artifact.training_mut().history = history,
            Err(error) if error.kind() == ErrorKind::Diverged => (end, curve) = ("diverged", Vec::new()),
            Err(error) => return Err(error),
        }
        let report = match &parts.validation {
            Some(validation) if !curve.is_empty() => {
                artifact.set_threshold(threshold::choose(plan, &artifact, &parts, observer))?;
                let (evaluation, report) = run::test_on(plan, &artifact, validation)?;
                Some((report, evaluation.loss))
            }
            _ => None,
        };
        Ok(Outcome { artifact, report, curve, end, seconds: start.elapsed().as_secs_f64() })
    }
}

/// Ends a trial when the time is over, when the observer stops it, and when it is worse than the median of
/// the earlier trials at the same epoch (the median stopping rule of Google Vizier, Golovin et al. 2017).
struct Watch<'a> {
    observer: &'a mut dyn Observer,
    deadline: Instant,
    rivals: &'a [Vec<f64>],
    curve: &'a mut Vec<f64>,
    end: &'a mut &'static str,
}

/// Returns whether `curve` is worse than the median of the earlier trials at the same epoch.
fn is_hopeless(curve: &[f64], rivals: &[Vec<f64>]) -> bool {
    let best = |curve: &[f64]| curve.iter().copied().fold(f64::INFINITY, f64::min);
    let epochs = curve.len();
    let rivals = rivals.iter().filter(|rival| rival.len() >= epochs);
    let mut rivals: Vec<f64> = rivals.map(|rival| best(&rival[..epochs])).collect();
    rivals.sort_by(f64::total_cmp);
    rivals.len() >= RIVALS && best(curve) > rivals[rivals.len() / 2]
}

impl Callback for Watch<'_> {
    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        self.observer.progress(Progress::Batch { log })?;
        let stopped = self.observer.should_stop();
        if stopped || Instant::now() >= self.deadline {
            *self.end = if stopped { "interrupted" } else { "out of time" };
            context.stop();
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.curve.extend(log.val_loss);
        if self.curve.len() > 1 && is_hopeless(self.curve, self.rivals) {
            *self.end = "given up";
            context.stop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worse_than_half_of_the_others_is_given_up() {
        let rivals = [vec![0.9, 0.8], vec![0.7, 0.6], vec![0.7, 0.7], vec![0.5, 0.9], vec![0.1]];
        let hopeless = |curve: &[f64], count: usize| is_hopeless(curve, &rivals[..count]);
        // At the second epoch the others' best are 0.5, 0.6, 0.7 and 0.8; the fifth ended before.
        assert!(hopeless(&[0.9, 0.71], 5) && hopeless(&[0.75, 0.9], 5));
        assert!(!hopeless(&[0.9, 0.7], 5) && !hopeless(&[0.4, 0.9], 5));
        assert!(!hopeless(&[9.0, 9.0], 3), "too few to tell");
    }
}
