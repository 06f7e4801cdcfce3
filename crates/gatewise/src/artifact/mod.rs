//! The artifact: one file that is the whole answer.
//!
//! Enters: a trained model with everything it needs to read texts or series. Leaves: a safetensors file, and back.
//! The file's tensors are the weights under Keras's names and in Keras's layout; the entry `gatewise` of
//! its metadata is the SHA-256 of a JSON object, a line break, and that object: see `format.rs`.

mod answer_kind;
mod builder;
mod check;
mod ensemble;
mod format;
mod load;
mod reader;
mod save;
mod series;
mod targets;
mod training_summary;

use crate::ensemble::Ensemble;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::rows::{Corpus, Dataset, Padding, Problem, Scaler, Split};
use crate::text::{Sequences, Tokenizer, Vocabulary};

pub use answer_kind::AnswerKind;
pub use builder::ArtifactBuilder;
pub use format::FORMAT;
pub use reader::Reader;
pub use training_summary::TrainingSummary;

/// A trained model with what reads its input, padding, labels and training summary.
///
/// An artifact is made by [`Artifact::builder`], which checks that its parts fit one another, or read from a file by
/// [`Artifact::load`]. It answers through a [`Predictor`](crate::Predictor), or a
/// [`Generator`](crate::Generator) where it is a language model.
///
/// ```
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::text::{Tokenizer, Vocabulary};
/// use gatewise::{rows::Padding, AnswerKind, Artifact, Sequential};
///
/// let words = ["good", "bad"].map(String::from);
/// let model = Sequential::new()
///     .with(Embedding::new(6, 4))
///     .with(Lstm::new(3))
///     .with(Dense::new(1).activation(Activation::Sigmoid))
///     .compile(1)?;
/// let artifact = Artifact::builder(model)
///     .text(Tokenizer::default(), Vocabulary::from_ranked(&words, 6)?)
///     .padding(Padding::to(10))
///     .labels(["neg", "pos"])
///     .build()?;
/// assert_eq!(artifact.answer_kind(), AnswerKind::Class);
///
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
    model: Model,
    reader: Reader,
    ensemble: Option<Ensemble>,
    padding: Padding,
    problem: Problem,
    labels: Vec<String>,
    threshold: f32,
    training: TrainingSummary,
}

impl Artifact {
    /// Returns the model: of an ensemble, its first member.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns this artifact with other weights, or another model.
    ///
    /// # Errors
    /// As [`ArtifactBuilder::build`].
    pub fn with_model(self, model: Model) -> Result<Self> {
        self.into_builder().model(model).build()
    }

    /// Returns what turns input into what the model reads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Returns the tokenizer, of a model that reads texts.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        match &self.reader {
            Reader::Text { tokenizer, .. } => Some(tokenizer),
            _ => None,
        }
    }

    /// Returns the vocabulary, of a model that reads texts.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        match &self.reader {
            Reader::Text { vocabulary, .. } => Some(vocabulary),
            _ => None,
        }
    }

    /// Returns the scale of each channel, of a model that reads series; otherwise none.
    pub fn scalers(&self) -> &[Scaler] {
        match &self.reader {
            Reader::Series { scalers } => scalers,
            _ => &[],
        }
    }

    /// Returns what answers beside the model, of an ensemble.
    pub fn ensemble(&self) -> Option<&Ensemble> {
        self.ensemble.as_ref()
    }

    /// Returns how rows are padded and cut.
    ///
    /// With `maxlen: None` an answer depends on its own row alone: the row is neither padded nor cut, whatever other
    /// rows are answered in the same call. [`score`](Self::score), [`evaluate`](Self::evaluate) and training are different
    /// there: rows of a data set are padded to the longest row of the data set.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// Returns what is asked about a row, and so what the outputs mean.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the names of classes or labels, one for each output. A model of two classes with one output has two
    /// labels, the second being the positive class. Without classes or labels there are none.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns the decision threshold. A binary model predicts the positive class for a probability above it, a
    /// multi-label model the labels whose probabilities are above it.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Returns how the model was trained and how it did.
    pub fn training(&self) -> &TrainingSummary {
        &self.training
    }

    /// Returns how the model was trained and how it did, to change.
    pub fn training_mut(&mut self) -> &mut TrainingSummary {
        &mut self.training
    }

    /// Returns this artifact with another training summary.
    #[must_use]
    pub fn with_training(self, training: TrainingSummary) -> Self {
        Self { training, ..self }
    }
}

impl Artifact {
    /// Returns the rows of a corpus as this model reads them: its words looked up in this vocabulary, its labels among
    /// these, its numbers on this scale.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a label that the model does not know, when the model answers
    /// another question than the corpus asks, or when it does not read texts.
    pub fn dataset(&self, corpus: &Corpus, split: &Split) -> Result<Dataset> {
        let Reader::Text { vocabulary, .. } = &self.reader else {
            return Err(Error::data(format!(
                "the model reads {}, but the data are texts",
                self.reader.describe()
            )));
        };
        let policy = vocabulary.policy();
        let ids: Vec<u32> = corpus.vocabulary.iter().map(|word| vocabulary.id(word)).collect();
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
