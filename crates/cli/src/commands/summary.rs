//! `gatewise summary`: what a model file holds.

use crate::args::{Format, Summary};
use crate::{Done, out};
use gatewise::rows::Problem;
use gatewise::{Artifact, Result};
use serde_json::json;

pub fn summary(args: Summary) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let (model, training) = (&artifact.model, &artifact.training);
    if args.format == Format::Json {
        let tensors: Vec<_> =
            model.params().table().iter().map(|p| json!({"name": p.name, "shape": p.shape})).collect();
        let stages: Vec<_> = model.stages_summary().lines().map(|line| line.trim().to_owned()).collect();
        let object = json!({
            "format": gatewise::FORMAT,
            "layers": model.spec(),
            "parameters": model.params().len(),
            "trainable_parameters": model.trainable_params(),
            "tensors": tensors,
            "stages": stages,
            "weights_sha256": artifact.weights_sha256(),
            "tokenizer": artifact.tokenizer,
            "vocabulary": {
                "words": artifact.vocabulary.len(),
                "max_words": artifact.vocabulary.max_words(),
                "policy": artifact.vocabulary.policy(),
            },
            "scalers": artifact.scalers,
            "padding": artifact.padding,
            "problem": artifact.problem,
            "labels": artifact.labels,
            "threshold": artifact.threshold,
            "training": training,
        });
        out!("{object:#}\n")?;
        return Ok(Done::Whole);
    }
    let mut text = model.summary(artifact.padding.maxlen);
    if args.stages {
        text += &format!("Stages:\n{}", model.stages_summary());
    }
    text += &match artifact.scalers.len() {
        0 => {
            let vocabulary = &artifact.vocabulary;
            format!("Vocabulary: {} words, ids below {}; ", vocabulary.len(), vocabulary.max_words())
        }
        channels => format!("Series of {channels} channels; "),
    };
    text += &format!(
        "rows of {} steps; {}: {}\n",
        artifact.padding.maxlen.map_or("any".to_owned(), |steps| steps.to_string()),
        match artifact.problem {
            Problem::MultiLabel { .. } => "any number of the labels",
            Problem::Regression { .. } => "a number, in training",
            _ => "labels",
        },
        match artifact.problem {
            Problem::Regression { scale, .. } => format!("{} ± {}", scale.mean, scale.deviation),
            _ => artifact.labels.join(", "),
        }
    );
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
        text += &format!("{}\n", super::test_results(test));
    }
    out!("{text}")?;
    Ok(Done::Whole)
}
