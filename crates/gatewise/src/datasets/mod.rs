//! Public data sets and a generated one.
//!
//! Input: the folders to search, or a seed. Output: a [`Corpus`](crate::rows::Corpus) of word ranks, shuffled
//! and split as in Keras.

pub mod download;
pub mod imdb;
pub mod keras_imdb;
pub mod locate;
mod numpy_shuffle;
pub mod reviews;
mod token_cache;
