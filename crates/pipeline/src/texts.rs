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
use gatewise::rows::Corpus;
use gatewise::{ErrorKind, Reader, Result};

/// Returns the corpus of the plan, and the plan; a new plan if the default data are not available.
pub(crate) fn load(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<(TrainPlan, Corpus)> {
    let (plan, corpus) = match read(plan, observer) {
        Ok(corpus) => (plan.clone(), corpus),
        Err(error)
            if plan.config().data.0 == Data::Default
                && matches!(error.kind(), ErrorKind::Data | ErrorKind::Io) =>
        {
            let error = error.to_string();
            // The first line is said already.
            let reason = error.split_once('\n').map_or(error.as_str(), |(_, reason)| reason);
            observer.warn(&format!(
                "The IMDB reviews are not available, so this run trains on `{REVIEWS}`, a small\n\
                 corpus that the program generates. Figures are not comparable with IMDB's.\n\
                 Reason: {reason}"
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
    threshold::check_classes(&plan, &corpus.problem, corpus.labels.len())?;
    Ok((plan, corpus))
}

fn read(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<Corpus> {
    let test = Test::Apart(plan.config().test.as_deref(), plan.test_split().unwrap_or_default());
    let rows = row_options(plan);
    let reading = Reading { problem: plan.problem(), tokenizer: plan.tokenizer_made(), rows: &rows };
    reading::read(&plan.config().data, test, reading, observer)
}

/// Prepares the untrained model for a corpus, and the rows of the corpus.
pub(crate) fn prepare(plan: &TrainPlan, corpus: &Corpus, observer: &mut dyn Observer) -> Result<Prepared> {
    let settings = plan.settings().clone().for_corpus(plan.config(), corpus)?;
    let model = layers::of_texts(&settings, &corpus.problem, corpus.labels.len()).compile(settings.seed)?;
    let (max_words, min_count) =
        (settings.max_words.unwrap_or_default(), settings.min_count.unwrap_or_default());
    let vocabulary = corpus.build_vocabulary(max_words, min_count)?;
    let reads = Reads {
        oov_rate: Some(corpus.oov_rate(&vocabulary)),
        reader: Reader::text(corpus.tokenizer.clone(), vocabulary),
        padding: settings.row_padding(),
        problem: corpus.problem.clone(),
        labels: corpus.labels.clone(),
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
