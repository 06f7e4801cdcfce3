//! The artifact: one file that is the whole answer.
//!
//! Enters: a trained model with everything it needs to read texts or series. Leaves: a safetensors file, and back.
//! The file's tensors are the weights under Keras's names and in Keras's layout; the entry `gatewise` of
//! its metadata is the SHA-256 of a JSON object, a line break, and that object: see `format.rs`.

mod ensemble;
mod format;
mod load;
mod save;
mod series;
mod targets;

use crate::ensemble::Ensemble;
use crate::error::Result;
use crate::metrics::Evaluation;
use crate::model::Model;
use crate::rows::{Corpus, Dataset, Padding, Problem, Scaler, Split};
use crate::text::{Sequences, Tokenizer, Vocabulary};
use crate::train::History;
use serde::{Deserialize, Serialize};

pub use format::FORMAT;

/// A trained model with what reads its input, padding, labels and training summary.
///
/// ```
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::text::{Tokenizer, Vocabulary};
/// use gatewise::{rows::{Padding, Problem}, Artifact, Sequential, TrainingSummary};
///
/// let words = ["good", "bad"].map(String::from);
/// let model = Sequential::new()
///     .with(Embedding::new(6, 4))
///     .with(Lstm::new(3))
///     .with(Dense::new(1).activation(Activation::Sigmoid))
///     .compile(1)?;
/// let artifact = Artifact {
///     model,
///     tokenizer: Tokenizer::default(),
///     vocabulary: Vocabulary::from_ranked(&words, 6)?,
///     scalers: Vec::new(),
///     ensemble: None,
///     padding: Padding::to(10),
///     problem: Problem::SingleLabel,
///     labels: vec!["neg".into(), "pos".into()],
///     threshold: 0.5,
///     training: TrainingSummary::default(),
/// };
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("model.gatewise");
/// artifact.save(&path)?;
/// let loaded = Artifact::load(&path)?;
/// let (before, after) = (artifact.predict(&["good, good"])?, loaded.predict(&["good, good"])?);
/// assert_eq!(before[0].probability, after[0].probability);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Architecture and weights.
    pub model: Model,
    /// Text to words.
    pub tokenizer: Tokenizer,
    /// Words to ids.
    pub vocabulary: Vocabulary,
    /// Of a model that reads series instead of texts, the scale of each channel.
    pub scalers: Vec<Scaler>,
    /// What answers beside the model, where it is not alone.
    pub ensemble: Option<Ensemble>,
    /// Ids to rows of one length.
    pub padding: Padding,
    /// What is asked about a row, and so what the outputs mean.
    pub problem: Problem,
    /// Names of classes or labels, one an output; of a model of classes with one output two, the second being the
    /// positive one. None where the outputs are neither.
    pub labels: Vec<String>,
    /// Of a model of two classes with one output: probabilities above this are the positive class. Of one of any number of labels: a
    /// row has those whose probability is above it.
    pub threshold: f32,
    /// How the model was trained and how it did.
    pub training: TrainingSummary,
}

/// How a model was trained and how it did.
///
/// It holds nothing that differs between two equal runs (no times, no threads), so that the same command
/// writes the same file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainingSummary {
    /// Name or path of the data.
    pub data: String,
    /// The seed of weights and shuffles.
    pub seed: u64,
    /// Rows a step.
    pub batch_size: usize,
    /// Epochs asked for.
    pub epochs: usize,
    /// Step size of the optimizer.
    pub learning_rate: f64,
    /// What each epoch reported.
    pub history: History,
    /// Score on the held-out test rows.
    pub test: Option<Evaluation>,
    /// Of texts, the share of words without an id, as [`Corpus::oov_rate`](crate::rows::Corpus::oov_rate) has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oov_rate: Option<f64>,
}

impl Artifact {
    /// The rows of a corpus as this model reads them: its words looked up in this vocabulary, its labels among
    /// these, its numbers on this scale.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a label that the model does not know, or when the model answers
    /// another question than the corpus asks.
    pub fn dataset(&self, corpus: &Corpus, split: &Split) -> Result<Dataset> {
        let policy = self.vocabulary.policy();
        let ids: Vec<u32> = corpus.vocabulary.iter().map(|word| self.vocabulary.id(word)).collect();
        let of_rank = |rank: u32| match rank {
            0 => policy.oov,
            rank => ids[rank as usize - 1],
        };
        let mut rows =
            Sequences::with_capacity(split.words.len(), split.words.ids().len() + split.words.len());
        for row in split.words.rows() {
            rows.push(policy.start.into_iter().chain(row.iter().map(|&rank| of_rank(rank))));
        }
        let targets = self.targets(&corpus.problem, &corpus.labels, &split.targets)?;
        Ok(Dataset::new(rows, targets)?.with_padding(self.padding))
    }
}
