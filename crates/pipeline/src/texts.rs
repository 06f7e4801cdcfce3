//! Labelled texts: named data, and the user's own files.

use crate::choices::Preset;
use crate::layers;
use crate::observer::Observer;
use crate::parts::{Parts, row_options};
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::reading::{self, Reading, Test};
use crate::source::{Data, DataKind, REVIEWS};
use crate::threshold;
use crate::untrained::{self, Reads};
use gatewise::datasets::imdb;
use gatewise::rows::Corpus;
use gatewise::text::Vocabulary;
use gatewise::{ErrorKind, Reader, Result};

/// Returns the corpus of the plan, and the plan; a new plan if the default data are not available.
pub(crate) fn load(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<(TrainPlan, Corpus)> {
    let (plan, corpus) = match read(plan, observer) {
        Ok(corpus) => (plan.clone(), corpus),
        Err(error)
            if plan.config().data.0 == Data::Default
                && matches!(error.kind(), ErrorKind::Data | ErrorKind::Io) =>
        {
            let reason = reason(&error.to_string());
            observer.warn(&format!(
                "The IMDB reviews are not available, so this run trains on `{REVIEWS}`, a small\n\
                 corpus that the program generates. Figures are not comparable with IMDB's.\n\
                 {reason}"
            ));
            let plan = plan.fallen_back()?;
            let corpus = read(&plan, observer)?;
            (plan, corpus)
        }
        Err(error) => return Err(error),
    };
    corpus.notes.iter().for_each(|note| observer.note(note));
    let corpus = match &plan.config().positive {
        Some(label) => corpus.with_positive(label)?,
        None => corpus,
    };
    let plan = plan.seeing(&corpus)?;
    threshold::check_classes(&plan, &corpus.problem, corpus.labels.len())?;
    Ok((plan, corpus))
}

/// The width of a line of the reason without a mark of omission, and the largest number of its lines.
const WIDTH: usize = 78;
const LINES: usize = 3;

/// Returns the reason why the default data are not available, in a few lines. Of data that were not found it is what failed, and
/// what to do: the places that were looked at and the address fill lines, and `train imdb` reports them.
fn reason(error: &str) -> String {
    let parts: Vec<&str> = error.lines().collect();
    let remote = imdb::remote();
    let reason = match parts.as_slice() {
        [_, _, why, _] => format!(
            "Reason: {} If {} (84 MB) is at hand, name its folder with --data-dir.",
            why.replace(&remote.url, "the archive"),
            remote.file_name
        ),
        _ => format!("Reason: {}", parts.join(" ")),
    };
    let mut lines = vec![String::new()];
    for word in reason.split_whitespace() {
        let count = lines.len();
        let line = &mut lines[count - 1];
        match line.chars().count() + 1 + word.chars().count() <= WIDTH {
            _ if line.is_empty() => line.push_str(word),
            true => line.extend([" ", word]),
            false if count == LINES => {
                line.push_str(" …");
                break;
            }
            false => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

fn read(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<Corpus> {
    let test = Test::Apart(plan.config().test.as_deref(), plan.test_split().unwrap_or_default());
    let rows = row_options(plan);
    // Without a given tokenizer, the script of the user's texts decides.
    let is_given = plan.config().tokenizer.is_some() || plan.kind() != DataKind::Texts;
    let tokenizer = is_given.then(|| plan.tokenizer_made());
    let reading = Reading { problem: plan.problem(), tokenizer, rows: &rows, model: None };
    reading::read(&plan.config().data, test, reading, observer)
}

/// Prepares the untrained model for a corpus, and the rows of the corpus.
pub(crate) fn prepare(plan: &TrainPlan, corpus: &Corpus, observer: &mut dyn Observer) -> Result<Prepared> {
    let settings = plan.settings().clone().for_corpus(plan.config(), corpus)?;
    let model = layers::of_texts(&settings, &corpus.problem, corpus.labels.len()).compile(settings.seed)?;
    let (max_words, min_count) =
        (settings.max_words.unwrap_or_default(), settings.min_count.unwrap_or_default());
    let vocabulary = corpus.build_vocabulary(max_words, min_count)?;
    if let Some(warning) = hardly_known(corpus, &vocabulary) {
        observer.warn(&warning);
    }
    let reads = Reads {
        oov_rate: Some(corpus.oov_rate(&vocabulary)),
        reader: Reader::text(corpus.tokenizer.clone(), vocabulary),
        padding: settings.row_padding(),
        problem: corpus.problem.clone(),
        labels: corpus.labels.clone(),
        columns: corpus.columns.clone(),
    };
    let artifact = untrained::artifact(plan, &settings, model, reads)?;
    let training = artifact.dataset(corpus, &corpus.train)?;
    let test = match corpus.test.words.is_empty() {
        true => None,
        false => Some(artifact.dataset(corpus, &corpus.test)?),
    };
    let parts = match plan.kind() == DataKind::Texts && settings.preset != Some(Preset::Accurate) {
        true => Parts::of_own(plan, &artifact, training, test, observer)?,
        false => Parts { training, validation: None, test },
    };
    // The word pairs of a large corpus take longer than the model itself.
    let ngrams: &[usize] = if plan.kind() == DataKind::Reviews { &[1, 2] } else { &[1] };
    Ok(Prepared { artifact, parts, ngrams, text: None })
}

/// The fraction of the running words below which a vocabulary has hardly any of them.
const HARDLY: f64 = 0.5;

/// Returns a warning if the vocabulary has few of the words of the training rows.
fn hardly_known(corpus: &Corpus, vocabulary: &Vocabulary) -> Option<String> {
    let coverage = corpus.coverage(vocabulary);
    (coverage < HARDLY).then(|| {
        format!(
            "The vocabulary of {} words has {:.1} % of the running words of the training rows; the other words are one unknown \
             word to the model. Raise --max-words or lower --min-count.",
            vocabulary.len(),
            100.0 * coverage
        )
    })
}
