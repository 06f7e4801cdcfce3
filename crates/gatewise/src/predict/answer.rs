//! From a model's outputs to a prediction with labels.
//!
//! Input: an artifact and a model's outputs. Output: an [`Answer`], or a score on labelled rows.

use crate::artifact::{AnswerKind, Artifact};
use crate::error::{Error, Result};
use crate::evaluate::Scored;
use crate::metrics::{Evaluation, argmax};
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::{Dataset, Inputs, Problem};
use serde::Serialize;

/// The prediction for one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The prediction as text. Binary and multiclass: the label. Multi-label: the labels, joined by the
    /// separator of the training data. Regression: the number.
    pub label: String,
    /// The predicted labels. Binary and multiclass: one. Multi-label: any number. Regression: none.
    pub labels: Vec<String>,
    /// Binary and multiclass: the probability of `label`. Multi-label: the highest probability of a label.
    /// Regression: NaN.
    ///
    /// Of a binary model, `scores` contains P(positive); the probability of the other label is 1 − P(positive).
    pub probability: f32,
    /// Regression: the number, in its original unit. Otherwise: `None`.
    pub value: Option<f32>,
    /// The model's outputs. Binary: P(positive), the probability of the last label
    /// ([`Artifact::positive`]). Regression: one scaled number. Multiclass and multi-label: one per label.
    pub scores: Vec<f32>,
    /// Number of words in the text. Series and ids: 0.
    pub words: usize,
    /// Number of out-of-vocabulary words in the text.
    pub oov: usize,
}

impl Artifact {
    /// Returns all members; without an ensemble, the model.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Model> {
        let others = self.ensemble().into_iter().flat_map(|ensemble| ensemble.others());
        std::iter::once(self.model()).chain(others)
    }

    /// Joins the outputs of all members.
    pub(super) fn joined(&self, mut outputs: Vec<Vec<f32>>, rows: PaddedRows<'_>) -> Vec<f32> {
        match (self.ensemble(), rows.inputs) {
            (Some(ensemble), Inputs::Ids(rows)) => ensemble.join(self.model().output_width(), &outputs, rows),
            _ => outputs.swap_remove(0),
        }
    }

    /// Returns the index of the predicted label for a row's outputs. One output: 1 above the threshold, else 0.
    /// Several outputs: the index of the largest.
    pub fn class(&self, scores: &[f32]) -> usize {
        match scores {
            [probability] => usize::from(*probability > self.threshold()),
            _ => argmax(scores),
        }
    }

    /// Returns the prediction for a row's outputs.
    pub(crate) fn decode(&self, scores: &[f32]) -> Answer {
        let (labels, probability, value) = match self.problem() {
            Problem::SingleLabel => {
                let class = self.class(scores);
                let probability = match (scores, class) {
                    (&[positive], 0) => 1.0 - positive,
                    (&[positive], _) => positive,
                    (scores, class) => scores[class],
                };
                (vec![self.labels()[class].clone()], probability, None)
            }
            Problem::MultiLabel { .. } => {
                let yes = self.labels().iter().zip(scores).filter(|(_, score)| **score > self.threshold());
                (yes.map(|(label, _)| label.clone()).collect(), scores[argmax(scores)], None)
            }
            Problem::Regression { scale } => (Vec::new(), f32::NAN, Some(scale.restore(scores[0]))),
        };
        let label = match (self.problem(), value) {
            (_, Some(value)) => value.to_string(),
            (Problem::MultiLabel { separator }, None) => labels.join(separator),
            (_, None) => labels.concat(),
        };
        Answer { label, labels, probability, value, scores: scores.to_vec(), words: 0, oov: 0 }
    }

    pub(crate) fn check_predicts_rows(&self) -> Result<()> {
        match self.answer_kind() {
            AnswerKind::Class | AnswerKind::Labels | AnswerKind::Number => Ok(()),
            AnswerKind::NextToken => Err(Error::config(
                "this is a language model, which continues texts and predicts no labels; use gatewise generate, or Generator",
            )),
            _ => Err(Error::config(
                "this model is not a classifier: it outputs numbers, or one value per step",
            )),
        }
    }

    /// Returns the outputs for `data` with the targets, and loss and accuracy at this artifact's threshold.
    ///
    /// The ids of `data` must come from this artifact's vocabulary. With `maxlen: None`, rows are padded to
    /// the longest row of `data`. Regression: outputs and targets are in the original unit; the loss is
    /// computed on scaled numbers.
    ///
    /// # Errors
    /// As [`Model::score`](crate::Model::score).
    pub fn score(&self, data: &Dataset, machine: &Machine) -> Result<Scored> {
        let mut engine = Engine::new(machine);
        let outputs = |rows: PaddedRows<'_>| {
            let outputs = self.members().map(|model| engine.predict(model, rows)).collect();
            self.joined(outputs, rows)
        };
        // An ensemble was not trained as one: there is no loss that its members' penalties are part of.
        let penalty = if self.ensemble().is_some() { 0.0 } else { self.model().params().penalty() };
        let mut scored = self.model().score_with(data, self.threshold(), penalty, outputs)?;
        if let Problem::Regression { scale } = self.problem() {
            let numbers = scored.outputs.iter_mut().chain(&mut scored.targets);
            numbers.for_each(|number| *number = scale.restore(*number));
        }
        Ok(scored)
    }

    /// Returns loss and accuracy on `data`, as in [`score`](Self::score).
    ///
    /// # Errors
    /// As [`Model::evaluate`](crate::Model::evaluate).
    pub fn evaluate(&self, data: &Dataset, machine: &Machine) -> Result<Evaluation> {
        Ok(self.score(data, machine)?.evaluation)
    }
}
