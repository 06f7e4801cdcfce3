//! `gatewise tune`: trainings with different settings for a given time, and the best of their models.
//!
//! A trial is a command line of `gatewise train`, which trains its model again. Trials are compared on the rows to
//! validate on; the test rows are read once, at the end.

mod space;
mod trial;

use super::baselines::{Baseline, baselines};
use super::texts;
use super::train::curve_beside;
use crate::args::{Args, Command, Format, Preset, Task, Train, Tune};
use crate::interrupt::StopFlag;
use crate::progress::search_bar;
use crate::{Done, data, note, out, plot};
use clap::Parser;
use gatewise::metrics::Report;
use gatewise::rows::Corpus;
use gatewise::{Artifact, Error, Result};
use indicatif::ProgressBar;
use serde_json::json;
use space::{Settings, Space};
use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use trial::{Outcome, Trial};

/// Epochs at most, and how many without a better val_loss end a trial, where the user does not say.
const EPOCHS: [&str; 2] = ["--epochs", "30"];
const PATIENCE: &str = "--early-stopping=3";
/// Options of train that are not a trial's: what it writes and shows, and what tune says itself.
const NOT_FOR_TRIALS: [&str; 11] = [
    "-o",
    "--output",
    "--format",
    "--verbose",
    "--seed",
    "--resume",
    "--checkpoint-dir",
    "--checkpoint-every",
    "--checkpoint-best",
    "--csv-log",
    "--tensorboard",
];

pub fn tune(args: Tune) -> Result<Done> {
    let log = args.log.clone().unwrap_or_else(|| args.output.with_extension("trials.jsonl"));
    let curve = curve_beside(&args.output)?;
    gatewise::check_target(&args.output)?;
    let first = check(&args)?;
    let (name, corpus) = texts::load(&first)?;
    let mut search = Search::new(&args, name, corpus, &log)?;
    let run = search.run();
    search.bar.finish_and_clear();
    run?;
    let Search { best, trials, start, stop, corpus, name, .. } = search;
    let seconds = start.elapsed().as_secs_f64();
    let Some(Best { number, command, train, mut artifact, .. }) = best else {
        return Err(Error::config(format!(
            "no trial came to the end of an epoch within {seconds:.0} s, so there is no model; give more --time, or \
             fewer rows"
        )));
    };
    let (_, parts) = texts::prepare(&train, &name, &corpus)?;
    let scored = artifact.score(&parts.test, &train.machine.machine())?;
    let report = scored.report()?.with_labels(artifact.labels());
    artifact.training_mut().test = Some(scored.evaluation);
    artifact.save(&args.output)?;
    plot::training_curve(&artifact, &curve)?;
    let baselines = match train.no_baseline {
        true => Vec::new(),
        false => baselines(&artifact, texts::ngrams(&name), &parts, &stop)?,
    };
    match args.format {
        Format::Text => {
            let files = format!("{}, {} and {}", args.output.display(), curve.display(), log.display());
            let baselines: String = baselines.iter().map(|it| it.describe() + "\n").collect();
            let results = super::results(&scored.evaluation, &report);
            out!(
                "{trials} trials in {seconds:.0} s; the best is trial {number}. To train it again:\n  {command}\n\
                 Saved {files}\n{baselines}{results}\n"
            )?;
        }
        Format::Json => out!(
            "{:#}\n",
            json!({
                "data": name,
                "trials": trials,
                "seconds": seconds,
                "best": {"trial": number, "command": command},
                "test_loss": scored.evaluation.loss,
                "test_accuracy": scored.evaluation.accuracy,
                "test_report": report,
                "baselines": baselines.iter().map(Baseline::as_json).collect::<Vec<_>>(),
                "seed": args.seed,
                "artifact": args.output,
                "log": log,
                "weights_sha256": artifact.weights_sha256(),
                "interrupted": stop.raised(),
            })
        )?,
    }
    Ok(if stop.raised() { Done::Interrupted } else { Done::Whole })
}

/// Refuses what cannot be searched; the arguments of the first trial.
fn check(args: &Tune) -> Result<Train> {
    if let Some(option) = NOT_FOR_TRIALS.iter().find(|option| is_fixed(&args.fixed, option)) {
        return Err(Error::config(format!(
            "{option} is not for the trials of tune; leave it out, or give it in front of --"
        )));
    }
    if data::is_series(&args.data) {
        return Err(Error::config(format!("tune is for texts, but {} holds series; use train", args.data)));
    }
    let train = parse(&command(args, &[]));
    if train.task == Task::LanguageModel {
        return Err(Error::config("tune is for labels and numbers; use train --task language-model"));
    }
    if train.preset == Some(Preset::Accurate) {
        return Err(Error::config(
            "a trial trains one model, but --preset accurate is several; use train for it",
        ));
    }
    if train.validation_split == Some(0.0) {
        return Err(Error::config(
            "trials are compared on rows to validate on, but --validation-split is 0; give it a share",
        ));
    }
    Ok(train)
}

/// Whether the options that hold for every trial say `option`, with its value behind = or apart.
fn is_fixed(fixed: &[String], option: &str) -> bool {
    fixed.iter().any(|it| it.split('=').next() == Some(option))
}

/// The command line of train for a trial.
fn command(args: &Tune, options: &[String]) -> Vec<String> {
    let mut command = vec!["gatewise".to_owned(), "train".to_owned(), args.data.clone()];
    command.extend(args.fixed.iter().chain(options).cloned());
    if !is_fixed(&args.fixed, "--epochs") {
        command.extend(EPOCHS.map(String::from));
    }
    if !is_fixed(&args.fixed, "--early-stopping") {
        command.push(PATIENCE.into());
    }
    command.extend(["--seed".to_owned(), args.seed.to_string()]);
    command
}

/// Reads such a command line; what the user got wrong in it ends the program, as it does for train.
fn parse(command: &[String]) -> Train {
    match Args::try_parse_from(command).map(|args| args.command) {
        Ok(Command::Train(train)) => *train,
        Ok(_) => unreachable!("the command is train"),
        Err(error) => error.exit(),
    }
}

/// A command line that a shell reads as it is meant.
fn quoted(command: &[String]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    let quote = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    command.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// The best trial so far.
struct Best {
    number: usize,
    command: String,
    train: Train,
    settings: Option<Settings>,
    artifact: Artifact,
    figure: Figure,
}

/// What trials are compared by.
#[derive(Debug, Clone, Copy)]
struct Figure {
    name: &'static str,
    value: f64,
    loss: f64,
}

impl Figure {
    fn new(report: &Report, loss: f64) -> Self {
        let (name, value) = match report {
            Report::Binary(report) => ("val_accuracy", report.accuracy),
            Report::Classes(report) => ("val_accuracy", report.accuracy),
            Report::Labels(report) => ("val_micro_f1", report.micro_average.f1),
            Report::Regression(report) => ("val_rmse", report.root_mean_squared_error),
            _ => ("val_loss", loss),
        };
        Self { name, value, loss }
    }

    /// Whether it is better than `other`; of equal ones that with the lower loss is.
    fn beats(self, other: Self) -> bool {
        let high = matches!(self.name, "val_accuracy" | "val_micro_f1");
        let (mine, theirs) = if high { (-self.value, -other.value) } else { (self.value, other.value) };
        mine < theirs || mine == theirs && self.loss < other.loss
    }
}

/// A search on its way.
struct Search<'a> {
    args: &'a Tune,
    name: String,
    corpus: Corpus,
    space: Space,
    stop: StopFlag,
    start: Instant,
    /// The val_loss of each trial's epochs.
    curves: Vec<Vec<f64>>,
    best: Option<Best>,
    /// How many trials were begun.
    trials: usize,
    log: (File, PathBuf),
    bar: ProgressBar,
}

impl<'a> Search<'a> {
    fn new(args: &'a Tune, name: String, corpus: Corpus, log: &Path) -> Result<Self> {
        let (stop, start) = (StopFlag::listen()?, Instant::now());
        let file = File::create(log).map_err(|e| Error::io("cannot write", log, e))?;
        // Pad, start and unknown have ids too.
        let space = Space::new(&args.fixed, corpus.vocabulary.len() + 4);
        let (curves, log, bar) = (Vec::new(), (file, log.to_owned()), search_bar(args.time));
        Ok(Self { args, name, corpus, space, stop, start, curves, best: None, trials: 0, log, bar })
    }

    fn left(&self) -> Duration {
        self.args.time.saturating_sub(self.start.elapsed())
    }

    /// Trials until the time is over: first train's own settings, then others, none twice.
    fn run(&mut self) -> Result<()> {
        let (mut tried, mut draws) = (HashSet::new(), 1);
        let most = self.args.trials.unwrap_or(usize::MAX);
        self.trial(None)?;
        // Where a small space is exhausted, draws come up with what has been tried.
        let mut in_vain = 0;
        while self.trials < most && in_vain < 1_000 && !self.left().is_zero() && !self.stop.raised() {
            draws += 1;
            let best = self.best.as_ref().and_then(|best| best.settings.as_ref());
            let settings = self.space.draw(self.args.seed, draws, best);
            match tried.insert(settings.clone()) {
                true => (in_vain, _) = (0, self.trial(Some(settings))?),
                false => in_vain += 1,
            }
        }
        Ok(())
    }

    /// Trains, compares, logs; saves what is better than all before.
    fn trial(&mut self, settings: Option<Settings>) -> Result<()> {
        self.trials += 1;
        let options = settings.as_ref().map(|it| self.space.options(it)).unwrap_or_default();
        let command = command(self.args, &options);
        let train = parse(&command);
        let command = quoted(&command);
        self.bar.set_message(format!("trial {}{}", self.trials, self.best_so_far(" · ")));
        let trial = Trial {
            train: &train,
            name: &self.name,
            corpus: &self.corpus,
            curves: &self.curves,
            stop: &self.stop,
            deadline: self.start + self.args.time,
            bar: &self.bar,
        };
        let Outcome { artifact, report, curve, end, seconds } = trial.run()?;
        let epochs = curve.len();
        let figure = report.as_ref().map(|(report, loss)| Figure::new(report, *loss));
        let is_best =
            figure.is_some_and(|figure| self.best.as_ref().is_none_or(|best| figure.beats(best.figure)));
        let mut line = json!({
            "trial": self.trials,
            "options": options.join(" "),
            "command": command,
            "end": end,
            "epochs": epochs,
            "seconds": seconds,
            "val_loss": figure.map(|figure| figure.loss),
            "val_report": report.map(|(report, _)| report),
            "best": is_best,
        });
        if let Some(Figure { name, value, .. }) = figure {
            line[name] = value.into();
        }
        self.write(&line)?;
        self.curves.push(curve);
        if let (Some(figure), true) = (figure, is_best) {
            artifact.save(&self.args.output)?;
            let number = self.trials;
            self.best = Some(Best { number, command, train, settings, artifact, figure });
        }
        self.tell(&options, figure, epochs, end, seconds);
        Ok(())
    }

    fn write(&mut self, line: &serde_json::Value) -> Result<()> {
        let (file, path) = &mut self.log;
        writeln!(file, "{line}").map_err(|e| Error::io("cannot write", path, e))
    }

    /// A line for people.
    fn tell(&self, options: &[String], figure: Option<Figure>, epochs: usize, end: &str, seconds: f64) {
        let figure = figure.map_or(String::new(), |it| format!(" - {}: {:.4}", it.name, it.value));
        let best = self.best_so_far(" - ");
        let (left, options) = (
            self.left().as_secs(),
            match options {
                [] => "train's own settings".to_owned(),
                _ => options.join(" "),
            },
        );
        let tell = || {
            note!(
                "Trial {}{figure} - {epochs} epochs, {end}, {seconds:.1} s{best} - {}:{:02} left - {options}",
                self.trials,
                left / 60,
                left % 60
            )
        };
        self.bar.suspend(tell);
    }

    /// What the best trial found, after `separator`; of none nothing.
    fn best_so_far(&self, separator: &str) -> String {
        self.best.as_ref().map_or(String::new(), |best| {
            format!("{separator}best: {:.4} of trial {}", best.figure.value, best.number)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_higher_or_lower_as_the_figure_has_it() {
        let figure = |name, value, loss| Figure { name, value, loss };
        assert!(figure("val_accuracy", 0.9, 1.0).beats(figure("val_accuracy", 0.8, 0.1)));
        assert!(figure("val_accuracy", 0.9, 0.1).beats(figure("val_accuracy", 0.9, 0.2)));
        assert!(!figure("val_accuracy", 0.9, 0.2).beats(figure("val_accuracy", 0.9, 0.2)));
        assert!(figure("val_rmse", 2.0, 1.0).beats(figure("val_rmse", 3.0, 0.1)));
    }

    #[test]
    fn a_shell_reads_the_command_as_it_is_meant() {
        let words = ["a.csv", "--label-separator", ";", "it's", ""].map(String::from);
        assert_eq!(quoted(&words), r"a.csv --label-separator ';' 'it'\''s' ''");
    }
}
