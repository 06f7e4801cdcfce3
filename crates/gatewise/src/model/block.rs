//! Blocks: up to sixteen rows, padded and laid into lanes.

use super::Model;
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::{Block, Layer, Reads, Signal};
use crate::rows::{Inputs, PAD, Padding};
use crate::text::Side;
use std::ops::Range;

/// The largest number of steps of a row. Longer rows are refused, because the memory for them is unbounded.
pub(crate) const MAX_STEPS: usize = 1 << 16;

/// Rows with a padding policy and the length of every row after padding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PaddedRows<'a> {
    pub inputs: &'a Inputs,
    padding: Padding,
    /// T, the length of every row after padding.
    pub steps: usize,
}

impl<'a> PaddedRows<'a> {
    /// The largest number of steps of a row after padding.
    pub const MAX_STEPS: usize = MAX_STEPS;

    /// Determines the length and checks that the model can read the rows.
    pub fn new(model: &Model, inputs: &'a Inputs, padding: Padding) -> Result<Self> {
        let longest = || (0..inputs.len()).map(|row| inputs.steps(row)).max().unwrap_or(0);
        let steps = padding.maxlen.unwrap_or_else(longest);
        if steps > MAX_STEPS {
            return Err(Error::config(format!(
                "rows of {steps} steps were asked for, but at most {MAX_STEPS} are supported; set maxlen lower"
            )));
        }
        match (model.reads(), inputs) {
            (Reads::Ids { below }, Inputs::Ids(sequences)) => {
                let ids = sequences.ids();
                if ids.iter().copied().max().is_some_and(|id| id as usize >= below) {
                    let at = ids.iter().position(|&id| id as usize >= below).unwrap_or(0);
                    return Err(Error::data(format!(
                        "row {} has the id {}, but the model's Embedding has input_dim {below}: ids must be \
                         below it; encode the text with a vocabulary of at most {below} words",
                        sequences.locate(at).unwrap_or(0),
                        ids[at]
                    )));
                }
            }
            (Reads::Features { width }, Inputs::Features(features)) if features.width() == width => {}
            (Reads::Vector { width }, Inputs::Features(features)) if features.width() == width => {
                if let Some(row) = (0..features.len()).find(|&row| features.steps(row) != 1) {
                    return Err(Error::data(format!(
                        "row {row} has {} steps, but the model reads one vector a row; give {width} numbers a row, or \
                         begin the model with Input::new({width}) to read steps",
                        features.steps(row)
                    )));
                }
                return Ok(Self { inputs, padding, steps: 1 });
            }
            (reads, _) => {
                return Err(Error::data(format!(
                    "the model reads {}, but the rows are {}",
                    reads.describe(),
                    inputs.describe()
                )));
            }
        }
        Ok(Self { inputs, padding, steps })
    }

    /// Returns other rows with the same padding policy, padded to `steps` steps.
    pub fn of<'b>(&self, inputs: &'b Inputs, steps: usize) -> PaddedRows<'b> {
        PaddedRows { inputs, padding: self.padding, steps }
    }

    /// Returns the padding policy with the length of the padded rows.
    pub fn settled(&self) -> Padding {
        Padding { maxlen: Some(self.steps), ..self.padding }
    }

    /// Returns the steps of row `index` that truncation leaves.
    pub fn seen(&self, index: usize) -> Range<usize> {
        self.padding.seen(self.inputs.steps(index), self.steps)
    }

    /// Sorts rows by length, longest first, so that the rows of a block have similar lengths. The sort is
    /// stable.
    pub fn sort_by_length(&self, indices: &mut [usize]) {
        indices.sort_by_key(|&index| std::cmp::Reverse(self.seen(index).len()));
    }

    /// Returns the number of steps of left padding that the rows `indices` have in common.
    fn leading(&self, indices: &[usize]) -> usize {
        self.steps - indices.iter().map(|&index| self.seen(index).len()).max().unwrap_or(0)
    }

    /// Returns the first step of a row with `len` steps in a block of `steps` steps.
    pub fn start(&self, len: usize, steps: usize) -> usize {
        match self.padding.padding {
            Side::Pre => steps - len,
            Side::Post => 0,
        }
    }

    /// Returns, for each step of row `index` that truncation leaves, whether the step is not masked.
    pub fn counting(&self, treatment: Treatment, index: usize) -> impl Iterator<Item = bool> {
        let row = self.inputs;
        self.seen(index).map(move |step| match (row, treatment.mask) {
            (_, None) => true,
            (Inputs::Ids(rows), _) => rows.row(index)[step] != PAD,
            (Inputs::Features(rows), Some(absent)) => {
                let width = rows.width();
                rows.row(index)[step * width..][..width].iter().any(|&value| value != absent)
            }
        })
    }
}

/// The treatment of padding and of masked steps by the stages of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Treatment {
    /// The value that marks masked steps: the pad id, or every number of a vector. `None`: no step is masked.
    pub mask: Option<f32>,
    /// Whether the pad prefix, the left padding of all rows of a batch, is computed once.
    pub shares_pad_prefix: bool,
    /// Whether masked steps that no row of a block has are laid.
    pub lays_all: bool,
    /// Whether padding is masked even if the model has no mask.
    pub ends_rows: bool,
}

impl Model {
    /// Returns `true` if blocks may begin after a shared pad prefix: the first stage computes the prefix,
    /// each stage that reads steps consumes the prefix of the stage below, and the model has one output a
    /// row.
    fn shares_pad_prefix(&self) -> bool {
        let follows = self.stages().windows(2).all(|pair| match pair[0].output() {
            Signal::Vector(_) => true,
            _ => pair[0].emits_pad_prefix() && pair[1].consumes_pad_prefix(),
        });
        let alone = self.stages().first().is_some_and(|first| !first.consumes_pad_prefix());
        let whole = self.stages().last().is_some_and(|last| matches!(last.output(), Signal::Vector(_)));
        follows && alone && whole && self.stages().iter().all(|stage| stage.shares_pad_prefix())
    }

    /// Returns the treatment of padding by the stages.
    pub(crate) fn treatment(&self) -> Treatment {
        let mut layers = self.spec().layers();
        let mask = match (layers.next(), layers.next()) {
            (Some(Layer::Embedding(layer)), _) => layer.mask_zero.then_some(PAD as f32),
            (Some(Layer::Input(_)), Some(Layer::Masking(layer))) => Some(layer.mask_value),
            _ => None,
        };
        Treatment {
            mask,
            shares_pad_prefix: self.shares_pad_prefix(),
            lays_all: self.stages().iter().any(|stage| stage.reads_masked_steps()),
            ends_rows: false,
        }
    }
}

impl Treatment {
    /// Lays every step of the padded rows and shares none of them.
    pub fn laying_all(self) -> Self {
        Self { shares_pad_prefix: false, lays_all: true, ..self }
    }

    /// Shares no pad prefix.
    pub fn unshared(self) -> Self {
        Self { shares_pad_prefix: false, ..self }
    }

    /// Masks padding, for rows that are pieces of longer rows and pass on their state.
    pub fn carrying(self) -> Self {
        Self { shares_pad_prefix: false, ends_rows: true, ..self }
    }

    /// Returns `true` if steps may be masked.
    fn masks(self) -> bool {
        self.mask.is_some() || self.ends_rows
    }

    /// Returns `true` if rows under this padding policy share their pad prefix.
    pub fn shares(self, padding: Padding) -> bool {
        self.shares_pad_prefix && !self.masks() && padding.padding == Side::Pre
    }

    /// Returns the length of the pad prefix that the rows `indices` share.
    pub fn prefix_steps(self, rows: &PaddedRows<'_>, indices: &[usize]) -> usize {
        if self.shares(rows.padding) { rows.leading(indices) } else { 0 }
    }
}

/// The rows of a block, laid into lanes.
#[derive(Debug, Default)]
pub(crate) struct LaidRows {
    pub steps: usize,
    pub prefix_steps: usize,
    before: usize,
    masked: bool,
    ids: Vec<u32>,
    features: Vec<f32>,
    offsets: Vec<u32>,
    mask: Vec<u16>,
    /// A bit for each id of the vocabulary: whether the id occurs.
    used: Vec<u64>,
}

impl LaidRows {
    /// Lays the rows `indices` (at most sixteen) into lanes, padded.
    ///
    /// Masked padding is laid only at steps that another lane has: steps that no lane has change nothing. The
    /// shared pad prefix is left out.
    pub fn lay(&mut self, rows: &PaddedRows<'_>, treatment: Treatment, indices: &[usize]) {
        self.masked = treatment.masks();
        self.prefix_steps = treatment.prefix_steps(rows, indices);
        self.steps = match self.masked {
            true if !treatment.lays_all => rows.steps - rows.leading(indices),
            _ => rows.steps - self.prefix_steps,
        };
        self.before = if rows.padding.padding == Side::Pre { rows.steps - self.steps } else { 0 };
        self.mask.clear();
        match rows.inputs {
            Inputs::Ids(sequences) => {
                let seen = |&index: &usize| &sequences.row(index)[rows.seen(index)];
                self.lay_ids(rows, treatment, &indices.iter().map(seen).collect::<Vec<_>>());
            }
            Inputs::Features(features) => {
                let width = features.width();
                let seen = |&index: &usize| {
                    let seen = rows.seen(index);
                    &features.row(index)[seen.start * width..seen.end * width]
                };
                let seen: Vec<_> = indices.iter().map(seen).collect();
                self.lay_features(rows, width, treatment.mask, &seen);
            }
        }
    }

    fn lay_ids(&mut self, rows: &PaddedRows<'_>, treatment: Treatment, seen: &[&[u32]]) {
        self.ids.clear();
        self.ids.resize(self.steps * LANES, PAD);
        // A few steps of all rows at a time, so that sixteen rows are loaded from memory at once.
        for from in (0..self.steps).step_by(LANES) {
            for (lane, row) in seen.iter().enumerate() {
                let start = rows.start(row.len(), self.steps);
                let (from, to) = (from.max(start), (from + LANES).min(start + row.len()));
                if from < to {
                    let steps = self.ids[from * LANES..to * LANES].chunks_exact_mut(LANES);
                    steps.zip(&row[from - start..]).for_each(|(ids, &id)| ids[lane] = id);
                }
            }
        }
        if treatment.mask.is_some() {
            let bits = |ids: &[u32]| {
                ids.iter().enumerate().fold(0, |bits, (lane, &id)| bits | u16::from(id != PAD) << lane)
            };
            self.mask.extend(self.ids.chunks_exact(LANES).map(bits));
        } else if treatment.ends_rows {
            let there = |t: usize, row: &[u32]| t.wrapping_sub(rows.start(row.len(), self.steps)) < row.len();
            let bits = |t: usize| {
                let lanes = seen.iter().enumerate();
                lanes.fold(0, |bits, (lane, row)| bits | u16::from(there(t, row)) << lane)
            };
            self.mask.extend((0..self.steps).map(bits));
        }
    }

    /// Lays vectors into lanes. Padding and steps that `absent` marks become zeros.
    fn lay_features(&mut self, rows: &PaddedRows<'_>, width: usize, absent: Option<f32>, seen: &[&[f32]]) {
        self.ids.clear();
        self.features.clear();
        self.features.resize(self.steps * width * LANES, 0.0);
        if self.masked {
            self.mask.resize(self.steps, 0);
        }
        for (lane, row) in seen.iter().enumerate() {
            let start = rows.start(row.len() / width, self.steps);
            for (t, vector) in (start..).zip(row.chunks_exact(width)) {
                if absent.is_some_and(|absent| vector.iter().all(|&value| value == absent)) {
                    continue;
                }
                if self.masked {
                    self.mask[t] |= 1 << lane;
                }
                let to = self.features[t * width * LANES + lane..].iter_mut().step_by(LANES);
                to.zip(vector).for_each(|(to, &value)| *to = value);
            }
        }
    }

    /// Lays the embedding vectors of the ids: rows of `table`, each of `width` numbers.
    pub fn embed(&mut self, table: &[f32], width: usize) {
        self.features.clear();
        self.features.resize(self.ids.len() * width, 0.0);
        let steps = self.features.chunks_exact_mut(width * LANES).zip(self.ids.chunks_exact(LANES));
        for (x, ids) in steps {
            for (lane, &id) in ids.iter().enumerate() {
                let vector = &table[id as usize * width..][..width];
                x[lane..].iter_mut().step_by(LANES).zip(vector).for_each(|(x, &value)| *x = value);
            }
        }
    }

    /// Moves the vectors x of one lane at `steps` to `x′ + α(x − x′)`. α = 1 leaves them to the bit.
    pub fn blend(&mut self, lane: usize, steps: Range<usize>, baseline: &[f32], alpha: f32) {
        if alpha == 1.0 {
            return;
        }
        let step = baseline.len() * LANES;
        for x in self.features[steps.start * step..steps.end * step].chunks_exact_mut(step) {
            for (x, &from) in x[lane..].iter_mut().step_by(LANES).zip(baseline) {
                *x = from + alpha * (*x - from);
            }
        }
    }

    /// Records which ids of a vocabulary of `vocabulary` words occur. The pad id always counts. `flags` is
    /// scratch.
    pub fn note_used(&mut self, vocabulary: usize, flags: &mut Vec<u8>) {
        // A byte for each id first: a store that waits for no load.
        flags.clear();
        flags.resize(vocabulary.next_multiple_of(64), 0);
        flags[PAD as usize] = 1;
        for &id in &self.ids {
            flags[id as usize] = 1;
        }
        // Eight flags to a byte: the product shifts flag i to bit 56 + i, and no two bits meet below it.
        let byte =
            |eight: &[u8; 8]| (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
        let word = |flags: &[[u8; 8]; 8]| u64::from_le_bytes(flags.each_ref().map(byte));
        self.used.clear();
        self.used.extend(flags.as_chunks::<8>().0.as_chunks::<8>().0.iter().map(word));
    }

    /// Computes the start of each id's row in a table of rows of `stride`, and the rows in use. `rank` holds
    /// the row of each id.
    pub fn place(&mut self, rank: &[u32], stride: usize, places: &mut Vec<u32>) {
        self.offset(|id| rank[id as usize], stride);
        places.clear();
        each_bit(&self.used, |id| places.push(rank[id as usize]));
    }

    /// Computes the start of each id's row in a table of the whole vocabulary.
    pub fn place_all(&mut self, stride: usize) {
        self.offset(|id| id, stride);
    }

    fn offset(&mut self, place: impl Fn(u32) -> u32, stride: usize) {
        self.offsets.clear();
        self.offsets.extend(self.ids.iter().map(|&id| place(id) * stride as u32));
    }

    /// Returns the block that the stages read.
    pub fn block<'a>(&'a self, places: &'a [u32]) -> Block<'a> {
        Block {
            steps: self.steps,
            prefix_steps: self.prefix_steps,
            before: self.before,
            features: &self.features,
            offsets: &self.offsets,
            places,
            mask: self.masked.then_some(&self.mask),
        }
    }
}

/// Computes the ids that occur in any of `blocks`, in order, and the rank of each id among them.
pub(crate) fn union<'a>(
    blocks: impl Iterator<Item = &'a LaidRows>,
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
    each_bit(words, |id| ids.push(id));
    rank.resize(words.len() * 64, 0);
    ids.iter().zip(0..).for_each(|(&id, place)| rank[id as usize] = place);
}

/// Calls `f` with the position of each set bit, in order. An iterator takes twice as long.
fn each_bit(words: &[u64], mut f: impl FnMut(u32)) {
    for (index, &word) in words.iter().enumerate() {
        let mut left = word;
        while left != 0 {
            f(index as u32 * 64 + left.trailing_zeros());
            left &= left - 1;
        }
    }
}
