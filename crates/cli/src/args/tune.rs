//! Arguments of `gatewise tune`.

use super::Format;
use super::values::{at_least, seed, time};
use clap::Args as ClapArgs;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Search for good settings for a data set within a given time, and save the best model.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  gatewise tune films.csv --time 10m
  gatewise tune films.csv --trials 20 --output best.gatewise -- --test test.csv --cell gru")]
pub struct Tune {
    /// Data, as in `gatewise train`.
    pub data: OsString,
    /// Duration of the search, such as 90s, 5m or 1h.
    #[arg(long, default_value = "5m", value_name = "TIME", value_parser = time)]
    pub time: Duration,
    /// Maximum number of trials.
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub trials: Option<usize>,
    /// File for the best model, written at each improvement; its training curve is written beside it as .svg.
    #[arg(short, long, default_value = "model.gatewise", value_name = "FILE")]
    pub output: PathBuf,
    /// File for the log of the trials, one object per line [default: beside the model, as .trials.jsonl].
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Seed of the search and of each trial.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Options of `gatewise train` for every trial, after --, such as: -- --test FILE --cell gru.
    #[arg(last = true, value_name = "TRAIN OPTIONS")]
    pub fixed: Vec<OsString>,
}
