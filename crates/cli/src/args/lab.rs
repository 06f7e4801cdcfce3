//! Arguments of `gatewise lab`.

use super::{
    Format, LabAblation, LabCost, LabEager, LabGates, LabGrid, Machine, at_least, cell, part, positive, seed,
    units,
};
use clap::{Args as ClapArgs, Subcommand};
use gatewise::layers::RecurrentCell;
use std::path::PathBuf;

/// Run experiments.
#[derive(Debug, Subcommand)]
pub enum Lab {
    Tasks(LabTasks),
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
    /// Learning rate of Adam [default: the task's].
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
