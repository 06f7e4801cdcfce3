//! The forget gates of an LSTM whose forget bias begins at 0 or at 1, before and after training.
//!
//! Input: reviews and seeds. Output: gates over one text, the half-life of each unit, and the accuracies.

use crate::Watch;
use crate::sentiment::{Amount, Reviews, Sentiment};
use crate::watch::each;
use gatewise::explain::unit_roles;
use gatewise::layers::Lstm;
use gatewise::rows::{Padding, Sequences};
use gatewise::{Fit, Machine, Model, Result};
use serde_json::{Value, json};

/// What is measured.
#[derive(Debug, Clone)]
pub struct Forget<'a> {
    /// Which reviews.
    pub reviews: Reviews<'a>,
    /// Units of the LSTM.
    pub units: usize,
    /// Reviews to train on.
    pub rows: usize,
    /// Passes over them.
    pub epochs: usize,
    /// Trainings with each bias.
    pub trials: u64,
    /// The seed of the first; the others take the next numbers.
    pub seed: u64,
}

/// A long text of our own, whose gates are shown.
pub const TEXT: &str = "When the film begins, a young man comes back to the small town where he was born. He wants to \
    sell the house of his father, who died a year ago, and to leave again the next day. For the first half hour nothing \
    much happens: he walks through the rooms, he drinks coffee with an old friend, he looks at the sea. I was close to \
    leaving the cinema, because the music is awful and the camera never stands still. But then his sister arrives, and \
    from there on the story is wonderful. The two of them talk for a whole night, and every word of it is true. The \
    actors are excellent, and the last scene, in the empty house, is one of the best that I have ever seen. It is not a \
    film for everyone, and it is not without faults, but I will remember it for a long time.";

/// One LSTM before or after training.
#[derive(Debug, Clone)]
pub struct Gates {
    /// By unit, the number of steps after which half of the cell is kept, over the test rows; infinite if all is.
    pub half_lives: Vec<f64>,
    /// By step of [`TEXT`] and unit, the forget gate.
    pub text: Vec<Vec<f32>>,
}

impl Gates {
    /// The median half-life.
    pub fn median(&self) -> f64 {
        median(&self.half_lives)
    }

    /// The longest half-life.
    pub fn longest(&self) -> f64 {
        self.half_lives.iter().copied().fold(0.0, f64::max)
    }
}

/// One training.
#[derive(Debug, Clone)]
pub struct ForgetTrial {
    /// Whether the forget bias begins at 1.
    pub unit_forget_bias: bool,
    /// The seed.
    pub seed: u64,
    /// Before training.
    pub initial: Gates,
    /// After training.
    pub trained: Gates,
    /// Accuracy on the test rows after each epoch.
    pub accuracy: Vec<f64>,
}

/// All trainings.
#[derive(Debug, Clone)]
pub struct ForgetResult {
    /// Where the reviews are from.
    pub data: &'static str,
    /// With the bias 0, then with the bias 1.
    pub trials: Vec<ForgetTrial>,
}

impl ForgetResult {
    /// Returns the trials with a bias.
    pub fn with(&self, unit_forget_bias: bool) -> Vec<&ForgetTrial> {
        self.trials.iter().filter(|trial| trial.unit_forget_bias == unit_forget_bias).collect()
    }

    /// Returns the mean accuracy of the trials with a bias, after each epoch.
    pub fn mean_accuracy(&self, unit_forget_bias: bool) -> Vec<f64> {
        let trials = self.with(unit_forget_bias);
        let epochs = trials.iter().map(|trial| trial.accuracy.len()).min().unwrap_or(0);
        let mean = |epoch: usize| trials.iter().map(|trial| trial.accuracy[epoch]).sum::<f64>();
        (0..epochs).map(|epoch| mean(epoch) / trials.len() as f64).collect()
    }

    /// Returns the claims that do not hold: none, where all do.
    ///
    /// * Before training, half of a cell is left after 1.0 steps with the bias 0 (gates near σ(0)), and after 2.2 steps
    ///   with the bias 1 (gates near σ(1)).
    /// * Training leaves that difference: with each seed, the median half-life with the bias 1 is at least 1.5
    ///   times that with the bias 0.
    /// * The bias 1 learns faster: its accuracy, averaged over seeds and epochs, is higher.
    pub fn broken_claims(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (bias, expected) in [(false, 1.0), (true, 2.2)] {
            let off = |trial: &&&ForgetTrial| (trial.initial.median() - expected).abs() > 0.2;
            if let Some(trial) = self.with(bias).iter().find(off) {
                let median = trial.initial.median();
                broken.push(format!("before training, the half-life is {median:.2}, not {expected}"));
            }
        }
        for (zero, one) in self.with(false).iter().zip(self.with(true)) {
            let (zero, one, seed) = (zero.trained.median(), one.trained.median(), zero.seed);
            if one < 1.5 * zero {
                broken.push(format!(
                    "seed {seed}: the half-lives {one:.2} and {zero:.2} differ by less than half"
                ));
            }
        }
        let [zero, one] = [false, true].map(|bias| {
            let means = self.mean_accuracy(bias);
            means.iter().sum::<f64>() / means.len().max(1) as f64
        });
        if one <= zero {
            broken.push(format!("the mean accuracy is {one:.3} with the bias 1 and {zero:.3} with 0"));
        }
        broken
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let gates = |it: &Gates| json!({ "half_lives": it.half_lives, "text": it.text });
        let trial = |it: &ForgetTrial| {
            json!({
                "unit_forget_bias": it.unit_forget_bias, "seed": it.seed, "accuracy": it.accuracy,
                "initial": gates(&it.initial), "trained": gates(&it.trained),
            })
        };
        json!({ "data": self.data, "trials": self.trials.iter().map(trial).collect::<Vec<_>>() })
    }
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    if count == 0 { f64::NAN } else { 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]) }
}

impl Forget<'_> {
    /// Trains both kinds with all seeds. `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Fit::run`] and [`Reviews::load`].
    pub fn run(&self, machine: &Machine, watch: Watch<'_>) -> Result<Option<ForgetResult>> {
        let amount = Amount {
            train_rows: self.rows,
            test_rows: 2_000,
            maxlen: 150,
            epochs: self.epochs,
            learning_rate: 0.003,
        };
        let data = Sentiment::new(&self.reviews.load(watch)?, amount)?;
        let seeds = || (0..self.trials).map(|trial| self.seed + trial);
        let jobs: Vec<(bool, u64)> =
            [false, true].into_iter().flat_map(|bias| seeds().map(move |seed| (bias, seed))).collect();
        let trials = each(&jobs, machine, watch, |&(bias, seed), machine| {
            let trial = self.trial(&data, bias, seed, machine, watch)?;
            (watch.note)(&format!(
                "bias {}, seed {seed}: {:.2} % correct",
                u8::from(bias),
                100.0 * trial.accuracy.last().copied().unwrap_or(0.0)
            ));
            Ok(trial)
        })?;
        Ok(trials.map(|trials| ForgetResult { data: data.name, trials }))
    }

    fn trial(
        &self,
        data: &Sentiment,
        unit_forget_bias: bool,
        seed: u64,
        machine: &Machine,
        watch: Watch<'_>,
    ) -> Result<ForgetTrial> {
        let layer = Lstm::new(self.units).unit_forget_bias(unit_forget_bias);
        let mut model = data.layers(layer.into()).compile(seed)?;
        let initial = gates(&model, data)?;
        let mut accuracy = Vec::new();
        let fit = Fit::new().validation_data(&data.test);
        let history = data.fit(&mut model, fit, seed, machine, watch)?;
        accuracy.extend(history.epochs.iter().filter_map(|log| log.val_accuracy));
        Ok(ForgetTrial { unit_forget_bias, seed, initial, trained: gates(&model, data)?, accuracy })
    }
}

fn gates(model: &Model, data: &Sentiment) -> Result<Gates> {
    let some: Vec<usize> = (0..data.test.len().min(200)).collect();
    let roles = unit_roles(model, &data.test.select(&some), "lstm", None, 0, 1)?;
    let half_lives = roles.units.iter().map(|unit| unit.half_life.unwrap_or(f64::INFINITY)).collect();
    let mut ids = Vec::new();
    data.vocabulary.encode(&data.tokenizer, TEXT, &mut ids);
    let row: Sequences = [ids].into_iter().collect();
    let trace = model.trace(&row.into(), Padding::default())?;
    let forget = trace.get(0, "lstm", "forget_gate")?;
    let text = trace.positions(0).map(|step| forget.step(step).to_vec()).collect();
    Ok(Gates { half_lives, text })
}
