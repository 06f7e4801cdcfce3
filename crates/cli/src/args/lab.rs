//! Arguments of `gatewise lab`.

use super::{
    Format, LabAblation, LabCost, LabEager, LabGates, LabGrid, Machine, at_least, cell, part, positive, seed,
    units,
};
use clap::{Args as ClapArgs, Subcommand};
use gatewise::layers::RecurrentCell;
use gatewise_lab::Reviews;
use std::path::PathBuf;

/// Run experiments.
#[derive(Debug, Subcommand)]
pub enum Lab {
    Tasks(LabTasks),
    GradientFlow(LabGradientFlow),
    Memory(LabMemory),
    Forget(LabForget),
    Faithfulness(LabFaithfulness),
    Abc(LabAbc),
    Gates(LabGates),
    Ablation(LabAblation),
    Grid(LabGrid),
    Cost(LabCost),
    Eager(LabEager),
}

/// Compare LSTM with other recurrent layers on the long-lag tasks of Hochreiter and Schmidhuber (1997).
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab tasks adding-100 order-6a --cells lstm,simple_rnn --trials 1 --output lags.svg")]
pub struct LabTasks {
    /// Tasks: reber, noise-free-100, two-sequences, adding-100, adding-500, adding-1000, multiplication,
    /// order-6a, order-6b, or all [default: noise-free-100 adding-100 order-6a].
    pub names: Vec<String>,
    /// Number of trials of each layer on each task.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub trials: u16,
    /// Seed of the first trial; the other trials take the next numbers.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Layers to compare.
    #[arg(
        long,
        value_parser = cell(),
        value_delimiter = ',',
        default_value = "lstm,gru,simple_rnn,lstm_1997",
        value_name = "LAYERS"
    )]
    pub cells: Vec<RecurrentCell>,
    /// Maximum number of training sequences per trial [default: the task's].
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub budget: Option<usize>,
    /// Units of the layer [default: the task's].
    #[arg(long, value_name = "N", value_parser = units, allow_negative_numbers = true)]
    pub units: Option<usize>,
    /// Learning rate [default: the task's].
    #[arg(long, value_name = "RATE", value_parser = positive, allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// SVG file for a plot of the trials.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail unless LSTM solves every task in every trial, and SimpleRNN solves none.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// The reviews of an experiment.
#[derive(Debug, ClapArgs)]
pub struct LabReviews {
    /// Folder to search for IMDB first; then $GATEWISE_DATA, then the cache directory. Where it is not found, generated
    /// reviews take its place.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Take the generated reviews, also where IMDB is found.
    #[arg(long, conflicts_with = "data_dir")]
    pub generated: bool,
}

impl LabReviews {
    /// Returns which reviews are meant.
    pub fn which(&self) -> Reviews<'_> {
        match self.generated {
            true => Reviews::Generated,
            false => Reviews::Found(self.data_dir.as_deref()),
        }
    }
}

/// Measure how far back the gradients of recurrent layers reach, before and after training.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The gradient is that of the last output of the layer with respect to its state k steps before. It is measured on the
adding problem (with the settings of `lab tasks adding-100`) and on film reviews, before and after training, with and without
clipping, and for SimpleRNN with scaled recurrent kernels.

Examples:
  gatewise lab gradient-flow --output gradients.svg
  gatewise lab gradient-flow --cells lstm,simple_rnn --check")]
pub struct LabGradientFlow {
    /// Layers to compare.
    #[arg(
        long,
        value_parser = cell(),
        value_delimiter = ',',
        default_value = "lstm,gru,simple_rnn,lstm_1997",
        value_name = "LAYERS"
    )]
    pub cells: Vec<RecurrentCell>,
    /// Bound of the norm of each tensor's gradient in the trainings with clipping.
    #[arg(long, default_value_t = 1.0, value_name = "NORM", value_parser = positive, allow_negative_numbers = true)]
    pub clipnorm: f64,
    /// Maximum number of training sequences of the adding problem.
    #[arg(long, default_value_t = 30_000, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub sequences: usize,
    /// Number of training reviews.
    #[arg(long, default_value_t = 4_000, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub rows: usize,
    /// Seed of weights and sequences.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    #[command(flatten)]
    pub reviews: LabReviews,
    /// SVG file for a plot of the norms by lag.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail unless LSTM solves the adding problem and SimpleRNN does not, the gradient of the LSTM's cell at lag 100 is
    /// then at least 100,000 times SimpleRNN's, and scaled kernels make the gradient vanish and explode.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Show what a sentiment model keeps in mind: the line along which its states lie, and what each unit carries.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The states at all steps of many reviews are projected on their two principal axes, for the model and for the same layers
before training.

Examples:
  gatewise lab memory --output memory.svg
  gatewise lab memory --model model.gatewise --check")]
pub struct LabMemory {
    /// Model file, of texts with two labels [default: the built-in model].
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Number of test reviews to read.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = at_least(10), allow_negative_numbers = true)]
    pub rows: usize,
    /// Seed of the untrained model.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    #[command(flatten)]
    pub reviews: LabReviews,
    /// SVG file for a plot of the states.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail unless the states of the model lie near one line, along which the logit grows and which decides as well as the
    /// model; and those of the untrained model do not lie near a line.
    #[arg(long)]
    pub check: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Measure the faithfulness of attributions: delete and insert words in the order of their contributions.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The words that speak most for the predicted label are deleted first, or inserted first into an empty text. A faithful
method makes the probability of the label fall fast, and rise fast. The words in random order, and in the order of the weights of
a linear model, are measured beside the methods.

Example:
  gatewise lab faithfulness --output faithfulness.svg")]
pub struct LabFaithfulness {
    /// Model file, of texts with labels [default: the built-in model].
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Number of test reviews to explain.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = at_least(10), allow_negative_numbers = true)]
    pub rows: usize,
    /// Seed of the random orders.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    #[command(flatten)]
    pub reviews: LabReviews,
    /// SVG file for a plot of the curves.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail unless integrated gradients, occlusion and contextual decomposition beat random orders.
    #[arg(long)]
    pub check: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Compare forget gates whose bias begins at 0 and at 1, before and after training.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab forget --output forget.svg")]
pub struct LabForget {
    /// Units of the LSTM.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = units, allow_negative_numbers = true)]
    pub units: usize,
    /// Number of training reviews.
    #[arg(long, default_value_t = 5_000, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub rows: usize,
    /// Number of passes over them.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub epochs: usize,
    /// Number of trainings with each bias.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub trials: u16,
    /// Seed of the first training; the others take the next numbers.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    #[command(flatten)]
    pub reviews: LabReviews,
    /// SVG file for a plot of gates and half-lives.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail unless the bias 1 has the longer half-lives, before and after training with every seed, and the higher accuracy
    /// over seeds and epochs.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Check which tunes of a text are valid ABC notation.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab abc tunes.abc --at-least 0.9")]
pub struct LabAbc {
    /// File of tunes; - for standard input.
    pub file: PathBuf,
    /// Fail when a smaller fraction of the tunes is valid.
    #[arg(long, value_name = "FRACTION", value_parser = part, allow_negative_numbers = true)]
    pub at_least: Option<f64>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
