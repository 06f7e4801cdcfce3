//! `gatewise bench`: how fast a model is on this machine, measured for a given time.

use crate::args::{Bench, Format};
use crate::progress::Measuring;
use crate::watch::Watch;
use crate::{Done, out};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Problem, Targets};
use gatewise::text::Sequences;
use gatewise::{AnswerKind, Artifact, Error, Fit, Machine, Predictor, Result};
use gatewise_pipeline::{Source, rows_for};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Rows and words of the random data: about as many as the film reviews have.
const ROWS: usize = 20_000;
const WORDS: usize = 190;
/// Number of requests that latency is measured on.
const REQUESTS: usize = 2_000;
/// Rows of the first measurement, which decides how many fit into the time.
const PROBE: usize = 64;
/// A measurement is repeated this often, if the time allows.
const REPEATS: usize = 5;

pub fn bench(args: Bench) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    check(&artifact)?;
    let machine = args.machine.machine();
    let (threads, isa) = (machine.thread_count(), machine.instruction_set());
    let (name, training, test) = match &args.data {
        Some(name) => {
            let (source, rows) = (Source::from(name.as_os_str()), args.place.row_options());
            let (training, test) = rows_for(&artifact, &source, &rows, &mut Watch::notes())?;
            (source.to_string(), training, test)
        }
        None => {
            args.place.row_options().check_unused()?;
            let rows = made_up(&artifact)?;
            ("random words".to_owned(), rows.clone(), rows)
        }
    };
    if training.is_empty() || test.is_empty() {
        return Err(Error::data(format!("{name} has too few rows to measure on; leave the data out")));
    }
    // Half of the time is for training, which is slower.
    let (half, quarter, eighth) = (args.time / 2, args.time / 4, args.time / 8);
    let progress = Measuring::new();

    progress.now("evaluation");
    let evaluate = |rows: &Dataset| {
        let start = Instant::now();
        artifact.evaluate(rows, &machine)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let test = fitting(&test, quarter, evaluate)?;
    let mut evaluation = repeat(quarter, || evaluate(&test))?;
    let rows_per_second = test.len() as f64 / median(&mut evaluation);

    progress.now("the latency of one text");
    let predictor = Predictor::on(artifact.clone(), &Machine::new().threads(1).isa(isa))?;
    let requests: Vec<(&[u32], String)> = test
        .sequences()
        .into_iter()
        .flat_map(Sequences::rows)
        .take(REQUESTS)
        .map(|row| (row, text(&artifact, row)))
        .collect();
    let mut of_ids = latencies(&requests, eighth, |(ids, _)| predictor.probability_of_ids(ids))?;
    let mut of_text = latencies(&requests, eighth, |(_, text)| predictor.probability(text))?;

    progress.now("training");
    let batch_size = artifact.training().batch_size.max(1);
    let train = |rows: &Dataset| {
        let mut model = artifact.model().clone();
        let fit = Fit::new().epochs(1).batch_size(batch_size).machine(&machine);
        let history = fit.run(&mut model, rows)?;
        Ok(history.epochs.iter().map(|log| log.seconds).sum())
    };
    let training = fitting(&training, half, train)?;
    let mut epochs = repeat(half, || train(&training))?;
    let (repeats, epoch_seconds) = (epochs.len(), median(&mut epochs));
    drop(progress);

    if args.format == Format::Json {
        let object = json!({
            "model": args.model.display().to_string(),
            "layers": artifact.model().spec(),
            "data": name,
            "training_rows": training.len(),
            "test_rows": test.len(),
            "rows_per_second": rows_per_second,
            "latency_us_ids": of_ids.quantiles_as_json(),
            "latency_us_text": of_text.quantiles_as_json(),
            "epoch_seconds": epoch_seconds,
            "isa": isa.name(),
            "threads": threads,
        });
        out!("{object:#}\n")?;
        return Ok(Done::Whole);
    }
    out!("{} on {name}, {isa}, {threads} threads\n", artifact.model().spec().describe())?;
    out!("Evaluation       {rows_per_second:>12.0} rows/s ({} rows)\n", test.len())?;
    out!("Latency of ids   {} (batch 1, 1 thread)\n", of_ids.describe())?;
    out!("Latency of text  {} (batch 1, 1 thread)\n", of_text.describe())?;
    out!("Training epoch   {epoch_seconds:>12.4} s ({} rows, median of {repeats})\n", training.len())?;
    Ok(Done::Whole)
}

/// Refuses models that do not predict labels or numbers for texts.
fn check(artifact: &Artifact) -> Result<()> {
    match (artifact.answer_kind(), artifact.vocabulary()) {
        (AnswerKind::NextToken, _) => Err(Error::config(
            "bench is for models that predict labels or numbers for texts, but this is a language model; time \
             gatewise generate",
        )),
        (_, None) => {
            Err(Error::config("bench is for models of texts, but this model reads series; use evaluate"))
        }
        (AnswerKind::Class | AnswerKind::Labels | AnswerKind::Number, _) => Ok(()),
        _ => Err(Error::config(
            "bench is for models that predict labels or numbers for texts, but this model has neither",
        )),
    }
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
    let width = match artifact.problem() {
        Problem::MultiLabel { .. } => artifact.labels().len(),
        _ => 1,
    };
    let targets = Targets::rows(width, (0..ROWS * width).map(|row| (row % 2) as f32).collect())?;
    Ok(Dataset::new(rows, targets)?.with_padding(artifact.padding()))
}

/// Returns a text whose words have these ids.
fn text(artifact: &Artifact, ids: &[u32]) -> String {
    let Some(vocabulary) = artifact.vocabulary() else { return String::new() };
    let words = ids.iter().filter(|&&id| Some(id) != vocabulary.policy().start);
    words.map(|&id| vocabulary.word(id).unwrap_or("unheard-of")).collect::<Vec<_>>().join(" ")
}

/// Returns the first rows of `rows`, as many as can be measured several times in `time`.
fn fitting(rows: &Dataset, time: Duration, measure: impl Fn(&Dataset) -> Result<f64>) -> Result<Dataset> {
    let first = |count: usize| rows.select(&(0..count.min(rows.len())).collect::<Vec<_>>());
    let probe = first(PROBE);
    let seconds = measure(&probe)?.max(1e-9);
    let fit = probe.len() as f64 * time.as_secs_f64() / (seconds * REPEATS as f64);
    Ok(first((fit as usize).max(probe.len())))
}

/// Repeats a measurement until the time is over, at least once; returns the seconds of each.
fn repeat(time: Duration, measure: impl Fn() -> Result<f64>) -> Result<Vec<f64>> {
    let start = Instant::now();
    let mut all = vec![measure()?];
    // The time of a further measurement is known by now.
    while start.elapsed() + start.elapsed() / all.len() as u32 <= time {
        all.push(measure()?);
    }
    Ok(all)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The duration of each request, in microseconds.
struct Latency(Vec<f64>);

/// Measures requests until the time is over, each at least once if there are few.
fn latencies<T>(
    requests: &[T],
    time: Duration,
    mut answer: impl FnMut(&T) -> Result<f32>,
) -> Result<Latency> {
    /// Requests that warm the caches, and requests that are measured whatever the time.
    const WARM: usize = 10;
    let (mut times, begin) = (Vec::new(), Instant::now());
    for (at, request) in requests.iter().cycle().enumerate() {
        let start = Instant::now();
        std::hint::black_box(answer(request)?);
        if at >= WARM {
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        if begin.elapsed() >= time && times.len() >= WARM {
            break;
        }
    }
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
