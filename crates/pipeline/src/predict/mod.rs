//! Predictions for texts, files of texts and files of series, and helpers for every interface that predicts.

mod answers;
mod drift;
mod file;
mod input;
mod series;

pub use answers::{check_top_k, predicted_probabilities, set_threshold, top_labels};
pub use drift::Drift;
pub(crate) use file::open_texts;
pub use file::{Destination, PredictFile, PredictOutcome};
pub use input::{PredictInput, text_files};
pub use series::PredictSeries;
