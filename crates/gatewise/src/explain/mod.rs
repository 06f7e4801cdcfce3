//! Explanations: why a model answered as it did.
//!
//! Input: an artifact and a text, a row of ids or a series. Output: an [`Explanation`]: the contribution of each
//! token to the answer by several methods, the gates and states at each token, the answer if the text ended there,
//! and the smallest changes that turn the answer.

mod decomposition;
mod explainer;
mod explanation;
mod options;
mod top_words;

pub use decomposition::{contextual_decomposition, contextual_decomposition_on};
pub use explainer::Explainer;
pub use explanation::{
    Attribution, Change, Counterfactuals, ExplainedOutput, Explanation, LayerStates, Part, Phrase,
    SignalValues, Token,
};
pub use options::{ExplainOptions, Method};
pub use top_words::{TopWord, TopWords};
