//! Words and phrases by contextual decomposition.

use super::joined::Joined;
use super::{ExplainOptions, Phrase, Token, contextual_decomposition_on, tokens};
use crate::error::{Error, Result};
use crate::rows::Inputs;
use std::ops::Range;

/// The most pairs of words that are returned beside the phrases of the options.
const PAIRS: usize = 5;
/// A pair is returned if its interaction is at least this share of the largest contribution of a word.
const NOTABLE: f64 = 0.1;

/// The contribution of each token alone, and of phrases.
#[derive(Default)]
pub(super) struct Decomposed {
    pub words: Vec<f64>,
    pub phrases: Vec<Phrase>,
}

/// Decomposes each token that the model reads, each pair of neighbours, and the phrases of the options.
pub(super) fn decompose(
    joined: &Joined<'_>,
    inputs: &Inputs,
    tokens: &[Token],
    seen: &Range<usize>,
    options: &ExplainOptions,
) -> Result<Decomposed> {
    let texts = matches!(inputs, Inputs::Ids(_));
    let asked = asked(joined, tokens, seen, options)?;
    let singles: Vec<Range<usize>> = seen.clone().map(|at| at..at + 1).collect();
    // The start is a token but not a word.
    let is_word = |at: usize| !(tokens[at].text.starts_with('<') && tokens[at].span.is_none());
    let pairs: Vec<Range<usize>> = seen.clone().skip(1).map(|at| at - 1..at + 1).collect();
    let wanted = |pair: &Range<usize>| texts && pair.clone().all(is_word) && !asked.contains(pair);
    let pairs: Vec<Range<usize>> = pairs.into_iter().filter(wanted).collect();
    let all: Vec<Range<usize>> = singles.into_iter().chain(pairs.clone()).chain(asked.clone()).collect();
    let scores = scores(joined, inputs, &all)?;
    let mut words = vec![0.0; tokens.len()];
    words[seen.clone()].copy_from_slice(&scores[..seen.len()]);
    let phrase = |(range, &score): (Range<usize>, &f64)| {
        let own = words[range.clone()].to_vec();
        let text: Vec<&str> = tokens[range.clone()].iter().map(|token| &*token.text).collect();
        Phrase {
            interaction: score - own.iter().sum::<f64>(),
            start: range.start,
            end: range.end,
            text: text.join(" "),
            score,
            words: own,
        }
    };
    let (of_pairs, of_asked) = scores[seen.len()..].split_at(pairs.len());
    let mut pairs: Vec<Phrase> = pairs.into_iter().zip(of_pairs).map(phrase).collect();
    pairs.sort_by(|a, b| b.interaction.abs().total_cmp(&a.interaction.abs()));
    let largest = words.iter().fold(0.0, |largest: f64, word| largest.max(word.abs()));
    pairs.retain(|pair| pair.interaction.abs() >= NOTABLE * largest);
    pairs.truncate(PAIRS);
    let phrases = asked.into_iter().zip(of_asked).map(phrase).chain(pairs).collect();
    Ok(Decomposed { words, phrases })
}

/// Returns the places of the phrases of the options.
fn asked(
    joined: &Joined<'_>,
    tokens: &[Token],
    seen: &Range<usize>,
    options: &ExplainOptions,
) -> Result<Vec<Range<usize>>> {
    let mut found = Vec::new();
    for phrase in &options.phrases {
        let places = match joined.tokenizer() {
            Some(tokenizer) => tokens::find(&tokens[seen.clone()], tokenizer, phrase),
            None => Vec::new(),
        };
        if places.is_empty() {
            return Err(Error::data(format!(
                "the phrase {phrase:?} is not in the text that the model reads; give words that follow each other there"
            )));
        }
        found.extend(places.into_iter().map(|place| place.start + seen.start..place.end + seen.start));
    }
    Ok(found)
}

/// Returns the contribution of each phrase to the explained number.
fn scores(joined: &Joined<'_>, inputs: &Inputs, phrases: &[Range<usize>]) -> Result<Vec<f64>> {
    let mut sums = vec![0.0; phrases.len()];
    for model in joined.members() {
        let (padding, output, machine) = (joined.padding(), joined.output, joined.machine());
        let found = contextual_decomposition_on(model, inputs, padding, output, phrases, machine)?;
        sums.iter_mut().zip(found).for_each(|(sum, score)| *sum += joined.weight() * score);
    }
    if let (Some((linear, weight)), Inputs::Ids(rows)) = (joined.linear(), inputs) {
        for (sum, phrase) in sums.iter_mut().zip(phrases) {
            *sum += weight * linear.contribution_of(rows.row(0), phrase, joined.output);
        }
    }
    Ok(sums)
}
