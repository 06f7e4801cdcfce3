//! Counting words, to rank them.
//!
//! Enters: the words of a training set, one by one. Leaves: the words by rank, commonest first, and
//! for each number handed out on the way the rank it turned into.

use super::interner::Interner;
use std::cmp::Reverse;

/// Counts words and hands out a provisional number for each, so that a text can be stored as numbers
/// before the ranks are known.
///
/// ```
/// use gatewise::text::WordCounter;
/// let mut counter = WordCounter::new();
/// let row: Vec<u32> = ["b", "a", "c", "c"].iter().filter_map(|w| counter.add(w)).collect();
/// let unseen = counter.note("z").unwrap();               // a word of the test set: not counted
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

/// What a [`WordCounter`] leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranking {
    /// The counted words: by count, commonest first; equal counts by the word itself, bytewise.
    pub words: Vec<String>,
    /// For each provisional number the rank of its word, from 1; 0 for a word never counted.
    pub ranks: Vec<u32>,
}

impl WordCounter {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `word` once and returns its provisional number. `None`, and no count, when the word is
    /// new and 2³² − 1 distinct words are already known.
    #[inline]
    pub fn add(&mut self, word: &str) -> Option<u32> {
        let number = self.note(word)?;
        self.counts[number as usize] += 1;
        Some(number)
    }

    /// The provisional number of `word` without counting it; `None` as for [`add`](Self::add).
    #[inline]
    pub fn note(&mut self, word: &str) -> Option<u32> {
        let number = self.words.intern(word)?;
        if number as usize == self.counts.len() {
            self.counts.push(0);
        }
        Some(number)
    }

    /// Number of distinct words seen.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// True when no word was seen.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Ranks the words.
    pub fn finish(self) -> Ranking {
        rank(&self.words, &self.counts)
    }
}

/// Ranks words that were counted `counts` times each.
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
