//! `gatewise summary`: prints the contents of a model file.

use super::results::test_results;
use crate::args::{Format, Summary};
use crate::{Done, out};
use gatewise::ensemble::{Accuracies, Ensemble};
use gatewise::rows::Problem;
use gatewise::{AnswerKind, Artifact, Reader, Result};
use serde_json::json;

pub fn summary(args: Summary) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let (model, training) = (artifact.model(), artifact.training());
    if args.format == Format::Json {
        let tensors: Vec<_> =
            model.params().table().iter().map(|p| json!({"name": p.name, "shape": p.shape})).collect();
        let stages: Vec<_> = model.stages_summary().lines().map(|line| line.trim().to_owned()).collect();
        let mut object = json!({
            "model": args.model.display().to_string(),
            "format": gatewise::FORMAT,
            "layers": model.spec(),
            "parameters": model.params().len(),
            "trainable_parameters": model.trainable_params(),
            "tensors": tensors,
            "stages": stages,
            "weights_sha256": artifact.weights_sha256(),
            "tokenizer": artifact.tokenizer(),
            "vocabulary": artifact.vocabulary().map(|vocabulary| json!({
                "words": vocabulary.len(),
                "max_words": vocabulary.max_words(),
                "policy": vocabulary.policy(),
            })),
            "scalers": artifact.scalers(),
            "padding": artifact.padding(),
            "problem": artifact.problem(),
            "labels": artifact.labels(),
            "positive": artifact.positive(),
            "threshold": artifact.threshold(),
            "data": training.data,
            "loss": training.test.map(|test| test.loss),
            "accuracy": training.test.and_then(|test| test.accuracy),
            "training": training,
        });
        if let Some(ensemble) = artifact.ensemble() {
            object["ensemble"] = json!({
                "members": ensemble.members(),
                "linear": {"name": ensemble.linear().name(), "features": ensemble.linear().features()},
                "weights": {"members": ensemble.weights()[0], "linear": ensemble.weights()[1]},
                "out_of_fold_accuracy": ensemble.accuracy(),
            });
        }
        out!("{object:#}\n")?;
        return Ok(Done::Whole);
    }
    let mut text = model.summary(artifact.padding().maxlen);
    if args.stages {
        text += &format!("Stages:\n{}", model.stages_summary());
    }
    if let Some(ensemble) = artifact.ensemble() {
        text += &members(ensemble);
    }
    text += &match artifact.reader() {
        Reader::Text { vocabulary, tokenizer, .. } => {
            let unit = if tokenizer.char_level() { "characters" } else { "words" };
            format!("Vocabulary: {} {unit}, ids below {}; ", vocabulary.len(), vocabulary.max_words())
        }
        Reader::Series { scalers, .. } => format!("Series of {} channels; ", scalers.len()),
        _ => "Rows of ids; ".to_owned(),
    };
    text += &format!(
        "rows of {} steps; {}\n",
        artifact.padding().maxlen.map_or("any".to_owned(), |steps| steps.to_string()),
        match (artifact.answer_kind(), artifact.problem()) {
            (AnswerKind::NextToken, _) => "a language model".to_owned(),
            (_, Problem::MultiLabel { .. }) =>
                format!("any number of the labels: {}", artifact.labels().join(", ")),
            (_, Problem::Regression { scale, .. }) => {
                format!("a number, in training: {} ± {}", scale.mean, scale.deviation)
            }
            _ => format!("labels: {}", artifact.labels().join(", ")),
        }
    );
    if let Some(positive) = artifact.positive() {
        let threshold = artifact.threshold();
        text += &format!("Positive class: {positive}, above a probability of {threshold}\n");
    }
    text += &format!(
        "Trained on {}: {} rows, {} of {} epochs, seed {}\n",
        training.data,
        training.history.samples,
        training.history.epochs.len(),
        training.epochs,
        training.seed
    );
    text += &format!("Weights: SHA-256 {}\n", artifact.weights_sha256());
    if let Some(test) = &training.test {
        text += &format!("{}\n", test_results(test));
    }
    out!("{text}")?;
    Ok(Done::Whole)
}

/// Returns the lines of an ensemble.
fn members(ensemble: &Ensemble) -> String {
    let ([members, linear], Accuracies { member, linear: counts, joined, .. }) =
        (ensemble.weights(), ensemble.accuracy());
    format!(
        "Ensemble: {} members of these layers, weight {members:.3}; {} of {} features, weight {linear:.3}\n\
         Out-of-fold accuracy: a member {:.2}%, the linear model {:.2}%, together {:.2}%\n",
        ensemble.members(),
        ensemble.linear().name(),
        ensemble.linear().features(),
        100.0 * member,
        100.0 * counts,
        100.0 * joined
    )
}
