//! Explanations: why a model answered as it did, and what it has learnt.
//!
//! Input: an artifact and a text, a row of ids or a series. Output: an [`Explanation`]: the contribution of each
//! token to the answer by several methods, the gates and states at each token, the answer if the text ended there,
//! and the smallest changes that turn the answer. For a model and many rows: how far back the gradient of a
//! recurrent layer reaches ([`gradient_by_lag`]), and what each of its units does ([`unit_roles`]).

mod correlation;
mod explainer;
mod explanation;
mod gradient_by_lag;
mod jacobian;
mod options;
mod recurrent_part;
mod top_words;
mod units;

pub use explainer::Explainer;
pub use explanation::{
    Attribution, Change, Counterfactuals, ExplainedOutput, Explanation, LayerStates, Part, Phrase,
    SignalValues, Token,
};
pub use gradient_by_lag::{GradientByLag, LagNorm, gradient_by_lag};
pub use options::{ExplainOptions, Method};
pub use recurrent_part::recurrent_layers;
pub use top_words::{TopWord, TopWords};
pub use units::{TokenEffect, UnitRole, UnitRoles, unit_roles};
