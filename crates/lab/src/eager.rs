//! The same answers computed eagerly and by a compiled plan.
//!
//! Input: the classic model and random rows. Output: seconds a row of each way to compute, and how far the answers are apart.

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Features, Inputs, Padding, Sequences};
use gatewise::{Artifact, CallOptions, Error, Machine, Predictor, Result, Sequential};
use serde_json::{Value, json};
use std::time::Instant;

const WORDS: usize = 5_000;
const EMBEDDING: usize = 15;
const UNITS: usize = 10;

/// One way to compute.
#[derive(Debug, Clone)]
pub struct Way {
    /// What is done, for people.
    pub name: &'static str,
    /// Calls of the library for one row.
    pub calls: usize,
    /// Seconds a row: the fastest of a few measurements.
    pub seconds: f64,
    /// The greatest difference of an answer from that of the plan, one row at a time.
    pub difference: f64,
}

impl Way {
    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let Self { name, calls, seconds, difference } = self;
        json!({ "way": name, "calls_per_row": calls, "seconds_per_row": seconds, "difference": difference })
    }
}

/// Returns the four ways: step after step through single layers, layer after layer on whole rows, the plan on one row at a time, and
/// the plan on all rows.
///
/// # Errors
/// As [`Layer::call_with`](gatewise::layers::Layer::call_with).
pub fn ways(rows: usize, steps: usize, seed: u64, repeats: usize, machine: &Machine) -> Result<Vec<Way>> {
    let layers = Sequential::new().with(Embedding::new(WORDS, EMBEDDING)).with(Lstm::new(UNITS));
    let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(seed)?;
    let mut random = Random::new(seed, Purpose::Data, 0);
    let rows: Vec<Vec<u32>> = (0..rows)
        .map(|_| (0..steps).map(|_| 1 + (random.uniform() * (WORDS - 1) as f64) as u32).collect())
        .collect();
    let weights: Vec<&[f32]> = model.params().weights().collect();
    let alone = |row: &Vec<u32>| -> Inputs { Sequences::from_iter([row.clone()]).into() };
    let one_by_one = |answer: &dyn Fn(&Vec<u32>) -> Result<f32>| {
        let timed = rows.iter().map(|row| timed(repeats, || answer(row)));
        let (answers, seconds): (Vec<f32>, Vec<f64>) = timed.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok::<_, Error>((answers, seconds.iter().sum::<f64>()))
    };
    // What a service does: the plan and its packed weights are made once.
    let artifact = Artifact::builder(model.clone()).labels(["no", "yes"]).build()?;
    let predictor = Predictor::on(artifact, machine)?;
    let planned = one_by_one(&|row| predictor.probability_of_ids(row))?;
    let expected = planned.0.clone();
    let all: Inputs = rows.iter().cloned().collect::<Sequences>().into();
    let mut found = Vec::new();
    let mut add = |name, calls, (answers, seconds): (Vec<f32>, f64)| {
        let apart = answers.iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs()));
        let difference = apart.fold(0.0, f64::max);
        found.push(Way { name, calls, seconds: seconds / rows.len() as f64, difference });
    };
    add("eager, step after step", steps + 2, one_by_one(&|row| eagerly(&weights, row))?);
    add("eager, whole rows", 3, one_by_one(&|row| by_layers(&weights, &alone(row)))?);
    add("plan, one row at a time", 1, planned);
    add("plan, all rows", 1, timed(repeats, || model.predict_on(&all, Padding::default(), machine))?);
    Ok(found)
}

/// Every operation is a call on arrays: the vectors of the row, the LSTM for one step and its state, again and again, the answer.
fn eagerly(weights: &[&[f32]], row: &[u32]) -> Result<f32> {
    let ids: Inputs = Sequences::from_iter([row.to_vec()]).into();
    let vectors = Embedding::new(WORDS, EMBEDDING).call_with(&ids, &weights[..1], &CallOptions::new())?;
    let mut state = [vec![0.0; UNITS], vec![0.0; UNITS]];
    for step in vectors.output().row(0).chunks_exact(EMBEDDING) {
        let mut x = Features::new(EMBEDDING);
        x.push(step)?;
        let options = CallOptions::new().initial_state(state);
        let called = Lstm::new(UNITS).call_with(&x.into(), &weights[1..4], &options)?;
        let [h, c] = called.states() else { return Err(Error::shape("an LSTM has two states")) };
        state = [h.clone(), c.clone()];
    }
    let mut h = Features::new(UNITS);
    h.push(&state[0])?;
    first(Dense::new(1).activation(Activation::Sigmoid).call(&h, &weights[4..])?.row(0))
}

/// A call for each layer, on whole rows.
fn by_layers(weights: &[&[f32]], ids: &Inputs) -> Result<f32> {
    let vectors = Embedding::new(WORDS, EMBEDDING).call_with(ids, &weights[..1], &CallOptions::new())?;
    let h = Lstm::new(UNITS).call(vectors.output(), &weights[1..4])?;
    first(Dense::new(1).activation(Activation::Sigmoid).call(&h, &weights[4..])?.row(0))
}

fn first(values: &[f32]) -> Result<f32> {
    values.first().copied().ok_or_else(|| Error::shape("there is no answer"))
}

/// Returns the result, and the seconds of the fastest run.
fn timed<T>(repeats: usize, work: impl Fn() -> Result<T>) -> Result<(T, f64)> {
    let run = || {
        let start = Instant::now();
        let result = work()?;
        Ok::<_, Error>((result, start.elapsed().as_secs_f64()))
    };
    let mut best = run()?;
    for _ in 1..repeats {
        let next = run()?;
        if next.1 < best.1 {
            best = next;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_gives_the_same_answers() {
        let ways = ways(5, 7, 3, 1, &Machine::new().threads(1)).unwrap();
        assert_eq!(ways.iter().map(|way| way.calls).collect::<Vec<_>>(), [9, 3, 1, 1]);
        assert!(ways.iter().all(|way| way.difference < 1e-6), "{ways:?}");
        assert!(ways.iter().all(|way| way.seconds > 0.0), "{ways:?}");
    }
}
