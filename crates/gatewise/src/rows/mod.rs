//! Where rows come from: data sets, readers, generators and batches.
//!
//! Enters: files or generators. Leaves: rows ([`Sequences`] of token ids or [`Features`]) with their
//! [`Targets`] in a [`Dataset`], or, before a vocabulary is chosen, a [`Corpus`] of word ranks.

mod class_weight;
mod columns;
mod corpus;
mod dataset;
pub mod description;
pub mod download;
mod features;
mod findings;
mod hold_out;
pub mod imdb;
mod inputs;
pub mod keras_imdb;
mod labelled_text;
mod language;
pub mod locate;
mod numpy_shuffle;
mod padding;
mod problem;
mod records;
pub mod reviews;
mod row_labels;
mod row_words;
mod series;
mod spill;
mod targets;
pub mod tasks;
mod time_series;
mod token_cache;
mod word_vectors;

pub use crate::text::Sequences;
pub use class_weight::ClassWeight;
pub use columns::Columns;
pub use corpus::{Corpus, Split};
pub use dataset::Dataset;
pub use description::Description;
pub use features::Features;
pub use hold_out::hold_out;
pub use inputs::Inputs;
pub use labelled_text::{LabelledTexts, ReadOptions};
pub use language::next_tokens;
pub(crate) use padding::PAD;
pub use padding::Padding;
pub use problem::Problem;
pub use records::{
    Column, Field, FieldKind, OnError, Record, RecordFormat, RecordWriter, Records, Skipped, UnreadColumn,
};
pub use series::{Scaler, last_number_column, read_series, windows};
pub use targets::Targets;
pub use time_series::{TimeSeries, parse_ts, read_ts};
pub use word_vectors::WordVectors;
