//! Tokens of a text, with their place in it.
//!
//! Input: an artifact and a text, ids, or the number of steps of a series. Output: tokens and ids.

use super::Token;
use crate::artifact::{Artifact, Reader};
use crate::error::{Error, Result};
use crate::rows::PAD;
use crate::text::{Tokenizer, Vocabulary};

/// How far behind the token before a token is searched, in bytes: bounds the work for tokens that are not in the text.
const FAR: usize = 4_096;

/// Returns the tokens of `text`, the start id included, and their ids.
pub(super) fn of_text(artifact: &Artifact, text: &str) -> Result<(Vec<Token>, Vec<u32>)> {
    let Reader::Text { tokenizer, vocabulary, .. } = artifact.reader() else {
        return Err(Error::data(format!("the model reads {}, not texts", artifact.reader().describe())));
    };
    let words = tokenizer.words(text);
    let start = vocabulary.policy().start;
    let ids: Vec<u32> = start.into_iter().chain(words.iter().map(|word| vocabulary.id(word))).collect();
    let spans = spans(text, &words);
    let special = start.map(|id| token(special_name(vocabulary, id), Some(id), true, None));
    let words = words.into_iter().zip(spans).zip(&ids[usize::from(start.is_some())..]);
    let words = words.map(|((word, span), &id)| token(word, Some(id), id != vocabulary.policy().oov, span));
    Ok((special.into_iter().chain(words).collect(), ids))
}

/// Returns the tokens of a row of ids.
pub(super) fn of_ids(artifact: &Artifact, ids: &[u32]) -> Vec<Token> {
    let named = |&id: &u32| match artifact.vocabulary() {
        Some(vocabulary) => match vocabulary.word(id) {
            Some(word) => token(word.to_owned(), Some(id), true, None),
            None => token(special_name(vocabulary, id), Some(id), id != vocabulary.policy().oov, None),
        },
        None => token(id.to_string(), Some(id), true, None),
    };
    ids.iter().map(named).collect()
}

/// Returns a token for each step of a series.
pub(super) fn of_steps(steps: usize) -> Vec<Token> {
    (1..=steps).map(|step| token(step.to_string(), None, true, None)).collect()
}

/// Returns the places of a phrase: the runs of tokens that are its words.
pub(super) fn find(tokens: &[Token], tokenizer: &Tokenizer, phrase: &str) -> Vec<std::ops::Range<usize>> {
    let words = tokenizer.words(phrase);
    if words.is_empty() {
        return Vec::new();
    }
    let equal = |run: &[Token]| run.iter().zip(&words).all(|(token, word)| token.text == *word);
    let runs = tokens.windows(words.len()).enumerate();
    runs.filter(|(_, run)| equal(run)).map(|(at, _)| at..at + words.len()).collect()
}

fn token(text: String, id: Option<u32>, known: bool, span: Option<[usize; 2]>) -> Token {
    Token { text, id, known, read: true, span }
}

/// Returns the name of an id without a word.
fn special_name(vocabulary: &Vocabulary, id: u32) -> String {
    let policy = vocabulary.policy();
    match id {
        PAD => "<pad>".into(),
        _ if Some(id) == policy.start => "<start>".into(),
        _ if id == policy.oov => "<unknown>".into(),
        id => format!("<{id}>"),
    }
}

/// Returns the bytes of each word in the text, whatever the case of its letters. `None` where a word is not found.
fn spans(text: &str, words: &[String]) -> Vec<Option<[usize; 2]>> {
    let (mut folded, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
    for (at, c) in text.char_indices() {
        fold(c, |c| folded.push(c));
        places.resize(folded.len(), [at, at + c.len_utf8()]);
    }
    let mut from = 0;
    let mut of_word = |word: &String| {
        let mut wanted = String::with_capacity(word.len());
        // Marks of the tokenizers of Hugging Face: a space before, or a piece within a word.
        let word = word.trim_start_matches(['Ġ', '▁']).trim_start_matches("##").trim_end_matches("</w>");
        word.chars().for_each(|c| fold(c, |c| wanted.push(c)));
        let mut to = folded.len().min(from + FAR + wanted.len());
        while !folded.is_char_boundary(to) {
            to += 1;
        }
        let at = from + folded.get(from..to)?.find(&wanted).filter(|_| !wanted.is_empty())?;
        from = at + wanted.len();
        Some([places[at][0], places[from - 1][1]])
    };
    words.iter().map(&mut of_word).collect()
}

/// Lower case, with one form of sigma.
fn fold(c: char, mut each: impl FnMut(char)) {
    c.to_lowercase().for_each(|c| each(if c == 'ς' { 'σ' } else { c }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, tokenizer: &Tokenizer) -> Vec<String> {
        let words = tokenizer.words(text);
        let of = |span: Option<[usize; 2]>| span.map_or("-".into(), |[from, to]| text[from..to].to_owned());
        spans(text, &words).into_iter().map(of).collect()
    }

    #[test]
    fn words_are_found_as_they_are_written() {
        let found = |text| found(text, &Tokenizer::default());
        assert_eq!(found("NOT good, not\tGood!"), ["NOT", "good", "not", "Good"]);
        assert_eq!(found("<br />Ünïcode ΟΔΟΣ, İstanbul ßtraße"), ["Ünïcode", "ΟΔΟΣ", "İstanbul", "ßtraße"]);
        assert!(found("  ..").is_empty());
    }

    #[test]
    fn other_tokenizers_too() {
        assert_eq!(found("Go👍🏽on", &Tokenizer::unicode()), ["Go", "👍🏽", "on"]);
        assert_eq!(found("aΣb", &Tokenizer::characters()), ["a", "Σ", "b"]);
    }

    #[test]
    fn what_is_not_in_the_text_has_no_place() {
        let words = ["Ġgood", "##ly", "absent", "day"].map(String::from);
        let spans = spans("goodly day", &words);
        assert_eq!(spans, [Some([0, 4]), Some([4, 6]), None, Some([7, 10])]);
    }
}
