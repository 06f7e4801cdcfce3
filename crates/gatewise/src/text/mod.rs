//! Text preprocessing: tokenizers, vocabularies, word vectors and padding.
//!
//! Input: text. Output: token ids. A [`Tokenizer`] splits text into words, a [`WordCounter`] ranks the words
//! of a training set, a [`Vocabulary`] maps words (or their ranks) to ids, and [`pad_sequences`] returns the
//! ids as a rectangular matrix.

mod count;
mod interner;
mod pad;
mod script;
mod sequences;
mod tokenizer;
mod vocabulary;
mod word_vectors;

#[cfg(feature = "files")]
pub(crate) use count::rank;
pub use count::{Ranking, WordCounter};
#[cfg(feature = "files")]
pub(crate) use interner::Interner;
pub use pad::{PadOptions, Padded, Side, pad_sequences};
pub use script::ScriptTally;
pub use sequences::Sequences;
pub(crate) use sequences::check_rows;
pub use tokenizer::Tokenizer;
pub use vocabulary::{EncodeStats, IdPolicy, Vocabulary};
pub use word_vectors::WordVectors;
