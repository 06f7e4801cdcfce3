//! Options of an explanation, and the methods of attribution.

use serde::{Deserialize, Serialize};

/// A method that attributes an output to the tokens of a row.
///
/// With x the vectors of the row (embedded ids, or the vectors of a series), x′ the baseline, and F the explained
/// output before its activation:
///
/// | method | contribution of token t | cost |
/// |---|---|---|
/// | [`IntegratedGradients`](Self::IntegratedGradients) | `(x_t − x′_t) · ∫₀¹ ∂F/∂x_t (x′ + α(x − x′)) dα` | 14 points and both ends of the path, which fill one block; more where they are not enough |
/// | [`GradientTimesInput`](Self::GradientTimesInput) | `x_t · ∂F/∂x_t` | one gradient |
/// | [`Occlusion`](Self::Occlusion) | `F(x) − F(x with x′_t in place of x_t)` | one prediction for each token |
/// | [`ContextualDecomposition`](Self::ContextualDecomposition) | the part of F that is due to the token alone | one decomposition for each token |
/// | [`LinearModel`](Self::LinearModel) | the weights of the n-grams of a linear model, shared by their tokens | a look-up |
///
/// Contributions of integrated gradients add up to `F(x) − F(x′)`. The baseline is the row with padding in place of
/// every token: the pad id's vector, or zeros where padding is masked and for series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.
    IntegratedGradients,
    /// A. Shrikumar et al., "Not Just a Black Box", 2016.
    GradientTimesInput,
    /// M. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
    Occlusion,
    /// W. J. Murdoch, P. J. Liu and B. Yu, "Beyond Word Importance", ICLR 2018.
    ContextualDecomposition,
    /// A linear model of n-grams: the linear part of an ensemble, or a baseline.
    LinearModel,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 5] = [
        Self::IntegratedGradients,
        Self::GradientTimesInput,
        Self::Occlusion,
        Self::ContextualDecomposition,
        Self::LinearModel,
    ];

    /// Returns the name: `integrated_gradients`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::IntegratedGradients => "integrated_gradients",
            Self::GradientTimesInput => "gradient_times_input",
            Self::Occlusion => "occlusion",
            Self::ContextualDecomposition => "contextual_decomposition",
            Self::LinearModel => "linear_model",
        }
    }
}

/// Options of [`Explainer::explain_with`](super::Explainer::explain_with).
///
/// ```
/// use gatewise::explain::{ExplainOptions, Method};
/// let options = ExplainOptions::new().methods([Method::Occlusion]).phrases(["not good"]);
/// assert!(options.states && options.output.is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExplainOptions {
    /// The output to explain: a class or a label by its index. Default: the predicted class; of a model with several
    /// labels the most probable one; output 0 of a binary model and of a regression.
    pub output: Option<usize>,
    /// Methods of attribution. Default: all but occlusion.
    pub methods: Vec<Method>,
    /// Points of integrated gradients. Default: 14, and about twice as many, up to 1,022, until the contributions add up
    /// to the difference of the outputs within 1 %; a note says where they do not.
    pub steps: Option<usize>,
    /// Phrases to decompose, beside the pairs of words that the explanation finds. Default: none.
    pub phrases: Vec<String>,
    /// Whether to return gates and states. Default: yes.
    pub states: bool,
    /// Whether to return the answers for the beginnings (and, for bidirectional models, the ends) of the text.
    /// Default: yes.
    pub beginnings: bool,
    /// Whether to search for the smallest changes that turn the answer. Default: yes.
    pub counterfactuals: bool,
}

impl Default for ExplainOptions {
    fn default() -> Self {
        Self {
            output: None,
            methods: Method::ALL.into_iter().filter(|&method| method != Method::Occlusion).collect(),
            steps: None,
            phrases: Vec::new(),
            states: true,
            beginnings: true,
            counterfactuals: true,
        }
    }
}

impl ExplainOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the output to explain.
    pub fn output(self, output: impl Into<Option<usize>>) -> Self {
        Self { output: output.into(), ..self }
    }

    /// Sets the methods of attribution.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        Self { methods: methods.into_iter().collect(), ..self }
    }

    /// Sets the number of points of integrated gradients.
    pub fn steps(self, steps: impl Into<Option<usize>>) -> Self {
        Self { steps: steps.into(), ..self }
    }

    /// Sets the phrases to decompose.
    pub fn phrases<T: Into<String>>(self, phrases: impl IntoIterator<Item = T>) -> Self {
        Self { phrases: phrases.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets whether to return gates and states.
    pub fn states(self, states: bool) -> Self {
        Self { states, ..self }
    }

    /// Sets whether to return the answers for the beginnings of the text.
    pub fn beginnings(self, beginnings: bool) -> Self {
        Self { beginnings, ..self }
    }

    /// Sets whether to search for the smallest changes that turn the answer.
    pub fn counterfactuals(self, counterfactuals: bool) -> Self {
        Self { counterfactuals, ..self }
    }
}
