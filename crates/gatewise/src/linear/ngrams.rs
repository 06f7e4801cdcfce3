//! N-grams: converts the runs of neighbouring ids of a row into feature numbers.

use crate::rows::Sequences;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use std::ops::Range;

/// The longest n-gram that a [`LinearModel`](super::LinearModel) can count.
pub const MAX_NGRAM: usize = 5;

/// A vocabulary of n-grams. An n-gram is stored as a 32-bit hash of its ids, which is the same on every
/// machine. Its feature number is the rank of its hash.
#[derive(Debug, Clone)]
pub(super) struct Ngrams {
    longest: usize,
    hashes: Vec<u32>,
    numbers: HashMap<u32, u32, foldhash::fast::FixedState>,
}

impl PartialEq for Ngrams {
    fn eq(&self, other: &Self) -> bool {
        (self.longest, &self.hashes) == (other.longest, &other.hashes)
    }
}

/// Number of rows that contain an n-gram.
struct Seen {
    rows: u32,
    last: u32,
}

impl Ngrams {
    /// Collects the n-grams that occur in at least `min_count` of `rows`.
    pub fn learn(rows: &Sequences, longest: usize, min_count: u32) -> Self {
        let mut seen: HashMap<u32, Seen, foldhash::fast::FixedState> = HashMap::default();
        for (index, row) in (0..).zip(rows.rows()) {
            for_each_run(row, longest, |hash| match seen.entry(hash) {
                Entry::Vacant(entry) => {
                    entry.insert(Seen { rows: 1, last: index });
                }
                Entry::Occupied(mut entry) => {
                    let seen = entry.get_mut();
                    seen.rows += u32::from(seen.last != index);
                    seen.last = index;
                }
            });
        }
        let mut hashes: Vec<u32> =
            seen.into_iter().filter(|(_, seen)| seen.rows >= min_count).map(|(hash, _)| hash).collect();
        hashes.sort_unstable();
        Self::of(longest, hashes)
    }

    /// Creates the vocabulary from its hashes, or returns a description of the fault.
    pub fn from_hashes(longest: usize, hashes: Vec<u32>) -> Result<Self, String> {
        if !(1..=MAX_NGRAM).contains(&longest) {
            return Err(format!("its linear part counts runs of {longest} words"));
        }
        match hashes.is_sorted_by(|a, b| a < b) {
            true => Ok(Self::of(longest, hashes)),
            false => Err("the features of its linear part are not in order".into()),
        }
    }

    fn of(longest: usize, hashes: Vec<u32>) -> Self {
        let numbers = hashes.iter().copied().zip(0..).collect();
        Self { longest, hashes, numbers }
    }

    pub fn longest(&self) -> usize {
        self.longest
    }

    pub fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Returns the features present in each row, each once, in ascending order.
    pub fn apply(&self, rows: &Sequences) -> Sequences {
        let mut out = Sequences::with_capacity(rows.len(), rows.ids().len());
        let mut present = Vec::new();
        for row in rows.rows() {
            present.clear();
            for_each_run(row, self.longest, |hash| present.extend(self.numbers.get(&hash)));
            present.sort_unstable();
            present.dedup();
            out.push(present.iter().copied());
        }
        out
    }

    /// Calls `f` with the feature and the ids' places of each n-gram of `row` that is in the vocabulary.
    pub fn for_each(&self, row: &[u32], mut f: impl FnMut(u32, Range<usize>)) {
        let mut run = (0, 0);
        for_each_run(row, self.longest, |hash| {
            let (start, len) = run;
            if let Some(&number) = self.numbers.get(&hash) {
                f(number, start..start + len + 1);
            }
            let ends = len + 1 == self.longest || start + len + 1 == row.len();
            run = if ends { (start + 1, 0) } else { (start, len + 1) };
        });
    }
}

/// Calls `f` with the hash of each n-gram of 1 to `longest` ids.
fn for_each_run(row: &[u32], longest: usize, mut f: impl FnMut(u32)) {
    for start in 0..row.len() {
        let mut state = 0;
        for &id in row[start..].iter().take(longest) {
            state = mix(state ^ u64::from(id).wrapping_add(1));
            f((state >> 32) as u32);
        }
    }
}

/// Mixes 64 bits: one step of the counter of SplitMix64 (Steele, Lea and Flood 2014), then its finaliser.
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(rows: &[&[u32]], longest: usize, min_count: u32) -> (Ngrams, Vec<usize>) {
        let rows: Sequences = rows.iter().map(|row| row.iter().copied()).collect();
        let ngrams = Ngrams::learn(&rows, longest, min_count);
        let counts = ngrams.apply(&rows).rows().map(<[u32]>::len).collect();
        (ngrams, counts)
    }

    #[test]
    fn each_run_counts_once_a_row() {
        let rows: [&[u32]; 4] = [&[1, 2, 1, 2], &[2, 1], &[9], &[]];
        // 1, 2, 9; with pairs (1, 2) and (2, 1); with triples (1, 2, 1) and (2, 1, 2).
        for (longest, len, counts) in [(1, 3, [2, 2, 1, 0]), (2, 5, [4, 3, 1, 0]), (3, 7, [6, 3, 1, 0])] {
            let (ngrams, found) = present(&rows, longest, 1);
            assert_eq!((ngrams.len(), &found[..]), (len, &counts[..]), "{longest}");
            // Unknown words and n-grams are skipped.
            let other: Sequences = [vec![9, 1, 77]].into_iter().collect();
            assert_eq!(ngrams.apply(&other).row(0).len(), 2);
        }
        // In two rows: 1, 2 and the pair (2, 1).
        assert_eq!(present(&rows, 3, 2).1, [3, 3, 0, 0]);
    }

    #[test]
    fn hashes_are_the_same_everywhere() {
        let mut hashes = Vec::new();
        for_each_run(&[7, 8], 2, |hash| hashes.push(hash));
        assert_eq!(hashes, [2656457136, 2589448997, 2930725630]);
        assert!(Ngrams::from_hashes(2, vec![1, 5, 5]).is_err() && Ngrams::from_hashes(0, vec![]).is_err());
    }
}
