//! Hidden states of every step as a matrix, `[steps][units]`: what an LSTM makes of a sentence, token by token.
//!
//!     cargo run --release --example hidden_states

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::{Fit, Result, Sequential};

fn main() -> Result<()> {
    // Rows of five ids that begin with a 1 are positive: the LSTM has to remember the first step.
    let rows: Sequences = (0..400).map(|i| [1 + i % 2, 3 + i % 7, 3 + i % 5, 3 + i % 3, 3]).collect();
    let data = Dataset::new(rows.clone(), (0..400).map(|i| ((i + 1) % 2) as f32).collect::<Vec<_>>())?;
    let layers = Sequential::new().with(Embedding::new(10, 4)).with(Lstm::new(6));
    let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    Fit::new().epochs(10).learning_rate(0.02).run(&mut model, &data)?;

    let states = model.hidden_states(&rows.into(), Padding::default(), "lstm")?;
    for (step, h) in states.row(0).chunks(states.width()).enumerate() {
        println!("step {step}: {h:6.3?}");
    }
    Ok(())
}
