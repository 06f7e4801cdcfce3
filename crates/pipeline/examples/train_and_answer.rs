//! Trains a model from a CSV file, saves it, loads it, and answers from eight threads.
//!
//!     cargo run --release --package gatewise-pipeline --example train_and_answer -- films.csv

use gatewise::{Artifact, Result};
use gatewise_pipeline::{Preset, Source, TrainConfig};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).expect("give a CSV file with the columns text and label");
    let plan = TrainConfig::new(Source::file(file)).preset(Preset::Fast).epochs(3).plan()?;
    let outcome = plan.run(&mut ())?;
    println!("{}: {}", outcome.data, outcome.report.expect("a tenth of the rows was kept to test on"));
    outcome.artifact.save("model.gatewise")?;

    let artifact = Artifact::load("model.gatewise")?;
    std::thread::scope(|scope| {
        let ask = |_| scope.spawn(|| artifact.predict(&["A dull, lifeless film."]));
        let threads: Vec<_> = (0..8).map(ask).collect();
        for thread in threads {
            println!("{}", thread.join().expect("no thread panics")?[0].label);
        }
        Ok(())
    })
}
