//! What is trained: a model with its rows, whatever kind of data they come from.

use crate::data_summary::{DataSummary, TextSummary};
use crate::parts::Parts;
use gatewise::Artifact;
use gatewise::rows::Dataset;

/// A model that is not trained yet, and its rows.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub artifact: Artifact,
    pub parts: Parts,
    /// Lengths of the word runs that linear baselines count.
    pub ngrams: &'static [usize],
    /// Of a language model.
    pub text: Option<TextSummary>,
}

impl Prepared {
    /// The data in numbers.
    pub fn summary(&self) -> DataSummary {
        let Parts { training, validation, test } = &self.parts;
        DataSummary {
            name: self.artifact.training().data.clone(),
            training: training.len(),
            validation: validation.as_ref().map(Dataset::len),
            test: test.as_ref().map(Dataset::len),
            text: self.text.clone(),
        }
    }
}
