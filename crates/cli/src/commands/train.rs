//! `gatewise train`: trains a model, and writes one model file.

use super::results::tested;
use crate::args::{Format, Train};
use crate::plot::{curve_beside, training_curve};
use crate::watch::Watch;
use crate::{Done, note, out};
use gatewise::ensemble::Accuracies;
use gatewise::{Artifact, Error, Result};
use gatewise_pipeline::{DataKind, Threshold, TrainOutcome, TrainPlan, quoted};
use std::path::Path;

pub fn train(args: Train) -> Result<Done> {
    let (output, format, verbose) = (args.output.clone(), args.format, args.verbose);
    let curve = curve_beside(&output)?;
    let mut watch = Watch::new(verbose, format);
    let plan = args.config().output(&output).plan()?;
    plan.files().replaces("the training curve", &curve).check()?;
    let outcome = plan.run(&mut watch)?;
    let Some(saved) = &outcome.saved else {
        note!("{}", unsaved(&outcome, &output, watch.signal()));
        if format == Format::Json {
            out!("{:#}\n", serde_json::json!(outcome))?;
        }
        return watch.done();
    };
    let drawn = training_curve(&outcome.artifact, &curve);
    let told = match format {
        Format::Text => out!("{}", told(&outcome, saved, drawn.is_ok().then_some(&curve), watch.signal())),
        Format::Json => out!("{:#}\n", serde_json::json!(outcome)),
    };
    let done = told.and(drawn).and_then(|()| watch.done());
    let done =
        done.map_err(|e| Error::new(e.kind(), format!("{e}; the model is saved in {}", saved.display())))?;
    if format == Format::Text && verbose > 0 {
        note!("Next: {}", next_command(&outcome.plan, saved));
    }
    Ok(done)
}

/// Returns the text after training: its end, the files, and the results.
fn told(outcome: &TrainOutcome, saved: &Path, curve: Option<&Path>, signal: Option<&str>) -> String {
    let mut text = unseen(&outcome.artifact) + &announce(outcome, saved, curve, signal);
    if let Some(Threshold::Best(rule)) = outcome.plan.threshold() {
        let positive = outcome.artifact.positive();
        let positive = positive.map(|name| format!("; above it, a row is '{name}'")).unwrap_or_default();
        text += &format!(
            "Threshold: {:.4}, the best {rule} on the validation rows{positive}\n",
            outcome.threshold()
        );
    }
    if let (Some(_), Some(loss)) = (&outcome.data.text, outcome.val_loss()) {
        text += &format!("Validation - Loss: {loss:.4} nats per character - Perplexity: {:.3}\n", loss.exp());
    }
    text + &tested(outcome)
}

/// Returns the out-of-fold accuracies of an ensemble.
fn unseen(artifact: &Artifact) -> String {
    let percent = |share: f64| format!("{:.2}%", 100.0 * share);
    artifact.ensemble().map_or(String::new(), |ensemble| {
        let Accuracies { member, linear, joined, .. } = ensemble.accuracy();
        format!(
            "Out-of-fold accuracy: a recurrent model {}, the linear model {}, together {}\n",
            percent(member),
            percent(linear),
            percent(joined)
        )
    })
}

/// Returns how many epochs are done, and which files were written.
fn announce(outcome: &TrainOutcome, saved: &Path, curve: Option<&Path>, signal: Option<&str>) -> String {
    let (history, epochs) = (outcome.history(), outcome.artifact.training().epochs);
    let (mut text, whole) = (String::new(), history.epochs.len());
    if outcome.interrupted {
        let signal = signal.unwrap_or("request");
        text += &format!("Stopped by {signal} after {whole} of {epochs} epochs; the model is saved.\n");
        text += resumable(outcome);
    } else if history.stopped {
        text += &format!("Stopped early after {whole} of {epochs} epochs.\n");
    }
    text += &format!("Saved {}", saved.display());
    if let Some(curve) = curve.filter(|_| whole > 0) {
        text += &format!(" and {}", curve.display());
    }
    text + "\n"
}

/// Returns the message of a run that was stopped before it had a model.
fn unsaved(outcome: &TrainOutcome, output: &Path, signal: Option<&str>) -> String {
    let signal = signal.unwrap_or("request");
    let left = match output.exists() {
        true => format!("{} is as it was", output.display()),
        false => format!("{} is not written", output.display()),
    };
    let resumable = resumable(outcome);
    format!("Stopped by {signal} before the first epoch was complete; {left}.\n{resumable}").trim_end().into()
}

fn resumable(outcome: &TrainOutcome) -> &'static str {
    match outcome.plan.checkpoint_dir() {
        Some(_) => "Run the same command with --resume to continue.\n",
        None => "",
    }
}

/// Returns a command that uses the model of `plan`.
pub(super) fn next_command(plan: &TrainPlan, saved: &Path) -> String {
    let (verb, last) = match plan.kind() {
        DataKind::Text => ("generate", None),
        DataKind::Series => {
            ("predict", Some(plan.test().map_or(plan.data().into(), |p| p.display().to_string())))
        }
        DataKind::Texts => ("predict", Some("a text of your own".to_owned())),
        _ => ("predict", Some("One of the best films I have seen this year.".to_owned())),
    };
    let words = ["gatewise".to_owned(), verb.to_owned(), saved.display().to_string()];
    quoted(words.into_iter().chain(last))
}
