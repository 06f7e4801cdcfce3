//! The words of the rows of a file.
//!
//! Input: the words of each row. Output: the word counts of selected rows, and the rows as word ranks. Words
//! are numbered in the order of first appearance and stored as variable-length integers. A word takes one or
//! two bytes, because frequent words have small numbers. Rows beyond the memory budget are written to a
//! temporary file.

use super::spill::{Spill, SpillReader};
use crate::error::Result;
use crate::text::Sequences;
use crate::text::{Interner, Ranking, rank};

/// Rows of word numbers.
#[derive(Debug)]
pub(super) struct RowWords {
    words: Interner,
    numbers: Spill,
    /// The start of each row in `numbers`, and the end of the last row.
    starts: Vec<u64>,
    /// The current row.
    row: Vec<u8>,
}

impl RowWords {
    /// Returns an empty store that keeps up to `budget` bytes in memory.
    pub fn new(budget: usize) -> Self {
        Self { words: Interner::default(), numbers: Spill::new(budget), starts: vec![0], row: Vec::new() }
    }

    /// Appends a word to the current row.
    pub fn word(&mut self, word: &str) {
        // After 2³² − 1 distinct words, new words are dropped.
        if let Some(mut number) = self.words.intern(word) {
            while number >= 0x80 {
                self.row.push(number as u8 | 0x80);
                number >>= 7;
            }
            self.row.push(number as u8);
        }
    }

    /// Ends the current row; returns whether it has words.
    pub fn end_row(&mut self) -> Result<bool> {
        self.numbers.push(&self.row)?;
        self.starts.push(self.numbers.len());
        let words = !self.row.is_empty();
        self.row.clear();
        Ok(words)
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the count of each word in the rows `order` and calls `lengths` with the length of each row.
    pub fn count(&self, order: &[usize], mut lengths: impl FnMut(usize)) -> Result<Vec<u64>> {
        let mut counts = vec![0; self.words.len()];
        let mut reader = self.numbers.reader()?;
        for &row in order {
            let mut length = 0;
            for number in self.row(row, &mut reader)? {
                counts[number as usize] += 1;
                length += 1;
            }
            lengths(length);
        }
        Ok(counts)
    }

    /// Ranks the words by `counts`.
    pub fn rank(&self, counts: &[u64]) -> Ranking {
        rank(&self.words, counts)
    }

    /// Returns the rows `order` as ranks of `ranking`, which is over the words of `other`. A word that
    /// `other` does not contain has rank 0.
    pub fn ranks(&self, order: &[usize], other: &Self, ranking: &Ranking) -> Result<Sequences> {
        let ranked = |word| other.words.get(word).map_or(0, |number| ranking.ranks[number as usize]);
        let own: Vec<u32>;
        let ranks = if std::ptr::eq(self, other) {
            &ranking.ranks
        } else {
            own = self.words.words().map(ranked).collect();
            &own
        };
        let mut rows = Sequences::new();
        let mut reader = self.numbers.reader()?;
        for &row in order {
            rows.push(self.row(row, &mut reader)?.map(|number| ranks[number as usize]));
        }
        Ok(rows)
    }

    /// Returns the word numbers of a row.
    fn row<'a>(&self, row: usize, reader: &'a mut SpillReader<'_>) -> Result<impl Iterator<Item = u32> + 'a> {
        let bytes = reader.part(self.starts[row], self.starts[row + 1])?;
        // Each byte with its high bit clear ends a number.
        Ok(bytes
            .chunk_by(|byte, _| byte & 0x80 != 0)
            .map(|bytes| bytes.iter().rev().fold(0, |number, byte| number << 7 | u32::from(byte & 0x7f))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::WordCounter;
    use proptest::prelude::*;

    fn of(rows: &[Vec<String>], budget: usize) -> RowWords {
        let mut words = RowWords::new(budget);
        for row in rows {
            row.iter().for_each(|word| words.word(word));
            words.end_row().unwrap();
        }
        words
    }

    proptest! {
        /// As a counter of words has it, however little fits in memory.
        #[test]
        fn ranks_are_those_of_a_word_counter(
            rows in prop::collection::vec(prop::collection::vec("[a-z]{0,2}", 0..20), 0..40),
            test in prop::collection::vec(prop::collection::vec("[a-z]{0,2}", 0..9), 0..9),
            budget in 0usize..200,
        ) {
            let (words, other) = (of(&rows, budget), of(&test, budget));
            let order: Vec<usize> = (0..rows.len()).rev().step_by(2).collect();
            let mut counter = WordCounter::new();
            let numbers = |row: &Vec<String>, counter: &mut WordCounter| -> Vec<u32> {
                row.iter().filter_map(|word| counter.add(word)).collect()
            };
            let chosen: Vec<Vec<u32>> = order.iter().map(|&row| numbers(&rows[row], &mut counter)).collect();
            let expected = counter.finish();
            let mut lengths = Vec::new();
            let ranking = words.rank(&words.count(&order, |length| lengths.push(length)).unwrap());
            prop_assert_eq!(&ranking.words, &expected.words);
            prop_assert_eq!(lengths, chosen.iter().map(Vec::len).collect::<Vec<_>>());
            let ranked = |row: &Vec<u32>| row.iter().map(|&n| expected.ranks[n as usize]).collect::<Vec<_>>();
            let ranks: Sequences = chosen.iter().map(ranked).collect();
            prop_assert_eq!(words.ranks(&order, &words, &ranking).unwrap(), ranks);
            let known = |word: &String| expected.words.iter().position(|known| known == word).map_or(0, |at| at as u32 + 1);
            let ranks: Sequences = test.iter().map(|row| row.iter().map(known).collect::<Vec<_>>()).collect();
            let all: Vec<usize> = (0..test.len()).collect();
            prop_assert_eq!(other.ranks(&all, &words, &ranking).unwrap(), ranks);
        }
    }
}
