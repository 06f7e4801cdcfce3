//! `gatewise train`: data in, one model file out.

use super::accurate::accurate;
use super::baselines::{Baseline, baselines};
use super::parts::Parts;
use crate::args::{Format, Preset, Task, Threshold, Train};
use crate::interrupt::StopFlag;
use crate::progress::EpochProgress;
use crate::{Done, data, note, out, plot};
use gatewise::metrics::Report;
use gatewise::rows::{Dataset, Problem};
use gatewise::train::{CsvLogger, EarlyStopping, ModelCheckpoint, ReduceLrOnPlateau, TensorBoard};
use gatewise::{Artifact, Checkpoints, Error, Fit, History, Model, Result, TrainingSummary};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub fn train(args: Train) -> Result<Done> {
    match (args.task, args.data.as_deref()) {
        (Task::LanguageModel, _) => super::language_model::language_model(&args),
        (_, Some(name)) if data::is_series(name) => super::series::series(&args, name),
        _ => super::texts::texts(&args),
    }
}

/// Refuses what can be refused before minutes have gone into it.
pub(super) fn check(args: &Train) -> Result<()> {
    let name = args.data.as_deref().unwrap_or(data::IMDB);
    if args.validation.is_some() && (args.task == Task::LanguageModel || !data::is_labelled_texts(name)) {
        return Err(Error::config(format!(
            "--validation goes with {}, but the data are {name}; leave it out, or \
             use --validation-split",
            data::LABELLED_TEXTS
        )));
    }
    curve_beside(&args.output)?;
    gatewise::check_target(&args.output)?;
    if matches!(args.threshold, Some(Threshold::Best(_))) && args.validation_split == Some(0.0) {
        return Err(Error::config(
            "the threshold is chosen on validation rows, but --validation-split is 0; give it a share, or \
             --threshold a number",
        ));
    }
    Ok(())
}

/// Trains the model of `artifact`, whose [`TrainingSummary`] says how, tests and saves it,
/// and tells about it, beside linear models of runs of words of up to these lengths.
pub(super) fn learn(args: &Train, artifact: Artifact, parts: &Parts, ngrams: &[usize]) -> Result<Done> {
    let Parts { training, validation, test } = parts;
    let curve = curve_beside(&args.output)?;
    let (text, name) = (args.format == Format::Text, artifact.training().data.clone());
    suits(args, &artifact)?;
    if text {
        let summary = artifact.model().summary(artifact.padding().maxlen);
        let validation = validation.as_ref().map(|rows| format!(", {} validation", rows.len()));
        out!(
            "Data: {name}, {} training{} and {} test rows\n{summary}",
            training.len(),
            validation.unwrap_or_default(),
            test.len()
        )?;
    }
    let trained = match args.preset {
        Some(Preset::Accurate) => accurate(args, artifact, training)?,
        _ => one(args, artifact, training, validation.as_ref())?,
    };
    let Trained { mut artifact, seconds: fit_seconds, stop } = trained;
    artifact.set_threshold(threshold(args, &artifact, parts))?;
    let start = Instant::now();
    let scored = artifact.score(test, &args.machine.machine())?;
    let (evaluation, report) = (scored.evaluation, scored.report()?.with_labels(artifact.labels()));
    let evaluate_seconds = start.elapsed().as_secs_f64();
    artifact.training_mut().test = Some(evaluation);
    artifact.save(&args.output)?;
    plot::training_curve(&artifact, &curve)?;
    let history = &artifact.training().history;
    let baselines = if args.no_baseline { Vec::new() } else { baselines(&artifact, ngrams, parts, &stop)? };
    if text {
        tell(args, &artifact, &curve, &baselines, &report, stop.raised())?;
    } else {
        let seconds: Vec<_> = history.epochs.iter().map(|log| log.seconds).collect();
        let baselines: Vec<_> = baselines.iter().map(Baseline::as_json).collect();
        let object = json!({
            "data": name,
            "test_loss": evaluation.loss,
            "test_accuracy": evaluation.accuracy,
            "test_report": report,
            "threshold": artifact.threshold(),
            "epoch_seconds": seconds,
            "fit_seconds": fit_seconds,
            "evaluate_seconds": evaluate_seconds,
            "parameters": artifact.model().params().len(),
            "seed": args.seed,
            "threads": args.machine.threads(),
            "isa": args.machine.isa().name(),
            "artifact": args.output,
            "weights_sha256": artifact.weights_sha256(),
            "history": history,
            "interrupted": stop.raised() && history.stopped,
            "baselines": baselines,
            "unseen_accuracy": artifact.ensemble().map(|ensemble| ensemble.accuracy()),
        });
        out!("{object:#}\n")?;
    }
    Ok(if stop.raised() { Done::Interrupted } else { Done::Whole })
}

/// A trained model.
pub(super) struct Trained {
    pub artifact: Artifact,
    pub seconds: f64,
    pub stop: StopFlag,
}

/// Trains the model of `artifact`.
fn one(args: &Train, artifact: Artifact, data: &Dataset, validation: Option<&Dataset>) -> Result<Trained> {
    let mut model = artifact.model().clone();
    let so_far = |model: &Model| artifact.clone().with_model(model.clone());
    let Run { history, seconds, stop } =
        run(args, artifact.training(), &mut model, data, validation, &so_far)?;
    let mut artifact = artifact.with_model(model)?;
    artifact.training_mut().history = history;
    Ok(Trained { artifact, seconds, stop })
}

/// Refuses options that mean nothing for what is learnt.
pub(super) fn suits(args: &Train, artifact: &Artifact) -> Result<()> {
    let (name, classes) = (&artifact.training().data, artifact.labels().len());
    let undecided = match artifact.problem() {
        Problem::SingleLabel if classes > 2 => {
            Some(format!("a threshold decides between two classes, but {name} has {classes}"))
        }
        Problem::Regression { .. } => {
            Some("a threshold decides between yes and no, but a number is learnt".to_owned())
        }
        _ => None,
    };
    if let Some(why) = undecided.filter(|_| args.threshold.is_some()) {
        return Err(Error::config(format!("{why}; leave --threshold out")));
    }
    if args.class_weight.is_some() && *artifact.problem() != Problem::SingleLabel {
        return Err(Error::config(
            "--class-weight weighs rows by their one class, but here a row has any number of labels, or a number; \
             leave it out",
        ));
    }
    Ok(())
}

/// A training run that is over.
pub(super) struct Run {
    pub history: History,
    pub seconds: f64,
    pub stop: StopFlag,
}

/// Trains `model` as the arguments and `summary` say, with progress on standard error, until it is done or stopped. What is
/// saved of a model on the way is what `whole` makes of it.
pub(super) fn run(
    args: &Train,
    summary: &TrainingSummary,
    model: &mut Model,
    data: &Dataset,
    validation: Option<&Dataset>,
    whole: &(dyn Fn(&Model) -> Result<Artifact> + Sync),
) -> Result<Run> {
    let validation_split = args.validation_split.unwrap_or(match args.task {
        Task::LanguageModel => 0.1,
        _ => 0.2,
    });
    let watching = [
        ("--early-stopping", args.early_stopping.is_some()),
        ("--reduce-lr-on-plateau", args.reduce_lr_on_plateau.is_some()),
        ("--checkpoint-best", args.checkpoint_best.is_some()),
    ];
    if let Some((option, _)) = watching.iter().find(|(_, given)| *given && validation_split == 0.0) {
        return Err(Error::config(format!(
            "{option} watches val_loss, but --validation-split 0 leaves no rows to validate on; ask for some, such \
             as --validation-split 0.2"
        )));
    }
    let stop = StopFlag::listen()?;
    let start = Instant::now();
    let mut fit = fit(args, summary)
        .validation_split(validation_split)
        .callback(EpochProgress::new(args.verbose))
        .callback(stop.clone());
    if let Some(validation) = validation {
        fit = fit.validation_data(validation);
    }
    if let Some(folder) = &args.checkpoint_dir {
        fit = fit.checkpoints(Checkpoints::new(folder).every(args.checkpoint_every)).resume(args.resume);
    }
    if let Some(patience) = args.reduce_lr_on_plateau {
        fit = fit.callback(ReduceLrOnPlateau::new().patience(patience));
    }
    if let Some(file) = &args.checkpoint_best {
        let best = ModelCheckpoint::new(file).save_best_only(true);
        fit = fit.callback(best.saving(|path, model| whole(model)?.save(path)));
    }
    if let Some(file) = &args.csv_log {
        fit = fit.callback(CsvLogger::new(file));
    }
    if let Some(folder) = &args.tensorboard {
        fit = fit.callback(TensorBoard::new(folder));
    }
    if let Some(patience) = args.early_stopping {
        fit = fit.callback(EarlyStopping::new().patience(patience).restore_best_weights(true));
    }
    let history = fit.run(model, data)?;
    Ok(Run { history, seconds: start.elapsed().as_secs_f64(), stop })
}

/// A training run as the arguments and `summary` say.
pub(super) fn fit<'a>(args: &Train, summary: &TrainingSummary) -> Fit<'a> {
    let fit = Fit::new()
        .epochs(summary.epochs)
        .batch_size(summary.batch_size)
        .learning_rate(summary.learning_rate)
        .seed(args.seed)
        .machine(&args.machine.machine());
    match &args.class_weight {
        Some(class_weight) => fit.class_weight(class_weight.clone()),
        None => fit,
    }
}

/// The decision threshold asked for. What has been learnt is worth more than a threshold: one that cannot be
/// chosen stays one half.
pub(super) fn threshold(args: &Train, artifact: &Artifact, parts: &Parts) -> f32 {
    match args.threshold {
        None => artifact.threshold(),
        Some(Threshold::At(threshold)) => threshold,
        Some(Threshold::Best(rule)) => {
            let Parts { training, validation, .. } = parts;
            let last = || (artifact.training().history.samples..training.len()).collect::<Vec<_>>();
            let data = validation.clone().unwrap_or_else(|| training.select(&last()));
            let scored = artifact.score(&data, &args.machine.machine());
            scored.and_then(|scored| scored.best_threshold(rule)).unwrap_or_else(|error| {
                note!("note: the threshold stays {}: {error}", artifact.threshold());
                artifact.threshold()
            })
        }
    }
}

fn tell(
    args: &Train,
    artifact: &Artifact,
    curve: &Path,
    baselines: &[Baseline],
    report: &Report,
    interrupted: bool,
) -> Result<()> {
    announce(args, &artifact.training().history, artifact.training().epochs, curve, interrupted)?;
    let mut text = String::new();
    if let Some(Threshold::Best(rule)) = args.threshold {
        text += &format!("Threshold: {:.4}, chosen for {rule} on validation\n", artifact.threshold());
    }
    for baseline in baselines {
        text += &format!("{}\n", baseline.describe());
    }
    let results = artifact.training().test.map(|evaluation| super::results(&evaluation, report));
    out!("{text}{}\n", results.unwrap_or_default())
}

/// Says how far a run came and what it wrote.
pub(super) fn announce(
    args: &Train,
    history: &History,
    epochs: usize,
    curve: &Path,
    interrupted: bool,
) -> Result<()> {
    let mut text = String::new();
    let whole = history.epochs.len();
    if history.stopped && !interrupted {
        text += &format!("Stopped early after {whole} of {epochs} epochs.\n");
    } else if history.stopped {
        text += &format!("Stopped by Ctrl-C after {whole} of {epochs} epochs; what was learnt is saved.\n");
        if args.checkpoint_dir.is_some() {
            text += "The same command with --resume goes on from here.\n";
        }
    }
    text += &format!("Saved {}", args.output.display());
    if whole > 0 {
        text += &format!(" and {}", curve.display());
    }
    out!("{text}\n")
}

/// Where the training curve goes: beside the model, which must not be what it overwrites.
pub(super) fn curve_beside(output: &Path) -> Result<PathBuf> {
    let curve = output.with_extension("svg");
    if curve == output {
        return Err(Error::config(format!(
            "the model cannot be called {}: the training curve goes there; choose another ending, such as \
             .gatewise",
            output.display()
        )));
    }
    Ok(curve)
}
