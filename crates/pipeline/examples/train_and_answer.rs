//! Trains a model from a CSV file, saves it, and answers from eight threads that share it.
//!
//!     cargo run --release --package gatewise-pipeline --example train_and_answer -- films.csv

use gatewise::{Artifact, Predictor, Result};
use gatewise_pipeline::{Preset, Source, TrainConfig};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).expect("give a CSV file with the columns text and label");
    let outcome = TrainConfig::new(Source::file(file)).preset(Preset::Fast).epochs(3).plan()?.run(&mut ())?;
    println!("{}: {}", outcome.data, outcome.report.expect("a tenth of the rows was kept to test on"));
    outcome.artifact.save("model.gatewise")?;

    let predictor = Predictor::new(Artifact::load("model.gatewise")?)?;
    std::thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(|| predictor.answer("A dull, lifeless film.")));
        threads.into_iter().try_for_each(|thread| {
            println!("{}", thread.join().expect("no thread panics")?.label);
            Ok(())
        })
    })
}
