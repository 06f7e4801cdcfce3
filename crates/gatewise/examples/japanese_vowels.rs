//! Speech: who of nine speakers says these vowels?
//!
//! ```sh
//! GATEWISE_DATA=path/to/datasets cargo run --release --example japanese_vowels
//! ```
//!
//! Data: Kudo, Toyama and Shimbo's Japanese vowels in the official split, 270 utterances to train on and 370 to
//! test on, each 7 to 29 frames of 12 LPC coefficients (`JapaneseVowels_TRAIN.ts` and `_TEST.ts`). Fails below
//! 96 % on the test part. `gatewise train JapaneseVowels_TRAIN.ts --test JapaneseVowels_TEST.ts` does the same from
//! the command line.

use gatewise::files::read_ts;
use gatewise::layers::{Activation, Dense, Dropout, Input, Lstm, Masking};
use gatewise::rows::{Dataset, Features, Padding, Targets, TimeSeries};
use gatewise::{Fit, Result, Sequential};
use std::path::PathBuf;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("GATEWISE_DATA").unwrap_or("../shared/datasets".into()));
    let training = read_ts(&folder.join("JapaneseVowels_TRAIN.ts"))?;
    let test = read_ts(&folder.join("JapaneseVowels_TEST.ts"))?;

    // Each channel to mean 0 and deviation 1, as measured on the training part.
    let width = training.rows.width();
    let channel = |c: usize| training.rows.values().iter().skip(c).step_by(width).copied();
    let scalers: Vec<_> = (0..width).map(|c| gatewise::rows::Scaler::fit(channel(c))).collect();
    let dataset = |series: &TimeSeries| {
        let mut rows = Features::new(width);
        for i in 0..series.rows.len() {
            let row = series.rows.row(i).iter().enumerate();
            rows.push(&row.map(|(at, &x)| scalers[at % width].scale(x)).collect::<Vec<_>>())?;
        }
        let classes = series.classes.iter().map(|&class| class as f32).collect();
        Ok::<_, gatewise::Error>(
            Dataset::new(rows, Targets::rows(1, classes)?)?.with_padding(Padding::default()),
        )
    };
    let (training, test) = (dataset(&training)?, dataset(&test)?);

    let mut model = Sequential::new()
        .with(Input::new(width))
        .with(Masking::new(0.0))
        .with(Dropout::new(0.2))
        .with(Lstm::new(64))
        .with(Dropout::new(0.5))
        .with(Dense::new(9).activation(Activation::Softmax))
        .compile(1)?;
    Fit::new().epochs(100).batch_size(16).learning_rate(0.003).seed(1).run(&mut model, &training)?;
    let measured = model.evaluate(&test)?;
    let accuracy = 100.0 * measured.accuracy.unwrap_or_default();
    println!("Japanese vowels: test loss {:.4}, accuracy {accuracy:.2} %", measured.loss);
    assert!(accuracy >= 96.0, "at least 96 % were expected");
    Ok(())
}
