//! Language models: prepares a model and its windows from a text.

use crate::data_summary::TextSummary;
use crate::layers;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::source::{Data, Source};
use crate::untrained::{self, Reads};
use gatewise::files::{Encoding, read_text};
use gatewise::rows::{ColumnNames, Dataset, Problem, next_tokens};
use gatewise::text::{Tokenizer, Vocabulary, WordCounter};
use gatewise::{Artifact, Error, Reader, Result};
use std::borrow::Cow;
use std::fs::File;

/// The mark that some programs write at the start of a text. It is not a character of the text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Prepares the untrained model and the windows of the plan's text.
pub(crate) fn prepare(plan: &TrainPlan) -> Result<Prepared> {
    let text = text(&plan.config().data, plan.config().encoding)?;
    let tokenizer = Tokenizer::characters();
    let mut counter = WordCounter::new();
    tokenizer.for_each_word(&text, &mut String::new(), |word| {
        counter.add(word);
    });
    let characters = counter.finish().words;
    // Four ids are not characters.
    let vocabulary = Vocabulary::from_ranked(&characters, characters.len() + 4)?;
    let mut ids = Vec::new();
    vocabulary.encode(&tokenizer, &text, &mut ids);
    let (settings, steps) = (plan.settings(), plan.maxlen().unwrap_or_default());
    let training = next_tokens(&ids, steps)?;
    let model = layers::of_language(settings, vocabulary.max_words()).compile(settings.seed)?;
    let summary = TextSummary { characters: ids.len(), distinct: vocabulary.len(), steps };
    let (padding, problem, labels) = (training.padding(), Problem::SingleLabel, Vec::new());
    let reader = Reader::text(tokenizer, vocabulary);
    let (oov_rate, columns) = (None, ColumnNames::default());
    let reads = Reads { reader, padding, problem, labels, oov_rate, columns };
    let artifact = untrained::artifact(plan, settings, model, reads)?;
    let parts = Parts { training, validation: None, test: None };
    Ok(Prepared { artifact, parts, ngrams: &[], text: Some(summary) })
}

/// The largest number of probabilities of an evaluation, which are in memory at once.
const MAX_OUTPUTS: usize = 1 << 28;

/// Returns the windows of a text for a trained language model, and the number of characters that it has no id for.
pub(crate) fn windows(
    artifact: &Artifact,
    source: &Source,
    encoding: Option<Encoding>,
) -> Result<(Dataset, usize)> {
    let (Some(vocabulary), Some(tokenizer)) = (artifact.vocabulary(), artifact.tokenizer()) else {
        return Err(Error::config("this language model does not read text"));
    };
    let mut ids = Vec::new();
    vocabulary.encode(tokenizer, &text(source, encoding)?, &mut ids);
    if ids.len().saturating_mul(artifact.model().output_width()) > MAX_OUTPUTS {
        return Err(Error::data(format!(
            "{source} has {} characters, too many to evaluate at once; evaluate on a part of at most {}",
            ids.len(),
            MAX_OUTPUTS / artifact.model().output_width().max(1)
        )));
    }
    let unknown = ids.iter().filter(|&&id| id == vocabulary.policy().oov).count();
    let windows = next_tokens(&ids, artifact.padding().maxlen.unwrap_or(ids.len()))?;
    Ok((windows.with_padding(artifact.padding()), unknown))
}

/// Returns the text of a source, without a byte order mark.
fn text(source: &Source, encoding: Option<Encoding>) -> Result<Cow<'_, str>> {
    match &source.0 {
        Data::Text(text) => Ok(Cow::Borrowed(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))),
        Data::Path(path) => {
            File::open(path).map_err(|e| Error::reading("cannot read the text", path, e))?;
            read_text(path, encoding).map(Cow::Owned)
        }
        _ => Err(Error::config(format!(
            "a language model reads a text, but the data are {source}; give the path of a text file"
        ))),
    }
}
