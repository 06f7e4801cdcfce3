//! A labelled text corpus after its words have been counted: what every reader of text produces.

use crate::text::{Sequences, Tokenizer};

/// One part (train or test) of a [`Corpus`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// Word ranks, counted from **1** as in Keras's `word_index` (1 = the commonest word of the
    /// training part); 0 stands for a word that the training part does not contain.
    pub words: Sequences,
    /// Class of each row, an index into [`Corpus::labels`].
    pub classes: Vec<u32>,
}

/// A corpus as word ranks, independent of any later choice of vocabulary size.
///
/// `vocabulary[rank - 1]` is the word of that rank. Ranks are by count in the **training part only**,
/// commonest first; equal counts are ordered by the word itself, so the same files always give the
/// same ranks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Corpus {
    /// What cut the texts into words; a model has to cut other texts in the same way.
    pub tokenizer: Tokenizer,
    /// Words by rank.
    pub vocabulary: Vec<String>,
    /// Class names: `labels[class]`.
    pub labels: Vec<String>,
    /// The rows to learn from (validation is cut from these).
    pub train: Split,
    /// The rows held out for the final score.
    pub test: Split,
    /// What the reader had to report (for example "2 reviews were not UTF-8 …"), a sentence each.
    pub notes: Vec<String>,
}
