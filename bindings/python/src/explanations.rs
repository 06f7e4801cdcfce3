//! Explanations: why a model answered as it did.
//!
//! Input: a predictor, rows, options as JSON. Output: explanations as JSON, with the keys of the library's, and as HTML.

use crate::errors::OrRaise;
use crate::predictor::Predictor;
use crate::settings;
use crate::texts::Given;
use gatewise::explain::{ExplainOptions, Explainer, Explanation, Method};
use gatewise_views::{Page, fragment_of_json};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::Value;

/// The options of an explanation. What is not given is the library's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    label: Option<String>,
    methods: Option<Vec<Method>>,
    steps: Option<usize>,
    phrases: Vec<String>,
    states: Option<bool>,
    beginnings: Option<bool>,
    counterfactuals: Option<bool>,
}

impl Settings {
    fn options(self, explainer: &Explainer) -> gatewise::Result<ExplainOptions> {
        let output = self.label.map(|label| explainer.artifact().output_of(&label)).transpose()?;
        let mut options = ExplainOptions::new().output(output).steps(self.steps).phrases(self.phrases);
        options.methods = self.methods.unwrap_or(options.methods);
        options.states = self.states.unwrap_or(options.states);
        options.beginnings = self.beginnings.unwrap_or(options.beginnings);
        options.counterfactuals = self.counterfactuals.unwrap_or(options.counterfactuals);
        Ok(options)
    }
}

/// Returns the explanations of the answers to rows, as JSON.
#[pyfunction]
pub fn explain(
    py: Python<'_>,
    predictor: &Predictor,
    x: &Bound<'_, PyAny>,
    settings: &str,
) -> PyResult<Vec<String>> {
    let given = predictor.given(x)?;
    let settings: Settings = settings::read("explain", settings)?;
    let explained = py.detach(|| -> gatewise::Result<Vec<Explanation>> {
        let explainer = Explainer::of(predictor.shared())?;
        let options = settings.options(&explainer)?;
        match given {
            Given::Texts(texts) => explainer.explain_many(&texts, &options),
            Given::Ids(rows) => rows.rows().map(|ids| explainer.explain_ids(ids, &options)).collect(),
            Given::Series(rows) => explainer.explain_series(&rows, &options),
        }
    });
    let json = |explanation: &Explanation| {
        serde_json::to_string(explanation).map_err(|error| PyValueError::new_err(error.to_string()))
    };
    explained.or_raise()?.iter().map(json).collect()
}

/// Returns an explanation as an element of HTML, for notebooks.
#[pyfunction]
pub fn explanation_html(explanation: &str) -> PyResult<String> {
    Ok(fragment_of_json(&value(explanation)?))
}

/// Returns a page of HTML with the pictures of explanations.
#[pyfunction]
pub fn explanation_page(title: &str, explanations: Vec<String>) -> PyResult<String> {
    let add = |page: Page, one: &String| value(one).map(|one| page.json(&one));
    Ok(explanations.iter().try_fold(Page::new(title), add)?.to_html())
}

fn value(explanation: &str) -> PyResult<Value> {
    serde_json::from_str(explanation).map_err(|error| PyValueError::new_err(error.to_string()))
}
