//! Candle and Burn at the work that `worker.py` describes, with the same dialogue.

mod burn_peer;
mod candle_peer;

use serde::Deserialize;
use serde_json::json;
use std::error::Error;
use std::io::{BufRead, stdin};
use std::path::PathBuf;
use std::time::Instant;

/// `Job` of `worker.py`; only training is done here, and only of one LSTM layer.
#[derive(Deserialize)]
struct Job {
    data: PathBuf,
    kind: String,
    flavour: String,
    width: usize,
    units: Vec<usize>,
    batch: usize,
    steps: usize,
    batches: usize,
}

const VOCABULARY: usize = 5000;
const LEARNING_RATE: f64 = 0.001;
const EPSILON: f64 = 1e-7;

/// Initial weights in Keras's layout (`prepare.py`), row by row.
struct Weights {
    embeddings: Vec<f32>,
    kernel: Vec<f32>,
    recurrent: Vec<f32>,
    bias: Vec<f32>,
    dense: Vec<f32>,
    dense_bias: Vec<f32>,
}

/// The training rows, each `Job::steps` long, and their labels.
struct Rows {
    ids: Vec<i32>,
    labels: Vec<u8>,
}

/// A model with its optimizer.
trait Peer {
    /// One step of training on rows of `ids`; the loss before it.
    fn step(&mut self, ids: &[i32], labels: &[u8]) -> Result<f32, Box<dyn Error>>;
    fn version(&self) -> &'static str;
}

fn floats(job: &Job) -> Result<Weights, Box<dyn Error>> {
    let (d, h) = (job.width, job.units[0]);
    let bytes = std::fs::read(job.data.join(format!("weights_{VOCABULARY}_{d}_{h}.bin")))?;
    let mut all = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    let mut take = |n: usize| all.by_ref().take(n).collect::<Vec<f32>>();
    Ok(Weights {
        embeddings: take(VOCABULARY * d),
        kernel: take(d * 4 * h),
        recurrent: take(h * 4 * h),
        bias: take(4 * h),
        dense: take(h),
        dense_bias: take(1),
    })
}

fn rows(job: &Job) -> Result<Rows, Box<dyn Error>> {
    let bytes = std::fs::read(job.data.join(format!("train_{}.i32", job.steps)))?;
    let ids = bytes.chunks_exact(4).map(|b| i32::from_le_bytes(b.try_into().unwrap())).collect();
    Ok(Rows { ids, labels: std::fs::read(job.data.join("train.u8"))? })
}

fn main() -> Result<(), Box<dyn Error>> {
    let job: Job = serde_json::from_str(&std::env::args().nth(1).ok_or("one argument: the job as JSON")?)?;
    if job.kind != "train" || job.units.len() != 1 {
        return Err("only training of one layer is done here".into());
    }
    let (weights, rows) = (floats(&job)?, rows(&job)?);
    let mut peer: Box<dyn Peer> = match job.flavour.as_str() {
        "candle" => Box::new(candle_peer::Candle::new(&job, &weights)?),
        _ => Box::new(burn_peer::Burn::new(&job, &weights)),
    };
    let batch = |n: usize| {
        let (from, to) = (n * job.batch, ((n + 1) * job.batch).min(rows.labels.len()));
        (&rows.ids[from * job.steps..to * job.steps], &rows.labels[from..to])
    };
    let (ids, labels) = batch(0);
    let first_loss = peer.step(ids, labels)?;
    println!("{}", json!({"ready": true, "version": peer.version(), "first_loss": first_loss}));

    let all = rows.labels.len().div_ceil(job.batch);
    let batches = if job.batches == 0 { all } else { job.batches.min(all) };
    let share = batches as f64 / all as f64;
    for line in stdin().lock().lines() {
        line?;
        let start = Instant::now();
        for n in 0..batches {
            let (ids, labels) = batch(n);
            peer.step(ids, labels)?;
        }
        let seconds = start.elapsed().as_secs_f64() / share;
        println!("{}", json!({"seconds": seconds, "share": share}));
    }
    Ok(())
}
