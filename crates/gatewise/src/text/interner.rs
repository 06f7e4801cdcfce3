//! A string interner: the hash table of the word counter and the vocabulary.
//!
//! Input: words. Output: their indices, from 0 in the order of first appearance. All words are in one string,
//! so that a table of 100,000 words is three allocations instead of 100,000.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// A set of distinct words, each with an index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interner {
    text: String,
    /// The end of each word in `text`. A word starts at the end of the word before it.
    ends: Vec<usize>,
    indices: HashTable<u32>,
    /// Randomly seeded in each process, so that no file can be crafted to make all its words collide.
    /// No result depends on the seed.
    hasher: RandomState,
}

impl Interner {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the word at `index`.
    pub(crate) fn word(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        Some(&self.text[start(&self.ends, index)..end])
    }

    pub(crate) fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|i| &self.text[start(&self.ends, i)..self.ends[i]])
    }

    /// Returns the index of `word`, if the table contains it.
    #[inline]
    pub(crate) fn get(&self, word: &str) -> Option<u32> {
        let (text, ends) = (self.text.as_bytes(), &self.ends);
        self.indices.find(self.hash(word), |&i| same(text, ends, i, word)).copied()
    }

    /// Returns the index of `word` and adds the word if it is new. Returns `None` if the word is new and the
    /// table is full (2³² − 1 words).
    #[inline]
    pub(crate) fn intern(&mut self, word: &str) -> Option<u32> {
        let hash = self.hash(word);
        let (text, ends) = (self.text.as_bytes(), &self.ends);
        if let Some(&index) = self.indices.find(hash, |&i| same(text, ends, i, word)) {
            return Some(index);
        }
        self.add(hash, word)
    }

    #[cold]
    fn add(&mut self, hash: u64, word: &str) -> Option<u32> {
        let index = u32::try_from(self.ends.len()).ok().filter(|&i| i < u32::MAX)?;
        self.text.push_str(word);
        self.ends.push(self.text.len());
        let Self { text, ends, hasher, .. } = self;
        self.indices.insert_unique(hash, index, |&i| {
            let i = i as usize;
            hash_bytes(hasher, &text.as_bytes()[start(ends, i)..ends[i]])
        });
        Some(index)
    }

    fn hash(&self, word: &str) -> u64 {
        hash_bytes(&self.hasher, word.as_bytes())
    }
}

#[inline]
fn hash_bytes(hasher: &RandomState, word: &[u8]) -> u64 {
    hasher.hash_one(word)
}

#[inline]
fn start(ends: &[usize], index: usize) -> usize {
    if index == 0 { 0 } else { ends[index - 1] }
}

#[inline]
fn same(text: &[u8], ends: &[usize], index: u32, word: &str) -> bool {
    let index = index as usize;
    text[start(ends, index)..ends[index]] == *word.as_bytes()
}
