//! What turns input into what a model reads.

use crate::error::Result;
use crate::rows::Scaler;
use crate::text::{IdPolicy, Tokenizer, Vocabulary};

/// What turns input into what the model reads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "an artifact has one reader")]
pub enum Reader {
    /// The model reads ids of the words of a text.
    #[non_exhaustive]
    Text {
        /// Cuts a text into words.
        tokenizer: Tokenizer,
        /// Numbers the words.
        vocabulary: Vocabulary,
    },
    /// The model reads series of vectors.
    #[non_exhaustive]
    Series {
        /// The scale of each channel.
        scalers: Vec<Scaler>,
    },
    /// The model reads ids that the caller has made.
    Ids,
}

impl Reader {
    /// Returns a reader of texts.
    pub fn text(tokenizer: Tokenizer, vocabulary: Vocabulary) -> Self {
        Self::Text { tokenizer, vocabulary }
    }

    /// Returns a reader of series whose channels have these scales.
    pub fn series(scalers: Vec<Scaler>) -> Self {
        Self::Series { scalers }
    }

    /// For messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Text { .. } => "texts",
            Self::Series { .. } => "series of numbers",
            Self::Ids => "rows of ids",
        }
    }

    /// As a file has it: a file has always a tokenizer and a vocabulary, and scales or none. `ids` is the number of ids
    /// that the model reads.
    pub(super) fn parts(&self, ids: usize) -> Result<(Tokenizer, Vocabulary, Vec<Scaler>)> {
        Ok(match self {
            Self::Text { tokenizer, vocabulary } => (tokenizer.clone(), vocabulary.clone(), Vec::new()),
            Self::Series { scalers } => {
                (Tokenizer::default(), Vocabulary::from_ranked(&[], 3)?, scalers.clone())
            }
            Self::Ids => (Tokenizer::default(), no_words(ids)?, Vec::new()),
        })
    }

    /// The reader that a file has in these parts.
    pub(super) fn of(tokenizer: Tokenizer, vocabulary: Vocabulary, scalers: Vec<Scaler>, ids: usize) -> Self {
        if !scalers.is_empty() {
            return Self::Series { scalers };
        }
        let without = no_words(ids).is_ok_and(|none| none == vocabulary);
        match without && tokenizer == Tokenizer::default() {
            true => Self::Ids,
            false => Self::Text { tokenizer, vocabulary },
        }
    }
}

/// What stands in the place of a vocabulary where there are only ids: the id 1 for any word, none before a row.
fn no_words(ids: usize) -> Result<Vocabulary> {
    Vocabulary::with_policy(&[], ids, IdPolicy { pad: 0, start: None, oov: 1, index_from: 1 })
}
