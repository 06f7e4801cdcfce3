//! Embedding: converts token ids to vectors.

use super::stage::PART;
use super::{Backward, Built, Forward, Initializer, ParamSpec, Reduce, Regularizer, Shared, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::{Buffer, LANES};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Converts each token id to a learned vector.
///
/// | | |
/// |---|---|
/// | equation | `y_t = E[id_t]` |
/// | input | `(batch, steps)` ids in `0..input_dim` |
/// | output | `(batch, steps, output_dim)` |
/// | parameters | `embeddings` `(input_dim, output_dim)`, uniform in ±0.05 |
/// | backward | `dE[id_t] += dy_t` |
///
/// As in Keras, `mask_zero` is false by default: the pad id 0 is embedded like every other id, and the layers
/// above read it. With `mask_zero`, the recurrent layers above skip the steps whose id is 0.
///
/// ```
/// use gatewise::layers::Embedding;
/// let layer = Embedding::new(5000, 15).mask_zero(true);
/// assert_eq!((layer.input_dim, layer.output_dim), (5000, 15));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Embedding {
    /// Vocabulary size: the largest id + 1.
    pub input_dim: usize,
    /// Number of dimensions of a vector.
    pub output_dim: usize,
    /// Whether to mask the steps with the pad id 0. Default: false.
    #[serde(default)]
    pub mask_zero: bool,
    /// Initializer of the table. Default: uniform in ±0.05.
    #[serde(default = "Initializer::random_uniform")]
    pub embeddings_initializer: Initializer,
    /// Regularizer of the table. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings_regularizer: Option<Regularizer>,
    /// Whether training updates the table. Default: true.
    #[serde(default = "yes")]
    pub trainable: bool,
}

fn yes() -> bool {
    true
}

impl Embedding {
    /// Creates a table of `input_dim` vectors of `output_dim` numbers.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            input_dim,
            output_dim,
            mask_zero: false,
            embeddings_initializer: Initializer::random_uniform(),
            embeddings_regularizer: None,
            trainable: true,
        }
    }

    /// Sets whether to mask the steps with the pad id 0.
    pub fn mask_zero(self, mask_zero: bool) -> Self {
        Self { mask_zero, ..self }
    }

    /// Sets the initializer of the table.
    pub fn embeddings_initializer(self, embeddings_initializer: Initializer) -> Self {
        Self { embeddings_initializer, ..self }
    }

    /// Sets the regularizer of the whole table.
    pub fn embeddings_regularizer(self, regularizer: Regularizer) -> Self {
        Self { embeddings_regularizer: Some(regularizer), ..self }
    }

    /// Sets whether training updates the table. A frozen table keeps its vectors, such as pre-trained
    /// [`WordVectors`](crate::text::WordVectors).
    pub fn trainable(self, trainable: bool) -> Self {
        Self { trainable, ..self }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if self.input_dim == 0 || self.output_dim == 0 {
            return Err(Error::config(format!(
                "Embedding needs input_dim and output_dim of at least 1, but got {} and {}",
                self.input_dim, self.output_dim
            )));
        }
        if input != Signal::Ids {
            return Err(Error::shape(format!(
                "Embedding reads token ids, but its input is {}; make it the first layer",
                input.describe()
            )));
        }
        let shape = vec![self.input_dim, self.output_dim];
        let table = ParamSpec::new("embeddings", shape, self.embeddings_initializer);
        let params = vec![table.regularizer(self.embeddings_regularizer)];
        Ok(Built { params, output: Signal::Sequence(self.output_dim) })
    }
}

/// Gathers rows of the table into a block `[T][D][16]`. The partial gradient of a block has a row for each id
/// in the batch, not for each id of the vocabulary.
#[derive(Debug)]
pub(crate) struct EmbeddingStage {
    pub table: Range<usize>,
    pub width: usize,
}

impl EmbeddingStage {
    fn vocabulary(&self) -> usize {
        self.table.len() / self.width
    }

    fn part_rows(&self) -> usize {
        (PART / self.width).max(1)
    }
}

impl Stage for EmbeddingStage {
    fn describe(&self) -> String {
        "Embedding: rows gathered into lanes".into()
    }

    fn param_range(&self) -> Range<usize> {
        self.table.clone()
    }

    fn output(&self) -> Signal {
        Signal::Sequence(self.width)
    }

    fn shares_pad_prefix(&self) -> bool {
        false
    }

    fn table_stride(&self) -> Option<usize> {
        Some(self.width)
    }

    fn project(&self, shared: Shared<'_>, table: &mut [f32], _: &mut Buffer) {
        let embeddings = &shared.params[self.table.clone()];
        for (&id, row) in shared.ids.iter().zip(table.chunks_exact_mut(self.width)) {
            row.copy_from_slice(&embeddings[id as usize * self.width..][..self.width]);
        }
    }

    fn partial_len(&self, rows: usize) -> usize {
        rows * self.width
    }

    fn forward(&self, io: Forward<'_>) {
        let steps = io.block.offsets.chunks_exact(LANES).zip(io.y.chunks_exact_mut(self.width * LANES));
        for (offsets, y) in steps.take(io.block.steps) {
            for (lane, &offset) in offsets.iter().enumerate() {
                let row = &io.shared.table[offset as usize..][..self.width];
                for (y, &value) in y[lane..].iter_mut().step_by(LANES).zip(row) {
                    *y = value;
                }
            }
        }
    }

    fn backward(&self, io: Backward<'_>) {
        for &place in io.block.places {
            io.partial[place as usize * self.width..][..self.width].fill(0.0);
        }
        let steps = io.block.offsets.chunks_exact(LANES).zip(io.dy.chunks_exact(self.width * LANES));
        for (offsets, dy) in steps.take(io.block.steps) {
            for (lane, &offset) in offsets.iter().enumerate() {
                let row = &mut io.partial[offset as usize..][..self.width];
                for (&d, value) in dy[lane..].iter().step_by(LANES).zip(row) {
                    *value += d;
                }
            }
        }
    }

    fn parts(&self) -> Vec<Range<usize>> {
        let (rows, vocabulary, start) = (self.part_rows(), self.vocabulary(), self.table.start);
        let range = |row: usize| start + row * self.width..start + (row + rows).min(vocabulary) * self.width;
        (0..vocabulary).step_by(rows).map(range).collect()
    }

    fn reduce(&self, io: Reduce<'_>) {
        let Reduce { shared, blocks, stage, part, grads, .. } = io;
        let first_id = part * self.part_rows();
        let place_of = |id: usize| shared.ids.partition_point(|&it| (it as usize) < id) as u32;
        let (from, to) = (place_of(first_id), place_of(first_id + self.part_rows()));
        grads.fill(0.0);
        for block in blocks {
            let begin = block.places.partition_point(|&place| place < from);
            for &place in block.places[begin..].iter().take_while(|&&place| place < to) {
                let row = shared.ids[place as usize] as usize - first_id;
                let partial = &block.partials[stage][place as usize * self.width..][..self.width];
                let sum = &mut grads[row * self.width..][..self.width];
                sum.iter_mut().zip(partial).for_each(|(sum, partial)| *sum += partial);
            }
        }
    }
}
