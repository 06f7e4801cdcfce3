//! The explainer: an artifact prepared for explanations, callable from any number of threads.
//!
//! Input: texts, rows of ids or series. Output: explanations.

use super::{ExplainOptions, Explanation};
use crate::artifact::Artifact;
use crate::error::{Error, Result};
use crate::linear::LinearModel;
use crate::model::Machine;
use crate::predict::Predictor;
use std::sync::Arc;

/// An explainer: an artifact prepared once for explanations. `Send`, `Sync` and `Clone`, as a [`Predictor`].
#[derive(Debug, Clone)]
pub struct Explainer {
    predictor: Predictor,
    linear: Option<Arc<LinearModel>>,
}

impl Explainer {
    /// Creates an explainer on the default machine ([`Machine::new`]).
    ///
    /// # Errors
    /// As [`on`](Self::on).
    pub fn new(artifact: impl Into<Arc<Artifact>>) -> Result<Self> {
        Self::on(artifact, &Machine::new())
    }

    /// Creates an explainer on `machine`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the model predicts neither classes, labels nor a number.
    pub fn on(artifact: impl Into<Arc<Artifact>>, machine: &Machine) -> Result<Self> {
        Ok(Self { predictor: Predictor::on(artifact, machine)?, linear: None })
    }

    /// Sets a linear model, such as the baseline of the training, whose word weights are returned beside the
    /// contributions ([`Method::LinearModel`](super::Method::LinearModel)). An ensemble has its own.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the linear model has other outputs than the artifact.
    pub fn with_linear(self, linear: impl Into<Arc<LinearModel>>) -> Result<Self> {
        Ok(Self { linear: Some(linear.into()), ..self })
    }

    /// Returns the artifact.
    pub fn artifact(&self) -> &Artifact {
        self.predictor.artifact()
    }

    /// Returns the explanation of the answer to one text.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with).
    pub fn explain(&self, text: &str) -> Result<Explanation> {
        self.explain_with(text, &ExplainOptions::default())
    }

    /// Returns the explanation of the answer to one text.
    ///
    /// # Errors
    /// * As [`Predictor::answer`].
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such output, or no integrated gradients with
    ///   so few or so many points.
    /// * [`ErrorKind::Data`](crate::ErrorKind::Data) if a phrase is not in the text.
    pub fn explain_with(&self, text: &str, options: &ExplainOptions) -> Result<Explanation> {
        let _ = (text, options);
        Err(Error::config("not built yet"))
    }

    /// Returns the explanations of the answers to many texts, in order: many texts are faster together.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with).
    pub fn explain_many<T: AsRef<str>>(
        &self,
        texts: &[T],
        options: &ExplainOptions,
    ) -> Result<Vec<Explanation>> {
        texts.iter().map(|text| self.explain_with(text.as_ref(), options)).collect()
    }

    /// Returns the explanation of the answer to one row of ids.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with).
    pub fn explain_ids(&self, ids: &[u32], options: &ExplainOptions) -> Result<Explanation> {
        let _ = (ids, options);
        Err(Error::config("not built yet"))
    }

    /// Returns the explanation of the answer to one series, `[steps][columns]`, not scaled.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with), and as [`Artifact::scaled`].
    pub fn explain_series(&self, series: &[f32], options: &ExplainOptions) -> Result<Explanation> {
        let _ = (series, options);
        Err(Error::config("not built yet"))
    }
}
