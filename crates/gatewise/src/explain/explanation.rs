//! The result of an explanation. Its fields are the keys of `gatewise explain --format json`.

use super::Method;
use crate::predict::Answer;
use serde::Serialize;

/// Why a model answered as it did for one text, row of ids or series.
///
/// Every list over tokens has one element for each of [`tokens`](Self::tokens), the states of layers excepted, which
/// have one for each token that the model reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The text. `None` for rows of ids and for series.
    pub text: Option<String>,
    /// The tokens of the text, the ids of the row, or the steps of the series.
    pub tokens: Vec<Token>,
    /// The answer.
    pub answer: Answer,
    /// The explained output.
    pub output: ExplainedOutput,
    /// The contribution of each token to the output before its activation, by method.
    pub attributions: Vec<Attribution>,
    /// Phrases by contextual decomposition: the phrases of the options, then the pairs of neighbouring words that
    /// differ most from their words, strongest first.
    pub phrases: Vec<Phrase>,
    /// The explained output ([`ExplainedOutput::value`]) if the text ended after each token. Empty unless asked for.
    pub beginnings: Vec<f32>,
    /// The explained output if the text began with each token. For models with a bidirectional layer or one with
    /// `go_backwards`; otherwise empty.
    pub endings: Vec<f32>,
    /// Gates and states of the recurrent layers. Of an ensemble: of its first member.
    pub layers: Vec<LayerStates>,
    /// The smallest changes that turn the answer.
    pub counterfactuals: Counterfactuals,
    /// The parts of an ensemble. Otherwise empty.
    pub parts: Vec<Part>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// A token of an explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Token {
    /// The token as the tokenizer returns it, `<start>`, `<pad>` or `<unknown>`; of a series the number of the step.
    pub text: String,
    /// The id. `None` for series.
    pub id: Option<u32>,
    /// Whether the vocabulary has the token. The model reads all other tokens as the same unknown word.
    pub known: bool,
    /// Whether the model reads the token: `false` beyond `maxlen`.
    pub read: bool,
    /// The bytes of the token in the text: from the first to the one after the last. `None` where the tokenizer does
    /// not keep the text.
    pub span: Option<[usize; 2]>,
}

/// The output that an explanation explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedOutput {
    /// The index of the output.
    pub index: usize,
    /// The label that a positive contribution speaks for. `None` for a regression.
    pub label: Option<String>,
    /// The label that a negative contribution speaks for, of a binary model.
    pub other: Option<String>,
    /// The output: P(label), or the number of a regression.
    pub value: f32,
    /// The output before its activation: the log-odds of a binary model, the number of a regression. Contributions
    /// have its unit.
    pub logit: f64,
    /// The same for the baseline: the text with padding in place of every token.
    pub baseline: f64,
    /// The threshold of a binary or multi-label model: the label is predicted above it.
    pub threshold: Option<f32>,
}

/// The contribution of each token by one method.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attribution {
    /// The method.
    pub method: Method,
    /// One contribution for each token.
    pub values: Vec<f64>,
    /// The sum of the contributions.
    pub sum: f64,
    /// For methods whose contributions add up to the difference between the output and its baseline: the distance of
    /// the sum from that difference, as a fraction of it. Zero where both are zero.
    pub error: Option<f64>,
    /// The points of integrated gradients.
    pub steps: Option<usize>,
    /// Of a series: the contribution of each of its columns.
    pub columns: Option<Vec<f64>>,
}

/// A phrase by contextual decomposition.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Phrase {
    /// The first token of the phrase.
    pub start: usize,
    /// The token after its last.
    pub end: usize,
    /// The tokens, joined by spaces.
    pub text: String,
    /// The contribution of the phrase.
    pub score: f64,
    /// The contributions of its words, each alone.
    pub words: Vec<f64>,
    /// The contribution of the phrase less the sum of its words.
    pub interaction: f64,
}

/// Gates and states of one recurrent layer at the tokens that the model reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LayerStates {
    /// The name: `lstm`, `bidirectional/backward_lstm`.
    pub name: String,
    /// The class: `LSTM`, `GRU` or `SimpleRNN`.
    pub class: &'static str,
    /// The number of units.
    pub units: usize,
    /// Whether the layer reads from the last token to the first.
    pub backwards: bool,
    /// The first token that the model reads.
    pub start: usize,
    /// Gates (`forget_gate`, …), `candidate`, `cell` and `output`, as [`Trace`](crate::Trace) names them.
    pub signals: Vec<SignalValues>,
}

/// One signal of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SignalValues {
    /// The name.
    pub name: String,
    /// `[tokens][units]`
    pub values: Vec<Vec<f32>>,
    /// The mean over the units at each token; of `cell`, `candidate` and `output` the mean of the absolute values.
    pub mean: Vec<f32>,
}

/// The smallest changes that turn the answer.
///
/// Both searches are greedy: another change may be smaller, but no part of the change found is enough.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Counterfactuals {
    /// Words to delete. `None` if deleting words does not turn the answer.
    pub deletion: Option<Change>,
    /// Words to swap for other known words. `None` if up to five swaps do not turn the answer.
    pub swap: Option<Change>,
}

/// A change of a text and the answer to the changed text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The changed tokens, in order.
    pub tokens: Vec<usize>,
    /// The words in their place, one for each; empty if the tokens are deleted.
    pub words: Vec<String>,
    /// The answer to the changed text.
    pub label: String,
    /// The explained output for the changed text: the probability of the label of [`ExplainedOutput`], whatever `label` is.
    pub value: f32,
}

/// One part of an ensemble: a member or the linear model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// `member_1`, …, `linear_model`
    pub name: String,
    /// The weight of its logit in the ensemble's.
    pub weight: f64,
    /// Its own logit.
    pub logit: f64,
    /// Its share of the contribution of each token, by integrated gradients, or by the weights of the linear model:
    /// already multiplied by the weight.
    pub values: Vec<f64>,
}
