//! Arguments of `gatewise tune`.

use super::{Format, at_least, seed};
use clap::Args as ClapArgs;
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
    pub data: String,
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
    pub fixed: Vec<String>,
}

fn time(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "s" | "" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let seconds = number.parse().ok().zip(factor).map(|(number, factor): (f64, f64)| number * factor);
    let time = seconds.filter(|&seconds| seconds > 0.0).and_then(|s| Duration::try_from_secs_f64(s).ok());
    // The system's clock cannot represent every later moment.
    let time = time.filter(|time| time.as_secs() < 31_536_000);
    time.ok_or_else(|| "it must be a time, such as 90s, 5m or 1h".to_owned())
}
