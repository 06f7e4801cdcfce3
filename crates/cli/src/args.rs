//! The arguments of every command. Clap checks their form, the library checks their meaning.

mod data;
mod experiments;
mod explain;
mod lab;
mod train;
mod tune;
mod values;

pub use data::{Data, DataDescribe, Rows, Table};
pub use experiments::{LabAblation, LabCost, LabEager, LabGates, LabGrid};
pub use explain::{ColorChoice, Explain, method_name};
pub use lab::{Lab, LabAbc, LabFaithfulness, LabForget, LabGradientFlow, LabMemory, LabReviews, LabTasks};
pub use train::Train;
pub use tune::Tune;

use values::{
    at_least, cell, decimal_mark, part, positive, probability, seed, separator, threads, time, units,
};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use gatewise::Isa;
use gatewise::text::Side;
use gatewise_pipeline::RowOptions;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Recurrent sequence models that train in seconds on a CPU.
#[derive(Debug, Parser)]
#[command(
    name = "gatewise",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  gatewise train films.csv --test test.csv
  gatewise predict model.gatewise 'A fine film, and not a dull minute.'
  gatewise predict 'The built-in model labels this.'

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 130 stopped by Ctrl-C or SIGTERM."
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// Returns the command line. The help of `train` has headings, and the defaults of the pipeline's table.
    pub fn with_defaults() -> clap::Command {
        <Self as clap::CommandFactory>::command().mut_subcommand("train", train::with_sections)
    }

    /// Parses a command line.
    pub fn read<T: Into<OsString> + Clone>(words: impl IntoIterator<Item = T>) -> Result<Self, clap::Error> {
        let matches = Self::with_defaults().try_get_matches_from(words)?;
        <Self as clap::FromArgMatches>::from_arg_matches(&matches)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Box<Train>),
    Tune(Tune),
    Evaluate(Evaluate),
    Predict(Predict),
    Explain(Box<Explain>),
    Generate(Generate),
    Forecast(Forecast),
    Summary(Summary),
    Bench(Bench),
    #[command(subcommand)]
    Data(Data),
    #[command(subcommand)]
    Lab(Lab),
    Completions(Completions),
    Man(Man),
}

/// Print the completions of a shell.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise completions bash > ~/.local/share/bash-completion/completions/gatewise
  gatewise completions zsh > ~/.zfunc/_gatewise
  gatewise completions fish > ~/.config/fish/completions/gatewise.fish")]
pub struct Completions {
    /// Shell.
    pub shell: clap_complete::Shell,
}

/// Print the manual page of gatewise, or write one for each command.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise man | man -l -
  gatewise man --dir ~/.local/share/man/man1")]
pub struct Man {
    /// Folder for the page of every command, such as gatewise-train.1. It is created if it does not exist.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Evaluate a model on test rows: loss, accuracy, and the metrics of its task.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise evaluate model.gatewise test.csv
  gatewise evaluate model.gatewise test.csv --calibration calibration.svg")]
pub struct Evaluate {
    /// Model file.
    pub model: PathBuf,
    /// Data, as in `gatewise train`.
    pub data: OsString,
    /// SVG file for the calibration curve: predicted probability against the fraction of positives.
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Predict labels or numbers for texts, files or folders of texts, or series.
#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "gatewise predict [OPTIONS] [MODEL] [TEXTS]...\n       gatewise predict [OPTIONS] [MODEL] FILE|FOLDER|-",
    after_help = "\
Examples:
  gatewise predict model.gatewise 'A fine film.' 'A dull film.'
  gatewise predict model.gatewise films.csv --output answers.csv
  gatewise predict model.gatewise < lines.txt"
)]
pub struct Predict {
    /// Model file, followed by texts; by a file of texts, as in `train`; by other files, whose lines are texts; by a folder, whose files are texts; or by -, or nothing, for the lines of standard
    /// input. A model of series reads .ts files. Without a model file, the built-in model predicts the
    /// sentiment of English film reviews.
    #[arg(value_name = "MODEL|TEXT|FILE")]
    pub inputs: Vec<OsString>,
    /// Text, also if it looks like a path; give several.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Vec<String>,
    /// File for the records of FILE with the predictions added, or for the predictions of series: .csv, .tsv,
    /// .json, .jsonl or .parquet [default: standard output, in the format of FILE].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Column of FILE that contains the texts; give several, and they are joined [default: guessed].
    #[arg(long, value_name = "NAME")]
    pub text_column: Vec<String>,
    #[command(flatten)]
    pub table: Table,
    /// Number of most probable labels to print, each with its probability.
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub top_k: Option<usize>,
    /// Decision threshold, in place of the model's own: above it, a text is of the positive class; of a multi-label
    /// model, has the label.
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true)]
    pub threshold: Option<f32>,
    /// Output format; json writes one object per line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Generate text with a language model.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise generate model.gatewise --prompt 'ROMEO:' --length 200
  gatewise generate model.gatewise --temperature 0.5 --seed 3")]
pub struct Generate {
    /// Model file, trained with `--task language-model`.
    pub model: PathBuf,
    /// Text to continue; it is printed too.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub prompt: String,
    /// Number of characters to generate.
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub length: usize,
    /// Sampling temperature: below 1 favours probable characters, above 1 evens them out; 0 always takes the
    /// most probable.
    #[arg(long, default_value_t = 0.8, value_name = "T", allow_negative_numbers = true)]
    pub temperature: f64,
    /// Sample from the N most probable characters only; 0 for all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub top_k: usize,
    /// Sample from the most probable characters whose probabilities add up to P only.
    #[arg(long, default_value_t = 1.0, value_name = "P", allow_negative_numbers = true)]
    pub top_p: f64,
    /// Seed of the sampling.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Forecast series of numbers, and test the forecasts on their last part.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise forecast airline_passengers.csv -o forecast.svg
  gatewise forecast sales.csv --column revenue --missing interpolate --horizon 30
  gatewise forecast stores.parquet --id-column store,item -o forecasts.csv")]
pub struct Forecast {
    /// File with a row for each number: CSV, TSV, JSON lines or Parquet, perhaps with dates, and with columns that
    /// name several series.
    pub file: PathBuf,
    /// Column of the numbers [default: y or value, else the last column of numbers].
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Column of the dates, by which rows are sorted [default: found by looking].
    #[arg(long, value_name = "NAME")]
    pub date_column: Option<String>,
    /// Columns that name the series of a row, separated by commas; each series is forecast [default: found by looking
    /// where dates repeat].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub id_column: Vec<String>,
    #[command(flatten)]
    pub table: Table,
    /// Decimal mark of the numbers: . or , [default: found by looking].
    #[arg(long, value_name = "MARK", value_parser = decimal_mark, allow_hyphen_values = true)]
    pub decimal: Option<char>,
    /// What comes first in dates such as 01/02/2020 [default: found by looking].
    #[arg(long, value_enum, value_name = "day-first|month-first")]
    pub date_order: Option<DateOrder>,
    /// What takes the place of missing numbers and dates [default: nothing, they are errors].
    #[arg(long, value_enum, value_name = "interpolate|previous|drop")]
    pub missing: Option<Missing>,
    /// Steps per season; 1 for none [default: by the dates: 12 months, 4 quarters, 52 weeks, 7 days, 24 hours; 12
    /// without dates].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub period: Option<usize>,
    /// Steps to forecast [default: a season].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub horizon: Option<usize>,
    /// Steps that the LSTMs read [default: two seasons].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub length: Option<usize>,
    /// Steps at the end to test on, with models that were not trained on them [default: two seasons, at most a fifth of
    /// the series].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub test: Option<usize>,
    /// Units of each of the five LSTMs.
    #[arg(long, default_value_t = 16, value_name = "UNITS", value_parser = units, allow_negative_numbers = true)]
    pub units: usize,
    /// Number of passes over the series [default: 50, fewer for long series].
    #[arg(long, value_name = "N", value_parser = at_least(0), allow_negative_numbers = true)]
    pub epochs: Option<usize>,
    /// Seed of the weights and of the order of the windows.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// File for the result: .svg for a picture; .csv, .tsv, .jsonl or .parquet for the forecasts as rows.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What comes first in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DateOrder {
    /// 31/12/2020.
    DayFirst,
    /// 12/31/2020.
    MonthFirst,
}

/// What takes the place of missing numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Missing {
    /// The straight line between the numbers before and after.
    Interpolate,
    /// The number before.
    Previous,
    /// Nothing: the numbers before and after become neighbours.
    Drop,
}

/// A set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    Classic,
    Fast,
    Accurate,
}

/// The task of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    Classify,
    Regression,
    LanguageModel,
}

/// Print the contents of a model file.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise summary model.gatewise --stages")]
pub struct Summary {
    /// Model file.
    pub model: PathBuf,
    /// Also print the stages that execute.
    #[arg(long)]
    pub stages: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Measure how fast a model predicts and trains on this machine.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise bench model.gatewise
  gatewise bench model.gatewise films.csv --threads 1")]
pub struct Bench {
    /// Model file.
    pub model: PathBuf,
    /// Data, as in `gatewise train` [default: rows of random words from the model's vocabulary].
    pub data: Option<OsString>,
    /// Time for all measurements; the rows are as many as fit.
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = time)]
    pub time: Duration,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Where data sets are searched, and how files are read.
#[derive(Debug, ClapArgs)]
pub struct Place {
    /// Folder to search for data sets first; then $GATEWISE_DATA, then the cache directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub rows: Rows,
}

/// The threads and the instruction set; the result does not depend on them.
#[derive(Debug, ClapArgs)]
pub struct Machine {
    /// Number of threads [default: the physical cores that this process may use].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// Instruction set: avx512, avx2, neon or portable [default: the fastest one available].
    #[arg(long, value_name = "NAME")]
    pub isa: Option<Isa>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum End {
    Pre,
    Post,
}

impl From<Preset> for gatewise_pipeline::Preset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Classic => Self::Classic,
            Preset::Fast => Self::Fast,
            Preset::Accurate => Self::Accurate,
        }
    }
}

impl From<Task> for gatewise_pipeline::Task {
    fn from(task: Task) -> Self {
        match task {
            Task::Classify => Self::Classify,
            Task::Regression => Self::Regression,
            Task::LanguageModel => Self::LanguageModel,
        }
    }
}

impl Place {
    /// Converts to the pipeline's options.
    pub fn row_options(&self) -> RowOptions {
        let options = self.rows.row_options();
        match &self.data_dir {
            Some(folder) => options.data_dir(folder),
            None => options,
        }
    }
}

impl From<End> for Side {
    fn from(end: End) -> Self {
        match end {
            End::Pre => Self::Pre,
            End::Post => Self::Post,
        }
    }
}

impl Machine {
    /// Returns the requested machine, or the machine of the process.
    pub fn machine(&self) -> gatewise::Machine {
        gatewise_pipeline::machine(self.threads, self.isa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns every command that runs, with its words.
    fn commands(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let all = command.get_subcommands().flat_map(|inner| {
            let words = format!("{words} {}", inner.get_name());
            match inner.has_subcommands() {
                true => commands(inner, &words),
                false => vec![(words, inner.clone())],
            }
        });
        all.collect()
    }

    #[test]
    fn every_command_has_an_example_that_it_parses() {
        for (words, command) in commands(&Args::with_defaults(), "gatewise") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  ")).collect();
            assert!(!examples.is_empty(), "{words} has no example");
            for example in examples {
                // As a shell cuts it, up to a redirection.
                let mut words = Vec::new();
                for (at, part) in example.split('\'').enumerate() {
                    match at % 2 {
                        0 => words.extend(part.split_whitespace().map(str::to_owned)),
                        _ => words.push(part.to_owned()),
                    }
                }
                let end = words.iter().position(|word| ["<", ">", "|"].contains(&word.as_str()));
                words.truncate(end.unwrap_or(words.len()));
                assert!(Args::read(&words).is_ok(), "{example}");
            }
        }
    }
}
