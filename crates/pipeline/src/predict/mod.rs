//! Answers: for the texts of a file of records, and what is common to all faces that answer.

mod answers;
mod drift;
mod file;

pub use answers::{answered_probabilities, check_top_k, set_threshold, top_labels};
pub use drift::Drift;
pub use file::{Destination, PredictFile, PredictOutcome};
