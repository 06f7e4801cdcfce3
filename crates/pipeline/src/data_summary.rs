//! The numbers of rows of a run.

use serde::Serialize;
use std::fmt;

/// The numbers of rows of a run. `Display` writes one line.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(0).no_baseline(true).plan()?.run(&mut ())?;
/// assert_eq!(outcome.data.to_string(), "reviews, 20000 training and 4000 test rows");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DataSummary {
    /// Name or path of the data.
    pub name: String,
    /// Training rows, including the rows that `validation_split` takes from them. Language model: windows.
    pub training: usize,
    /// Validation rows, where they are not taken from the training rows.
    pub validation: Option<usize>,
    /// Test rows.
    pub test: Option<usize>,
    /// Text of a language model.
    pub text: Option<TextSummary>,
}

/// The numbers of characters and steps of a language model's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TextSummary {
    /// Number of characters.
    pub characters: usize,
    /// Number of different characters.
    pub distinct: usize,
    /// Steps per window.
    pub steps: usize,
}

impl fmt::Display for DataSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, training, validation, test, text } = self;
        if let Some(TextSummary { characters, distinct, steps }) = text {
            let all = format!("{characters} characters, {distinct} of them different");
            return write!(f, "{name}, {all}; {training} windows of {steps}");
        }
        match (validation, test) {
            (Some(validation), Some(test)) => {
                write!(f, "{name}, {training} training, {validation} validation and {test} test rows")
            }
            (None, Some(test)) => write!(f, "{name}, {training} training and {test} test rows"),
            (Some(validation), None) => {
                write!(f, "{name}, {training} training and {validation} validation rows")
            }
            (None, None) => write!(f, "{name}, {training} training rows"),
        }
    }
}
