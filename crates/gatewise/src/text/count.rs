//! Word counts and word ranks.
//!
//! Input: the words of a training set, one by one. Output: the words by rank, the most frequent first, and
//! the rank of each provisional number.

use super::interner::Interner;
use std::cmp::Reverse;

/// A word counter. It assigns a provisional number to each word, so that a text can be stored as numbers before
/// the ranks are known.
///
/// ```
/// use gatewise::text::WordCounter;
/// let mut counter = WordCounter::new();
/// let row: Vec<u32> = ["b", "a", "c", "c"].iter().filter_map(|w| counter.add(w)).collect();
/// let unseen = counter.note("z").unwrap();               // a word of the test set is not counted
/// let ranking = counter.finish();
/// assert_eq!(ranking.words, ["c", "a", "b"]);             // equal counts: by the word itself
/// let ranks: Vec<u32> = row.iter().map(|&n| ranking.ranks[n as usize]).collect();
/// assert_eq!(ranks, [3, 2, 1, 1]);
/// assert_eq!(ranking.ranks[unseen as usize], 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct WordCounter {
    words: Interner,
    counts: Vec<u64>,
}

/// The words that a [`WordCounter`] counted, by rank.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Ranking {
    /// The counted words, the most frequent first. Words with equal counts are in bytewise order.
    pub words: Vec<String>,
    /// The rank of each provisional number's word, counted from 1. A word that was never counted has rank 0.
    pub ranks: Vec<u32>,
}

impl WordCounter {
    /// Returns an empty counter.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `word` once and returns its provisional number. Returns `None`, and counts nothing, if the word
    /// is new and the counter already holds 2³² − 1 distinct words.
    #[inline]
    pub fn add(&mut self, word: &str) -> Option<u32> {
        let number = self.note(word)?;
        self.counts[number as usize] += 1;
        Some(number)
    }

    /// Returns the provisional number of `word` without counting it; `None` as for [`add`](Self::add).
    #[inline]
    pub fn note(&mut self, word: &str) -> Option<u32> {
        let number = self.words.intern(word)?;
        if number as usize == self.counts.len() {
            self.counts.push(0);
        }
        Some(number)
    }

    /// Returns the number of distinct words.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Returns `true` if the counter contains no word.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the words by rank.
    pub fn finish(self) -> Ranking {
        rank(&self.words, &self.counts)
    }
}

/// Ranks `words` by `counts`.
pub(crate) fn rank(words: &Interner, counts: &[u64]) -> Ranking {
    let mut order: Vec<(Reverse<u64>, &str, usize)> = (words.words().zip(counts).enumerate())
        .filter(|(_, (_, count))| **count > 0)
        .map(|(number, (word, &count))| (Reverse(count), word, number))
        .collect();
    order.sort_unstable();
    let mut ranks = vec![0; counts.len()];
    for (rank, &(_, _, number)) in (1..).zip(&order) {
        ranks[number] = rank;
    }
    Ranking { words: order.into_iter().map(|(_, word, _)| word.to_owned()).collect(), ranks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn ranks_by_count_then_by_word(words in prop::collection::vec("[a-cé]{0,2}", 0..60)) {
            let mut counter = WordCounter::new();
            let numbers: Vec<u32> = words.iter().filter_map(|w| counter.add(w)).collect();
            let ranking = counter.finish();
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for word in &words {
                *counts.entry(word).or_default() += 1;
            }
            // A BTreeMap is in order of the word; a stable sort keeps that among equal counts.
            let mut expected: Vec<_> = counts.into_iter().collect();
            expected.sort_by_key(|&(_, count)| Reverse(count));
            prop_assert_eq!(&ranking.words, &expected.iter().map(|e| e.0.to_owned()).collect::<Vec<_>>());
            for (word, number) in words.iter().zip(numbers) {
                prop_assert_eq!(&ranking.words[ranking.ranks[number as usize] as usize - 1], word);
            }
        }
    }
}
