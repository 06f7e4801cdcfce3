//! Training of one model: converts the plan to settings and callbacks of [`Fit`].

use crate::observer::{Observer, Watched};
use crate::parts::Parts;
use crate::plan::TrainPlan;
use gatewise::train::{CsvLogger, EarlyStopping, ModelCheckpoint, ReduceLrOnPlateau, TensorBoard};
use gatewise::{Artifact, Checkpoints, Fit, Model, Result, TrainingSummary};
use std::time::{Duration, Instant};

/// A trained model, and the duration of its training.
#[derive(Debug)]
pub(crate) struct Trained {
    pub artifact: Artifact,
    pub time: Duration,
}

/// Returns a training run with the settings of the plan and of `summary`, whose values may be adjusted to the
/// data.
pub(crate) fn fit<'a>(plan: &TrainPlan, summary: &TrainingSummary) -> Fit<'a> {
    let fit = Fit::new()
        .epochs(summary.epochs)
        .batch_size(summary.batch_size)
        .learning_rate(summary.learning_rate)
        .seed(plan.seed())
        .machine(plan.machine());
    match &plan.config().class_weight {
        Some(class_weight) => fit.class_weight(class_weight.clone()),
        None => fit,
    }
}

/// Trains the model of `artifact` until it is done or stopped.
pub(crate) fn one(
    plan: &TrainPlan,
    artifact: Artifact,
    parts: &Parts,
    observer: &mut dyn Observer,
) -> Result<Trained> {
    let (config, start) = (plan.config(), Instant::now());
    let mut model = artifact.model().clone();
    let mut fit = fit(plan, artifact.training())
        .validation_split(plan.validation_split().unwrap_or_default())
        .callback(Watched(observer));
    if let Some(validation) = &parts.validation {
        fit = fit.validation_data(validation);
    }
    if let Some(folder) = &config.checkpoint_dir {
        let checkpoints = Checkpoints::new(folder).every(plan.checkpoint_every());
        fit = fit.checkpoints(checkpoints).resume(config.resume.unwrap_or_default());
    }
    if let Some(patience) = config.reduce_lr_on_plateau {
        fit = fit.callback(ReduceLrOnPlateau::new().patience(patience));
    }
    if let Some(file) = &config.checkpoint_best {
        let best = ModelCheckpoint::new(file).save_best_only(true);
        let untrained = artifact.clone();
        fit = fit.callback(
            best.saving(move |path, model: &Model| untrained.clone().with_model(model.clone())?.save(path)),
        );
    }
    if let Some(file) = &config.csv_log {
        fit = fit.callback(CsvLogger::new(file));
    }
    if let Some(folder) = &config.tensorboard {
        fit = fit.callback(TensorBoard::new(folder));
    }
    if let Some(patience) = config.early_stopping {
        fit = fit.callback(EarlyStopping::new().patience(patience).restore_best_weights(true));
    }
    let history = fit.run(&mut model, &parts.training)?;
    let mut artifact = artifact.with_model(model)?;
    artifact.training_mut().history = history;
    Ok(Trained { artifact, time: start.elapsed() })
}
