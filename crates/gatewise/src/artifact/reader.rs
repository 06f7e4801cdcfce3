//! Readers: the preprocessing of a model's input.

use crate::error::Result;
use crate::rows::Scaler;
use crate::text::{IdPolicy, Tokenizer, Vocabulary};

/// The preprocessing of a model's input.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "an artifact has one reader")]
pub enum Reader {
    /// Texts: tokenized, and mapped to ids.
    #[non_exhaustive]
    Text {
        /// Splits a text into words.
        tokenizer: Tokenizer,
        /// Maps words to ids.
        vocabulary: Vocabulary,
    },
    /// Series of vectors: scaled per channel.
    #[non_exhaustive]
    Series {
        /// The scaler of each channel.
        scalers: Vec<Scaler>,
    },
    /// Rows of ids, passed to the model as they are.
    Ids,
}

impl Reader {
    /// Creates a reader of texts.
    pub fn text(tokenizer: Tokenizer, vocabulary: Vocabulary) -> Self {
        Self::Text { tokenizer, vocabulary }
    }

    /// Creates a reader of series with one scaler per channel.
    pub fn series(scalers: Vec<Scaler>) -> Self {
        Self::Series { scalers }
    }

    /// Returns a noun phrase for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Text { .. } => "texts",
            Self::Series { .. } => "series of numbers",
            Self::Ids => "rows of ids",
        }
    }

    /// Returns the reader as a file stores it: always a tokenizer and a vocabulary, and the scalers, if any. `ids` is the
    /// number of ids that the model reads.
    pub(super) fn parts(&self, ids: usize) -> Result<(Tokenizer, Vocabulary, Vec<Scaler>)> {
        Ok(match self {
            Self::Text { tokenizer, vocabulary } => (tokenizer.clone(), vocabulary.clone(), Vec::new()),
            Self::Series { scalers } => {
                (Tokenizer::default(), Vocabulary::from_ranked(&[], 3)?, scalers.clone())
            }
            Self::Ids => (Tokenizer::default(), no_words(ids)?, Vec::new()),
        })
    }

    /// Creates the reader from the parts that a file stores.
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

/// Returns the placeholder vocabulary of a file without one: every word is id 1, and rows have no start id.
fn no_words(ids: usize) -> Result<Vocabulary> {
    Vocabulary::with_policy(&[], ids, IdPolicy { pad: 0, start: None, oov: 1, index_from: 1 })
}
