//! Arguments as they are typed; clap checks their form, the library what they mean.

mod data;
mod lab;
mod tune;
mod values;

pub use data::{Data, DataDescribe, Rows};
pub use lab::{Lab, LabAbc, LabTasks};
pub use tune::Tune;

use values::{
    at_least, cell, part, positive, probability, seconds, seed, separator, share, threads, threshold, units,
};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use gatewise::Isa;
use gatewise::layers::RecurrentCell;
use gatewise::metrics::ThresholdRule;
use gatewise::rows::ClassWeight;
use gatewise::text::Side;
use std::path::PathBuf;
use std::time::Duration;

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

/// Train a model and save it as one file.
#[derive(Debug, ClapArgs)]
pub struct Train {
    /// Data: `imdb`, `reviews` (embedded), `keras-imdb`, the path of an aclImdb folder or .tar.gz, labelled texts of
    /// your own (a .csv, .tsv, .jsonl, .ndjson or .parquet file, or a folder with a sub-folder of .txt files for each
    /// label), or a .ts file of labelled series. Without it: imdb where it is at hand or can be fetched, else reviews. For a
    /// language model: a text file.
    pub data: Option<String>,
    /// File like DATA to test on, where DATA are texts or series of your own; without it a tenth of DATA's rows, drawn by
    /// chance, the same share of each label.
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// File like DATA to validate on, where DATA are texts of your own.
    #[arg(long, value_name = "FILE", conflicts_with = "validation_split")]
    pub validation: Option<PathBuf>,
    /// What to learn: the labels of texts, a number for each text, or which character follows in one text.
    #[arg(long, value_enum, default_value_t = Task::Classify, value_name = "TASK")]
    pub task: Task,
    /// What stands between the labels of a row, where it may have any number of them, none too.
    #[arg(long, value_name = "SEPARATOR", value_parser = separator)]
    pub label_separator: Option<String>,
    /// Settings to start from; other options change them. classic: the assignment, LSTM(10) on 5,000 words. fast: LSTM(64)
    /// with dropout. accurate: four small bidirectional LSTMs and a linear model of word runs, which answer
    /// together; slower and larger [default: classic; for a file of texts fast].
    #[arg(long, value_enum, value_name = "PRESET")]
    pub preset: Option<Preset>,
    /// File to write; the training curve goes beside it as .svg.
    #[arg(short, long, default_value = "model.gatewise", value_name = "FILE")]
    pub output: PathBuf,
    /// Passes over the training rows [default: 5; for reviews or a file of texts 8, for a language model 10].
    #[arg(long, value_name = "N", value_parser = at_least(0), allow_negative_numbers = true)]
    pub epochs: Option<usize>,
    /// Rows a step [default: 128; for reviews 64, for a file of texts or a language model 32].
    #[arg(long, value_name = "ROWS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub batch_size: Option<usize>,
    /// Step size of Adam [default: 0.001; for reviews 0.005, for a file of texts or a language model 0.002].
    #[arg(long, value_name = "RATE", value_parser = positive, allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Size of the vocabulary, pad, start and unknown included [default: 5000; of the accurate preset 30000].
    #[arg(long, value_name = "WORDS", value_parser = at_least(3), allow_negative_numbers = true)]
    pub max_words: Option<usize>,
    /// Words seen fewer times in training are unknown [default: 1; of the accurate preset 2].
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub min_count: Option<usize>,
    /// How texts are cut: `words` (as Keras does), `unicode` words, `characters`, or the tokens of a Hugging
    /// Face tokenizer.json, whose path is given [default: words].
    #[arg(long, value_name = "KIND|FILE")]
    pub tokenizer: Option<String>,
    /// Length that rows are padded or cut to [default: 300; for reviews 64, for a language model 128].
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub maxlen: Option<usize>,
    /// Side that short rows are padded on.
    #[arg(long, value_enum, default_value_t = End::Pre, value_name = "SIDE")]
    pub padding: End,
    /// Side that long rows are cut on.
    #[arg(long, value_enum, default_value_t = End::Pre, value_name = "SIDE")]
    pub truncating: End,
    /// Skip padding (Keras's mask_zero) instead of running the recurrent layers over it; always, for a file of
    /// texts.
    #[arg(long)]
    pub mask_zero: bool,
    /// Width of the word vectors [default: 15; for a file of texts or a language model 64].
    #[arg(long, value_name = "WIDTH", value_parser = at_least(1), allow_negative_numbers = true)]
    pub embedding: Option<usize>,
    /// Kind of the recurrent layers.
    #[arg(long, default_value_t = RecurrentCell::Lstm, value_name = "CELL", value_parser = cell())]
    pub cell: RecurrentCell,
    /// Recurrent units; several numbers stack several layers [default: 10; for a file of texts 64, for a language model 256].
    #[arg(long, value_delimiter = ',', value_name = "UNITS", value_parser = units, allow_negative_numbers = true)]
    pub units: Option<Vec<usize>>,
    /// Share of the numbers dropped after each recurrent layer while training, and, for a file of texts, of the
    /// channels of its word vectors [default: 0; for a file of texts 0.5].
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true)]
    pub dropout: Option<f64>,
    /// Share of the training rows to validate on: the last, or, of a file of texts, drawn by chance, the same share
    /// of each label [default: 0.2; for a language model 0.1].
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true)]
    pub validation_split: Option<f64>,
    /// How much the rows of each class count in training: `balanced`, or one number a class.
    #[arg(long, value_name = "WEIGHTS")]
    pub class_weight: Option<ClassWeight>,
    /// The model says yes (of several labels, to each) above it: a number, or the best for accuracy, f1 or youden
    /// (sensitivity + specificity) on the validation rows [default: 0.5].
    #[arg(long, value_name = "RULE|P", value_parser = threshold, allow_negative_numbers = true)]
    pub threshold: Option<Threshold>,
    /// Stop when val_loss has not improved for PATIENCE epochs, and keep the weights of the best epoch.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "3", value_name = "PATIENCE", value_parser = at_least(0))]
    pub early_stopping: Option<usize>,
    /// Divide the learning rate by ten when val_loss has not improved for PATIENCE epochs.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "2", value_name = "PATIENCE", value_parser = at_least(0))]
    pub reduce_lr_on_plateau: Option<usize>,
    /// File for the model with the best val_loss so far, written whenever there is a better one; {epoch}
    /// and {val_loss:.2f} in its name are filled in.
    #[arg(long, value_name = "FILE")]
    pub checkpoint_best: Option<PathBuf>,
    /// CSV file for the figures of each epoch.
    #[arg(long, value_name = "FILE")]
    pub csv_log: Option<PathBuf>,
    /// Folder for the figures of each epoch, for TensorBoard.
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    /// Seed of the weights and of the order of rows.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Folder where the run saves itself, to go on with --resume after a kill: at the end of every epoch
    /// and every --checkpoint-every seconds, the newest two kept.
    #[arg(long, value_name = "DIR")]
    pub checkpoint_dir: Option<PathBuf>,
    /// Time between two checkpoints within an epoch; 0 saves after every batch.
    #[arg(long, default_value = "30", value_name = "SECONDS", value_parser = seconds, requires = "checkpoint_dir", allow_negative_numbers = true)]
    pub checkpoint_every: Duration,
    /// Go on from the newest whole checkpoint, with the same settings (--epochs may be larger): the model
    /// will be that of a run never interrupted, to the last bit. Without a checkpoint yet, start.
    #[arg(long, requires = "checkpoint_dir")]
    pub resume: bool,
    /// What to show while training: 0 nothing, 1 a progress bar, 2 a line an epoch.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=2), value_name = "0|1|2")]
    pub verbose: u8,
    /// Do not fit the linear baselines.
    #[arg(long)]
    pub no_baseline: bool,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
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

/// How the decision threshold is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    At(f32),
    Best(ThresholdRule),
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

impl From<End> for Side {
    fn from(end: End) -> Self {
        match end {
            End::Pre => Self::Pre,
            End::Post => Self::Post,
        }
    }
}

impl Machine {
    /// The number of threads asked for, or that of the physical cores this process may run on.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(gatewise::default_threads)
    }

    /// The machine asked for: that of the process, where nothing is.
    pub fn machine(&self) -> gatewise::Machine {
        let machine = gatewise::Machine::new().isa(self.isa());
        self.threads.map_or(machine.clone(), |threads| machine.threads(threads))
    }

    /// The instruction set asked for, or the fastest present.
    pub fn isa(&self) -> Isa {
        self.isa.unwrap_or_else(Isa::detect)
    }
}
