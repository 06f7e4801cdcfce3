//! `gatewise train` on labelled texts: the classic assignment, and files of one's own.

use super::parts::Parts;
use super::train::{check, learn};
use crate::args::{Task, Train};
use crate::{Done, data, note};
use gatewise::baseline::Ngrams;
use gatewise::data::{Corpus, Padding, Problem};
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
    let (name, corpus) = load(args)?;
    let (artifact, parts) = prepare(args, &name, &corpus)?;
    learn(args, artifact, &parts, ngrams(&name))
}

/// What baselines count: pairs of words of a large corpus take longer than the model itself.
pub(super) fn ngrams(name: &str) -> &'static [Ngrams] {
    match name {
        data::REVIEWS => &[Ngrams::Unigrams, Ngrams::Bigrams],
        _ => &[Ngrams::Unigrams],
    }
}

/// The corpus that the arguments name, after a look at the settings, which cost nothing to refuse.
pub(super) fn load(args: &Train) -> Result<(String, Corpus)> {
    let problem = problem(args)?;
    spec(args, &Settings::new(args, args.data.as_deref().unwrap_or_default()), &problem, 2)
        .compile(args.seed)?;
    let test = data::Test::Apart(args.test.as_deref());
    let tokenizer = match (args.data.as_deref(), &args.tokenizer) {
        (Some(data::KERAS_IMDB), Some(_)) => {
            return Err(Error::config("keras-imdb is cut into words already; leave --tokenizer out"));
        }
        (_, name) => data::tokenizer(name.as_deref().unwrap_or("words"))?,
    };
    let reading = data::Reading { problem: &problem, tokenizer: &tokenizer };
    let (name, corpus) = data::load_or_fall_back(args.data.as_deref(), &args.place, test, reading)?;
    for note in &corpus.notes {
        note!("note: {note}");
    }
    Ok((name, corpus))
}

/// The model for the corpus called `name`, as yet untrained, and the corpus's rows as it reads them.
pub(super) fn prepare(args: &Train, name: &str, corpus: &Corpus) -> Result<(Artifact, Parts)> {
    let settings = Settings::new(args, name);
    let model = spec(args, &settings, &corpus.problem, corpus.labels.len()).compile(args.seed)?;
    let padding = Padding {
        maxlen: Some(settings.maxlen),
        padding: args.padding.into(),
        truncating: args.truncating.into(),
    };
    let vocabulary = corpus.words(args.max_words, args.min_count)?;
    let oov_rate = Some(corpus.oov_rate(&vocabulary));
    let &Settings { epochs, batch_size, learning_rate, .. } = &settings;
    let artifact = Artifact {
        model,
        tokenizer: corpus.tokenizer.clone(),
        vocabulary,
        scalers: Vec::new(),
        padding,
        problem: corpus.problem.clone(),
        labels: corpus.labels.clone(),
        threshold: 0.5,
        training: TrainingSummary {
            data: name.to_owned(),
            seed: args.seed,
            batch_size,
            epochs,
            learning_rate,
            history: History::default(),
            test: None,
            oov_rate,
        },
    };
    let (training, test) =
        (artifact.dataset(corpus, &corpus.train)?, artifact.dataset(corpus, &corpus.test)?);
    let parts = match settings.table {
        true => Parts::of_file(args, &artifact, training, test)?,
        false => Parts { training, validation: None, test },
    };
    Ok((artifact, parts))
}

/// What the arguments ask about a text.
fn problem(args: &Train) -> Result<Problem> {
    let name = args.data.as_deref().unwrap_or(data::IMDB);
    let for_files = [
        ("--task regression", args.task == Task::Regression),
        ("--label-separator", args.label_separator.is_some()),
    ];
    if let Some((option, _)) = for_files.iter().find(|(_, given)| *given && !data::is_table(name)) {
        return Err(Error::config(format!(
            "{option} goes with a file of your own, but the data are {name}, which has one label a row; leave it out"
        )));
    }
    match (args.task, &args.label_separator) {
        (Task::Regression, Some(_)) => Err(Error::config(
            "--label-separator goes with labels, but --task regression learns numbers; leave one of them out",
        )),
        (Task::Regression, None) => Ok(Problem::regression()),
        (_, Some(separator)) => Ok(Problem::MultiLabel { separator: separator.clone() }),
        (_, None) => Ok(Problem::SingleLabel),
    }
}

/// The classic model, of another cell or a stack of layers where that is asked for, with an output for each class
/// where there are more than two.
fn spec(args: &Train, settings: &Settings, problem: &Problem, labels: usize) -> Sequential {
    let embedding =
        Embedding::new(args.max_words, settings.embedding).mask_zero(args.mask_zero || settings.table);
    let (units, dropout) = (&settings.units, settings.dropout);
    let below = Sequential::new().with(embedding);
    let below = match settings.table && dropout > 0.0 {
        true => below.with(SpatialDropout1D::new(dropout)),
        false => below,
    };
    super::recurrent(below, args.cell, units, dropout, false).with(super::head(problem, labels))
}
