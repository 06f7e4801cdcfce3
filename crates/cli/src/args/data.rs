//! Arguments of `gatewise data`, and how the rows of a file are read.

use super::{Format, Task, separator};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use gatewise_pipeline::RowOptions;
use std::path::PathBuf;

/// Look at data.
#[derive(Debug, Subcommand)]
pub enum Data {
    Describe(DataDescribe),
}

/// Tell what a file of labelled texts is like: labels, lengths, words, what suits them, and what is odd.
#[derive(Debug, ClapArgs)]
pub struct DataDescribe {
    /// A .csv, .tsv, .jsonl, .ndjson or .parquet file of labelled texts, or a folder with a sub-folder of .txt files
    /// for each label.
    pub file: PathBuf,
    /// What stands beside the texts: labels, or a number each.
    #[arg(long, default_value = "classify", value_parser = task(), value_name = "TASK")]
    pub task: Task,
    /// What stands between the labels of a row, where it may have any number of them, none too.
    #[arg(long, value_name = "SEPARATOR", value_parser = separator)]
    pub label_separator: Option<String>,
    /// How texts are cut, as for train [default: words].
    #[arg(long, value_name = "KIND|FILE")]
    pub tokenizer: Option<String>,
    #[command(flatten)]
    pub rows: Rows,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// A task that has rows.
fn task() -> impl TypedValueParser<Value = Task> {
    PossibleValuesParser::new(["classify", "regression"]).map(|name| match name.as_str() {
        "regression" => Task::Regression,
        _ => Task::Classify,
    })
}

/// How the rows of a file are read.
#[derive(Debug, ClapArgs)]
pub struct Rows {
    /// Column that has the texts; what several say, given with commas between or one by one, is joined [default: guessed].
    #[arg(long, value_name = "NAME")]
    pub text_column: Vec<String>,
    /// Column that has the labels [default: guessed].
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// What becomes of bad rows of a file, such as those without a label [default: fail].
    #[arg(long, value_enum, value_name = "fail|skip")]
    pub on_error: Option<OnError>,
}

impl Rows {
    /// As the pipeline has it.
    pub fn row_options(&self) -> RowOptions {
        let options = self.text_column.iter().fold(RowOptions::new(), RowOptions::text_column);
        let options = match &self.label_column {
            Some(name) => options.label_column(name),
            None => options,
        };
        match self.on_error {
            Some(on_error) => options.on_error(on_error.into()),
            None => options,
        }
    }
}

/// What becomes of bad rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OnError {
    /// The first one ends the run, with its file and line.
    #[default]
    Fail,
    /// They are left out; how many, and the first ten, are told.
    Skip,
}

impl From<OnError> for gatewise::files::OnError {
    fn from(on_error: OnError) -> Self {
        match on_error {
            OnError::Fail => Self::Fail,
            OnError::Skip => Self::Skip,
        }
    }
}
