//! The values that the gates of an LSTM take, and models with one gate held open.
//!
//! Input: a model of reviews. Output: how the values of its gates, its candidate and its cell are distributed.

use gatewise::rows::{Dataset, Inputs};
use gatewise::{Machine, Model, Result};
use serde_json::{Value, json};

/// A gate of an LSTM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// How much of the candidate is added to the cell.
    Input,
    /// How much of the cell is kept.
    Forget,
    /// How much of the cell is shown.
    Output,
}

impl Gate {
    /// All gates, in the order of the equations.
    pub const ALL: [Self; 3] = [Self::Input, Self::Forget, Self::Output];

    /// One word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Forget => "forget",
            Self::Output => "output",
        }
    }

    /// Holds the gate of the first LSTM open, in training too: it has no weights, and a bias so large that the sigmoid is 1 and
    /// its slope 0. Without its forget gate the layer is the LSTM of 1997.
    pub fn hold_open(self, model: &mut Model) {
        // The four blocks of columns are in the order i, f, c, o.
        let block = match self {
            Self::Input => 0,
            Self::Forget => 1,
            Self::Output => 3,
        };
        let columns = model.params().get("lstm/bias").map_or(0, <[f32]>::len);
        let units = columns / 4;
        for (name, value) in [("lstm/kernel", 0.0), ("lstm/recurrent_kernel", 0.0), ("lstm/bias", OPEN)] {
            let rows = model.params_mut().get_mut(name).unwrap_or_default().chunks_exact_mut(columns.max(1));
            rows.for_each(|row| row[block * units..][..units].fill(value));
        }
    }
}

/// σ(40) is 1 in single precision.
const OPEN: f32 = 40.0;
/// Rows whose values are held at a time.
const ROWS: usize = 128;
/// Columns of a histogram.
const BINS: usize = 40;

/// How the values of one signal of the LSTM are distributed, over all units and all words of some rows.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// Name of the signal, as in a trace.
    pub signal: &'static str,
    /// The least and the greatest value that the signal can take; of the cell, which is not bounded, that it took.
    pub range: (f64, f64),
    /// The share of the values in each of equal parts of the range.
    pub histogram: Vec<f64>,
    /// Number of values.
    pub count: usize,
    /// Mean.
    pub mean: f64,
    /// The share of the values within a tenth of the least possible value.
    pub low: f64,
    /// The share of the values within a tenth of the greatest possible value.
    pub high: f64,
}

impl Distribution {
    /// The share of the values that are neither low nor high.
    pub fn between(&self) -> f64 {
        1.0 - self.low - self.high
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let Self { signal, range, histogram, count, mean, low, high } = self;
        json!({
            "signal": signal, "range": range, "histogram": histogram, "count": count, "mean": mean, "low": low,
            "between": self.between(), "high": high,
        })
    }
}

/// Returns how the gates, the candidate and the cell of the layer `lstm` are distributed, over the words of `data` without its
/// padding.
///
/// # Errors
/// As [`Model::trace`].
pub fn distributions(model: &Model, data: &Dataset, machine: &Machine) -> Result<Vec<Distribution>> {
    let signals: [(&str, Option<(f64, f64)>); 5] = [
        ("input_gate", Some((0.0, 1.0))),
        ("forget_gate", Some((0.0, 1.0))),
        ("output_gate", Some((0.0, 1.0))),
        ("candidate", Some((-1.0, 1.0))),
        ("cell", None),
    ];
    let mut values: Vec<Vec<f32>> = vec![Vec::new(); signals.len()];
    let rows: Vec<usize> = (0..data.len()).collect();
    for rows in rows.chunks(ROWS) {
        let part: Inputs = data.inputs().select(rows);
        let trace = model.trace_on(&part, data.padding(), machine)?;
        for row in 0..trace.len() {
            for ((signal, _), values) in signals.iter().zip(&mut values) {
                let array = trace.get(row, "lstm", signal)?;
                trace.positions(row).for_each(|t| values.extend(array.step(t)));
            }
        }
    }
    let found =
        signals.into_iter().zip(values).map(|((signal, range), values)| distribution(signal, range, &values));
    Ok(found.collect())
}

fn distribution(signal: &'static str, range: Option<(f64, f64)>, values: &[f32]) -> Distribution {
    let all = || values.iter().map(|&value| f64::from(value));
    let (least, greatest) = range.unwrap_or_else(|| {
        let reach = all().fold(0.0_f64, |reach, value| reach.max(value.abs()));
        (-reach, reach)
    });
    let width = greatest - least;
    let mut counts = vec![0_usize; BINS];
    for value in all() {
        let bin = ((value - least) / width * BINS as f64) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let share = |count: usize| count as f64 / values.len().max(1) as f64;
    Distribution {
        signal,
        range: (least, greatest),
        histogram: counts.into_iter().map(share).collect(),
        count: values.len(),
        mean: all().sum::<f64>() / values.len().max(1) as f64,
        low: share(all().filter(|&value| value < least + 0.1 * width).count()),
        high: share(all().filter(|&value| value > greatest - 0.1 * width).count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews::ClassicReviews;
    use gatewise::layers::Lstm;

    #[test]
    fn shares_are_counted_by_hand() {
        let values = [0.02, 0.05, 0.4, 0.5, 0.5, 0.6, 0.7, 0.95];
        let gate = distribution("forget_gate", Some((0.0, 1.0)), &values);
        assert_eq!((gate.low, gate.between(), gate.high, gate.count), (0.25, 0.625, 0.125, 8));
        assert!((gate.mean - 0.465).abs() < 1e-7 && (gate.histogram.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!((gate.histogram[0], gate.histogram[20], gate.histogram[39]), (0.125, 0.25, 0.0));
        // Of a candidate, a tenth of the range is 0.2.
        let candidate = distribution("candidate", Some((-1.0, 1.0)), &[-0.9, -0.7, 0.1, 0.9]);
        assert_eq!((candidate.low, candidate.high), (0.25, 0.25));
        let cell = distribution("cell", None, &[-3.0, 1.0]);
        assert_eq!((cell.range, cell.low, cell.high), ((-3.0, 3.0), 0.5, 0.0));
    }

    #[test]
    fn a_gate_that_is_held_open_stays_open_in_training_and_the_others_learn() {
        let machine = Machine::new().threads(1);
        let mut reviews = ClassicReviews::generated().unwrap().first(128);
        reviews.epochs = 3;
        for (at, gate) in Gate::ALL.into_iter().enumerate() {
            let mut model = reviews.model(Lstm::new(3), 1).unwrap();
            gate.hold_open(&mut model);
            reviews.train(&mut model, 0.05, 1, &machine).unwrap();
            let found = distributions(&model, &reviews.test.select(&[0, 5, 9]), &machine).unwrap();
            for (i, other) in found[..3].iter().enumerate() {
                assert_eq!(other.signal, ["input_gate", "forget_gate", "output_gate"][i]);
                assert_eq!(other.mean == 1.0, i == at, "{gate:?} held open: {other:?}");
            }
        }
    }

    #[test]
    fn an_lstm_whose_forget_gate_is_held_open_is_that_of_1997() {
        let machine = Machine::new().threads(1);
        let reviews = ClassicReviews::generated().unwrap().first(20);
        let mut model = reviews.model(Lstm::new(3), 1).unwrap();
        Gate::Forget.hold_open(&mut model);
        let mut of_1997 = reviews.model(Lstm::new(3).forget_gate(false), 1).unwrap();
        // The same tensors without the columns of the forget gate.
        let weights: Vec<Vec<f32>> = model
            .params()
            .table()
            .iter()
            .zip(model.params().weights())
            .map(|(info, values)| match info.name.starts_with("lstm/") {
                true => values.chunks(12).flat_map(|row| [&row[..3], &row[6..]].concat()).collect(),
                false => values.to_vec(),
            })
            .collect();
        of_1997.params_mut().set_weights(&weights).unwrap();
        let answers = |model: &Model| {
            model.predict_on(reviews.test.inputs(), reviews.test.padding(), &machine).unwrap()
        };
        for (a, b) in answers(&model).into_iter().zip(answers(&of_1997)) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }
}
