//! What is said of words that a model does not know.

use crate::note;
use gatewise::Artifact;
use gatewise_pipeline::Drift;

/// Tells how many words were unknown, and warns of texts that are not like those of training.
pub(super) fn report(drift: &Drift, artifact: &Artifact) {
    if let Some(sentence) = drift.sentence(artifact) {
        note!("{sentence}");
    }
    if let Some(warning) = drift.warning(artifact) {
        note!("warning: {warning}");
    }
}
