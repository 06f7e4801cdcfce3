//! Prediction: the one path from text to label that library, command line, server and Python share.
//!
//! Input: an artifact, and texts, series or ids. Output: predictions.

mod answer;
mod predictor;
mod ready;

pub use answer::Answer;
pub use predictor::Predictor;
