//! `gatewise summary`: what a model file holds.

use crate::Done;
use crate::args::{Format, Summary};
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
            "padding": artifact.padding,
            "labels": artifact.labels,
            "threshold": artifact.threshold,
            "training": training,
        });
        println!("{object:#}");
        return Ok(Done::Whole);
    }
    print!("{}", model.summary(artifact.padding.maxlen));
    if args.stages {
        print!("Stages:\n{}", model.stages_summary());
    }
    println!(
        "Vocabulary: {} words, ids below {}; rows of {} steps; labels: {}",
        artifact.vocabulary.len(),
        artifact.vocabulary.max_words(),
        artifact.padding.maxlen.map_or("any".to_owned(), |steps| steps.to_string()),
        artifact.labels.join(", ")
    );
    println!(
        "Trained on {}: {} rows, {} of {} epochs, seed {}",
        training.data,
        training.history.samples,
        training.history.epochs.len(),
        training.epochs,
        training.seed
    );
    println!("Weights: SHA-256 {}", artifact.weights_sha256());
    if let Some(test) = &training.test {
        println!("{}", super::test_results(test));
    }
    Ok(Done::Whole)
}
