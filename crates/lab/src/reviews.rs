//! The classic assignment as an experiment: reviews as ids, and Embedding(5000, 15) → LSTM → Dense(1, sigmoid) on them.
//!
//! Input: the IMDB reviews or the generated ones. Output: rows, and models trained on them with the settings of
//! `gatewise train`.

use crate::sentiment::{ReviewCorpus, Reviews};
use crate::watch::Watch;
use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::rows::{Corpus, Dataset, Padding};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Fit, Machine, Model, Result, Sequential};

/// Ids, and numbers a vector.
const WORDS: usize = 5_000;
const EMBEDDING: usize = 15;
/// The share of the training rows that is trained on; the rest is for validation, as in the assignment.
const TRAINED: f64 = 0.8;

/// Reviews as rows of ids, and how a model is trained on them.
#[derive(Debug, Clone)]
pub struct ClassicReviews {
    /// `imdb` or `reviews`.
    pub name: &'static str,
    /// Rows to train on.
    pub training: Dataset,
    /// Rows to test on.
    pub test: Dataset,
    /// The words that have an id.
    pub vocabulary: Vocabulary,
    /// The tokenizer that made the rows.
    pub tokenizer: Tokenizer,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows a step.
    pub batch_size: usize,
    /// Step size of Adam.
    pub learning_rate: f64,
}

impl ClassicReviews {
    /// Reads or generates the reviews, with the settings of `gatewise train` for them.
    ///
    /// # Errors
    /// As [`Reviews::load`] and [`Corpus::build_vocabulary`].
    pub fn load(reviews: Reviews<'_>, watch: Watch<'_>) -> Result<Self> {
        let ReviewCorpus { name, corpus } = reviews.load(watch)?;
        match name {
            "imdb" => Self::of(name, &corpus, Padding::to(300), (5, 128, 1e-3)),
            _ => Self::of(name, &corpus, Padding::to(64), (8, 64, 5e-3)),
        }
    }

    /// Generates the reviews of `gatewise train reviews`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn generated() -> Result<Self> {
        Self::load(Reviews::Generated, Watch { note: &|_| {}, stop: &|| false })
    }

    fn of(
        name: &'static str,
        corpus: &Corpus,
        padding: Padding,
        (epochs, batch_size, learning_rate): (usize, usize, f64),
    ) -> Result<Self> {
        let vocabulary = corpus.build_vocabulary(WORDS, 1)?;
        let rows = |split: &gatewise::rows::Split| {
            let rows = Dataset::new(vocabulary.encode_ranks(&split.words), split.targets.clone())?;
            Ok::<_, gatewise::Error>(rows.with_padding(padding))
        };
        let (training, test) = (rows(&corpus.train)?, rows(&corpus.test)?);
        let trained = (training.len() as f64 * TRAINED).floor() as usize;
        let training = training.select(&(0..trained).collect::<Vec<_>>());
        let tokenizer = corpus.tokenizer.clone();
        Ok(Self { name, training, test, vocabulary, tokenizer, epochs, batch_size, learning_rate })
    }

    /// Keeps at most `rows` training rows and as many test rows: the first ones, which are in random order.
    #[must_use]
    pub fn first(self, rows: usize) -> Self {
        let first = |data: &Dataset| data.select(&(0..rows.min(data.len())).collect::<Vec<_>>());
        Self { training: first(&self.training), test: first(&self.test), ..self }
    }

    /// Returns the untrained model of the assignment, with this LSTM in it.
    ///
    /// # Errors
    /// As [`Sequential::compile`].
    pub fn model(&self, lstm: Lstm, seed: u64) -> Result<Model> {
        let layers = Sequential::new().with(Embedding::new(WORDS, EMBEDDING)).with(lstm);
        layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(seed)
    }

    /// Trains `model`, as `gatewise train` does with this seed.
    ///
    /// # Errors
    /// As [`Fit::run`].
    pub fn train(&self, model: &mut Model, learning_rate: f64, seed: u64, machine: &Machine) -> Result<()> {
        let fit = Fit::new().epochs(self.epochs).batch_size(self.batch_size).learning_rate(learning_rate);
        fit.seed(seed).machine(machine).run(model, &self.training).map(drop)
    }

    /// Returns the share of the test rows that the model labels correctly.
    ///
    /// # Errors
    /// As [`Model::evaluate_on`].
    pub fn accuracy(&self, model: &Model, machine: &Machine) -> Result<f64> {
        Ok(model.evaluate_on(&self.test, machine)?.accuracy.unwrap_or_default())
    }
}
