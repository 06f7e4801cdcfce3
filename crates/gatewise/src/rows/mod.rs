//! Data sets: the rows that a model reads, with their targets.
//!
//! A [`Dataset`] pairs rows ([`Sequences`] of token ids or [`Features`]) with their [`Targets`]. A [`Corpus`]
//! contains labelled texts as word ranks, before a vocabulary size is chosen.

mod class_weight;
mod corpus;
mod dataset;
mod features;
mod hold_out;
mod inputs;
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
pub use corpus::{Corpus, Split};
pub use dataset::Dataset;
pub use features::Features;
pub use hold_out::hold_out;
#[cfg(feature = "files")]
pub(crate) use hold_out::order;
pub use inputs::Inputs;
pub use language::next_tokens;
pub(crate) use padding::PAD;
pub use padding::Padding;
pub use problem::Problem;
pub use scaler::Scaler;
pub use targets::Targets;
pub use time_series::TimeSeries;
pub use windows::windows;
