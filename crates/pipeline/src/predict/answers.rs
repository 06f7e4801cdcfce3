//! Labels and thresholds of predictions.

use gatewise::rows::Problem;
use gatewise::{Artifact, Error, Result};

/// Sets the decision threshold of a model.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig, set_threshold};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(0).no_baseline(true).plan()?.run(&mut ())?;
/// let mut artifact = outcome.artifact;
/// set_threshold(&mut artifact, 0.9)?;
/// assert_eq!(artifact.predict(&["film"])?[0].label, "neg");
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a model that is neither binary nor multi-label.
pub fn set_threshold(artifact: &mut Artifact, threshold: f32) -> Result<()> {
    let decides = match artifact.problem() {
        Problem::MultiLabel { .. } => true,
        Problem::Regression { .. } => false,
        _ => artifact.model().output_width() == 1 && artifact.labels().len() == 2,
    };
    if !decides {
        return Err(Error::config(
            "a threshold is for two classes, or for several labels per row, but this model is neither binary nor \
             multi-label; leave --threshold out",
        ));
    }
    artifact.set_threshold(threshold)
}

/// Refuses the most probable labels of a model without labels.
///
/// # Errors
/// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a model that predicts numbers.
pub fn check_top_k(artifact: &Artifact) -> Result<()> {
    match artifact.problem() {
        Problem::Regression { .. } => {
            Err(Error::config("this model outputs numbers and has no labels; leave --top-k out"))
        }
        _ => Ok(()),
    }
}

/// Returns the `count` most probable labels, the most probable first; `scores` are the outputs of a model for
/// one row.
pub fn top_labels<'a>(artifact: &'a Artifact, scores: &[f32], count: usize) -> Vec<(&'a str, f32)> {
    let both;
    let probabilities = match *scores {
        [positive] if artifact.labels().len() == 2 => {
            both = [1.0 - positive, positive];
            &both
        }
        _ => scores,
    };
    let labels = artifact.labels().iter().map(String::as_str);
    let mut all: Vec<(&str, f32)> = labels.zip(probabilities.iter().copied()).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(count);
    all
}

/// Returns the probabilities of the predicted labels, in their order.
pub fn predicted_probabilities(artifact: &Artifact, scores: &[f32]) -> Vec<f32> {
    scores.iter().copied().filter(|&score| score > artifact.threshold()).collect()
}
