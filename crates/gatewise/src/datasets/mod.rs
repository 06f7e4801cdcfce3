//! Data sets that everybody knows, and one that the library makes itself.
//!
//! Enters: a place to look in, or a seed. Leaves: a [`Corpus`](crate::rows::Corpus) of word ranks, shuffled and split as
//! Keras has it.

pub mod download;
pub mod imdb;
pub mod keras_imdb;
pub mod locate;
mod numpy_shuffle;
pub mod reviews;
mod token_cache;
