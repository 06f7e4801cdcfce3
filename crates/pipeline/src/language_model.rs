//! Language models: prepares a model and its windows from a text.

use crate::data_summary::TextSummary;
use crate::layers;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::source::Data;
use crate::untrained::{self, Reads};
use gatewise::rows::{ColumnNames, Problem, next_tokens};
use gatewise::text::{Tokenizer, Vocabulary, WordCounter};
use gatewise::{Error, Reader, Result};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// The largest text, in bytes. The ids, the targets and an epoch of a larger text may not fit into memory.
const MAX_TEXT: u64 = 1 << 30;

/// The mark that some programs write at the start of a text. It is no character of the text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Prepares the untrained model and the windows of the plan's text.
pub(crate) fn prepare(plan: &TrainPlan) -> Result<Prepared> {
    let text = match &plan.config().data.0 {
        Data::Text(text) => Cow::Borrowed(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)),
        Data::Path(path) => Cow::Owned(read(path)?),
        _ => return Err(Error::config(format!("{} is not a text", plan.data()))),
    };
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

/// Reads a file of text, without a byte order mark.
fn read(path: &Path) -> Result<String> {
    let io = |e| Error::io("cannot read the text", path, e);
    let size = fs::metadata(path).map_err(io)?.len();
    if size > MAX_TEXT {
        return Err(Error::data(format!(
            "{} has {size} bytes, but the largest text has {MAX_TEXT}; train on a part of it",
            path.display()
        )));
    }
    let mut bytes = fs::read(path).map_err(io)?;
    if bytes.starts_with(BYTE_ORDER_MARK.as_bytes()) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    String::from_utf8(bytes).map_err(|e| {
        Error::data(format!(
            "{} is not UTF-8: its byte at offset {} is invalid; convert the text to UTF-8, for \
             example with iconv",
            path.display(),
            e.utf8_error().valid_up_to()
        ))
    })
}
