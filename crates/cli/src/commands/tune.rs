//! `gatewise tune`: searches for good settings for a data set, and saves the best model.

use super::results::tested;
use super::train::next_command;
use crate::args::{Args, Command, Format, Train, Tune};
use crate::plot::{curve_beside, training_curve};
use crate::watch::Watch;
use crate::{Done, note, out};
use gatewise::{Error, Result};
use gatewise_pipeline::{TuneConfig, TuneOutcome};
use std::ffi::OsString;
use std::path::Path;

/// Options of train that `tune` has itself.
const OWN: [&str; 4] = ["-o", "--output", "--format", "--verbose"];

pub fn tune(args: Tune) -> Result<Done> {
    let log = args.log.clone().unwrap_or_else(|| args.output.with_extension("trials.jsonl"));
    let curve = curve_beside(&args.output)?;
    let search = TuneConfig::new(fixed(&args)?.config()).time(args.time).seed(args.seed);
    let search = match args.trials {
        Some(trials) => search.trials(trials),
        None => search,
    };
    let plan = search.output(&args.output).log(&log).plan()?;
    plan.files().replaces("the training curve", &curve).check()?;
    let mut watch = Watch::search(args.time);
    let outcome = plan.run(&mut watch);
    watch.end_search();
    let outcome = match (outcome, watch.signal()) {
        (Err(error), Some(signal)) => {
            note!("Stopped by {signal}: {error}");
            return watch.done();
        }
        (outcome, _) => outcome?,
    };
    training_curve(&outcome.best.artifact, &curve)?;
    match args.format {
        Format::Text => {
            tell(&outcome, &args.output, &curve, &log)?;
            note!("Next: {}", next_command(&outcome.best.plan, &args.output));
        }
        Format::Json => out!("{:#}\n", serde_json::json!(outcome))?,
    }
    watch.done()
}

fn tell(outcome: &TuneOutcome, output: &Path, curve: &Path, log: &Path) -> Result<()> {
    let TuneOutcome { trials, seconds, .. } = outcome;
    let (number, command) = (outcome.log.trial, outcome.log.command.as_deref().unwrap_or_default());
    let files = format!("{}, {} and {}", output.display(), curve.display(), log.display());
    out!(
        "{trials} trials in {seconds:.0} s; the best is trial {number}. To train it again:\n  {command}\n\
         Saved {files}\n{}",
        tested(&outcome.best)
    )
}

/// Parses the options of every trial. A mistake in them ends the program, as in `gatewise train`.
fn fixed(args: &Tune) -> Result<Train> {
    let name = |word: &OsString| word.to_str().and_then(|word| word.split('=').next()).map(str::to_owned);
    let is_fixed = |option: &str| args.fixed.iter().any(|word| name(word).as_deref() == Some(option));
    if let Some(option) = OWN.into_iter().find(|option| is_fixed(option)) {
        return Err(Error::config(format!(
            "{option} is not for the trials of tune; leave it out, or give it before --"
        )));
    }
    let words = ["gatewise".into(), "train".into(), args.data.clone()].into_iter();
    match Args::read(words.chain(args.fixed.iter().cloned())).map(|args| args.command) {
        Ok(Command::Train(train)) => Ok(*train),
        Ok(_) => unreachable!("the command is train"),
        Err(error) if !error.use_stderr() => error.exit(),
        // Clap's own sentence, without the usage of train.
        Err(error) => {
            let text = error.render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            Err(Error::config(text.split("\n\nUsage:").next().unwrap_or_default().trim()))
        }
    }
}
