//! One trial of `gatewise tune`.

use super::super::texts;
use super::super::train::{fit, suits, threshold};
use crate::args::Train;
use crate::interrupt::StopFlag;
use gatewise::metrics::Report;
use gatewise::rows::Corpus;
use gatewise::train::{BatchLog, Callback, Context, EarlyStopping, EpochLog};
use gatewise::{Artifact, ErrorKind, Result};
use indicatif::ProgressBar;
use std::time::Instant;

/// Trials that a trial is compared with before it may be given up.
const RIVALS: usize = 4;

/// What a trial is made of.
pub(super) struct Trial<'a> {
    pub train: &'a Train,
    pub name: &'a str,
    pub corpus: &'a Corpus,
    /// The val_loss of each epoch of the trials before.
    pub curves: &'a [Vec<f64>],
    pub stop: &'a StopFlag,
    pub deadline: Instant,
    /// The time of the search, and what it says of itself.
    pub bar: &'a ProgressBar,
}

/// What came of it.
pub(super) struct Outcome {
    pub artifact: Artifact,
    /// Of the rows to validate on, with the loss; none where no epoch was finished.
    pub report: Option<(Report, f64)>,
    /// The val_loss of each epoch.
    pub curve: Vec<f64>,
    /// Why it ended.
    pub end: &'static str,
    pub seconds: f64,
}

impl Trial<'_> {
    pub fn run(&self) -> Result<Outcome> {
        let (start, train) = (Instant::now(), self.train);
        let (mut artifact, parts) = texts::prepare(train, self.name, self.corpus)?;
        suits(train, &artifact)?;
        let parts = parts.with_validation(train)?;
        let (mut curve, mut end) = (Vec::new(), "done");
        let mut run = fit(train, artifact.training());
        if let Some(validation) = &parts.validation {
            run = run.validation_data(validation);
        }
        let patience = train.early_stopping.unwrap_or(usize::MAX);
        let watch = Watch {
            stop: self.stop.clone(),
            deadline: self.deadline,
            bar: self.bar,
            rivals: self.curves,
            curve: &mut curve,
            end: &mut end,
        };
        let mut model = artifact.model().clone();
        let trained = run
            .callback(EarlyStopping::new().patience(patience).restore_best_weights(true))
            .callback(watch)
            .run(&mut model, &parts.training);
        match trained {
            Ok(history) => {
                artifact = artifact.with_model(model)?;
                artifact.training_mut().history = history;
            }
            Err(error) if error.kind() == ErrorKind::Diverged => (end, curve) = ("diverged", Vec::new()),
            Err(error) => return Err(error),
        }
        let report = match &parts.validation {
            Some(validation) if !curve.is_empty() => {
                artifact.set_threshold(threshold(train, &artifact, &parts))?;
                let scored = artifact.score(validation, &train.machine.machine())?;
                Some((scored.report()?.with_labels(artifact.labels()), scored.evaluation.loss))
            }
            _ => None,
        };
        Ok(Outcome { artifact, report, curve, end, seconds: start.elapsed().as_secs_f64() })
    }
}

/// Ends a trial when the time is over, at Ctrl-C, and when it does worse than half of those before did by then
/// (the median rule of Google Vizier, Golovin et al. 2017).
struct Watch<'a> {
    stop: StopFlag,
    deadline: Instant,
    bar: &'a ProgressBar,
    rivals: &'a [Vec<f64>],
    curve: &'a mut Vec<f64>,
    end: &'a mut &'static str,
}

impl Watch<'_> {
    fn is_hopeless(&self) -> bool {
        let best = |curve: &[f64]| curve.iter().copied().fold(f64::INFINITY, f64::min);
        let epochs = self.curve.len();
        let rivals = self.rivals.iter().filter(|curve| curve.len() >= epochs);
        let mut rivals: Vec<f64> = rivals.map(|curve| best(&curve[..epochs])).collect();
        rivals.sort_by(f64::total_cmp);
        rivals.len() >= RIVALS && best(self.curve) > rivals[rivals.len() / 2]
    }
}

impl Callback for Watch<'_> {
    fn on_batch_end(&mut self, context: &mut Context<'_>, _: &BatchLog) -> Result<()> {
        self.bar.set_position(self.bar.elapsed().as_millis() as u64);
        let over = if self.stop.raised() { "interrupted" } else { "out of time" };
        if self.stop.raised() || Instant::now() >= self.deadline {
            *self.end = over;
            context.stop();
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.curve.extend(log.val_loss);
        if self.curve.len() > 1 && self.is_hopeless() {
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
        let stop = StopFlag::listen().unwrap();
        let hopeless = |curve: &[f64], count: usize| {
            let (mut curve, mut end) = (curve.to_vec(), "");
            let (stop, rivals, bar) = (stop.clone(), &rivals[..count], &ProgressBar::hidden());
            Watch { stop, deadline: Instant::now(), bar, rivals, curve: &mut curve, end: &mut end }
                .is_hopeless()
        };
        // At the second epoch the others' best are 0.5, 0.6, 0.7 and 0.8; the fifth ended before.
        assert!(hopeless(&[0.9, 0.71], 5) && hopeless(&[0.75, 0.9], 5));
        assert!(!hopeless(&[0.9, 0.7], 5) && !hopeless(&[0.4, 0.9], 5));
        assert!(!hopeless(&[9.0, 9.0], 3), "too few to tell");
    }
}
