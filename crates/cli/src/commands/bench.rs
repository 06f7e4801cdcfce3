//! `gatewise bench`: how fast a model is on this machine.

use crate::args::{Bench, Format};
use crate::watch::Watch;
use crate::{Done, out};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::Dataset;
use gatewise::text::Sequences;
use gatewise::{Artifact, Error, Fit, Machine, Predictor, Result};
use gatewise_pipeline::{Source, rows_for};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Rows and words of the random data: about as many as the film reviews have.
const ROWS: usize = 20_000;
const WORDS: usize = 190;
/// Number of requests that latency is measured on.
const REQUESTS: usize = 2_000;
/// A measurement is repeated for at least this time, and at least this often.
const AT_LEAST: Duration = Duration::from_millis(500);
const REPEATS: usize = 5;

pub fn bench(args: Bench) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    if artifact.vocabulary().is_none() {
        return Err(Error::config("bench is for models of texts, but this model reads series; use evaluate"));
    }
    let machine = args.machine.machine();
    let (threads, isa) = (machine.thread_count(), machine.instruction_set());
    let (name, training, test) = match &args.data {
        Some(name) => {
            let rows = args.place.row_options();
            let (training, test) =
                rows_for(&artifact, &Source::from(name.as_str()), &rows, &mut Watch::notes())?;
            (name.as_str(), training, test)
        }
        None => {
            let rows = made_up(&artifact)?;
            ("random words", rows.clone(), rows)
        }
    };

    let mut evaluation = Vec::new();
    repeat(|| {
        let start = Instant::now();
        artifact.evaluate(&test, &machine)?;
        evaluation.push(start.elapsed().as_secs_f64());
        Ok(())
    })?;
    let reviews_per_second = test.len() as f64 / median(&mut evaluation);

    let predictor = Predictor::on(artifact.clone(), &Machine::new().threads(1).isa(isa))?;
    let requests: Vec<(&[u32], String)> = test
        .sequences()
        .into_iter()
        .flat_map(Sequences::rows)
        .take(REQUESTS)
        .map(|row| (row, text(&artifact, row)))
        .collect();
    let mut of_ids = latencies(&requests, |(ids, _)| predictor.probability_of_ids(ids))?;
    let mut of_text = latencies(&requests, |(_, text)| predictor.probability(text))?;

    let mut epochs = Vec::new();
    let mut model = artifact.model().clone();
    let fit = Fit::new().epochs(REPEATS).batch_size(artifact.training().batch_size.max(1)).machine(&machine);
    let history = fit.run(&mut model, &training)?;
    epochs.extend(history.epochs.iter().map(|log| log.seconds));
    let epoch_seconds = median(&mut epochs);

    if args.format == Format::Json {
        let object = json!({
            "data": name,
            "model": artifact.model().spec().describe(),
            "rows": test.len(),
            "reviews_per_second": reviews_per_second,
            "latency_us_ids": of_ids.quantiles_as_json(),
            "latency_us_text": of_text.quantiles_as_json(),
            "epoch_seconds": epoch_seconds,
            "epoch_rows": training.len(),
            "isa": isa.name(),
            "threads": threads,
        });
        out!("{object:#}\n")?;
        return Ok(Done::Whole);
    }
    out!("{} on {name}, {isa}, {threads} threads\n", artifact.model().spec().describe())?;
    out!("Evaluation       {reviews_per_second:>12.0} rows/s ({} rows)\n", test.len())?;
    out!("Latency of ids   {} (batch 1, 1 thread)\n", of_ids.describe())?;
    out!("Latency of text  {} (batch 1, 1 thread)\n", of_text.describe())?;
    out!("Training epoch   {epoch_seconds:>12.4} s ({} rows, median of {REPEATS})\n", training.len())?;
    Ok(Done::Whole)
}

/// Returns rows of words drawn from the model's vocabulary.
fn made_up(artifact: &Artifact) -> Result<Dataset> {
    let mut random = Random::new(0, Purpose::Data, 1);
    let Some(vocabulary) = artifact.vocabulary() else {
        return Err(Error::config("this model has no vocabulary"));
    };
    let policy = vocabulary.policy();
    let words = vocabulary.len().max(1);
    let rows: Sequences = (0..ROWS)
        .map(|_| {
            // The square of a uniform number favours low ranks, as frequent words do.
            let word = |u: f64| policy.index_from + 1 + (u * u * words as f64) as u32;
            let ids: Vec<u32> = (1..WORDS).map(|_| word(random.uniform())).collect();
            policy.start.into_iter().chain(ids)
        })
        .collect();
    let targets: Vec<f32> = (0..ROWS).map(|row| (row % 2) as f32).collect();
    Ok(Dataset::new(rows, targets)?.with_padding(artifact.padding()))
}

/// Returns a text whose words have these ids.
fn text(artifact: &Artifact, ids: &[u32]) -> String {
    let Some(vocabulary) = artifact.vocabulary() else { return String::new() };
    let words = ids.iter().filter(|&&id| Some(id) != vocabulary.policy().start);
    words.map(|&id| vocabulary.word(id).unwrap_or("unheard-of")).collect::<Vec<_>>().join(" ")
}

fn repeat(mut f: impl FnMut() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    for done in 0.. {
        if done >= REPEATS && start.elapsed() >= AT_LEAST {
            break;
        }
        f()?;
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The duration of each request, in microseconds.
struct Latency(Vec<f64>);

fn latencies<T>(requests: &[T], mut answer: impl FnMut(&T) -> Result<f32>) -> Result<Latency> {
    let mut times = Vec::new();
    repeat(|| {
        times.clear();
        for request in requests {
            let start = Instant::now();
            std::hint::black_box(answer(request)?);
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        Ok(())
    })?;
    Ok(Latency(times))
}

impl Latency {
    fn quantiles(&mut self) -> (f64, f64) {
        let median = median(&mut self.0);
        let p99 = self.0.get((self.0.len() * 99 / 100).min(self.0.len().saturating_sub(1)));
        (median, p99.copied().unwrap_or(f64::NAN))
    }

    fn quantiles_as_json(&mut self) -> Value {
        let (median, p99) = self.quantiles();
        json!({"median": median, "p99": p99})
    }

    fn describe(&mut self) -> String {
        let (median, p99) = self.quantiles();
        format!("{median:>12.1} µs median, {p99:.1} µs p99")
    }
}
