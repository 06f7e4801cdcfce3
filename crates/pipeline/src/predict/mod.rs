//! Predictions for the texts of a file, and helpers for every interface that predicts.

mod answers;
mod drift;
mod file;

pub use answers::{answered_probabilities, check_top_k, set_threshold, top_labels};
pub use drift::Drift;
pub use file::{Destination, PredictFile, PredictOutcome};
