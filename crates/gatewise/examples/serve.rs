//! Loads a model and answers from eight threads; without a path, a model that has learnt nothing.
use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, Predictor, Result, Sequential};

fn main() -> Result<()> {
    let artifact = std::env::args().nth(1).map_or_else(untrained, Artifact::load)?;
    let predictor = Predictor::new(artifact)?;
    std::thread::scope(|scope| {
        let answer = |_| scope.spawn(|| predictor.answer("A dull, lifeless film."));
        let threads: Vec<_> = (0..8).map(answer).collect();
        for thread in threads {
            println!("{}", thread.join().expect("no thread panics")?.label);
        }
        Ok(())
    })
}

fn untrained() -> Result<Artifact> {
    let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(3));
    let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    let vocabulary = Vocabulary::from_ranked(&["dull".into(), "film".into()], 9)?;
    Artifact::builder(model).text(Tokenizer::default(), vocabulary).labels(["neg", "pos"]).build()
}
