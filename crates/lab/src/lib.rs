//! Experiments with recurrent layers: the long-lag tasks of 1997 ([`tasks`]), trials of layers on them ([`Trial`]), and a
//! checker of ABC notation ([`abc`]); what the gates of an LSTM do ([`gates`], [`ablation`]), which settings it needs ([`grid`]), and
//! what it costs ([`cost`], [`eager`]).

#![warn(missing_docs)]

pub mod abc;
pub mod ablation;
pub mod cost;
pub mod eager;
pub mod gates;
pub mod grid;
mod jobs;
mod reviews;
mod settings;
pub mod tasks;
mod trial;

pub use jobs::in_parallel;
pub use reviews::ClassicReviews;
pub use settings::{Setting, Training, all};
pub use trial::{Trial, run, run_from};
