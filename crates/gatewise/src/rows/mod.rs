//! Data sets: the rows that a model reads, with their targets.
//!
//! A [`Dataset`] pairs rows ([`Sequences`] of token ids or [`Features`]) with their [`Targets`]. A [`Corpus`]
//! contains labelled texts as word ranks, before a vocabulary size is chosen.

mod class_weight;
mod column_names;
mod corpus;
mod dataset;
mod features;
mod hold_out;
mod inputs;
mod label;
mod language;
mod padding;
mod positive;
mod problem;
mod scaler;
mod targets;
mod time_series;
mod windows;

pub use crate::text::Sequences;
pub use class_weight::ClassWeight;
pub use column_names::ColumnNames;
pub use corpus::{Corpus, Split};
pub use dataset::Dataset;
pub use features::Features;
#[cfg(feature = "files")]
pub(crate) use hold_out::order;
pub use hold_out::{hold_out, hold_out_groups};
pub use inputs::Inputs;
pub use label::label_key;
#[cfg(feature = "files")]
pub(crate) use label::{is_number, sort_labels};
pub use language::next_tokens;
pub(crate) use padding::PAD;
pub use padding::Padding;
pub use problem::Problem;
pub use scaler::Scaler;
pub use targets::Targets;
pub use time_series::TimeSeries;
pub use windows::windows;
