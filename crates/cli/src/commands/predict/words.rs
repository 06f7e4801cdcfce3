//! Notes on words that are not in the vocabulary of a model.

use crate::note;
use gatewise::Artifact;
use gatewise_pipeline::Drift;

/// Reports the number of unknown words, and warns of texts that differ from the training texts.
pub fn report(drift: &Drift, artifact: &Artifact) {
    if let Some(sentence) = drift.sentence(artifact) {
        note!("{sentence}");
    }
    if let Some(warning) = drift.warning(artifact) {
        note!("warning: {warning}");
    }
}
