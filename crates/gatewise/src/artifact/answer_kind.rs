//! The kinds of prediction of an artifact.

use super::{Artifact, Reader};
use crate::rows::Problem;

/// The kind of prediction that an artifact makes for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerKind {
    /// Binary or multiclass classification: one label.
    Class,
    /// Multi-label classification: any number of labels.
    Labels,
    /// Regression: a number, in its original unit.
    Number,
    /// Language model: at every step, a probability for each id of the vocabulary.
    NextToken,
    /// The model's outputs, without labels.
    Outputs,
}

impl Artifact {
    /// Returns the kind of prediction that this artifact makes for a row.
    pub fn answer_kind(&self) -> AnswerKind {
        let words = match &self.reader {
            Reader::Text { vocabulary, .. } => Some(vocabulary.max_words()),
            _ => None,
        };
        match &self.problem {
            _ if self.model.output_per_step() => match self.labels.is_empty() {
                true if words == Some(self.model.output_width()) => AnswerKind::NextToken,
                _ => AnswerKind::Outputs,
            },
            Problem::SingleLabel if self.labels.is_empty() => AnswerKind::Outputs,
            Problem::SingleLabel => AnswerKind::Class,
            Problem::MultiLabel { .. } => AnswerKind::Labels,
            Problem::Regression { .. } => AnswerKind::Number,
        }
    }
}
