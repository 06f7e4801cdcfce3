//! Outputs to answers: what the numbers of a model say of a row, by name.
//!
//! Enters: an artifact and a model's outputs. Leaves: an [`Answer`], or a score on labelled rows.

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
    /// The prediction as text: the name of the class; the names of the labels, separated as in training; the number.
    pub label: String,
    /// The class, or the labels. Regression: none.
    pub labels: Vec<String>,
    /// Binary: P(positive), the positive class being the last of the labels. Multiclass: P(label). Multi-label: the
    /// highest. Regression: NaN.
    pub probability: f32,
    /// Regression: the number. Otherwise `None`.
    pub value: Option<f32>,
    /// The model's outputs: the one, or one for each label.
    pub scores: Vec<f32>,
    /// Words in the text. Series and ids: 0.
    pub words: usize,
    /// Words in the text that the vocabulary does not hold.
    pub oov: usize,
}

impl Artifact {
    /// The model, and those beside it.
    pub(super) fn members(&self) -> impl Iterator<Item = &Model> {
        let others = self.ensemble().into_iter().flat_map(|ensemble| ensemble.others());
        std::iter::once(self.model()).chain(others)
    }

    /// The outputs of all members as one.
    pub(super) fn joined(&self, mut outputs: Vec<Vec<f32>>, rows: PaddedRows<'_>) -> Vec<f32> {
        match (self.ensemble(), rows.inputs) {
            (Some(ensemble), Inputs::Ids(rows)) => ensemble.join(self.model().output_width(), &outputs, rows),
            _ => outputs.swap_remove(0),
        }
    }

    /// Returns the class that is predicted from a row's outputs, as an index into the labels. With one output it is
    /// the second class above the threshold; with several, the class of the largest.
    pub fn class(&self, scores: &[f32]) -> usize {
        match scores {
            [probability] => usize::from(*probability > self.threshold()),
            _ => argmax(scores),
        }
    }

    /// What the model's outputs for a row say.
    pub(super) fn answer_to(&self, scores: &[f32]) -> Answer {
        let (labels, probability, value) = match self.problem() {
            Problem::SingleLabel => {
                let class = self.class(scores);
                let probability = if scores.len() == 1 { scores[0] } else { scores[class] };
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

    pub(super) fn expect_answers(&self) -> Result<()> {
        match self.answer_kind() {
            AnswerKind::Class | AnswerKind::Labels | AnswerKind::Number => Ok(()),
            _ => Err(Error::config(
                "this model sorts nothing into classes: its answers are numbers, or one a step",
            )),
        }
    }

    /// Returns the outputs for `data`, whose ids are those of this vocabulary, beside its targets, with this threshold.
    /// Numbers are on their own scale again; the loss is measured before. With `maxlen: None` rows are padded to the
    /// longest of `data`.
    ///
    /// # Errors
    /// As [`Model::score`](crate::Model::score).
    pub fn score(&self, data: &Dataset, machine: &Machine) -> Result<Scored> {
        let mut engine = Engine::new(machine);
        let answer = |rows: PaddedRows<'_>| {
            let outputs = self.members().map(|model| engine.predict(model, rows)).collect();
            self.joined(outputs, rows)
        };
        // An ensemble was not trained as one: there is no loss that its members' penalties are part of.
        let penalty = if self.ensemble().is_some() { 0.0 } else { self.model().params().penalty() };
        let mut scored = self.model().score_with(data, self.threshold(), penalty, answer)?;
        if let Problem::Regression { scale } = self.problem() {
            let numbers = scored.outputs.iter_mut().chain(&mut scored.targets);
            numbers.for_each(|number| *number = scale.restore(*number));
        }
        Ok(scored)
    }

    /// Returns loss and accuracy on `data`, as [`score`](Self::score) measures them.
    ///
    /// # Errors
    /// As [`Model::evaluate`](crate::Model::evaluate).
    pub fn evaluate(&self, data: &Dataset, machine: &Machine) -> Result<Evaluation> {
        Ok(self.score(data, machine)?.evaluation)
    }
}
