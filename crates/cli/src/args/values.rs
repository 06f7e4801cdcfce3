//! Parsers for the values of options, with their error messages.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gatewise::layers::RecurrentCell;
use gatewise_pipeline::Threshold;
use std::time::Duration;

/// Parses the name of a recurrent layer.
pub fn cell() -> impl TypedValueParser<Value = RecurrentCell> {
    PossibleValuesParser::new(RecurrentCell::ALL.map(RecurrentCell::name)).try_map(|name| name.parse())
}

/// Parses a whole number of at least `low`.
pub fn at_least(low: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync {
    move |text| {
        let number = text.parse().ok().filter(|&number| number >= low);
        number.ok_or_else(|| format!("it must be a whole number of at least {low}"))
    }
}

/// Parses a number of units. A larger recurrent kernel would exceed the largest model (2³⁰ weights).
pub fn units(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=16_384).contains(number));
    number.ok_or_else(|| "it must be a whole number from 1 to 16384".to_owned())
}

/// Parses a decimal mark.
pub fn decimal_mark(text: &str) -> Result<char, String> {
    match text {
        "." | "point" => Ok('.'),
        "," | "comma" => Ok(','),
        _ => Err("it must be . or ,".to_owned()),
    }
}

pub fn threads(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=1024).contains(number));
    number.ok_or_else(|| "it must be a whole number from 1 to 1024".to_owned())
}

pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "it must be a number of seconds, 0 or more, such as 30 or 0.5".to_owned())
}

pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it must be a whole number from 0 to {}", u64::MAX))
}

pub fn threshold(text: &str) -> Result<Threshold, String> {
    let number = probability(text).ok().map(Threshold::At);
    let wanted = "it must be accuracy, f1, youden, or a number of at least 0 and below 1";
    number.or_else(|| text.parse().ok().map(Threshold::Best)).ok_or_else(|| wanted.to_owned())
}

pub fn separator(text: &str) -> Result<String, String> {
    let blank = text.chars().all(char::is_alphanumeric);
    if blank {
        Err("it must contain a character other than letters and digits, such as ; or |".into())
    } else {
        Ok(text.into())
    }
}

pub fn probability(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (0.0..1.0).contains(number));
    number.ok_or_else(|| "it must be a number of at least 0 and below 1".to_owned())
}

pub fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "it must be a number above 0, such as 0.001".to_owned())
}

pub fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..1.0).contains(number));
    number.ok_or_else(|| "it must be a number of at least 0 and below 1, such as 0.2".to_owned())
}

pub fn part(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "it must be a number from 0 to 1, such as 0.9".to_owned())
}

/// Parses a time with its unit; seconds without a unit.
pub fn time(text: &str) -> Result<Duration, String> {
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
