//! One trial: a layer learns a task from one seed.

use crate::settings::{Descent, InitialGates, Setting, Training};
use gatewise::layers::RecurrentCell;
use gatewise::optimizer::Sgd;
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Inputs, Padding};
use gatewise::{Fit, Isa, Machine, Model, Result};
use serde_json::{Value, json};

/// How a trial went.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Name of the task.
    pub task: &'static str,
    /// The recurrent layer.
    pub cell: RecurrentCell,
    /// Decides weights and sequences.
    pub seed: u64,
    /// Whether the task was solved within its budget.
    pub solved: bool,
    /// Sequences trained on.
    pub sequences: usize,
    /// After so many sequences, the share of unseen ones that were processed correctly.
    pub curve: Vec<(usize, f64)>,
}

impl Trial {
    /// One line for people.
    pub fn line(&self) -> String {
        let Self { task, cell, seed, solved, sequences, curve } = self;
        let share = 100.0 * curve.last().map_or(0.0, |point| point.1);
        let how = if *solved { "solved" } else { "not solved" };
        format!(
            "{task}, {}, seed {seed}: {how} after {sequences} sequences ({share:.1} % correct)",
            cell.class_name()
        )
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let Self { task, cell, seed, solved, sequences, curve } = self;
        json!({
            "task": task, "layer": cell.class_name(), "seed": seed, "solved": solved, "sequences": sequences,
            "curve": curve,
        })
    }
}

/// Data parts of a trial's seed: fresh sequences to train on and to judge by never meet.
const TRAINING: u64 = 0;
const JUDGING: u64 = 1 << 32;

/// Trains `cell` on the task of `setting` until it is solved, its budget is spent, or `stop` gives true: then `None`.
///
/// # Errors
/// As [`Fit::run_stream`].
pub fn run(
    setting: &Setting,
    cell: RecurrentCell,
    seed: u64,
    isa: Isa,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Trial>> {
    run_from(setting, cell, seed, isa, &|_| {}, stop)
}

/// As [`run`]; `start` changes the untrained model.
///
/// # Errors
/// As [`run`].
pub fn run_from(
    setting: &Setting,
    cell: RecurrentCell,
    seed: u64,
    isa: Isa,
    start: &dyn Fn(&mut Model),
    stop: &dyn Fn() -> bool,
) -> Result<Option<Trial>> {
    let mut model = setting.model(cell).compile(seed)?;
    begin(&mut model, setting, cell, seed);
    start(&mut model);
    let task = &*setting.task;
    let fixed = match setting.training {
        Training::Fresh => None,
        Training::Set(count) => Some(task.dataset(seed, TRAINING, count)?),
    };
    let mut trial = Trial { task: setting.name, cell, seed, solved: false, sequences: 0, curve: Vec::new() };
    let machine = Machine::new().threads(1).isa(isa);
    let fit = Fit::new()
        .batch_size(setting.batch_size)
        .learning_rate(setting.learning_rate)
        .loss(setting.loss.clone())
        .seed(seed)
        .machine(&machine);
    let fit = match setting.descent {
        Descent::Adam => fit,
        Descent::Sgd => fit.optimizer(Sgd::new(setting.learning_rate)),
    };
    trial.sequences = fit.run_stream(&mut model, |model, sequences| {
        let round = (sequences / setting.round) as u64;
        let part = if setting.judged_afresh { round } else { 0 };
        let judged = task.dataset(seed, JUDGING + part, setting.judged)?;
        let mut wrong = wrong(setting, model, &judged, &machine)?;
        if let Some(training) = &fixed {
            let (more, error) = self::wrong(setting, model, training, &machine)?;
            wrong = (wrong.0 + more, wrong.1.max(error));
        }
        trial.curve.push((sequences, 1.0 - wrong.0 as f64 / setting.judged_in_all() as f64));
        trial.solved = wrong.0 <= setting.allowed_wrong && wrong.1 < setting.mean_error;
        if trial.solved || sequences >= setting.budget || stop() {
            return Ok(None);
        }
        Ok(Some(match &fixed {
            // In an order of its own each time round.
            Some(training) => {
                let mut order: Vec<usize> = (0..training.len()).collect();
                let mut random = Random::new(seed, Purpose::Shuffle, round);
                random.shuffle(&mut order);
                training.select(&order)
            }
            None => task.dataset(seed, TRAINING + round, setting.round)?,
        }))
    })?;
    Ok((!stop()).then_some(trial))
}

/// Begins with the gates of the setting. With Keras's, the forget gates begin at σ(1) = 0.73, and nothing is left
/// after fifty steps; the 1997 cell had no forget gate and kept everything. SimpleRNN has no gate to begin with.
pub(crate) fn begin(model: &mut Model, setting: &Setting, cell: RecurrentCell, seed: u64) {
    let units = setting.units;
    // The recurrent layer's, which is the first.
    let first = |ending: &str| {
        let found = model.params().table().iter().find(|info| info.name.ends_with(ending));
        found.map(|info| info.range.clone())
    };
    let (Some(kernel), Some(bias)) = (first("/kernel"), first("/bias")) else { return };
    let mut random = Random::new(seed, Purpose::Init, 1 << 32);
    let values = model.params_mut().values_mut();
    if let (InitialGates::Selective { spread }, true) = (setting.gates, cell != RecurrentCell::SimpleRnn) {
        let draw = || ((2.0 * random.uniform() - 1.0) * spread) as f32;
        values[kernel].fill_with(draw);
    }
    let bias = &mut values[bias];
    for unit in 0..units {
        let [let_in, keep] = match setting.gates {
            InitialGates::Keeping { lag } => {
                let keep = (1.0 + (lag as f64 - 2.0) * random.uniform()).ln() as f32;
                [-keep, keep]
            }
            InitialGates::Selective { spread } => [-spread, 2.0 * spread].map(|bias| bias as f32),
        };
        match cell {
            // Columns i | f | c | o.
            RecurrentCell::Lstm => (bias[unit], bias[units + unit]) = (let_in, keep),
            // Columns i | c | o.
            RecurrentCell::Lstm1997 => bias[unit] = let_in,
            // Columns z | r | h. What z does not keep is let in.
            RecurrentCell::Gru => bias[unit] = -let_in,
            _ => {}
        }
    }
}

/// How many sequences of `data` the model does not process correctly, and the mean absolute error of its
/// outputs.
fn wrong(setting: &Setting, model: &Model, data: &Dataset, machine: &Machine) -> Result<(usize, f64)> {
    let outputs = model.predict_on(data.inputs(), Padding::default(), machine)?;
    let Inputs::Features(rows) = data.inputs() else { return Ok((data.len(), f64::INFINITY)) };
    let (mut wrong, mut error, mut at) = (0, 0.0, 0);
    for i in 0..data.len() {
        let targets = data.targets().of(i, 0..rows.steps(i));
        let outputs = &outputs[at..at + targets.len()];
        at += targets.len();
        wrong += usize::from(!setting.task.correct(rows.row(i), targets, outputs));
        error += outputs.iter().zip(targets).map(|(y, t)| f64::from((y - t).abs())).sum::<f64>();
    }
    Ok((wrong, error / at as f64))
}
