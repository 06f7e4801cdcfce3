//! Arguments of `gatewise lab`.

use super::{Format, Machine, at_least, cell, part, positive, seed, units};
use clap::{Args as ClapArgs, Subcommand};
use gatewise::layers::RecurrentCell;
use std::path::PathBuf;

/// Experiments, and the equipment for them.
#[derive(Debug, Subcommand)]
pub enum Lab {
    Tasks(LabTasks),
    Abc(LabAbc),
}

/// Run the long-lag tasks of Hochreiter and Schmidhuber (1997): LSTM against other recurrent layers.
#[derive(Debug, ClapArgs)]
pub struct LabTasks {
    /// Tasks: reber, noise-free-100, two-sequences, adding-100, adding-500, adding-1000, multiplication,
    /// order-6a, order-6b, or all [default: noise-free-100 adding-100 order-6a].
    pub names: Vec<String>,
    /// Trials of each layer on each task.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub trials: u16,
    /// Seed of the first trial; the others have the numbers that follow.
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
    /// Sequences a trial may train on [default: the task's].
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub budget: Option<usize>,
    /// Units of the layer [default: the task's].
    #[arg(long, value_name = "N", value_parser = units, allow_negative_numbers = true)]
    pub units: Option<usize>,
    /// Step size of Adam [default: the task's].
    #[arg(long, value_name = "RATE", value_parser = positive, allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Picture to write, as .svg.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Fail unless LSTM solves every task in each trial, and SimpleRNN none.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub machine: Machine,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Judge which tunes of a text are ABC notation.
#[derive(Debug, ClapArgs)]
pub struct LabAbc {
    /// File of tunes; - for standard input.
    pub file: PathBuf,
    /// Fail when a smaller share of the tunes than this parses.
    #[arg(long, value_name = "SHARE", value_parser = part, allow_negative_numbers = true)]
    pub at_least: Option<f64>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
