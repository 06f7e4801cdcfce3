//! Arguments of the experiments of `gatewise lab` on one LSTM: its gates, its settings, its costs.

use super::{Format, LabReviews, Machine, at_least, positive, seed, units};
use clap::Args as ClapArgs;
use std::path::PathBuf;

/// What an experiment writes and holds.
#[derive(Debug, ClapArgs)]
pub struct Results {
    /// SVG file for a picture.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Show which values the gates of an LSTM take, before and after training.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab gates --output gates.svg")]
pub struct LabGates {
    #[command(flatten)]
    pub reviews: LabReviews,
    /// Units of the LSTM.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = units, allow_negative_numbers = true)]
    pub units: usize,
    /// Number of test reviews whose words are looked at.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub rows: usize,
    /// Seed of the weights and of the order of the rows.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Fail if the values of any gate after training are mostly below 0.1 or above 0.9.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub results: Results,
    #[command(flatten)]
    pub machine: Machine,
}

/// Compare an LSTM with LSTMs whose input, forget or output gate is held open: on reviews and on a long-lag task.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab ablation --task adding-100 --trials 3 --output ablation.svg")]
pub struct LabAblation {
    #[command(flatten)]
    pub reviews: LabReviews,
    /// Long-lag task, as in `gatewise lab tasks`.
    #[arg(long, default_value = "adding-100", value_name = "TASK")]
    pub task: String,
    /// Number of seeds.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub trials: u16,
    /// First seed; the other trials take the next numbers.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Maximum number of training sequences of a trial of the task.
    #[arg(long, default_value_t = 40_000, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub budget: usize,
    /// Fail unless the whole LSTM solves the task in every trial, and is not less accurate on the reviews than any other by more
    /// than 2 points.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub results: Results,
    #[command(flatten)]
    pub machine: Machine,
}

/// Train an LSTM at every point of a grid: learning rates, numbers of units, and how the gates begin.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise lab grid --output grid.svg
  gatewise lab grid adding-100 --starts 2,100 --budget 20000")]
pub struct LabGrid {
    /// Long-lag task, as in `gatewise lab tasks` [default: film reviews].
    #[arg(conflicts_with_all = ["data_dir", "generated", "rows"])]
    pub task: Option<String>,
    #[command(flatten)]
    pub reviews: LabReviews,
    /// Learning rates of Adam.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "0.0001,0.0003,0.001,0.003,0.01,0.03,0.1,0.3",
        value_name = "RATES",
        value_parser = positive
    )]
    pub learning_rates: Vec<f64>,
    /// Numbers of units [default: 4, 10 and 25; of a task, its own and half of them].
    #[arg(long, value_delimiter = ',', value_name = "UNITS", value_parser = units)]
    pub units: Vec<usize>,
    /// How the gates begin. Reviews: biases of the forget gate [default: 0,1]. Tasks: numbers of steps for which a cell begins by
    /// keeping its value, at most; 2 stands for biases of zero [default: 2,10,100].
    #[arg(long, value_delimiter = ',', value_name = "STARTS", allow_negative_numbers = true)]
    pub starts: Vec<f64>,
    /// Seed of the weights and of the order of the rows.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Maximum number of training sequences of a task.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub budget: usize,
    /// Maximum number of reviews to train on, and to test on [default: all].
    #[arg(long, value_name = "N", value_parser = at_least(20), allow_negative_numbers = true)]
    pub rows: Option<usize>,
    /// Fail unless, for one of the starts, a tenfold range of learning rates is good at every number of units: within 4 points of
    /// the best accuracy (reviews), or solving the task.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub results: Results,
    #[command(flatten)]
    pub machine: Machine,
}

/// Measure what a step of training costs: time by weights and by steps, and memory by steps.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab cost --output cost.svg")]
pub struct LabCost {
    /// Numbers of units, at 100 steps.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "8,16,32,64,128,256",
        value_name = "UNITS",
        value_parser = units
    )]
    pub units: Vec<usize>,
    /// Numbers of steps, at 32 units.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "25,50,100,200,400,800",
        value_name = "STEPS",
        value_parser = at_least(1)
    )]
    pub steps: Vec<usize>,
    /// Fail unless the numbers kept for backpropagation are six for each unit and step. Times are not checked.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub results: Results,
}

/// Compare eager execution, layer by layer on arrays, with the compiled plan: time and answers.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  gatewise lab eager --output eager.svg")]
pub struct LabEager {
    /// Number of rows.
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub rows: usize,
    /// Steps a row.
    #[arg(long, default_value_t = 300, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub steps: usize,
    /// Seed of the weights and the rows.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Fail unless all answers agree to 0.000001. Times are not checked.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub results: Results,
}
