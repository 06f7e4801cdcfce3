//! Explanations: why a model answered as it did, and what it has learnt.
//!
//! Input: an artifact and a text, a row of ids or a series. Output: an [`Explanation`]: the contribution of each
//! token to the answer by several methods, the gates and states at each token, the answer if the text ended there,
//! and the smallest changes that turn the answer. For a model and many rows: how far back the gradient of a
//! recurrent layer reaches ([`gradient_by_lag`]), and what each of its units does ([`unit_roles`]).

mod correlation;
mod counterfactual;
mod decomposition;
mod explainer;
mod explanation;
mod gradient_by_lag;
mod gradients;
mod jacobian;
mod joined;
mod occlusion;
mod options;
mod phrases;
mod quadrature;
mod recurrent_part;
mod row;
mod states;
mod tokens;
mod top_words;
mod units;

pub use decomposition::{contextual_decomposition, contextual_decomposition_on};
pub use explainer::Explainer;
pub use explanation::{
    Attribution, Change, Counterfactuals, ExplainedOutput, Explanation, LayerStates, Part, Phrase,
    SignalValues, Token,
};
pub use gradient_by_lag::{GradientByLag, LagNorm, gradient_by_lag};
pub use gradients::{GradientAttribution, integrated_gradients, integrated_gradients_on};
pub use occlusion::occlusion;
pub use options::{ExplainOptions, Method};
pub use recurrent_part::recurrent_layers;
pub use top_words::{TopWord, TopWords};
pub use units::{TokenEffect, UnitRole, UnitRoles, unit_roles};
