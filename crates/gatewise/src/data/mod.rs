//! Where rows come from: data sets, readers, generators and batches.
//!
//! Enters: files or generators. Leaves: [`Sequences`] of token ids with their targets ([`Dataset`]),
//! or, before a vocabulary is chosen, a [`Corpus`] of word ranks.

mod corpus;
mod dataset;
pub mod download;
pub mod imdb;
pub mod keras_imdb;
pub mod locate;
mod numpy_shuffle;
mod sequences;
mod token_cache;

pub use corpus::{Corpus, Split};
pub use dataset::Dataset;
pub use sequences::Sequences;
