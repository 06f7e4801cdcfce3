//! Forecasting: how many passengers next month, and a year from now?
//!
//! ```sh
//! GATEWISE_DATA=path/to/datasets cargo run --release --example airline
//! ```
//!
//! Data: `airline_passengers.csv`, passengers a month from 1949 to 1960 (Box and Jenkins). The last 24 months are
//! forecast one month and twelve months ahead, each from the months before, by a model trained on all earlier
//! months. The forecast to beat is the same month of the year before. Fails where that is nearer on average.
//! `gatewise forecast airline_passengers.csv` does the same from the command line.

use gatewise::files::read_series;
use gatewise::{ForecastOptions, Forecaster, Result};
use std::path::PathBuf;

const TEST: usize = 24;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("GATEWISE_DATA").unwrap_or("../shared/datasets".into()));
    let passengers = read_series(&folder.join("airline_passengers.csv"), "Passengers")?;
    let months = passengers.len();
    let first = months - TEST;
    let naive = (first..months).map(|month| (passengers[month - 12] - passengers[month]).abs());
    let naive = naive.sum::<f32>() / TEST as f32;
    println!("the same month of the year before: MAE {naive:.2}");
    for horizon in [1, 12] {
        let options = ForecastOptions::default().horizon(horizon);
        let forecaster = Forecaster::fit(&passengers[..first], &options)?;
        let mut error = 0.0;
        for month in first..months {
            let forecast = forecaster.forecast(&passengers[..=month - horizon])?[horizon - 1];
            error += (forecast - passengers[month]).abs() / TEST as f32;
        }
        println!("LSTM, {horizon} months ahead: MAE {error:.2}");
        assert!(error < naive, "{horizon} months ahead the LSTM is further off than the year before");
    }
    Ok(())
}
