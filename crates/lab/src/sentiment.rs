//! The classic task of the experiments: the sentiment of film reviews, short enough to train in seconds.
//!
//! Input: where IMDB may be, or nothing. Output: a vocabulary, rows to train on and rows to test on.

use gatewise::datasets::{imdb, locate::SearchPath, reviews};
use gatewise::layers::{Activation, Dense, Embedding, Layer};
use gatewise::rows::{Corpus, Dataset, Padding, Split};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Fit, History, Machine, Model, Result, Sequential};
use std::path::Path;

use crate::Watch;

/// Which reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviews<'a> {
    /// IMDB where it is found, in this folder first; else the generated reviews.
    Found(Option<&'a Path>),
    /// The generated reviews.
    Generated,
}

/// Reviews as words, and what they are called.
#[derive(Debug)]
pub struct ReviewCorpus {
    /// `imdb` or `reviews`.
    pub name: &'static str,
    /// The rows.
    pub corpus: Corpus,
}

impl Reviews<'_> {
    /// Reads or generates the reviews. Nothing is downloaded.
    ///
    /// # Errors
    /// As [`imdb::load`], where there is something called IMDB that cannot be read.
    pub fn load(self, watch: Watch<'_>) -> Result<ReviewCorpus> {
        if let Self::Found(folder) = self {
            let found = SearchPath::new(folder, None).places().iter().any(|place| imdb::is_at(&place.path));
            if found {
                let corpus = imdb::load(imdb::ImdbOptions::default().data_dir(folder))?;
                return Ok(ReviewCorpus { name: "imdb", corpus });
            }
            (watch.note)("IMDB was not found; the generated reviews take its place.");
        }
        let corpus = reviews::corpus(1, &Tokenizer::default());
        Ok(ReviewCorpus { name: "reviews", corpus })
    }
}

/// How much is trained with.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// Rows to train on.
    pub train_rows: usize,
    /// Rows to test on.
    pub test_rows: usize,
    /// Words of a row: the last of longer ones.
    pub maxlen: usize,
    /// Passes over the rows.
    pub epochs: usize,
    /// Step size of Adam.
    pub learning_rate: f64,
}

/// Ids of the vocabulary.
const WORDS: usize = 5_000;
/// Width of the embedding.
const WIDTH: usize = 15;

/// Rows of ids.
#[derive(Debug)]
pub struct Sentiment {
    /// Where the reviews are from.
    pub name: &'static str,
    /// The words.
    pub vocabulary: Vocabulary,
    /// The tokenizer that they were cut with.
    pub tokenizer: Tokenizer,
    /// To train on.
    pub train: Dataset,
    /// To test on.
    pub test: Dataset,
    amount: Amount,
}

impl Sentiment {
    /// The first rows of both parts of `reviews`.
    ///
    /// # Errors
    /// As [`Corpus::build_vocabulary`].
    pub fn new(reviews: &ReviewCorpus, amount: Amount) -> Result<Self> {
        let corpus = &reviews.corpus;
        let vocabulary = corpus.build_vocabulary(WORDS, 1)?;
        let rows = |split: &Split, count: usize| -> Result<Dataset> {
            let rows: Vec<usize> = (0..split.words.len().min(count)).collect();
            let ids = vocabulary.encode_ranks(&split.words.select(&rows));
            Ok(Dataset::new(ids, split.targets.select(&rows))?.with_padding(Padding::to(amount.maxlen)))
        };
        let (train, test) = (rows(&corpus.train, amount.train_rows)?, rows(&corpus.test, amount.test_rows)?);
        let tokenizer = corpus.tokenizer.clone();
        Ok(Self { name: reviews.name, vocabulary, tokenizer, train, test, amount })
    }

    /// The classic layers with `layer` in the middle; padding is masked.
    pub fn layers(&self, layer: Layer) -> Sequential {
        let words = Embedding::new(self.vocabulary.max_words(), WIDTH).mask_zero(true);
        let layers = Sequential::new().with(words).with(layer);
        layers.with(Dense::new(1).activation(Activation::Sigmoid))
    }

    /// Trains `model` with what `fit` says beside this.
    ///
    /// # Errors
    /// As [`Fit::run`].
    pub fn fit<'a>(
        &'a self,
        model: &mut Model,
        fit: Fit<'a>,
        seed: u64,
        machine: &Machine,
        watch: Watch<'a>,
    ) -> Result<History> {
        let Amount { epochs, learning_rate, .. } = self.amount;
        let fit = fit.epochs(epochs).learning_rate(learning_rate).batch_size(32).seed(seed);
        fit.machine(machine).callback(watch.callback()).run(model, &self.train)
    }

    /// Returns the accuracy of `model` on the test rows.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn accuracy(&self, model: &Model, machine: &Machine) -> Result<f64> {
        Ok(model.evaluate_on(&self.test, machine)?.accuracy.unwrap_or(0.0))
    }
}
