//! What the data of a run are, in numbers.

use serde::Serialize;
use std::fmt;

/// The data of a run, in numbers. Printed, it is one line.
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
    /// Rows to learn from; without validation rows of their own, those to validate on are cut off these. Of a text, windows.
    pub training: usize,
    /// Rows to validate on, where they are apart.
    pub validation: Option<usize>,
    /// Rows to test on.
    pub test: Option<usize>,
    /// Of a language model's data, the text.
    pub text: Option<TextSummary>,
}

/// The text that a language model learns, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TextSummary {
    /// How many characters the text has.
    pub characters: usize,
    /// How many of them differ.
    pub distinct: usize,
    /// Steps of a window.
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
