//! Vocabularies: map words to token ids.
//!
//! Input: words by rank and an id policy. Output: token ids. The default policy is that of
//! `keras.datasets.imdb`: 0 is padding, 1 starts a row, 2 is out of vocabulary, and the word of rank r has id
//! r + 3 if that is below `max_words`.

use super::Sequences;
use super::{Tokenizer, interner::Interner};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The ids of the special tokens (padding, start, out-of-vocabulary) and the offset of the word ids. The
/// default is Keras's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct IdPolicy {
    /// The id that pads short rows. Default: 0.
    pub pad: u32,
    /// The id at the start of every row, or `None` for no start token. Default: 1.
    pub start: Option<u32>,
    /// The out-of-vocabulary id. Default: 2.
    pub oov: u32,
    /// The offset of word ids: the word of rank r (counted from 1) has id r + `index_from`. Default: 3.
    pub index_from: u32,
}

impl IdPolicy {
    /// Sets the id that pads short rows.
    pub fn pad(self, pad: u32) -> Self {
        Self { pad, ..self }
    }

    /// Sets the id at the start of every row; `None` for no start token.
    pub fn start(self, start: impl Into<Option<u32>>) -> Self {
        Self { start: start.into(), ..self }
    }

    /// Sets the out-of-vocabulary id.
    pub fn oov(self, oov: u32) -> Self {
        Self { oov, ..self }
    }

    /// Sets the offset of word ids.
    pub fn index_from(self, index_from: u32) -> Self {
        Self { index_from, ..self }
    }
}

impl Default for IdPolicy {
    fn default() -> Self {
        Self { pad: 0, start: Some(1), oov: 2, index_from: 3 }
    }
}

/// The number of words that [`Vocabulary::encode`] read, and the number of out-of-vocabulary words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct EncodeStats {
    /// The number of words in the text.
    pub words: usize,
    /// The number of words encoded as out of vocabulary.
    pub oov: usize,
}

/// A vocabulary: words by rank and their ids.
///
/// A vocabulary keeps the words whose id is below `max_words`, and no others.
///
/// ```
/// use gatewise::text::{Tokenizer, Vocabulary};
/// let words = ["the", "film", "was", "zyzzyva"].map(String::from);
/// let vocabulary = Vocabulary::from_ranked(&words, 7)?;
/// let mut ids = Vec::new();
/// let stats = vocabulary.encode(&Tokenizer::default(), "The film was good.", &mut ids);
/// assert_eq!(ids, [1, 4, 5, 6, 2]);                      // start, the, film, was, out-of-vocabulary
/// assert_eq!((stats.words, stats.oov), (4, 1));
/// assert_eq!(vocabulary.word(5), Some("film"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct Vocabulary {
    words: Interner,
    max_words: u32,
    policy: IdPolicy,
}

/// The serialized form. Reading it builds the table and checks it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    max_words: u32,
    policy: IdPolicy,
    words: Vec<String>,
}

impl TryFrom<Saved> for Vocabulary {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        let reachable = reachable(saved.max_words, saved.policy);
        if saved.words.len() > reachable {
            return Err(Error::config(format!(
                "the vocabulary contains {} words, but with max_words {} and index_from {} only {reachable} \
                 can have an id",
                saved.words.len(),
                saved.max_words,
                saved.policy.index_from
            )));
        }
        Self::build(&saved.words, saved.max_words, saved.policy)
    }
}

impl From<Vocabulary> for Saved {
    fn from(vocabulary: Vocabulary) -> Self {
        Self {
            max_words: vocabulary.max_words,
            policy: vocabulary.policy,
            words: vocabulary.words.words().map(str::to_owned).collect(),
        }
    }
}

impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.max_words == other.max_words
            && self.policy == other.policy
            && self.words.words().eq(other.words.words())
    }
}

impl Vocabulary {
    /// Returns a vocabulary of the most frequent of `words`, which are by rank, the most frequent first, with
    /// Keras's ids. All ids are below `max_words`, which is Keras's `num_words` and the `input_dim` of an
    /// embedding. Words whose id would not be are dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `max_words` is below 3 or exceeds 32 bits, or if a
    /// word occurs twice.
    pub fn from_ranked(words: &[String], max_words: usize) -> Result<Self> {
        Self::with_policy(words, max_words, IdPolicy::default())
    }

    /// Returns a vocabulary as [`from_ranked`](Self::from_ranked) does, with the ids of `policy`.
    ///
    /// ```
    /// use gatewise::text::{IdPolicy, Vocabulary};
    /// let policy = IdPolicy::default().start(None).oov(1).index_from(1);
    /// let vocabulary = Vocabulary::with_policy(&["the".to_owned()], 10, policy)?;
    /// assert_eq!((vocabulary.id("the"), vocabulary.id("film")), (2, 1));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_ranked`](Self::from_ranked), and if two ids of the policy are equal or an id exceeds
    /// `index_from`, where ids belong to words.
    pub fn with_policy(words: &[String], max_words: usize, policy: IdPolicy) -> Result<Self> {
        let Ok(max_words) = u32::try_from(max_words) else {
            return Err(Error::config(format!(
                "max_words is {max_words}, but ids have 32 bits: use a smaller max_words"
            )));
        };
        Self::build(&words[..words.len().min(reachable(max_words, policy))], max_words, policy)
    }

    fn build(words: &[String], max_words: u32, policy: IdPolicy) -> Result<Self> {
        let IdPolicy { pad, start, oov, index_from } = policy;
        let ids = [Some(("pad", pad)), start.map(|id| ("start", id)), Some(("oov", oov))];
        for (i, (name, id)) in ids.iter().enumerate().filter_map(|(i, id)| id.map(|id| (i, id))) {
            if id >= max_words {
                return Err(Error::config(format!(
                    "max_words is {max_words}, but the {name} id is {id} and all ids are below max_words: use \
                     at least {}",
                    u64::from(id) + 1
                )));
            }
            if id > index_from {
                return Err(Error::config(format!(
                    "the {name} id is {id}, but ids above index_from ({index_from}) belong to words: use at most \
                     {index_from}"
                )));
            }
            if let Some((other, _)) = ids[..i].iter().flatten().find(|(_, other)| *other == id) {
                return Err(Error::config(format!("the {other} id and the {name} id are both {id}")));
            }
        }
        let mut table = Interner::default();
        for (i, word) in words.iter().enumerate() {
            // There are at most as many words as ids, so that the table cannot be full: an index other than
            // the next one belongs to an equal word.
            if table.intern(word).is_none_or(|index| index as usize != i) {
                return Err(Error::config(format!(
                    "the word {word:?} occurs twice in the vocabulary, the second time at rank {}",
                    i + 1
                )));
            }
        }
        Ok(Self { words: table, max_words, policy })
    }

    /// Returns the id of `word`, or the out-of-vocabulary id.
    #[inline]
    pub fn id(&self, word: &str) -> u32 {
        // The index is the rank less 1; `build` checks that the sum is below `max_words`.
        self.words.get(word).map_or(self.policy.oov, |index| index + 1 + self.policy.index_from)
    }

    /// Returns the word with this id, or `None` for the id of a special token or an unused id.
    pub fn word(&self, id: u32) -> Option<&str> {
        self.words.word(id.checked_sub(self.policy.index_from)?.checked_sub(1)? as usize)
    }

    /// Appends the ids of `text` to `out`: the start id, if the policy has one, then one id for each word.
    pub fn encode(&self, tokenizer: &Tokenizer, text: &str, out: &mut Vec<u32>) -> EncodeStats {
        self.encode_with(tokenizer, text, &mut String::new(), out)
    }

    /// Appends the ids of `text` to `out` as [`encode`](Self::encode) does. A `scratch` that is reused from
    /// call to call makes encoding many texts free of allocations, except for the growth of `out`.
    pub fn encode_with(
        &self,
        tokenizer: &Tokenizer,
        text: &str,
        scratch: &mut String,
        out: &mut Vec<u32>,
    ) -> EncodeStats {
        let mut stats = EncodeStats::default();
        out.extend(self.policy.start);
        tokenizer.for_each_word(text, scratch, |word| {
            let id = self.id(word);
            stats.words += 1;
            stats.oov += usize::from(id == self.policy.oov);
            out.push(id);
        });
        stats
    }

    /// Returns the words of `text` that have no id of their own, each once, in alphabetical order.
    ///
    /// ```
    /// use gatewise::text::{Tokenizer, Vocabulary};
    /// let vocabulary = Vocabulary::from_ranked(&["a", "b"].map(String::from), 6)?;
    /// assert_eq!(vocabulary.unknown(&Tokenizer::characters(), "a zoo"), [" ", "o", "z"]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn unknown(&self, tokenizer: &Tokenizer, text: &str) -> Vec<String> {
        let mut unknown = BTreeSet::new();
        tokenizer.for_each_word(text, &mut String::new(), |word| {
            if self.id(word) == self.policy.oov && !unknown.contains(word) {
                unknown.insert(word.to_owned());
            }
        });
        unknown.into_iter().collect()
    }

    /// Returns the ids of rows of word ranks, such as a split of a [`Corpus`](crate::rows::Corpus). They
    /// equal the ids that [`encode`](Self::encode) returns for the texts.
    ///
    /// ```
    /// use gatewise::{rows::Sequences, text::Vocabulary};
    /// let vocabulary = Vocabulary::from_ranked(&["the", "film"].map(String::from), 100)?;
    /// let ranks: Sequences = [vec![2, 1, 0, 3]].into_iter().collect();
    /// assert_eq!(vocabulary.encode_ranks(&ranks).row(0), [1, 5, 4, 2, 2]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn encode_ranks(&self, ranks: &Sequences) -> Sequences {
        let known = self.words.len();
        let id = |&rank: &u32| match rank {
            1.. if rank as usize <= known => rank + self.policy.index_from,
            _ => self.policy.oov,
        };
        let starts = usize::from(self.policy.start.is_some()) * ranks.len();
        let mut out = Sequences::with_capacity(ranks.len(), ranks.ids().len() + starts);
        for row in ranks.rows() {
            out.push(self.policy.start.into_iter().chain(row.iter().map(id)));
        }
        out
    }

    /// Returns the number of words. The special tokens are not counted.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Returns `true` if the vocabulary contains no word.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the exclusive upper bound of all ids: the `input_dim` of an embedding.
    pub fn max_words(&self) -> usize {
        self.max_words as usize
    }

    /// Returns the ids of the special tokens and the offset of the word ids.
    pub fn policy(&self) -> IdPolicy {
        self.policy
    }

    /// Returns the words by rank.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.words.words()
    }
}

/// Returns the number of words that can have an id below `max_words`.
fn reachable(max_words: u32, policy: IdPolicy) -> usize {
    max_words.saturating_sub(1).saturating_sub(policy.index_from) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn ranked(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn keeps_only_what_can_be_reached() {
        let words = ranked(&["a", "b", "c", "d"]);
        for max_words in 3..12 {
            let v = Vocabulary::from_ranked(&words, max_words).unwrap();
            assert_eq!(v.len(), max_words.saturating_sub(4).min(4));
            for (rank, word) in (1..).zip(&words) {
                let id = if rank + 3 < max_words as u32 { rank + 3 } else { 2 };
                assert_eq!(v.id(word), id, "{word} at {max_words}");
                assert_eq!(v.word(rank + 3), (id != 2).then_some(word.as_str()));
            }
        }
        // A word without an id may repeat, because it is not read.
        assert!(Vocabulary::from_ranked(&ranked(&["a", "b", "b"]), 6).is_ok());
    }

    #[test]
    fn text_and_ranks_give_the_same_ids() {
        let v = Vocabulary::from_ranked(&ranked(&["a", "b", "c"]), 6).unwrap();
        let mut ids = vec![9];
        let stats = v.encode(&Tokenizer::default(), "C a, b x", &mut ids);
        assert_eq!(stats, EncodeStats { words: 4, oov: 2 });
        assert_eq!(ids, [9, 1, 2, 4, 5, 2]);
        assert_eq!(v.encode_ranks(&[vec![3, 1, 2, 0], vec![]].into_iter().collect()).row(0), &ids[1..]);
    }

    #[test]
    fn survives_json_and_refuses_what_is_inconsistent() {
        let v = Vocabulary::from_ranked(&ranked(&["a", "é", "c"]), 6).unwrap();
        let json = serde_json::to_string(&v).unwrap();
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), v);
        let policy = r#""policy":{"pad":0,"start":1,"oov":2,"index_from":3}"#;
        for (bad, says) in [
            (format!(r#"{{"max_words":6,{policy},"words":["a","b","c"]}}"#), "contains 3 words"),
            (format!(r#"{{"max_words":9,{policy},"words":["a","b","a"]}}"#), "twice"),
            (format!(r#"{{"max_words":2,{policy},"words":[]}}"#), "at least 3"),
            (format!(r#"{{"max_words":0,{policy},"words":[]}}"#), "at least 1"),
            (
                format!(r#"{{"max_words":9,{},"words":[]}}"#, policy.replace("\"oov\":2", "\"oov\":1")),
                "both 1",
            ),
            (format!(r#"{{"max_words":9,{},"words":[]}}"#, policy.replace(":3", ":1")), "belong to words"),
            (format!(r#"{{"max_words":9,{},"words":["a"]}}"#, policy.replace(":3", ":4294967295")), "only 0"),
        ] {
            let error = serde_json::from_str::<Vocabulary>(&bad).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }

    #[test]
    fn config_errors_are_config_errors() {
        let error = Vocabulary::from_ranked(&[], usize::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
