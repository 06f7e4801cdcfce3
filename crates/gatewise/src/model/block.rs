//! Blocks: up to sixteen rows laid into lanes, padded, and indexed.

use super::Model;
use crate::data::{PAD, Padding};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::Block;
use crate::text::{Sequences, Side};

/// Rows longer than this are refused rather than given memory without bound.
pub(crate) const MAX_STEPS: usize = 1 << 16;

/// Rows under a padding policy whose length is settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub sequences: &'a Sequences,
    padding: Padding,
    /// T, the length of every row after padding.
    pub steps: usize,
}

impl<'a> Rows<'a> {
    /// Settles the length and checks every id against the model's vocabulary.
    pub fn new(model: &Model, sequences: &'a Sequences, padding: Padding) -> Result<Self> {
        let longest = || sequences.rows().map(<[u32]>::len).max().unwrap_or(0);
        let steps = padding.maxlen.unwrap_or_else(longest);
        if steps > MAX_STEPS {
            return Err(Error::config(format!(
                "rows of {steps} steps were asked for, but at most {MAX_STEPS} are supported; set maxlen lower"
            )));
        }
        let vocabulary = model.vocabulary();
        let ids = sequences.ids();
        if ids.iter().copied().max().is_some_and(|id| id as usize >= vocabulary) {
            let at = ids.iter().position(|&id| id as usize >= vocabulary).unwrap_or(0);
            return Err(Error::data(format!(
                "row {} has the id {}, but the model's Embedding has input_dim {vocabulary}: ids must be \
                 below it; encode the text with a vocabulary of at most {vocabulary} words",
                sequences.locate(at).unwrap_or(0),
                ids[at]
            )));
        }
        Ok(Self { sequences, padding, steps })
    }

    /// The padding policy with its length settled.
    pub fn settled(&self) -> Padding {
        Padding { maxlen: Some(self.steps), ..self.padding }
    }

    /// What the model sees of row `index`.
    fn seen(&self, index: usize) -> &'a [u32] {
        self.padding.seen(self.sequences.row(index), self.steps)
    }

    /// Puts the longest rows first, so that blocks hold rows of like length. Stable.
    pub fn sort_by_length(&self, indices: &mut [usize]) {
        indices.sort_by_key(|&index| std::cmp::Reverse(self.seen(index).len()));
    }

    /// Steps of padding before the first token of any of the rows `indices`.
    fn leading(&self, indices: &[usize]) -> usize {
        self.steps - indices.iter().map(|&index| self.seen(index).len()).max().unwrap_or(0)
    }
}

/// How padding is treated by a model's stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Treatment {
    /// Steps whose id is the pad id are skipped.
    pub masked: bool,
    /// Padding that all rows of a block begin with is walked once for all blocks.
    pub shares_start: bool,
}

impl Treatment {
    /// Whether the padding that rows begin with under `padding` is shared.
    pub fn shares(self, padding: Padding) -> bool {
        self.shares_start && !self.masked && padding.padding == Side::Pre
    }

    /// Steps of the rows `indices`' leading padding that are shared.
    pub fn shared_steps(self, rows: &Rows<'_>, indices: &[usize]) -> usize {
        if self.shares(rows.padding) { rows.leading(indices) } else { 0 }
    }
}

/// A block's ids in lanes.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    pub steps: usize,
    pub shared: usize,
    before: usize,
    masked: bool,
    ids: Vec<u32>,
    offsets: Vec<u32>,
    mask: Vec<u16>,
    /// A bit for each id of the vocabulary that occurs.
    used: Vec<u64>,
}

impl Lanes {
    /// Lays the rows `indices` (at most sixteen) into lanes, padded.
    ///
    /// Masked padding is only laid where some other lane still has a token: steps that no lane has a
    /// token at change nothing. Shared padding is left out.
    pub fn lay(&mut self, rows: &Rows<'_>, treatment: Treatment, indices: &[usize]) {
        self.masked = treatment.masked;
        self.shared = treatment.shared_steps(rows, indices);
        self.steps = match treatment.masked {
            true => rows.steps - rows.leading(indices),
            false => rows.steps - self.shared,
        };
        self.before = if rows.padding.padding == Side::Pre { rows.steps - self.steps } else { 0 };
        self.ids.clear();
        self.ids.resize(self.steps * LANES, PAD);
        // Step by step rather than row by row: sixteen rows are then on their way from memory at once.
        let seen: Vec<&[u32]> = indices.iter().map(|&index| rows.seen(index)).collect();
        let start = |row: &[u32]| if rows.padding.padding == Side::Pre { self.steps - row.len() } else { 0 };
        let starts: Vec<usize> = seen.iter().map(|row| start(row)).collect();
        for (t, ids) in self.ids.chunks_exact_mut(LANES).enumerate() {
            for ((to, row), &start) in ids.iter_mut().zip(&seen).zip(&starts) {
                // Before its start the difference wraps to a place beyond any row.
                if let Some(&id) = row.get(t.wrapping_sub(start)) {
                    *to = id;
                }
            }
        }
        self.mask.clear();
        if self.masked {
            let bits = |ids: &[u32]| {
                ids.iter().enumerate().fold(0, |bits, (lane, &id)| bits | u16::from(id != PAD) << lane)
            };
            self.mask.extend(self.ids.chunks_exact(LANES).map(bits));
        }
    }

    /// Notes which ids of a vocabulary of `vocabulary` words occur; the pad id always counts. `flags` is
    /// memory for that, dead on return.
    pub fn note_used(&mut self, vocabulary: usize, flags: &mut Vec<u8>) {
        // A byte for each id first: a store that waits for no load.
        flags.clear();
        flags.resize(vocabulary.next_multiple_of(64), 0);
        flags[PAD as usize] = 1;
        for &id in &self.ids {
            flags[id as usize] = 1;
        }
        let word = |flags: &[u8]| flags.iter().rev().fold(0, |word, &flag| word << 1 | u64::from(flag));
        self.used.clear();
        self.used.extend(flags.chunks_exact(64).map(word));
    }

    /// Works out where each id's row starts in a table of rows of `stride`, and which rows are used:
    /// `rank` holds the place of each id in it.
    pub fn place(&mut self, rank: &[u32], stride: usize, places: &mut Vec<u32>) {
        self.offset(|id| rank[id as usize], stride);
        places.clear();
        places.extend(bits(&self.used).map(|id| rank[id as usize]));
    }

    /// As [`place`](Self::place), in a table of the whole vocabulary.
    pub fn place_all(&mut self, stride: usize) {
        self.offset(|id| id, stride);
    }

    fn offset(&mut self, place: impl Fn(u32) -> u32, stride: usize) {
        self.offsets.clear();
        self.offsets.extend(self.ids.iter().map(|&id| place(id) * stride as u32));
    }

    pub fn block<'a>(&'a self, places: &'a [u32]) -> Block<'a> {
        Block {
            steps: self.steps,
            shared: self.shared,
            before: self.before,
            ids: &self.ids,
            offsets: &self.offsets,
            places,
            mask: self.masked.then_some(&self.mask),
        }
    }
}

/// The ids that occur in any of `blocks`, in order, and the place of each id among them.
pub(crate) fn union<'a>(
    blocks: impl Iterator<Item = &'a Lanes>,
    ids: &mut Vec<u32>,
    rank: &mut Vec<u32>,
    words: &mut Vec<u64>,
) {
    words.clear();
    for block in blocks {
        words.resize(words.len().max(block.used.len()), 0);
        words.iter_mut().zip(&block.used).for_each(|(all, used)| *all |= used);
    }
    ids.clear();
    ids.extend(bits(words));
    rank.resize(words.len() * 64, 0);
    ids.iter().zip(0..).for_each(|(&id, place)| rank[id as usize] = place);
}

/// The positions of the bits that are set, in order.
fn bits(words: &[u64]) -> impl Iterator<Item = u32> {
    words.iter().enumerate().flat_map(|(index, &word)| {
        std::iter::successors(Some(word), |&word| Some(word & word.wrapping_sub(1)))
            .take_while(|&word| word != 0)
            .map(move |word| index as u32 * 64 + word.trailing_zeros())
    })
}
