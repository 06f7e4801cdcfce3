//! Forecasting: how many passengers next month, and a year from now?
//!
//! ```sh
//! GATEWISE_DATA=path/to/datasets cargo run --release --example airline
//! ```
//!
//! Data: `airline_passengers.csv`, passengers a month from 1949 to 1960 (Box and Jenkins). The last 24 months are
//! forecast one month and twelve months ahead, each from the months before, by a model trained on all earlier
//! months. The forecast to beat is the same month of the year before. Fails where that is nearer on average.

use gatewise::data::{Dataset, Features, Padding, Scaler, read_series, windows};
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Fit, Loss, Result, Sequential};
use std::path::PathBuf;

const TEST: usize = 24;
/// Months that a forecast reads.
const LENGTH: usize = 24;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("GATEWISE_DATA").unwrap_or("../shared/datasets".into()));
    let passengers = read_series(&folder.join("airline_passengers.csv"), "Passengers")?;
    let months = passengers.len();
    let first = months - TEST;
    // Growth and seasons are proportional: the model sees and forecasts changes of the logarithm from month to
    // month, scaled by what the training months show.
    let logs: Vec<f32> = passengers.iter().map(|n| n.ln()).collect();
    let changes: Vec<f32> = logs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let scaler = Scaler::fit(changes[..first - 1].iter().copied());
    let scaled: Vec<f32> = changes.iter().map(|&change| scaler.scale(change)).collect();

    let naive = (first..months).map(|month| (passengers[month - 12] - passengers[month]).abs());
    let naive = naive.sum::<f32>() / TEST as f32;
    println!("the same month of the year before: MAE {naive:.2}");
    for horizon in [1, 12] {
        // `changes[i]` leads to month i + 1.
        let training: Dataset = windows(&scaled[..first - 1], LENGTH, horizon)?;
        let mut model =
            Sequential::new().with(Input::new(1)).with(Lstm::new(32)).with(Dense::new(horizon)).compile(1)?;
        let fit = Fit::new().epochs(200).batch_size(16).learning_rate(0.003).seed(1);
        fit.loss(Loss::MeanSquaredError).run(&mut model, &training)?;

        let mut rows = Features::new(1);
        for month in first..months {
            let known = month - horizon;
            rows.push(&scaled[known - LENGTH..known])?;
        }
        let outputs = model.predict(&rows.into(), Padding::default())?;
        let error: f32 = (first..months)
            .zip(outputs.chunks(horizon))
            .map(|(month, steps)| {
                let change: f32 = steps.iter().map(|&step| scaler.restore(step)).sum();
                ((logs[month - horizon] + change).exp() - passengers[month]).abs()
            })
            .sum();
        let error = error / TEST as f32;
        println!("LSTM, {horizon} months ahead: MAE {error:.2}");
        assert!(error < naive, "{horizon} months ahead the LSTM is further off than the year before");
    }
    Ok(())
}
