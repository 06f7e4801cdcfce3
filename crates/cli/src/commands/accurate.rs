//! The accurate preset: several small recurrent models and a linear one, which answer together.

use super::train::{Trained, fit};
use crate::args::{Format, Train};
use crate::interrupt::StopFlag;
use crate::progress::EpochProgress;
use crate::{note, out};
use gatewise::ensemble::{Accuracies, Ensemble, EnsembleOptions, Fitted, Next};
use gatewise::optimizer::{CosineDecay, Ema};
use gatewise::rows::Dataset;
use gatewise::{Artifact, Result};
use std::time::Instant;

/// Of fewer rows than this, members are quickly trained, and each row of a fold is missed: there are more of both.
const FEW: usize = 20_000;

/// Trains the members of `artifact` on `training`, as its summary says; the learning rate falls to zero along a cosine,
/// and a member's weights are their average over the last steps.
pub(super) fn accurate(args: &Train, artifact: Artifact, training: &Dataset) -> Result<Trained> {
    let summary = artifact.training().clone();
    let (start, stop) = (Instant::now(), StopFlag::listen()?);
    let (folds, members) = if training.len() < FEW { (5, 10) } else { (4, 4) };
    let machine = args.machine.machine();
    let options = EnsembleOptions { folds, members, seed: args.seed, machine, ..Default::default() };
    let mut history = None;
    let fitted = Ensemble::fit(artifact.model().spec(), training, &options, |fold| {
        if args.verbose > 0 {
            note!("Member {} of {}", fold.member + 1, options.members);
        }
        let steps = fold.training.len().div_ceil(summary.batch_size) * summary.epochs;
        let learning_rate = CosineDecay::new(summary.learning_rate, steps.max(1) as u64);
        let log = fit(args, &summary)
            .learning_rate(learning_rate)
            .ema(Ema::default())
            .seed(args.seed.wrapping_add(fold.member as u64))
            .validation_data(fold.validation)
            .callback(EpochProgress::new(args.verbose))
            .callback(stop.clone())
            .run(fold.model, fold.training)?;
        history.get_or_insert(log);
        Ok(if stop.raised() { Next::Stop } else { Next::Member })
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let Fitted { model, ensemble } = fitted;
    let Accuracies { member, linear, joined } = ensemble.accuracy();
    if args.format == Format::Text {
        let percent = |share: f64| format!("{:.2}%", 100.0 * share);
        out!(
            "On training rows that they had not seen: a recurrent model {}, the linear one {}, together {}\n",
            percent(member),
            percent(linear),
            percent(joined)
        )?;
    }
    let mut artifact = artifact.into_builder().model(model).ensemble(ensemble).build()?;
    artifact.training_mut().history = history.unwrap_or_default();
    Ok(Trained { artifact, seconds, stop })
}
