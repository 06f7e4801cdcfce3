//! Six classes: what does a question ask for?
//!
//! ```sh
//! GATEWISE_DATA=path/to/datasets cargo run --release --example trec
//! ```
//!
//! Data: the TREC questions of Li and Roth, `trec_train.csv` and `trec_test.csv`, with the columns `text` and
//! `label`. Fails below 87 % on the 500 test questions. `gatewise train trec_train.csv --test trec_test.csv`
//! does the same from the command line.

use gatewise::files::{LabelledTexts, ReadOptions};
use gatewise::layers::{Activation, Dense, Dropout, Embedding, Lstm, SpatialDropout1D};
use gatewise::rows::{Dataset, Padding, Split};
use gatewise::text::Vocabulary;
use gatewise::{Fit, Result, Sequential};
use std::path::PathBuf;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("GATEWISE_DATA").unwrap_or("../shared/datasets".into()));
    let texts = |name: &str| LabelledTexts::read(&folder.join(name), &ReadOptions::default());
    let corpus = texts("trec_train.csv")?.corpus(&texts("trec_test.csv")?)?;
    let vocabulary = Vocabulary::from_ranked(&corpus.vocabulary, 4_000)?;
    let rows = |split: &Split| -> Result<Dataset> {
        Ok(Dataset::new(vocabulary.encode_ranks(&split.words), split.targets.clone())?
            .with_padding(Padding::to(40)))
    };
    let (training, test) = (rows(&corpus.train)?, rows(&corpus.test)?);

    let mut model = Sequential::new()
        .with(Embedding::new(4_000, 64).mask_zero(true))
        .with(SpatialDropout1D::new(0.3))
        .with(Lstm::new(64))
        .with(Dropout::new(0.5))
        .with(Dense::new(corpus.labels.len()).activation(Activation::Softmax))
        .compile(1)?;
    Fit::new().epochs(12).batch_size(32).learning_rate(0.002).seed(1).run(&mut model, &training)?;
    let measured = model.evaluate(&test)?;
    let accuracy = 100.0 * measured.accuracy.unwrap_or_default();
    println!("TREC: test loss {:.4}, accuracy {accuracy:.2} %", measured.loss);
    assert!(accuracy >= 87.0, "at least 87 % were expected");
    Ok(())
}
