//! Arguments as they are typed; clap checks their form, the library what they mean.

mod data;
mod lab;
mod train;
mod tune;
mod values;

pub use data::{Data, DataDescribe, Rows};
pub use lab::{Lab, LabAbc, LabTasks};
pub use train::Train;
pub use tune::Tune;

use values::{at_least, cell, part, positive, probability, seed, separator, threads, units};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use gatewise::Isa;
use gatewise::text::Side;
use gatewise_pipeline::RowOptions;
use std::ffi::OsString;
use std::path::PathBuf;

/// Recurrent sequence models that train in seconds on a CPU.
#[derive(Debug, Parser)]
#[command(
    name = "gatewise",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 130 stopped by Ctrl-C or SIGTERM (work saved)."
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

impl Args {
    /// The command line with the defaults of train as the pipeline's table has them, so that help says what is true.
    pub fn with_defaults() -> clap::Command {
        <Self as clap::CommandFactory>::command().mut_subcommand("train", train::with_defaults)
    }

    /// Reads a command line.
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
    Generate(Generate),
    Forecast(Forecast),
    Summary(Summary),
    Bench(Bench),
    #[command(subcommand)]
    Data(Data),
    #[command(subcommand)]
    Lab(Lab),
}

/// Measure a model on the test rows of a data set: loss, accuracy, and what else suits it.
#[derive(Debug, ClapArgs)]
pub struct Evaluate {
    /// Model file.
    pub model: PathBuf,
    /// Data, as for train.
    pub data: String,
    /// Also compare the probabilities with what happens, and draw that as SVG.
    #[arg(long, value_name = "FILE")]
    pub calibration: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Label texts, the lines of standard input, or a file of texts; or series.
#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "gatewise predict [OPTIONS] [MODEL] [TEXTS]...\n       gatewise predict [OPTIONS] [MODEL] FILE"
)]
pub struct Predict {
    /// Model file, and what to label: texts, or one .csv, .tsv, .jsonl or .parquet file of them; with neither, lines
    /// of standard input. For a model of series, .ts files. Without a model, the program's own answers: the
    /// sentiment of English film reviews.
    #[arg(value_name = "MODEL|TEXT|FILE")]
    pub inputs: Vec<String>,
    /// File for the records of FILE with the answers added, as .csv, .tsv, .jsonl or .parquet [default: to standard
    /// output, as FILE is].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Column of FILE that has the texts; several with commas between are joined [default: guessed].
    #[arg(long, value_name = "NAME")]
    pub text_column: Vec<String>,
    /// Name the N likeliest labels, each with its probability.
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub top_k: Option<usize>,
    /// The model says yes above it, whatever it was trained with; of a model of two classes.
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true)]
    pub threshold: Option<f32>,
    /// How to print the answers; json gives one object a line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Let a language model go on writing.
#[derive(Debug, ClapArgs)]
pub struct Generate {
    /// Model file, of train --task language-model.
    pub model: PathBuf,
    /// What it goes on from; it is shown too.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub prompt: String,
    /// How many characters.
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub length: usize,
    /// Below 1 bolder about what is likely, above 1 more even; 0 always takes the likeliest.
    #[arg(long, default_value_t = 0.8, value_name = "T", allow_negative_numbers = true)]
    pub temperature: f64,
    /// Draw from this many of the likeliest only; 0 for all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub top_k: usize,
    /// Draw from the likeliest that together have this probability only.
    #[arg(long, default_value_t = 1.0, value_name = "P", allow_negative_numbers = true)]
    pub top_p: f64,
    /// Decides what is drawn.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Continue a series of numbers, and say how far off such forecasts were on its last part.
#[derive(Debug, ClapArgs)]
pub struct Forecast {
    /// CSV file with a number a line, in order of time.
    pub file: PathBuf,
    /// Column of the numbers [default: the last whose values are numbers].
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Steps of a season; the forecast to beat is the number a season before.
    #[arg(long, default_value_t = 12, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub period: usize,
    /// Steps to forecast [default: a season].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub horizon: Option<usize>,
    /// Steps that a forecast reads [default: two seasons].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub length: Option<usize>,
    /// Last steps that forecasts are tested on, by models that did not see them [default: two seasons].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub test: Option<usize>,
    /// Units of the LSTM.
    #[arg(long, default_value_t = 32, value_name = "UNITS", value_parser = units, allow_negative_numbers = true)]
    pub units: usize,
    /// Passes over the series.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = at_least(0), allow_negative_numbers = true)]
    pub epochs: usize,
    /// Seed of the weights and of the order of windows.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Picture of the series with its forecasts, as .svg.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub machine: Machine,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Settings that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    Classic,
    Fast,
    Accurate,
}

/// What a model learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    Classify,
    Regression,
    LanguageModel,
}

/// Show what a model file holds.
#[derive(Debug, ClapArgs)]
pub struct Summary {
    /// Model file.
    pub model: PathBuf,
    /// Also show the stages that will execute.
    #[arg(long)]
    pub stages: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Measure how fast a model answers and trains on this machine.
#[derive(Debug, ClapArgs)]
pub struct Bench {
    /// Model file.
    pub model: PathBuf,
    /// Data, as for train; without it, rows of random words from the model's vocabulary.
    pub data: Option<String>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Where data sets are looked for, and how those in a file are read.
#[derive(Debug, ClapArgs)]
pub struct Place {
    /// Folder to look in first; then $GATEWISE_DATA, then the cache directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub rows: Rows,
}

/// What to compute with; none of it changes the result.
#[derive(Debug, ClapArgs)]
pub struct Machine {
    /// Threads [default: the physical cores this process may run on].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// Instruction set: avx512, avx2, neon or portable [default: the fastest present].
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
    /// As the pipeline has it.
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
    /// The machine asked for: that of the process, where nothing is.
    pub fn machine(&self) -> gatewise::Machine {
        let machine = gatewise::Machine::new();
        let machine = self.threads.map_or(machine.clone(), |threads| machine.threads(threads));
        self.isa.map_or(machine.clone(), |isa| machine.isa(isa))
    }
}
