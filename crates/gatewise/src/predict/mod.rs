//! Artifact to answers: the one path from text to label that library, command line, server and Python
//! share.
//!
//! Enters: an artifact, and texts, series or ids. Leaves: answers.

mod answer;
mod predictor;
mod ready;

pub use answer::Answer;
pub use predictor::Predictor;
