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
mod padding;
pub mod reviews;
mod token_cache;

pub use crate::text::Sequences;
pub use corpus::{Corpus, Split};
pub use dataset::Dataset;
pub(crate) use padding::PAD;
pub use padding::Padding;
