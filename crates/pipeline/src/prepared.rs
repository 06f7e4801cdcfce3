//! A model and its rows before training, for every kind of data.

use crate::data_summary::{DataSummary, TextSummary};
use crate::parts::Parts;
use gatewise::Artifact;
use gatewise::rows::Dataset;

/// An untrained model and its rows.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub artifact: Artifact,
    pub parts: Parts,
    /// The n-gram lengths of the linear baselines.
    pub ngrams: &'static [usize],
    /// Language models only.
    pub text: Option<TextSummary>,
}

impl Prepared {
    /// Returns the numbers of rows.
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
