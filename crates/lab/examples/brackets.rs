//! A label for every step: how deep are these brackets nested, and has one closed wrongly?
//!
//! ```sh
//! cargo run --release --example brackets
//! ```
//!
//! Strings of 10 to 60 brackets and letters, padded to one length; padding is masked, so that it is neither read
//! nor scored. Fails below 98 % of the steps of strings that the model has not seen.

use gatewise::layers::{Activation, Dense, Input, Lstm, Masking};
use gatewise::{Fit, Result, Sequential};
use gatewise_lab::tasks::{Brackets, Task};

fn main() -> Result<()> {
    let task = Brackets::default();
    let (training, test) = (task.dataset(1, 0, 8_000)?, task.dataset(1, 1, 1_000)?);
    let mut model = Sequential::new()
        .with(Input::new(task.input_width()))
        .with(Masking::new(0.0))
        .with(Lstm::new(64).return_sequences(true))
        .with(Dense::new(task.target_width()).activation(Activation::Softmax))
        .compile(1)?;
    Fit::new().epochs(30).batch_size(32).learning_rate(0.004).seed(1).run(&mut model, &training)?;
    let measured = model.evaluate(&test)?;
    let accuracy = 100.0 * measured.accuracy.unwrap_or_default();
    println!("Brackets: test loss {:.4}, accuracy {accuracy:.2} % of the steps", measured.loss);
    assert!(accuracy >= 98.0, "at least 98 % were expected");
    Ok(())
}
