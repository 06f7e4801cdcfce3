//! What a step of training costs: time by the number of weights and by the number of steps, and numbers kept for the way back.
//!
//! Input: units and steps. Output: seconds, weights and kept numbers. Only the seconds depend on the machine.

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Features, Padding, Targets};
use gatewise::{Fit, Loss, Machine, Model, Result, Sequential};
use serde_json::{Value, json};

/// Numbers a step of the input.
const WIDTH: usize = 16;
/// Rows a step of the optimizer, and epochs, of which the fastest counts. Epochs are short and many, so that one of them is not
/// disturbed by what else the machine does.
const BATCH: usize = 16;
const EPOCHS: usize = 40;
/// Weights times steps times rows that an epoch has, if they are more than one batch.
const WORK: usize = 20_000_000;

/// What training an LSTM of `units` units costs on rows of `steps` steps.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Units of the LSTM.
    pub units: usize,
    /// Steps a row.
    pub steps: usize,
    /// Weights of the LSTM.
    pub weights: usize,
    /// Numbers of the LSTM that one row keeps from the way forth for the way back.
    pub kept: usize,
    /// Seconds for one row, forth and back, and its share of the update.
    pub seconds: f64,
}

impl Cost {
    /// Nanoseconds for a weight in a step of a row.
    pub fn nanoseconds(&self) -> f64 {
        1e9 * self.seconds / (self.weights * self.steps) as f64
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let Self { units, steps, weights, kept, seconds } = self;
        json!({
            "units": units, "steps": steps, "weights": weights, "kept": kept, "seconds_per_row": seconds,
            "nanoseconds_per_weight_and_step": self.nanoseconds(),
        })
    }
}

/// Measures training on one thread.
///
/// # Errors
/// As [`Fit::run`].
pub fn measure(units: usize, steps: usize, machine: &Machine) -> Result<Cost> {
    let layers = Sequential::new().with(Input::new(WIDTH)).with(Lstm::new(units)).with(Dense::new(1));
    let mut model = layers.compile(1)?;
    let of_lstm = |info: &&gatewise::ParamInfo| info.name.starts_with("lstm/");
    let weights: usize = model.params().table().iter().filter(of_lstm).map(|info| info.range.len()).sum();
    let batches = (WORK / (weights * steps * BATCH)).clamp(1, 32);
    let data = noise(batches * BATCH, steps)?;
    let kept = kept(&model, &data.select(&[0]), machine)?;
    let fit = Fit::new().epochs(EPOCHS).batch_size(BATCH).loss(Loss::MeanSquaredError).machine(machine);
    let history = fit.run(&mut model, &data)?;
    let fastest = history.epochs.iter().map(|log| log.seconds).fold(f64::INFINITY, f64::min);
    Ok(Cost { units, steps, weights, kept, seconds: fastest / data.len() as f64 })
}

/// The numbers of the LSTM in a trace, which reads them where the way back does.
fn kept(model: &Model, row: &Dataset, machine: &Machine) -> Result<usize> {
    let trace = model.trace_on(row.inputs(), row.padding(), machine)?;
    let signals = trace.signals("lstm")?.into_iter();
    signals.map(|signal| Ok(trace.get(0, "lstm", signal)?.values().len())).sum()
}

fn noise(rows: usize, steps: usize) -> Result<Dataset> {
    let mut random = Random::new(1, Purpose::Data, 0);
    let mut features = Features::new(WIDTH);
    let mut targets = Vec::new();
    for _ in 0..rows {
        let row: Vec<f32> = (0..steps * WIDTH).map(|_| (2.0 * random.uniform() - 1.0) as f32).collect();
        targets.push(row[0]);
        features.push(&row)?;
    }
    Ok(Dataset::new(features, Targets::rows(1, targets)?)?.with_padding(Padding::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_kept_numbers_are_those_of_the_equations() {
        let machine = Machine::new().threads(1);
        for (units, steps) in [(3, 5), (8, 5), (8, 10)] {
            let cost = measure(units, steps, &machine).unwrap();
            assert_eq!(cost.weights, 4 * units * (WIDTH + units + 1));
            // Three gates, the candidate, the cell and the output.
            assert_eq!(cost.kept, 6 * units * steps);
            assert!(cost.nanoseconds() > 0.0);
        }
    }
}
