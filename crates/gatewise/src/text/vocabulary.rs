//! Which id stands for which word.
//!
//! Enters: words by rank and a policy. Leaves: ids, exactly as `keras.datasets.imdb` numbers them:
//! 0 pads, 1 starts, 2 is out of vocabulary, and the word of rank r is r + 3, as long as that is below
//! `max_words`.

use super::Sequences;
use super::{Tokenizer, interner::Interner};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The ids that are not words, and where those of words begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdPolicy {
    /// Fills short rows. Keras: 0.
    pub pad: u32,
    /// Put before every row, or `None` for nothing. Keras: 1.
    pub start: Option<u32>,
    /// Stands for every word without an id of its own. Keras: 2.
    pub oov: u32,
    /// The word of rank r (from 1) has id r + `index_from`. Keras: 3.
    pub index_from: u32,
}

impl Default for IdPolicy {
    fn default() -> Self {
        Self { pad: 0, start: Some(1), oov: 2, index_from: 3 }
    }
}

/// How many words [`Vocabulary::encode`] saw, and how many had no id of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EncodeStats {
    /// Words in the text.
    pub words: usize,
    /// Of those, words encoded as out of vocabulary.
    pub oov: usize,
}

/// Words by rank, and the ids they stand for.
///
/// Only the words that can be reached, those with an id below `max_words`, are kept.
///
/// ```
/// use gatewise::text::{Tokenizer, Vocabulary};
/// let words = ["the", "film", "was", "zyzzyva"].map(String::from);
/// let vocabulary = Vocabulary::from_ranked(&words, 7)?;
/// let mut ids = Vec::new();
/// let stats = vocabulary.encode(&Tokenizer::default(), "The film was good.", &mut ids);
/// assert_eq!(ids, [1, 4, 5, 6, 2]);                      // start, the, film, was, unknown
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

/// What is saved. The table is built, and everything checked, when it is read.
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
                "the vocabulary holds {} words, but with max_words {} and index_from {} only {reachable} can \
                 have an id",
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
    /// A vocabulary of the commonest of `words` (which are by rank, the commonest first), with Keras's
    /// ids. All ids are below `max_words`, which is Keras's `num_words` and the `input_dim` of an
    /// embedding; words beyond it are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `max_words` leaves no room for the ids 0, 1
    /// and 2 or is beyond 32 bits, or when a word occurs twice.
    pub fn from_ranked(words: &[String], max_words: usize) -> Result<Self> {
        Self::with_policy(words, max_words, IdPolicy::default())
    }

    /// As [`from_ranked`](Self::from_ranked), with other ids than Keras's.
    ///
    /// ```
    /// use gatewise::text::{IdPolicy, Vocabulary};
    /// let policy = IdPolicy { pad: 0, start: None, oov: 1, index_from: 1 };
    /// let vocabulary = Vocabulary::with_policy(&["the".to_owned()], 10, policy)?;
    /// assert_eq!((vocabulary.id("the"), vocabulary.id("film")), (2, 1));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_ranked`](Self::from_ranked), and when two of the policy's ids are equal or one is
    /// above `index_from`, where it would also stand for a word.
    pub fn with_policy(words: &[String], max_words: usize, policy: IdPolicy) -> Result<Self> {
        let Ok(max_words) = u32::try_from(max_words) else {
            return Err(Error::config(format!("max_words is {max_words}, but ids have 32 bits: use less")));
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
                    "the {name} id is {id}, but ids above index_from ({index_from}) stand for words: use one \
                     up to {index_from}"
                )));
            }
            if let Some((other, _)) = ids[..i].iter().flatten().find(|(_, other)| *other == id) {
                return Err(Error::config(format!("the {other} id and the {name} id are both {id}")));
            }
        }
        let mut table = Interner::default();
        for (i, word) in words.iter().enumerate() {
            // No more words than ids, so that the table cannot be full: an index that is not the next
            // one is that of an equal word.
            if table.intern(word).is_none_or(|index| index as usize != i) {
                return Err(Error::config(format!(
                    "the word {word:?} occurs twice in the vocabulary, the second time at rank {}",
                    i + 1
                )));
            }
        }
        Ok(Self { words: table, max_words, policy })
    }

    /// The id of `word`; the out-of-vocabulary id when it has none of its own.
    #[inline]
    pub fn id(&self, word: &str) -> u32 {
        // The index is the rank less 1; `build` saw to it that the sum is below `max_words`.
        self.words.get(word).map_or(self.policy.oov, |index| index + 1 + self.policy.index_from)
    }

    /// The word that `id` stands for, if it stands for one.
    pub fn word(&self, id: u32) -> Option<&str> {
        self.words.word(id.checked_sub(self.policy.index_from)?.checked_sub(1)? as usize)
    }

    /// Appends to `out` the ids of `text`: the start id if there is one, then one id a word.
    pub fn encode(&self, tokenizer: &Tokenizer, text: &str, out: &mut Vec<u32>) -> EncodeStats {
        self.encode_with(tokenizer, text, &mut String::new(), out)
    }

    /// As [`encode`](Self::encode) for many texts: keep `scratch` from call to call and nothing is
    /// allocated for each text but the growth of `out`.
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

    /// The ids of rows of word ranks, such as a split of a [`Corpus`](crate::rows::Corpus): what
    /// [`encode`](Self::encode) gives for the texts they were counted from.
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

    /// Number of words that have an id of their own.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// True when no word has an id of its own.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All ids are below this.
    pub fn max_words(&self) -> usize {
        self.max_words as usize
    }

    /// The ids that are not words.
    pub fn policy(&self) -> IdPolicy {
        self.policy
    }

    /// The words by rank.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.words.words()
    }
}

/// How many words have an id below `max_words`.
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
        // A word out of reach may repeat: it is not looked at.
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
            (format!(r#"{{"max_words":6,{policy},"words":["a","b","c"]}}"#), "holds 3 words"),
            (format!(r#"{{"max_words":9,{policy},"words":["a","b","a"]}}"#), "twice"),
            (format!(r#"{{"max_words":2,{policy},"words":[]}}"#), "at least 3"),
            (format!(r#"{{"max_words":0,{policy},"words":[]}}"#), "at least 1"),
            (
                format!(r#"{{"max_words":9,{},"words":[]}}"#, policy.replace("\"oov\":2", "\"oov\":1")),
                "both 1",
            ),
            (format!(r#"{{"max_words":9,{},"words":[]}}"#, policy.replace(":3", ":1")), "stand for words"),
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
