//! The decision threshold: checks that the model has one, and chooses it.

use crate::choices::Threshold;
use crate::observer::Observer;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use gatewise::rows::Problem;
use gatewise::{Artifact, Error, Result};

/// Refuses a threshold for data with more than two classes. Their number is not known before the data are read.
pub(crate) fn check_classes(plan: &TrainPlan, problem: &Problem, classes: usize) -> Result<()> {
    match plan.config().threshold {
        Some(_) if *problem == Problem::SingleLabel && classes > 2 => Err(Error::config(format!(
            "a threshold decides between two classes, but {} has {classes}; leave --threshold out",
            plan.data()
        ))),
        _ => Ok(()),
    }
}

/// Sets the threshold of the plan. A threshold that cannot be chosen is not an error, because the trained
/// model would be lost: it stays 0.5.
pub(crate) fn choose(
    plan: &TrainPlan,
    artifact: &Artifact,
    parts: &Parts,
    observer: &mut dyn Observer,
) -> f32 {
    match plan.config().threshold {
        None => artifact.threshold(),
        Some(Threshold::At(threshold)) => threshold,
        Some(Threshold::Best(rule)) => {
            let Parts { training, validation, .. } = parts;
            let last = || (artifact.training().history.samples..training.len()).collect::<Vec<_>>();
            let data = validation.clone().unwrap_or_else(|| training.select(&last()));
            let scored = artifact.score(&data, plan.machine());
            scored.and_then(|scored| scored.best_threshold(rule)).unwrap_or_else(|error| {
                observer.note(&format!("the threshold stays {}: {error}", artifact.threshold()));
                artifact.threshold()
            })
        }
    }
}
