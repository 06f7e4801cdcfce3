//! `gatewise train` on labelled texts: the classic assignment, and files of one's own.

use super::parts::Parts;
use super::train::{check, learn};
use crate::args::Train;
use crate::{Done, data, note};
use gatewise::baseline::Ngrams;
use gatewise::data::{Dataset, Padding, Split};
use gatewise::layers::{Embedding, SpatialDropout1D};
use gatewise::{Artifact, Error, History, Result, Sequential, TrainingSummary};

/// Settings whose defaults depend on the data.
struct Settings {
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    maxlen: usize,
    embedding: usize,
    units: Vec<usize>,
    dropout: f64,
    /// Whether the texts are a file's: then padding is masked, and the word vectors drop channels too.
    table: bool,
}

impl Settings {
    fn new(args: &Train, data: &str) -> Self {
        // The classic assignment; what the small embedded corpus needs for as many steps; and what suits a few
        // thousand texts of a sentence or more.
        let table = data::is_table(data);
        let (epochs, batch_size, learning_rate, maxlen) = match data {
            data::REVIEWS => (8, 64, 5e-3, 64),
            _ if table => (8, 32, 2e-3, 300),
            _ => (5, 128, 1e-3, 300),
        };
        let (embedding, units, dropout) = if table { (64, 64, 0.5) } else { (15, 10, 0.0) };
        Self {
            epochs: args.epochs.unwrap_or(epochs),
            batch_size: args.batch_size.unwrap_or(batch_size),
            learning_rate: args.learning_rate.unwrap_or(learning_rate),
            maxlen: args.maxlen.unwrap_or(maxlen),
            embedding: args.embedding.unwrap_or(embedding),
            units: args.units.clone().unwrap_or(vec![units]),
            dropout: args.dropout.unwrap_or(dropout),
            table,
        }
    }
}

pub fn texts(args: &Train) -> Result<Done> {
    check(args)?;
    spec(args, &Settings::new(args, args.data.as_deref().unwrap_or_default()), 2).compile(args.seed)?;
    let test = data::Test::Apart(args.test.as_deref());
    let tokenizer = match (args.data.as_deref(), &args.tokenizer) {
        (Some(data::KERAS_IMDB), Some(_)) => {
            return Err(Error::config("keras-imdb is cut into words already; leave --tokenizer out"));
        }
        (_, name) => data::tokenizer(name.as_deref().unwrap_or("words"))?,
    };
    let (name, corpus) = data::load_or_fall_back(args.data.as_deref(), &args.place, test, &tokenizer)?;
    let settings = Settings::new(args, &name);
    let model = spec(args, &settings, corpus.labels.len()).compile(args.seed)?;
    for note in &corpus.notes {
        note!("note: {note}");
    }
    let padding = Padding {
        maxlen: Some(settings.maxlen),
        padding: args.padding.into(),
        truncating: args.truncating.into(),
    };
    let vocabulary = corpus.words(args.max_words, args.min_count)?;
    let oov_rate = Some(corpus.oov_rate(&vocabulary));
    let rows = |split: &Split| -> Result<Dataset> {
        let targets: Vec<f32> = split.classes.iter().map(|&class| class as f32).collect();
        Ok(Dataset::new(vocabulary.encode_ranks(&split.words), targets)?.with_padding(padding))
    };
    let (training, test) = (rows(&corpus.train)?, rows(&corpus.test)?);
    // Pairs of words of a large corpus take longer than the model itself.
    let ngrams: &[Ngrams] = match name.as_str() {
        data::REVIEWS => &[Ngrams::Unigrams, Ngrams::Bigrams],
        _ => &[Ngrams::Unigrams],
    };
    let &Settings { epochs, batch_size, learning_rate, .. } = &settings;
    let artifact = Artifact {
        model,
        tokenizer: corpus.tokenizer,
        vocabulary,
        scalers: Vec::new(),
        padding,
        labels: corpus.labels,
        threshold: 0.5,
        training: TrainingSummary {
            data: name,
            seed: args.seed,
            batch_size,
            epochs,
            learning_rate,
            history: History::default(),
            test: None,
            oov_rate,
        },
    };
    let parts = match settings.table {
        true => Parts::of_file(args, &artifact, training, test)?,
        false => Parts { training, validation: None, test },
    };
    learn(args, artifact, &parts, ngrams)
}

/// The classic model, of another cell or a stack of layers where that is asked for, with an output for each class
/// where there are more than two.
fn spec(args: &Train, settings: &Settings, classes: usize) -> Sequential {
    let embedding =
        Embedding::new(args.max_words, settings.embedding).mask_zero(args.mask_zero || settings.table);
    let (units, dropout) = (&settings.units, settings.dropout);
    let below = Sequential::new().with(embedding);
    let below = match settings.table && dropout > 0.0 {
        true => below.with(SpatialDropout1D::new(dropout)),
        false => below,
    };
    super::recurrent(below, args.cell, units, dropout, false).with(super::head(classes))
}
