//! Making an artifact from its parts.

use super::{Artifact, Reader, TrainingSummary, check};
use crate::ensemble::Ensemble;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::rows::{Padding, Problem, Scaler};
use crate::text::{Tokenizer, Vocabulary};

/// Makes an [`Artifact`]: see [`Artifact::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ArtifactBuilder {
    artifact: Artifact,
}

impl Artifact {
    /// Returns a builder of an artifact around `model`.
    ///
    /// Unless it is given more, the artifact reads rows of ids, pads nothing, and its outputs are neither classes nor
    /// labels.
    ///
    /// ```
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::{Artifact, Predictor, Sequential};
    /// let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(3));
    /// let model = layers.with(Dense::new(3).activation(Activation::Softmax)).compile(1)?;
    /// let artifact = Artifact::builder(model.clone()).labels(["low", "middle", "high"]).build()?;
    /// let answer = Predictor::new(artifact)?.answer_of_ids(&[1, 7, 8])?;
    /// assert!(answer.probability > 1.0 / 3.0);
    /// // Parts that do not fit are refused.
    /// assert!(Artifact::builder(model).labels(["low", "high"]).build().is_err());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn builder(model: Model) -> ArtifactBuilder {
        ArtifactBuilder {
            artifact: Artifact {
                model,
                reader: Reader::Ids,
                ensemble: None,
                padding: Padding::default(),
                problem: Problem::default(),
                labels: Vec::new(),
                threshold: 0.5,
                training: TrainingSummary::default(),
            },
        }
    }

    /// Replaces the decision threshold.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `threshold` is not finite.
    pub fn set_threshold(&mut self, threshold: f32) -> Result<()> {
        check::threshold(threshold).map_err(Error::config)?;
        self.threshold = threshold;
        Ok(())
    }

    /// Returns a builder that holds the parts of this artifact.
    pub fn into_builder(self) -> ArtifactBuilder {
        ArtifactBuilder { artifact: self }
    }
}

impl ArtifactBuilder {
    /// Replaces the model.
    pub fn model(mut self, model: Model) -> Self {
        self.artifact.model = model;
        self
    }

    /// The model reads texts, cut by `tokenizer` and numbered by `vocabulary`.
    pub fn text(self, tokenizer: Tokenizer, vocabulary: Vocabulary) -> Self {
        self.reader(Reader::text(tokenizer, vocabulary))
    }

    /// The model reads series, each channel on its scale.
    pub fn series(self, scalers: Vec<Scaler>) -> Self {
        self.reader(Reader::series(scalers))
    }

    /// What turns input into what the model reads. Default: [`Reader::Ids`].
    pub fn reader(mut self, reader: Reader) -> Self {
        self.artifact.reader = reader;
        self
    }

    /// What answers beside the model. Default: nothing.
    pub fn ensemble(mut self, ensemble: impl Into<Option<Ensemble>>) -> Self {
        self.artifact.ensemble = ensemble.into();
        self
    }

    /// How rows are padded and cut. Default: each row keeps its own length ([`Artifact::padding`]).
    pub fn padding(mut self, padding: Padding) -> Self {
        self.artifact.padding = padding;
        self
    }

    /// What is asked about a row. Default: [`Problem::SingleLabel`].
    pub fn problem(mut self, problem: Problem) -> Self {
        self.artifact.problem = problem;
        self
    }

    /// The names of classes or labels ([`Artifact::labels`]). Default: none.
    pub fn labels<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.artifact.labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// The decision threshold ([`Artifact::threshold`]). Default: 0.5.
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.artifact.threshold = threshold;
        self
    }

    /// How the model was trained and how it did. Default: nothing is known.
    pub fn training(mut self, training: TrainingSummary) -> Self {
        self.artifact.training = training;
        self
    }

    /// Returns the artifact.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the parts do not fit one another: labels and outputs,
    /// reader and first layer, members of an ensemble. [`Artifact::load`] refuses the same.
    pub fn build(self) -> Result<Artifact> {
        let checked = self.artifact.check_parts();
        checked.map_err(|why| Error::config(format!("the parts of this artifact do not fit: {why}")))?;
        Ok(self.artifact)
    }
}
