//! `gatewise lab ablation`: an LSTM beside LSTMs with one gate held open.

use super::chart::{Axis, Chart, Line, Panel};
use super::{experiment, grid, reviews};
use crate::args::{Format, LabAblation};
use crate::{Done, out};
use gatewise::{Error, Result};
use gatewise_lab::ablation::{without_on_reviews, without_on_task};
use gatewise_lab::gates::Gate;
use gatewise_lab::{Setting, Trial, each};
use serde_json::json;

/// The whole LSTM, and each gate held open.
const VARIANTS: [Option<Gate>; 4] = [None, Some(Gate::Input), Some(Gate::Forget), Some(Gate::Output)];
/// How much less accurate on the reviews the whole LSTM may be.
const WITHIN: f64 = 0.02;

/// How a variant did, by seed.
struct Variant {
    open: Option<Gate>,
    accuracies: Vec<f64>,
    trials: Vec<Trial>,
}

impl Variant {
    fn name(&self) -> &'static str {
        self.open.map_or("none", Gate::word)
    }

    fn mean(&self) -> f64 {
        self.accuracies.iter().sum::<f64>() / self.accuracies.len() as f64
    }

    fn solved(&self) -> usize {
        self.trials.iter().filter(|trial| trial.solved).count()
    }
}

/// What one job gives.
enum Did {
    Accuracy(f64),
    Trial(Trial),
}

pub fn ablation(args: LabAblation) -> Result<Done> {
    if let Some(picture) = &args.results.output {
        experiment::check_picture(picture)?;
    }
    let setting = Setting { budget: args.budget, ..grid::task(&args.task)? };
    let last = args.seed.checked_add(u64::from(args.trials) - 1);
    let last = last.ok_or_else(|| Error::config("--seed leaves no room for the seeds of further trials"))?;
    let reviews = reviews::read(&args.reviews)?;
    // The longest jobs, those of the task, come first.
    let jobs: Vec<(bool, Option<Gate>, u64)> = [true, false]
        .into_iter()
        .flat_map(|task| {
            VARIANTS.into_iter().flat_map(move |open| (args.seed..=last).map(move |seed| (task, open, seed)))
        })
        .collect();
    let machine = args.machine.machine();
    let did = experiment::watched(|watch| {
        let did = each(&jobs, &machine, watch, |&(task, open, seed), alone| {
            let name = open.map_or("no gate", Gate::word);
            if task {
                let trial = without_on_task(&setting, open, seed, alone, watch.stop)?;
                trial.iter().for_each(|trial| (watch.note)(&format!("{name} held open: {}", trial.line())));
                return Ok(trial.map(Did::Trial));
            }
            let accuracy = without_on_reviews(&reviews, open, seed, alone)?;
            (watch.note)(&format!(
                "{name} held open: {}, seed {seed}: {:.2} %",
                reviews.name,
                100.0 * accuracy
            ));
            Ok(Some(Did::Accuracy(accuracy)))
        })?;
        // A stopped job has no result, and neither has the comparison.
        Ok(did.and_then(|did| did.into_iter().collect::<Option<Vec<Did>>>()))
    })?;
    let Some(did) = did else { return Ok(Done::Interrupted) };
    let mut variants: Vec<Variant> = VARIANTS
        .into_iter()
        .map(|open| Variant { open, accuracies: Vec::new(), trials: Vec::new() })
        .collect();
    for ((_, open, _), did) in jobs.iter().zip(did) {
        for variant in variants.iter_mut().filter(|variant| variant.open == *open) {
            match &did {
                Did::Accuracy(accuracy) => variant.accuracies.push(*accuracy),
                Did::Trial(trial) => variant.trials.push(trial.clone()),
            }
        }
    }
    if let Some(picture) = &args.results.output {
        chart(&variants, &setting).save(picture)?;
    }
    match args.results.format {
        Format::Json => {
            let all = variants.iter().map(|variant| {
                let trials: Vec<_> = variant.trials.iter().map(Trial::to_json).collect();
                json!({ "held_open": variant.open.map(Gate::word), "accuracies": variant.accuracies, "trials": trials })
            });
            let all: Vec<_> = all.collect();
            out!("{:#}\n", json!({ "data": reviews.name, "task": setting.name, "variants": all }))?;
        }
        Format::Text => {
            let mut text = format!(
                "LSTM with one gate held open; seeds {} to {last}. Accuracy on {} (10 units), in %, and\nsequences until {} is \
                 solved ({} units, at most {}):\n\n{:<10} {:>8}  {:<20}  {:>7}  {}\n",
                args.seed,
                reviews.name,
                setting.name,
                setting.units,
                setting.budget,
                "held open",
                "accuracy",
                "each seed",
                "solved",
                "each seed"
            );
            for variant in &variants {
                let each: Vec<String> =
                    variant.accuracies.iter().map(|share| format!("{:.1}", 100.0 * share)).collect();
                let needed = variant.trials.iter().map(|trial| match trial.solved {
                    true => trial.sequences.to_string(),
                    false => "-".into(),
                });
                text += &format!(
                    "{:<10} {:>8.2}  {:<20}  {:>7}  {}\n",
                    variant.name(),
                    100.0 * variant.mean(),
                    each.join(" "),
                    format!("{} of {}", variant.solved(), variant.trials.len()),
                    needed.collect::<Vec<_>>().join(" ")
                );
            }
            if let Some(picture) = &args.results.output {
                text += &format!("\nSaved {}\n", picture.display());
            }
            out!("{text}")?;
        }
    }
    let whole = &variants[0];
    let others = variants.iter().map(Variant::mean).fold(0.0, f64::max);
    if args.check && (whole.solved() < whole.trials.len() || whole.mean() + WITHIN < others) {
        return Err(Error::data(format!(
            "the whole LSTM solved {} of {} trials and has an accuracy of {:.2} %, the best {:.2} %",
            whole.solved(),
            whole.trials.len(),
            100.0 * whole.mean(),
            100.0 * others
        )));
    }
    Ok(Done::Whole)
}

fn chart(variants: &[Variant], setting: &Setting) -> Chart {
    let name = |variant: &Variant| match variant.open {
        None => "the whole LSTM".to_owned(),
        Some(gate) => format!("{} gate held open", gate.word()),
    };
    // Side by side, so that no point hides another.
    let beside = |at: usize| 0.1 * (at as f64 - 1.5);
    let accuracies = variants.iter().enumerate().map(|(at, variant)| Line {
        name: name(variant),
        points: variant
            .accuracies
            .iter()
            .enumerate()
            .map(|(i, share)| (i as f64 + 1.0 + beside(at), 100.0 * share))
            .collect(),
        joined: false,
    });
    let curves = variants.iter().map(|variant| {
        // The first trial stands for all.
        let curve = variant.trials.first().map(|trial| trial.curve.clone()).unwrap_or_default();
        let points = curve.into_iter().map(|(sequences, share)| (sequences as f64 / 1e3, 100.0 * share));
        Line::joined(name(variant), points.collect())
    });
    let trials = variants.first().map_or(1, |variant| variant.accuracies.len());
    let all = || variants.iter().flat_map(|variant| &variant.accuracies).map(|share| 100.0 * share);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let panels = vec![
        Panel {
            caption: "reviews".into(),
            x: Axis::even("seed, from the first", (0.5, trials as f64 + 0.5)),
            y: Axis::even("accuracy on unseen reviews, %", (low - 1.0, high + 1.0)),
            lines: accuracies.collect(),
        },
        Panel {
            caption: format!("{}, first seed", setting.name),
            x: Axis::even("sequences trained on, thousands", (0.0, setting.budget as f64 / 1e3)),
            y: Axis::even("unseen sequences correct, %", (-2.0, 103.0)),
            lines: curves.collect(),
        },
    ];
    Chart { title: "What an LSTM does without one of its gates".into(), panels }
}
