//! Where rows come from: data sets, readers, generators and batches.
//!
//! Enters: files or generators. Leaves: [`Sequences`] of token ids with their targets ([`Dataset`]),
//! or, before a vocabulary is chosen, a [`Corpus`] of word ranks.

mod corpus;
mod dataset;
pub mod reviews;
mod sequences;

pub use corpus::{Corpus, Split};
pub use dataset::Dataset;
pub use sequences::Sequences;
