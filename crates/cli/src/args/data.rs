//! Arguments of `gatewise data`, and how the rows of a file are read.

use super::{Format, Task, separator};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use gatewise_pipeline::RowOptions;
use std::path::PathBuf;

/// Inspect data.
#[derive(Debug, Subcommand)]
pub enum Data {
    Describe(DataDescribe),
}

/// Describe a file of labelled texts: labels, lengths, words, suggested settings, and problems.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise data describe films.csv
  gatewise data describe prices.csv --task regression --label-column price")]
pub struct DataDescribe {
    /// A .csv, .tsv, .jsonl, .ndjson or .parquet file of labelled texts, or a folder with a sub-folder of
    /// .txt files for each label.
    pub file: PathBuf,
    /// What to predict: labels, or a number for each text.
    #[arg(long, default_value = "classify", value_parser = task(), value_name = "TASK")]
    pub task: Task,
    /// Separator between labels; makes the task multi-label.
    #[arg(long, value_name = "SEPARATOR", value_parser = separator)]
    pub label_separator: Option<String>,
    /// Tokenizer, as in `gatewise train` [default: words].
    #[arg(long, value_name = "KIND|FILE")]
    pub tokenizer: Option<String>,
    #[command(flatten)]
    pub rows: Rows,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Parses a task whose data are rows.
fn task() -> impl TypedValueParser<Value = Task> {
    PossibleValuesParser::new(["classify", "regression"]).map(|name| match name.as_str() {
        "regression" => Task::Regression,
        _ => Task::Classify,
    })
}

/// How the rows of a file are read.
#[derive(Debug, ClapArgs)]
pub struct Rows {
    /// Column that contains the texts; several columns, separated by commas or given one by one, are joined
    /// [default: guessed].
    #[arg(long, value_name = "NAME")]
    pub text_column: Vec<String>,
    /// Column that contains the labels [default: guessed].
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// How to handle bad rows of a file, such as rows without a label [default: fail].
    #[arg(long, value_enum, value_name = "fail|skip")]
    pub on_error: Option<OnError>,
}

impl Rows {
    /// Converts to the pipeline's options.
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

/// How to handle bad rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OnError {
    /// Stop at the first bad row, and report its file and line.
    #[default]
    Fail,
    /// Skip bad rows, and report their number and the first ten.
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
