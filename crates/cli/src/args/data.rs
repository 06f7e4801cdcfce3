//! Arguments of `gatewise data`, and how the rows of a file are read.

use super::{Format, Task, separator};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use gatewise::files::{Delimiter, Encoding, RecordOptions};
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
    /// A .csv, .tsv, .json, .jsonl, .arff or .parquet file of labelled texts, lines with a label each, or a
    /// folder with a sub-folder of texts for each label.
    pub file: PathBuf,
    /// What to predict: labels, or a number for each text.
    #[arg(long, default_value = "classify", value_parser = task(), value_name = "TASK")]
    pub task: Task,
    /// Separator between labels; makes the task multi-label.
    #[arg(long, value_name = "SEPARATOR", value_parser = separator)]
    pub label_separator: Option<String>,
    /// Tokenizer, as in `gatewise train` [default: words; unicode for texts in a script without spaces].
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
    /// Column that contains the labels [default: guessed]. Several columns of 0 and 1, separated by commas or given one
    /// by one, are one label each.
    #[arg(long, value_name = "NAME")]
    pub label_column: Vec<String>,
    #[command(flatten)]
    pub table: Table,
    /// How to handle bad rows of a file, such as rows without a label [default: fail].
    #[arg(long, value_enum, value_name = "fail|skip")]
    pub on_error: Option<OnError>,
}

impl Rows {
    /// Returns the label columns, separated by commas.
    pub fn label_column(&self) -> Option<String> {
        (!self.label_column.is_empty()).then(|| self.label_column.join(","))
    }

    /// Converts to the pipeline's options.
    pub fn row_options(&self) -> RowOptions {
        let options = self.text_column.iter().fold(RowOptions::new(), RowOptions::text_column);
        let options = match self.label_column() {
            Some(name) => options.label_column(name),
            None => options,
        };
        let options = match self.on_error {
            Some(on_error) => options.on_error(on_error.into()),
            None => options,
        };
        self.table.row_options(options)
    }
}

/// How the bytes of a file become rows and fields.
#[derive(Debug, ClapArgs)]
pub struct Table {
    /// Character between the fields of a table, such as ; or |, or the word tab [default: found by looking].
    #[arg(long, value_name = "CHARACTER", allow_hyphen_values = true)]
    pub delimiter: Option<Delimiter>,
    /// Take the first line of a table as the names of its columns, without looking.
    #[arg(long, conflicts_with = "no_header")]
    pub header: bool,
    /// Take the first line of a table as a row, without looking; the columns are then called 1, 2, ….
    #[arg(long)]
    pub no_header: bool,
    /// Encoding of the files, such as windows-1252, utf-16le or shift_jis [default: UTF-8].
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<Encoding>,
}

impl Table {
    /// Returns whether the first line names the columns, where the command line states it.
    pub fn header(&self) -> Option<bool> {
        self.header.then_some(true).or(self.no_header.then_some(false))
    }

    /// Converts to the library's options.
    pub fn record_options(&self) -> RecordOptions {
        let mut options = RecordOptions::default();
        (options.delimiter, options.header, options.encoding) =
            (self.delimiter, self.header(), self.encoding);
        options
    }

    fn row_options(&self, mut options: RowOptions) -> RowOptions {
        if let Some(delimiter) = self.delimiter {
            options = options.delimiter(delimiter);
        }
        if let Some(header) = self.header() {
            options = options.header(header);
        }
        match self.encoding {
            Some(encoding) => options.encoding(encoding),
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
