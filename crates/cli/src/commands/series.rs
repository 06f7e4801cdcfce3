//! `gatewise train FILE.ts`: labelled series of measurements.

use super::parts::Parts;
use super::train::{check, learn};
use crate::args::{Task, Train};
use crate::{Done, data, note};
use gatewise::files::read_ts;
use gatewise::layers::{Dropout, Input, Masking};
use gatewise::rows::{Padding, Problem, Scaler};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, Error, History, Result, Sequential, TrainingSummary};
use std::path::Path;

/// The share of the numbers that training drops of each step.
const INPUT_DROPOUT: f64 = 0.2;

pub fn series(args: &Train, name: &str) -> Result<Done> {
    check(args)?;
    let for_texts = [
        ("--embedding", args.embedding.is_some()),
        ("--tokenizer", args.tokenizer.is_some()),
        ("--min-count", args.min_count.is_some()),
        ("--label-separator", args.label_separator.is_some()),
        ("--task regression", args.task == Task::Regression),
    ];
    if let Some((option, _)) = for_texts.into_iter().chain(args.place.rows.given()).find(|(_, given)| *given)
    {
        return Err(Error::config(format!("{option} is for texts, but {name} holds series; leave it out")));
    }
    let all = read_ts(Path::new(name))?;
    let (training, test) = match &args.test {
        Some(test) => (all.shuffle(data::SEED), read_ts(test)?),
        None => {
            let (training, held) = all.hold_out(data::HELD_OUT, data::SEED);
            let (count, all) = (held.rows.len(), training.rows.len() + held.rows.len());
            note!("note: {}", data::held_out(count, all));
            (training, held)
        }
    };
    let width = training.rows.width();
    let channel = |c: usize| training.rows.values().iter().skip(c).step_by(width).copied();
    let model = spec(args, width, training.labels.len()).compile(args.seed)?;
    let artifact = Artifact {
        model,
        tokenizer: Tokenizer::default(),
        vocabulary: Vocabulary::from_ranked(&[], 3)?,
        scalers: (0..width).map(|c| Scaler::fit(channel(c))).collect(),
        ensemble: None,
        padding: Padding::default()
            .maxlen(args.maxlen)
            .padding(args.padding.into())
            .truncating(args.truncating.into()),
        problem: Problem::SingleLabel,
        labels: training.labels.clone(),
        threshold: 0.5,
        training: TrainingSummary {
            data: name.to_owned(),
            seed: args.seed,
            batch_size: args.batch_size.unwrap_or(16),
            epochs: args.epochs.unwrap_or(100),
            learning_rate: args.learning_rate.unwrap_or(3e-3),
            history: History::default(),
            test: None,
            oov_rate: None,
        },
    };
    let (training, test) = (artifact.series_dataset(&training)?, artifact.series_dataset(&test)?);
    learn(args, artifact, &Parts { training, validation: None, test }, &[])
}

/// Recurrent layers over the steps that are there, with an output for each class where there are more than two.
fn spec(args: &Train, width: usize, classes: usize) -> Sequential {
    let units = args.units.as_deref().unwrap_or(&[64]);
    let dropout = args.dropout.unwrap_or(0.5);
    let below = Sequential::new().with(Input::new(width)).with(Masking::new(0.0));
    let below = if dropout > 0.0 { below.with(Dropout::new(INPUT_DROPOUT.min(dropout))) } else { below };
    super::recurrent(below, args.cell, units, dropout, false)
        .with(super::head(&Problem::SingleLabel, classes))
}
