//! `gatewise train`: data in, one model file out.

use crate::Done;
use crate::args::{Format, Train};
use crate::progress::EpochProgress;
use crate::{data, plot};
use gatewise::baseline::{BaselineOptions, LinearBaseline, Ngrams};
use gatewise::data::{Dataset, Padding, Split};
use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::metrics::Evaluation;
use gatewise::text::Vocabulary;
use gatewise::train::{BatchLog, Callback, Flow};
use gatewise::{Artifact, Error, Fit, Result, Sequential, TrainingSummary};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Settings whose defaults depend on the data.
struct Settings {
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    maxlen: usize,
}

impl Settings {
    fn new(args: &Train, data: &str) -> Self {
        // The classic assignment, and what the small embedded corpus needs for as many steps.
        let (epochs, batch_size, learning_rate, maxlen) =
            if data == data::REVIEWS { (8, 64, 5e-3, 64) } else { (5, 128, 1e-3, 300) };
        Self {
            epochs: args.epochs.unwrap_or(epochs),
            batch_size: args.batch_size.unwrap_or(batch_size),
            learning_rate: args.learning_rate.unwrap_or(learning_rate),
            maxlen: args.maxlen.unwrap_or(maxlen),
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
    let text = args.format == Format::Text;
    let (name, corpus) = data::load_or_fall_back(args.data.as_deref(), args.place.data_dir.as_deref())?;
    let settings = Settings::new(&args, &name);
    let (threads, isa) = (args.machine.threads(), args.machine.isa());
    for note in &corpus.notes {
        eprintln!("note: {note}");
    }
    let padding = Padding {
        maxlen: Some(settings.maxlen),
        padding: args.padding.into(),
        truncating: args.truncating.into(),
    };
    let vocabulary = Vocabulary::from_ranked(&corpus.vocabulary, args.max_words)?;
    let rows = |split: &Split| -> Result<Dataset> {
        let targets = split.classes.iter().map(|&class| class as f32).collect();
        Ok(Dataset::new(vocabulary.encode_ranks(&split.words), targets)?.with_padding(padding))
    };
    let (training, test) = (rows(&corpus.train)?, rows(&corpus.test)?);
    let mut model = spec(&args).compile(args.seed)?;
    if text {
        println!("Data: {name}, {} training and {} test rows", training.len(), test.len());
        print!("{}", model.summary(padding.maxlen));
    }

    let stop = stop_on_interrupt()?;
    let start = Instant::now();
    let history = Fit::new()
        .epochs(settings.epochs)
        .batch_size(settings.batch_size)
        .learning_rate(settings.learning_rate)
        .validation_split(args.validation_split)
        .seed(args.seed)
        .threads(threads)
        .isa(isa)
        .callback(EpochProgress::new(args.verbose, settings.epochs))
        .callback(StopFlag(stop))
        .run(&mut model, &training)?;
    let fit_seconds = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let evaluation = model.evaluate_on(&test, threads, isa)?;
    let evaluate_seconds = start.elapsed().as_secs_f64();
    let artifact = Artifact {
        model,
        tokenizer: corpus.tokenizer.clone(),
        vocabulary,
        padding,
        labels: corpus.labels.clone(),
        threshold: 0.5,
        training: TrainingSummary {
            data: name.clone(),
            seed: args.seed,
            batch_size: settings.batch_size,
            epochs: settings.epochs,
            learning_rate: settings.learning_rate,
            history,
            test: Some(evaluation),
        },
    };
    artifact.save(&args.output)?;
    let history = &artifact.training.history;
    let curve = args.output.with_extension("svg");
    if !history.epochs.is_empty() {
        plot::training_curve(history, &format!("{name}: {}", artifact.model.spec().describe()), &curve)?;
    }
    let baselines =
        if args.no_baseline || history.stopped { Vec::new() } else { baselines(&name, &training, &test)? };
    if text {
        report(&args, &artifact, &curve, &baselines, &evaluation);
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
            "interrupted": history.stopped,
            "baselines": baselines,
        });
        println!("{object:#}");
    }
    Ok(if history.stopped { Done::Interrupted } else { Done::Whole })
}

/// The classic model, or a stack of LSTMs where several numbers of units are given.
fn spec(args: &Train) -> Sequential {
    let embedding = Embedding::new(args.max_words, args.embedding).mask_zero(args.mask_zero);
    let last = args.units.len().saturating_sub(1);
    args.units
        .iter()
        .enumerate()
        .fold(Sequential::new().with(embedding), |spec, (index, &units)| {
            spec.with(Lstm::new(units).return_sequences(index < last))
        })
        .with(Dense::new(1).activation(Activation::Sigmoid))
}

/// Linear models of the same rows: what the recurrent model has to beat.
fn baselines(name: &str, training: &Dataset, test: &Dataset) -> Result<Vec<Baseline>> {
    // Pairs of words of a large corpus take longer than the model itself.
    let ngrams: &[Ngrams] =
        if name == data::REVIEWS { &[Ngrams::Unigrams, Ngrams::Bigrams] } else { &[Ngrams::Unigrams] };
    let fit = |&ngrams: &Ngrams| {
        let start = Instant::now();
        let baseline = LinearBaseline::fit(training, &BaselineOptions { ngrams, ..Default::default() })?;
        let accuracy = baseline.accuracy(test);
        Ok(Baseline { name: baseline.name(), accuracy, seconds: start.elapsed().as_secs_f64() })
    };
    ngrams.iter().map(fit).collect()
}

fn report(
    args: &Train,
    artifact: &Artifact,
    curve: &std::path::Path,
    baselines: &[Baseline],
    evaluation: &Evaluation,
) {
    let history = &artifact.training.history;
    if history.stopped {
        println!("Stopped by Ctrl-C after {} whole epochs; what was learnt is saved.", history.epochs.len());
    }
    print!("Saved {}", args.output.display());
    match history.epochs.is_empty() {
        true => println!(),
        false => println!(" and {}", curve.display()),
    }
    for baseline in baselines {
        println!("Baseline: {} - Accuracy: {:.2}%", baseline.name, 100.0 * baseline.accuracy);
    }
    println!("{}", super::test_results(evaluation));
}

/// A flag that the first Ctrl-C raises; a second one ends the program at once.
fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nStopping at the end of this batch; press Ctrl-C again to stop at once.");
    })
    .map_err(|e| Error::config(format!("cannot listen for Ctrl-C: {e}")))?;
    Ok(flag)
}

struct StopFlag(Arc<AtomicBool>);

impl Callback for StopFlag {
    fn on_batch_end(&mut self, _: &BatchLog) -> Flow {
        if self.0.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Continue }
    }
}
