//! The accurate preset: an ensemble of small recurrent models and a linear model.

use crate::defaults::folds_and_members;
use crate::fit::{Trained, fit};
use crate::observer::{Observer, Progress, Watched};
use crate::plan::TrainPlan;
use gatewise::ensemble::{Ensemble, EnsembleOptions, FittedEnsemble, FoldControl};
use gatewise::optimizer::{CosineDecay, Ema};
use gatewise::rows::Dataset;
use gatewise::{Artifact, Result};
use std::time::Instant;

/// Trains the members of `artifact` on `training`, with the settings of its summary. The learning rate decays
/// to zero along a cosine, and a member's weights are an exponential moving average.
pub(crate) fn several(
    plan: &TrainPlan,
    artifact: Artifact,
    training: &Dataset,
    observer: &mut dyn Observer,
) -> Result<Trained> {
    let (summary, start) = (artifact.training().clone(), Instant::now());
    let seed = plan.seed();
    let (folds, members) = folds_and_members(training.len());
    let options = EnsembleOptions::default().folds(folds).members(members).seed(seed).machine(plan.machine());
    let mut history = None;
    let fitted = Ensemble::fit(artifact.model().spec(), training, &options, |fold| {
        observer.progress(Progress::Member { member: fold.member + 1, members })?;
        let steps = fold.training.len().div_ceil(summary.batch_size) * summary.epochs;
        let learning_rate = CosineDecay::new(summary.learning_rate, steps.max(1) as u64);
        let log = fit(plan, &summary)
            .learning_rate(learning_rate)
            .ema(Ema::default())
            .seed(seed.wrapping_add(fold.member as u64))
            .validation_data(fold.validation)
            .callback(Watched(&mut *observer))
            .run(fold.model, fold.training)?;
        history.get_or_insert(log);
        Ok(if observer.should_stop() { FoldControl::Stop } else { FoldControl::Continue })
    })?;
    let FittedEnsemble { model, ensemble, .. } = fitted;
    let mut artifact = artifact.into_builder().model(model).ensemble(ensemble).build()?;
    artifact.training_mut().history = history.unwrap_or_default();
    Ok(Trained { artifact, time: start.elapsed() })
}
