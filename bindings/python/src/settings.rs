//! Settings that come from Python as JSON.

use pyo3::PyResult;
use pyo3::exceptions::{PyTypeError, PyValueError};
use serde::de::DeserializeOwned;

/// Reads `json`, the settings of `what`. What is unknown (a `TypeError`, as of an argument) or out of range is named.
pub fn read<T: DeserializeOwned>(what: &str, json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        // The place in the text means nothing to someone who wrote Python.
        let reason = text.split(" at line ").next().unwrap_or(&text);
        match reason.starts_with("unknown field") {
            true => PyTypeError::new_err(format!("{what}: {reason}")),
            false => PyValueError::new_err(format!("{what}: {reason}")),
        }
    })
}
