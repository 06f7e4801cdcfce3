//! The extension module `gatewise._gatewise`: translates between Python and the library.
//!
//! Input: Python objects, NumPy arrays, settings as JSON. Output: Python objects. Nothing is decided here: layers,
//! losses, optimizers and runs are the library's, and settings are checked where the library reads them.

#![allow(clippy::type_complexity, reason = "what goes to Python is a tuple, and its names are in the stub")]

mod arrays;
mod built_in_callbacks;
mod callbacks;
mod datasets;
mod errors;
mod explanations;
mod forecasts;
mod functions;
mod initializers;
mod inside;
mod layer_call;
mod losses;
mod metrics;
mod model;
mod optimizers;
mod pipeline;
mod predictor;
mod reports;
mod settings;
mod tables;
mod texts;
mod training;
mod watch;

use pyo3::prelude::*;

#[pymodule]
mod _gatewise {
    #[pymodule_export]
    use crate::datasets::{imdb_reviews, imdb_words, keras_imdb, word_index};
    #[pymodule_export]
    use crate::explanations::{explain, explanation_html, explanation_page};
    #[pymodule_export]
    use crate::forecasts::forecast;
    #[pymodule_export]
    use crate::initializers::{initial_values, penalty};
    #[pymodule_export]
    use crate::inside::{input_gradients, layer_summaries, trace};
    #[pymodule_export]
    use crate::layer_call::call_layer;
    #[pymodule_export]
    use crate::losses::{loss_of, reduce_losses};
    #[pymodule_export]
    use crate::metrics::MetricState;
    #[pymodule_export]
    use crate::model::Model;
    #[pymodule_export]
    use crate::optimizers::{AppliedOptimizer, check_optimizer, learning_rate};
    #[pymodule_export]
    use crate::pipeline::{generate_reviews, read, train};
    #[pymodule_export]
    use crate::predictor::{Answer, Predictor};
    #[pymodule_export]
    use crate::reports::{model_report, report, report_text, threshold};

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        pyo3::types::PyModuleMethods::add(module, "__version__", env!("CARGO_PKG_VERSION"))
    }
}
