//! What an artifact answers.

use super::{Artifact, Reader};
use crate::rows::Problem;

/// What an artifact predicts for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerKind {
    /// One of several classes, which have names.
    Class,
    /// Any number of labels.
    Labels,
    /// A number, in its own unit.
    Number,
    /// At every step, a probability for each id of the vocabulary: a language model.
    NextToken,
    /// The model's outputs, without a meaning that the artifact knows.
    Outputs,
}

impl Artifact {
    /// Returns what this artifact predicts for a row.
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
