//! Artifacts: a trained model with its preprocessing, in one file.
//!
//! Input: a trained model, with the tokenizer, vocabulary or scalers of its input, padding and labels.
//! Output: a safetensors file, and back. The tensors are the weights under Keras's names and in Keras's
//! layout. The entry `gatewise` of the metadata is the SHA-256 of a JSON object, a line break, and that
//! object: see `format.rs`.

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

/// A trained model with its preprocessing, labels and training summary.
///
/// [`Artifact::builder`] builds an artifact and checks that its parts fit; [`Artifact::load`] reads one from
/// a file. [`Predictor`](crate::Predictor) predicts with an artifact, [`Generator`](crate::Generator)
/// generates text with an artifact of a language model.
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
    /// Returns the model; for an ensemble, the first member.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns this artifact with another model.
    ///
    /// # Errors
    /// As [`ArtifactBuilder::build`].
    pub fn with_model(self, model: Model) -> Result<Self> {
        self.into_builder().model(model).build()
    }

    /// Returns the reader: the preprocessing of the model's input.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Returns the tokenizer, or `None` if the model does not read texts.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        match &self.reader {
            Reader::Text { tokenizer, .. } => Some(tokenizer),
            _ => None,
        }
    }

    /// Returns the vocabulary, or `None` if the model does not read texts.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        match &self.reader {
            Reader::Text { vocabulary, .. } => Some(vocabulary),
            _ => None,
        }
    }

    /// Returns the scaler of each channel; empty if the model does not read series.
    pub fn scalers(&self) -> &[Scaler] {
        match &self.reader {
            Reader::Series { scalers } => scalers,
            _ => &[],
        }
    }

    /// Returns the ensemble, or `None` for a single model.
    pub fn ensemble(&self) -> Option<&Ensemble> {
        self.ensemble.as_ref()
    }

    /// Returns the padding and truncation of rows.
    ///
    /// With `maxlen: None`:
    /// * Prediction neither pads nor truncates a row, so that a prediction does not depend on the other rows
    ///   of a call.
    /// * [`score`](Self::score), [`evaluate`](Self::evaluate) and training pad the rows of a data set to its
    ///   longest row.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// Returns the problem: classification, multi-label classification or regression.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the labels.
    ///
    /// * Binary with one output: two labels; the second is the positive class.
    /// * Multiclass and multi-label: one label per output.
    /// * Regression, language models and models without labels: empty.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns the positive class of a binary model with one output: the last label. Its probability is the
    /// output of the model. `None` for other models.
    ///
    /// ```
    /// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// # use gatewise::{Artifact, Sequential};
    /// # let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(2));
    /// # let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// let artifact = Artifact::builder(model).labels(["ham", "spam"]).build()?;
    /// assert_eq!(artifact.positive(), Some("spam"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn positive(&self) -> Option<&str> {
        match (&self.problem, self.labels.as_slice()) {
            (Problem::SingleLabel, [_, positive]) if self.model.output_width() == 1 => Some(positive),
            _ => None,
        }
    }

    /// Returns the index of the output that belongs to a label. Both labels of a binary model belong to its one output,
    /// the probability of the positive class.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such label. The message lists the labels.
    pub fn output_of(&self, label: &str) -> Result<usize> {
        if self.labels.is_empty() {
            return Err(Error::config(format!("there is no label '{label}': this model has no labels")));
        }
        match self.labels.iter().position(|known| known == label) {
            Some(index) => Ok(if self.positive().is_some() { 0 } else { index }),
            None => Err(Error::config(format!(
                "the model has no label '{label}'; its labels are {}",
                self.labels.iter().map(|label| format!("'{label}'")).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// Returns the decision threshold. A binary model predicts the positive class above the threshold; a
    /// multi-label model predicts every label whose probability is above the threshold.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Returns the training summary.
    pub fn training(&self) -> &TrainingSummary {
        &self.training
    }

    /// Returns the training summary, mutably.
    pub fn training_mut(&mut self) -> &mut TrainingSummary {
        &mut self.training
    }
}

impl Artifact {
    /// Converts a split of a corpus into a data set for this model: words are looked up in this vocabulary,
    /// labels in these labels, and regression targets are scaled.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a label that the model does not have, for a corpus of
    /// another problem, or when the model does not read texts.
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
        let data = Dataset::new(rows, targets)?.with_padding(self.padding);
        match &split.weights {
            Some(weights) => data.with_sample_weight(weights.clone()),
            None => Ok(data),
        }
    }
}
