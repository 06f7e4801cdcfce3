//! `gatewise train`: data in, one model file out.

use crate::args::{Format, Task, Threshold, Train};
use crate::interrupt::StopFlag;
use crate::progress::EpochProgress;
use crate::{Done, data, note, out, plot};
use gatewise::baseline::{BaselineOptions, LinearBaseline, Ngrams};
use gatewise::data::{Dataset, Padding, Split};
use gatewise::layers::{Activation, Dense, Dropout, Embedding, SpatialDropout1D};
use gatewise::metrics::Evaluation;
use gatewise::text::Vocabulary;
use gatewise::train::{CsvLogger, EarlyStopping, ModelCheckpoint, ReduceLrOnPlateau, TensorBoard};
use gatewise::{Artifact, Checkpoints, Error, Fit, History, Model, Result, Sequential, TrainingSummary};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Settings whose defaults depend on the data.
struct Settings {
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    maxlen: usize,
    embedding: usize,
    units: Vec<usize>,
    dropout: f64,
    /// Whether the texts are a file's: then padding is masked, and the word vectors drop channels too.
    table: bool,
}

impl Settings {
    fn new(args: &Train, data: &str) -> Self {
        // The classic assignment; what the small embedded corpus needs for as many steps; and what suits a few
        // thousand texts of a sentence or more.
        let table = data::is_table(data);
        let (epochs, batch_size, learning_rate, maxlen) = match data {
            data::REVIEWS => (8, 64, 5e-3, 64),
            _ if table => (8, 32, 2e-3, 300),
            _ => (5, 128, 1e-3, 300),
        };
        let (embedding, units, dropout) = if table { (64, 64, 0.5) } else { (15, 10, 0.0) };
        Self {
            epochs: args.epochs.unwrap_or(epochs),
            batch_size: args.batch_size.unwrap_or(batch_size),
            learning_rate: args.learning_rate.unwrap_or(learning_rate),
            maxlen: args.maxlen.unwrap_or(maxlen),
            embedding: args.embedding.unwrap_or(embedding),
            units: args.units.clone().unwrap_or(vec![units]),
            dropout: args.dropout.unwrap_or(dropout),
            table,
        }
    }
}

/// A linear model's score on the same rows.
struct Baseline {
    name: &'static str,
    accuracy: f64,
    seconds: f64,
}

pub fn train(args: Train) -> Result<Done> {
    if args.task == Task::LanguageModel {
        return super::language_model::language_model(&args);
    }
    let text = args.format == Format::Text;
    // Whatever can be refused is refused before minutes have gone into it.
    let curve = curve_beside(&args.output)?;
    spec(&args, &Settings::new(&args, args.data.as_deref().unwrap_or_default()), 2).compile(args.seed)?;
    gatewise::check_target(&args.output)?;
    if matches!(args.threshold, Some(Threshold::Best(_))) && args.validation_split == Some(0.0) {
        return Err(Error::config(
            "the threshold is chosen on validation rows, but --validation-split is 0; give it a share, or \
             --threshold a number",
        ));
    }
    let test = data::Test::Apart(args.test.as_deref());
    let (name, corpus) = data::load_or_fall_back(args.data.as_deref(), &args.place, test)?;
    let settings = Settings::new(&args, &name);
    let classes = corpus.labels.len();
    if args.threshold.is_some() && classes > 2 {
        return Err(Error::config(format!(
            "a threshold decides between two classes, but {name} has {classes}; leave --threshold out"
        )));
    }
    let mut model = spec(&args, &settings, classes).compile(args.seed)?;
    for note in &corpus.notes {
        note!("note: {note}");
    }
    let padding = Padding {
        maxlen: Some(settings.maxlen),
        padding: args.padding.into(),
        truncating: args.truncating.into(),
    };
    let vocabulary = Vocabulary::from_ranked(&corpus.vocabulary, args.max_words)?;
    let rows = |split: &Split| -> Result<Dataset> {
        let targets: Vec<f32> = split.classes.iter().map(|&class| class as f32).collect();
        Ok(Dataset::new(vocabulary.encode_ranks(&split.words), targets)?.with_padding(padding))
    };
    let (training, test) = (rows(&corpus.train)?, rows(&corpus.test)?);
    if text {
        let summary = model.summary(padding.maxlen);
        out!("Data: {name}, {} training and {} test rows\n{summary}", training.len(), test.len())?;
    }

    let Settings { epochs, batch_size, learning_rate, .. } = settings;
    let whole = |model: Model, history: History| Artifact {
        model,
        tokenizer: corpus.tokenizer.clone(),
        vocabulary: vocabulary.clone(),
        padding,
        labels: corpus.labels.clone(),
        threshold: 0.5,
        training: TrainingSummary {
            data: name.clone(),
            seed: args.seed,
            batch_size,
            epochs,
            learning_rate,
            history,
            test: None,
        },
    };
    let so_far = |model: &Model| whole(model.clone(), History::default());
    let Run { history, seconds: fit_seconds, stop } =
        run(&args, epochs, batch_size, learning_rate, &mut model, &training, &so_far)?;

    let (threads, isa) = (args.machine.threads(), args.machine.isa());
    let mut artifact = whole(model, history);
    artifact.threshold = threshold(&args, &artifact, &training);
    let start = Instant::now();
    let evaluation = artifact.evaluate(&test, threads, isa)?;
    let evaluate_seconds = start.elapsed().as_secs_f64();
    artifact.training.test = Some(evaluation);
    artifact.save(&args.output)?;
    let history = &artifact.training.history;
    if !history.epochs.is_empty() {
        let data = Path::new(&name).file_name().map_or(name.as_str().into(), |file| file.to_string_lossy());
        plot::training_curve(history, &format!("{data}: {}", artifact.model.spec().describe()), &curve)?;
    }
    let baselines = if args.no_baseline { Vec::new() } else { baselines(&name, &training, &test, &stop)? };
    if text {
        report(&args, &artifact, &curve, &baselines, &evaluation, stop.raised())?;
    } else {
        let seconds: Vec<_> = history.epochs.iter().map(|log| log.seconds).collect();
        let baselines: Vec<_> = baselines
            .iter()
            .map(|b| json!({"name": b.name, "test_accuracy": b.accuracy, "seconds": b.seconds}))
            .collect();
        let object = json!({
            "data": name,
            "test_loss": evaluation.loss,
            "test_accuracy": evaluation.accuracy,
            "threshold": artifact.threshold,
            "epoch_seconds": seconds,
            "fit_seconds": fit_seconds,
            "evaluate_seconds": evaluate_seconds,
            "parameters": artifact.model.params().len(),
            "seed": args.seed,
            "threads": threads,
            "isa": isa.name(),
            "artifact": args.output,
            "weights_sha256": artifact.weights_sha256(),
            "history": history,
            "interrupted": stop.raised() && history.stopped,
            "baselines": baselines,
        });
        out!("{object:#}\n")?;
    }
    Ok(if stop.raised() { Done::Interrupted } else { Done::Whole })
}

/// A training run that is over.
pub(super) struct Run {
    pub history: History,
    pub seconds: f64,
    pub stop: StopFlag,
}

/// Trains `model` as the arguments say, with progress on standard error, until it is done or stopped. What is
/// saved of a model on the way is what `whole` makes of it.
pub(super) fn run(
    args: &Train,
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    model: &mut Model,
    data: &Dataset,
    whole: &dyn Fn(&Model) -> Artifact,
) -> Result<Run> {
    let validation_split = args.validation_split.unwrap_or(match args.task {
        Task::Classify => 0.2,
        Task::LanguageModel => 0.1,
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
    let mut fit = Fit::new()
        .epochs(epochs)
        .batch_size(batch_size)
        .learning_rate(learning_rate)
        .validation_split(validation_split)
        .seed(args.seed)
        .threads(args.machine.threads())
        .isa(args.machine.isa())
        .callback(EpochProgress::new(args.verbose))
        .callback(stop.clone());
    if let Some(class_weight) = &args.class_weight {
        fit = fit.class_weight(class_weight.clone());
    }
    if let Some(folder) = &args.checkpoint_dir {
        fit = fit.checkpoints(Checkpoints::new(folder).every(args.checkpoint_every)).resume(args.resume);
    }
    if let Some(patience) = args.reduce_lr_on_plateau {
        fit = fit.callback(ReduceLrOnPlateau::new().patience(patience));
    }
    if let Some(file) = &args.checkpoint_best {
        let best = ModelCheckpoint::new(file).save_best_only(true);
        fit = fit.callback(best.saving(|path, model| whole(model).save(path)));
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

/// The decision threshold asked for. What has been learnt is worth more than a threshold: one that cannot be
/// chosen stays one half.
fn threshold(args: &Train, artifact: &Artifact, training: &Dataset) -> f32 {
    match args.threshold {
        None => artifact.threshold,
        Some(Threshold::At(threshold)) => threshold,
        Some(Threshold::Best(rule)) => {
            let validation: Vec<usize> = (artifact.training.history.samples..training.len()).collect();
            let data = training.select(&validation);
            let scored = artifact.score(&data, args.machine.threads(), args.machine.isa());
            scored.and_then(|scored| scored.best_threshold(rule)).unwrap_or_else(|error| {
                note!("note: the threshold stays {}: {error}", artifact.threshold);
                artifact.threshold
            })
        }
    }
}

/// The classic model, of another cell or a stack of layers where that is asked for, with an output for each class
/// where there are more than two.
fn spec(args: &Train, settings: &Settings, classes: usize) -> Sequential {
    let embedding =
        Embedding::new(args.max_words, settings.embedding).mask_zero(args.mask_zero || settings.table);
    let head = match classes {
        ..=2 => Dense::new(1).activation(Activation::Sigmoid),
        _ => Dense::new(classes).activation(Activation::Softmax),
    };
    let (units, dropout) = (&settings.units, settings.dropout);
    let last = units.len().saturating_sub(1);
    let below = Sequential::new().with(embedding);
    let below = match settings.table && dropout > 0.0 {
        true => below.with(SpatialDropout1D::new(dropout)),
        false => below,
    };
    units
        .iter()
        .enumerate()
        .fold(below, |spec, (index, &units)| {
            let spec = spec.with(args.cell.layer(units, index < last));
            if dropout > 0.0 { spec.with(Dropout::new(dropout)) } else { spec }
        })
        .with(head)
}

/// Linear models of the same rows: what the recurrent model has to beat.
fn baselines(name: &str, training: &Dataset, test: &Dataset, stop: &StopFlag) -> Result<Vec<Baseline>> {
    // Pairs of words of a large corpus take longer than the model itself.
    let ngrams: &[Ngrams] =
        if name == data::REVIEWS { &[Ngrams::Unigrams, Ngrams::Bigrams] } else { &[Ngrams::Unigrams] };
    let fit = |&ngrams: &Ngrams| {
        let start = Instant::now();
        let baseline = LinearBaseline::fit(training, &BaselineOptions { ngrams, ..Default::default() })?;
        let accuracy = baseline.accuracy(test);
        Ok(Baseline { name: baseline.name(), accuracy, seconds: start.elapsed().as_secs_f64() })
    };
    ngrams.iter().take_while(|_| !stop.raised()).map(fit).collect()
}

fn report(
    args: &Train,
    artifact: &Artifact,
    curve: &Path,
    baselines: &[Baseline],
    evaluation: &Evaluation,
    interrupted: bool,
) -> Result<()> {
    announce(args, &artifact.training.history, artifact.training.epochs, curve, interrupted)?;
    let mut text = String::new();
    if let Some(Threshold::Best(rule)) = args.threshold {
        text += &format!("Threshold: {:.4}, chosen for {rule} on validation\n", artifact.threshold);
    }
    for baseline in baselines {
        text += &format!("Baseline: {} - Accuracy: {:.2}%\n", baseline.name, 100.0 * baseline.accuracy);
    }
    out!("{text}{}\n", super::test_results(evaluation))
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
