//! The explainer: an artifact prepared for explanations, callable from any number of threads.
//!
//! Input: texts, rows of ids or series. Output: explanations.

use super::row::{Row, Sources, explain};
use super::{ExplainOptions, Explanation, tokens};
use crate::artifact::Artifact;
use crate::error::{Error, Result};
use crate::linear::LinearModel;
use crate::model::Machine;
use crate::predict::Predictor;
use crate::rows::Features;
use crate::text::Sequences;
use std::sync::Arc;

/// An explainer: an artifact prepared once for explanations. `Send`, `Sync` and `Clone`, as a [`Predictor`].
///
/// ```
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::text::{Tokenizer, Vocabulary};
/// # use gatewise::{rows::Padding, Artifact, Sequential};
/// # let words = ["good", "bad"].map(String::from);
/// # let model = Sequential::new()
/// #     .with(Embedding::new(6, 4))
/// #     .with(Lstm::new(3))
/// #     .with(Dense::new(1).activation(Activation::Sigmoid))
/// #     .compile(1)?;
/// # let artifact = Artifact::builder(model)
/// #     .text(Tokenizer::default(), Vocabulary::from_ranked(&words, 6)?)
/// #     .padding(Padding::to(10))
/// #     .labels(["neg", "pos"])
/// #     .build()?;
/// use gatewise::explain::{Explainer, Method};
/// let explainer = Explainer::new(artifact)?;
/// let explanation = explainer.explain("Good, not bad.")?;
/// let words: Vec<&str> = explanation.tokens.iter().map(|token| &*token.text).collect();
/// assert_eq!(words, ["<start>", "good", "not", "bad"]);
/// let [integrated, ..] = &explanation.attributions[..] else { unreachable!() };
/// assert_eq!(integrated.method, Method::IntegratedGradients);
/// // The contributions of the words add up to the difference that the text makes.
/// let output = &explanation.output;
/// assert!((integrated.sum - (output.logit - output.baseline)).abs() < 1e-3);
/// // The answer if the text ended after each word.
/// assert_eq!(explanation.beginnings[3], output.value);
/// # Ok::<(), gatewise::Error>(())
/// ```
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
        Self::of(Predictor::on(artifact, machine)?)
    }

    /// Creates an explainer of the answers of `predictor`, which it shares.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    pub fn of(predictor: Predictor) -> Result<Self> {
        predictor.artifact().check_predicts_rows()?;
        Ok(Self { predictor, linear: None })
    }

    /// Sets a linear model, such as the baseline of the training, whose word weights are returned beside the
    /// contributions ([`Method::LinearModel`](super::Method::LinearModel)). An ensemble has its own.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the linear model has other outputs than the artifact.
    pub fn with_linear(self, linear: impl Into<Arc<LinearModel>>) -> Result<Self> {
        let linear = linear.into();
        let (outputs, own) = (self.artifact().model().output_width(), linear.width());
        if own != outputs {
            return Err(Error::config(format!(
                "the linear model has {own} outputs, but the model has {outputs}; fit it to targets of the same classes"
            )));
        }
        Ok(Self { linear: Some(linear), ..self })
    }

    /// Returns the artifact.
    pub fn artifact(&self) -> &Artifact {
        self.predictor.artifact()
    }

    /// Returns the predictor.
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    fn sources(&self) -> Sources<'_> {
        Sources { predictor: &self.predictor, linear: self.linear.as_deref() }
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
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such output, or integrated gradients have no
    ///   point or too many.
    /// * [`ErrorKind::Data`](crate::ErrorKind::Data) if a phrase is not in the text.
    pub fn explain_with(&self, text: &str, options: &ExplainOptions) -> Result<Explanation> {
        let mut found = self.explain_many(&[text], options)?;
        Ok(found.swap_remove(0))
    }

    /// Returns the explanations of the answers to many texts, in order. The gradients of many texts are computed
    /// together, on all threads of the machine.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with).
    pub fn explain_many<T: AsRef<str>>(
        &self,
        texts: &[T],
        options: &ExplainOptions,
    ) -> Result<Vec<Explanation>> {
        let of_text = |text: &T| -> Result<Row> {
            let (tokens, ids) = tokens::of_text(self.artifact(), text.as_ref())?;
            Ok(Row {
                text: Some(text.as_ref().to_owned()),
                tokens,
                inputs: Sequences::from_iter([ids]).into(),
            })
        };
        explain(self.sources(), texts.iter().map(of_text).collect::<Result<_>>()?, options)
    }

    /// Returns the explanation of the answer to one row of ids.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with), and [`ErrorKind::Data`](crate::ErrorKind::Data) if an id is outside
    /// the model's vocabulary.
    pub fn explain_ids(&self, ids: &[u32], options: &ExplainOptions) -> Result<Explanation> {
        let tokens = tokens::of_ids(self.artifact(), ids);
        let inputs = Sequences::from_iter([ids.iter().copied()]).into();
        let mut found = explain(self.sources(), vec![Row { text: None, tokens, inputs }], options)?;
        Ok(found.swap_remove(0))
    }

    /// Returns the explanations of the answers to series, which are not scaled, in order.
    ///
    /// # Errors
    /// As [`explain_with`](Self::explain_with), and as [`Artifact::scaled`].
    pub fn explain_series(&self, series: &Features, options: &ExplainOptions) -> Result<Vec<Explanation>> {
        let scaled = self.artifact().scaled(series)?;
        let of_row = |row: usize| Row {
            text: None,
            tokens: tokens::of_steps(scaled.steps(row)),
            inputs: scaled.select(&[row]).into(),
        };
        explain(self.sources(), (0..scaled.len()).map(of_row).collect(), options)
    }
}
