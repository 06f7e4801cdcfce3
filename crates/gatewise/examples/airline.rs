//! Forecasting: how many passengers next month, and a year from now?
//!
//! ```sh
//! GATEWISE_DATA=path/to/datasets cargo run --release --example airline
//! ```
//!
//! Data: `airline_passengers.csv`, passengers a month from 1949 to 1960 (Box and Jenkins). The last 24 months are
//! forecast one month and twelve months ahead, each from the months before, by a model trained on all earlier
//! months. The forecasts to beat are the month of the year before, and that times the mean growth over a year. Fails where the
//! first is nearer on average, or the second by more than a twentieth.
//! `gatewise forecast airline_passengers.csv` does the same from the command line.

use gatewise::files::{NumberOptions, read_numbers};
use gatewise::{Baseline, ForecastOptions, Forecaster, Result};
use std::path::PathBuf;

const TEST: usize = 24;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("GATEWISE_DATA").unwrap_or("../shared/datasets".into()));
    let file = read_numbers(&folder.join("airline_passengers.csv"), &NumberOptions::default())?;
    let passengers = &file.series[0].values;
    let first = passengers.len() - TEST;
    let (training, months) = (&passengers[..first], first - 11..passengers.len());
    let lengths: Vec<usize> = months.collect();
    let errors = |forecasts: &[Vec<f64>], ahead: usize| {
        let of = |(length, forecast): (&usize, &Vec<f64>)| (length + ahead - 1, forecast[ahead - 1]);
        let tested = lengths
            .iter()
            .zip(forecasts)
            .map(of)
            .filter(|(month, _)| (first..passengers.len()).contains(month));
        tested.map(|(month, forecast)| (forecast - passengers[month]).abs()).sum::<f64>() / TEST as f64
    };
    let baseline = |baseline: Baseline| {
        let fitted = baseline.fit(training, 12);
        let all: Vec<Vec<f64>> =
            lengths.iter().map(|&length| fitted.forecast(&passengers[..length], 12)).collect();
        println!("{baseline}: MAE {:.2}", errors(&all, 12));
        errors(&all, 12)
    };
    let (naive, growth) = (baseline(Baseline::SeasonalNaive), baseline(Baseline::SeasonalGrowth));
    let mut mean = [0.0; 2];
    for seed in 1..=5 {
        let options = ForecastOptions::default().period(12).horizon(12).seed(seed);
        let forecasts = Forecaster::fit(training, &options)?.rolling(passengers, &lengths)?;
        let all: f64 = (1..=12).map(|ahead| errors(&forecasts, ahead) / 12.0).sum();
        let [one, twelve] = [errors(&forecasts, 1), errors(&forecasts, 12)];
        println!(
            "LSTM, seed {seed}: MAE {one:.2} one month ahead, {twelve:.2} twelve months ahead, {all:.2} on average"
        );
        mean = [mean[0] + one / 5.0, mean[1] + twelve / 5.0];
    }
    println!(
        "LSTM, mean of five seeds: MAE {:.2} one month ahead, {:.2} twelve months ahead",
        mean[0], mean[1]
    );
    assert!(mean[0] < growth && mean[1] < naive && mean[1] < 1.05 * growth);
    Ok(())
}
