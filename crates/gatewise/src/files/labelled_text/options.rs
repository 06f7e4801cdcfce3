//! How labelled texts are read.
//!
//! Input: choices, each with a default. Output: [`ReadOptions`].

use crate::files::{Columns, OnError, RecordOptions};
use crate::text::Tokenizer;

/// The options of [`LabelledTexts::read`](super::LabelledTexts::read).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The text and label columns. Default: inferred.
    pub columns: Columns,
    /// The tokenizer that splits texts into words. Default: [`Tokenizer::default`], but [`Tokenizer::unicode`] for texts
    /// in a script without spaces between words.
    pub tokenizer: Option<Tokenizer>,
    /// How the file is read: delimiter, header, encoding, and the handling of bad records.
    pub records: RecordOptions,
    /// The labels of a model. A row with another label is a bad record. Default: any label.
    pub labels: Option<Vec<String>>,
    /// The memory for the words of all texts, in bytes (default: 512 MiB). A word takes one or two bytes.
    /// Further words are written to a temporary file.
    pub memory: usize,
}

impl ReadOptions {
    /// Sets the text and label columns.
    pub fn columns(self, columns: Columns) -> Self {
        Self { columns, ..self }
    }

    /// Sets the tokenizer that splits texts into words.
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer: Some(tokenizer), ..self }
    }

    /// Sets how the file is read.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { records, ..self }
    }

    /// Sets the handling of bad records.
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.records.on_error = on_error;
        self
    }

    /// Sets the labels of a model; a row with another label is a bad record.
    pub fn labels(self, labels: &[String]) -> Self {
        Self { labels: Some(labels.to_vec()), ..self }
    }

    /// Sets the memory for the words of all texts, in bytes.
    pub fn memory(self, bytes: usize) -> Self {
        Self { memory: bytes, ..self }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        let (columns, records) = (Columns::default(), RecordOptions::default());
        Self { columns, tokenizer: None, records, labels: None, memory: 512 << 20 }
    }
}
