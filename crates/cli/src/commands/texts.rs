//! `gatewise train` on labelled texts: the classic assignment, and files of one's own.

use super::parts::Parts;
use super::preset::{self, Settings};
use super::train::{check, learn};
use crate::args::{Preset, Task, Train};
use crate::{Done, data, note};
use gatewise::rows::{Corpus, Padding, Problem};
use gatewise::{Artifact, Error, History, Result, TrainingSummary};

pub fn texts(args: &Train) -> Result<Done> {
    check(args)?;
    let (name, corpus) = load(args)?;
    let (artifact, parts) = prepare(args, &name, &corpus)?;
    learn(args, artifact, &parts, ngrams(&name))
}

/// What baselines count: pairs of words of a large corpus take longer than the model itself.
pub(super) fn ngrams(name: &str) -> &'static [usize] {
    match name {
        data::REVIEWS => &[1, 2],
        _ => &[1],
    }
}

/// The corpus that the arguments name, after a look at the settings, which cost nothing to refuse.
pub(super) fn load(args: &Train) -> Result<(String, Corpus)> {
    let problem = problem(args)?;
    preset::check(args, &problem)?;
    let settings = Settings::new(args, args.data.as_deref().unwrap_or_default());
    settings.layers(args, &problem, 2).compile(args.seed)?;
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
    let settings = Settings::new(args, name).for_corpus(args, corpus)?;
    let model = settings.layers(args, &corpus.problem, corpus.labels.len()).compile(args.seed)?;
    let padding =
        Padding::to(settings.maxlen).padding(args.padding.into()).truncating(args.truncating.into());
    let vocabulary = corpus.build_vocabulary(settings.max_words, settings.min_count)?;
    let oov_rate = Some(corpus.oov_rate(&vocabulary));
    let &Settings { epochs, batch_size, learning_rate, .. } = &settings;
    let artifact = Artifact {
        model,
        tokenizer: corpus.tokenizer.clone(),
        vocabulary,
        scalers: Vec::new(),
        ensemble: None,
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
    let parts = match data::is_labelled_texts(&artifact.training.data) && settings.preset != Preset::Accurate
    {
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
    if let Some((option, _)) = for_files.iter().find(|(_, given)| *given && !data::is_labelled_texts(name)) {
        return Err(Error::config(format!(
            "{option} goes with a file of your own, but the data are {name}, which has one label a row; leave it out"
        )));
    }
    problem_of(args.task, args.label_separator.as_deref())
}

/// What a file's labels are to answer.
pub(super) fn problem_of(task: Task, label_separator: Option<&str>) -> Result<Problem> {
    match (task, label_separator) {
        (Task::Regression, Some(_)) => Err(Error::config(
            "--label-separator goes with labels, but --task regression learns numbers; leave one of them out",
        )),
        (Task::Regression, None) => Ok(Problem::regression()),
        (_, Some(separator)) => Ok(Problem::multi_label(separator)),
        (_, None) => Ok(Problem::SingleLabel),
    }
}
