//! `gatewise train`: trains a model, and writes one model file.

use super::results::tested;
use crate::args::{Format, Train};
use crate::plot::{curve_beside, training_curve};
use crate::watch::Watch;
use crate::{Done, out};
use gatewise::ensemble::Accuracies;
use gatewise::{Artifact, Result};
use gatewise_pipeline::{Threshold, TrainOutcome};
use std::path::Path;

pub fn train(args: Train) -> Result<Done> {
    let (output, format) = (args.output.clone(), args.format);
    let curve = curve_beside(&output)?;
    let mut watch = Watch::new(args.verbose, format);
    let plan = args.config().output(&output).plan()?;
    let outcome = plan.run(&mut watch)?;
    training_curve(&outcome.artifact, &curve)?;
    match format {
        Format::Text => tell(&outcome, &output, &curve)?,
        Format::Json => out!("{:#}\n", serde_json::json!(outcome))?,
    }
    Ok(watch.done())
}

fn tell(outcome: &TrainOutcome, output: &Path, curve: &Path) -> Result<()> {
    let mut text = unseen(&outcome.artifact) + &announce(outcome, output, curve);
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
    out!("{text}{}", tested(outcome))
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
fn announce(outcome: &TrainOutcome, output: &Path, curve: &Path) -> String {
    let (history, epochs) = (outcome.history(), outcome.artifact.training().epochs);
    let (mut text, whole) = (String::new(), history.epochs.len());
    if outcome.interrupted {
        text += &format!("Stopped by Ctrl-C after {whole} of {epochs} epochs; the model is saved.\n");
        if outcome.plan.checkpoint_dir().is_some() {
            text += "Run the same command with --resume to continue.\n";
        }
    } else if history.stopped {
        text += &format!("Stopped early after {whole} of {epochs} epochs.\n");
    }
    text += &format!("Saved {}", output.display());
    if whole > 0 {
        text += &format!(" and {}", curve.display());
    }
    text + "\n"
}
