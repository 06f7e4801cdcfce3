//! The builder of an artifact.

use super::{Artifact, Reader, TrainingSummary, check};
use crate::ensemble::Ensemble;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::rows::{Padding, Problem, Scaler};
use crate::text::{Tokenizer, Vocabulary};

/// A builder of an [`Artifact`]; see [`Artifact::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ArtifactBuilder {
    artifact: Artifact,
}

impl Artifact {
    /// Returns a builder of an artifact around `model`.
    ///
    /// By default the artifact reads rows of ids, pads nothing and has no labels.
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

    /// Sets the decision threshold.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `threshold` is not finite.
    pub fn set_threshold(&mut self, threshold: f32) -> Result<()> {
        check::threshold(threshold).map_err(Error::config)?;
        self.threshold = threshold;
        Ok(())
    }

    /// Converts the artifact into a builder with its parts.
    pub fn into_builder(self) -> ArtifactBuilder {
        ArtifactBuilder { artifact: self }
    }
}

impl ArtifactBuilder {
    /// Sets the model.
    pub fn model(mut self, model: Model) -> Self {
        self.artifact.model = model;
        self
    }

    /// Sets a reader of texts: `tokenizer` splits them into words, `vocabulary` maps words to ids.
    pub fn text(self, tokenizer: Tokenizer, vocabulary: Vocabulary) -> Self {
        self.reader(Reader::text(tokenizer, vocabulary))
    }

    /// Sets a reader of series: one scaler per channel.
    pub fn series(self, scalers: Vec<Scaler>) -> Self {
        self.reader(Reader::series(scalers))
    }

    /// Sets the reader: the preprocessing of the model's input. Default: [`Reader::Ids`].
    pub fn reader(mut self, reader: Reader) -> Self {
        self.artifact.reader = reader;
        self
    }

    /// Sets the ensemble around the model. Default: none.
    pub fn ensemble(mut self, ensemble: impl Into<Option<Ensemble>>) -> Self {
        self.artifact.ensemble = ensemble.into();
        self
    }

    /// Sets the padding and truncation of rows. Default: every row keeps its length ([`Artifact::padding`]).
    pub fn padding(mut self, padding: Padding) -> Self {
        self.artifact.padding = padding;
        self
    }

    /// Sets the problem: classification, multi-label classification or regression. Default:
    /// [`Problem::SingleLabel`].
    pub fn problem(mut self, problem: Problem) -> Self {
        self.artifact.problem = problem;
        self
    }

    /// Sets the labels ([`Artifact::labels`]). Default: none.
    pub fn labels<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.artifact.labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the decision threshold ([`Artifact::threshold`]). Default: 0.5.
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.artifact.threshold = threshold;
        self
    }

    /// Sets the training summary. Default: empty.
    pub fn training(mut self, training: TrainingSummary) -> Self {
        self.artifact.training = training;
        self
    }

    /// Builds the artifact.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when parts do not fit: labels and outputs, reader and first
    /// layer, members of an ensemble. [`Artifact::load`] runs the same checks.
    pub fn build(self) -> Result<Artifact> {
        let checked = self.artifact.check_parts();
        checked.map_err(|why| Error::config(format!("the parts of this artifact do not fit: {why}")))?;
        Ok(self.artifact)
    }
}
