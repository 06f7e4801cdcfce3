//! Optimizers and schedules: for models, and on arrays.
//!
//! Input: settings as JSON, a step, arrays. Output: learning rates, updated arrays.

use crate::arrays;
use crate::callbacks::Raised;
use crate::errors::OrRaise;
use crate::settings;
use gatewise::optimizer::{AppliedOptimizer as Applied, LearningRate, OptimizerConfig};
use numpy::{PyArray1, PyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the settings of an optimizer are called in messages.
const OPTIMIZER: &str = "the optimizer";

/// Returns the learning rate of a schedule after `step` steps.
#[pyfunction]
pub fn learning_rate(schedule: &str, step: u64) -> PyResult<f64> {
    let schedule: LearningRate = settings::read("the schedule", schedule)?;
    schedule.check().or_raise()?;
    Ok(schedule.at(step))
}

/// Raises what is wrong with the settings of an optimizer.
#[pyfunction]
pub fn check_optimizer(settings: &str) -> PyResult<()> {
    config(settings::read(OPTIMIZER, settings)?, None, &Raised::default()).map(drop)
}

/// Returns the optimizer with these settings, and `rate`, a function of the number of steps done, as learning rate.
pub fn config(settings: Value, rate: Option<Bound<'_, PyAny>>, raised: &Raised) -> PyResult<OptimizerConfig> {
    let config = OptimizerConfig::from_json(settings).or_raise()?;
    let Some(rate) = rate else { return Ok(config) };
    let name =
        rate.getattr("__name__").or_else(|_| rate.get_type().getattr("__name__"))?.extract::<String>()?;
    let (rate, ended) = (rate.unbind(), raised.clone());
    let function = LearningRate::from_fn(name, move |iterations| {
        let result =
            Python::attach(|py| rate.call1(py, (iterations,))?.call_method0(py, "__float__")?.extract(py));
        // A rate that is not a number ends the run; the exception is raised in place of that error.
        ended.ended::<f64>(result).unwrap_or(f64::NAN)
    });
    let config = config.learning_rate(function);
    raised.check()?;
    config.or_raise()
}

/// An optimizer applied to variables.
#[pyclass(frozen, module = "gatewise._gatewise")]
pub struct AppliedOptimizer {
    optimizer: Mutex<Applied>,
    sizes: Vec<usize>,
    raised: Raised,
}

impl AppliedOptimizer {
    fn held(&self) -> MutexGuard<'_, Applied> {
        self.optimizer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Arrays<'py> = Vec<Bound<'py, PyArrayDyn<f32>>>;

#[pymethods]
impl AppliedOptimizer {
    /// Creates the state for variables with these names and sizes.
    #[new]
    #[pyo3(signature = (settings, rate, variables))]
    fn new(
        settings: &str,
        rate: Option<Bound<'_, PyAny>>,
        variables: Vec<(String, usize)>,
    ) -> PyResult<Self> {
        let raised = Raised::default();
        let config = config(settings::read(OPTIMIZER, settings)?, rate, &raised)?;
        let named = variables.iter().map(|(name, size)| (name.as_str(), *size));
        let optimizer = Mutex::new(Applied::new(config, named));
        Ok(Self { optimizer, sizes: variables.iter().map(|(_, size)| *size).collect(), raised })
    }

    /// The number of steps done.
    #[getter]
    fn iterations(&self) -> u64 {
        self.held().iterations()
    }

    /// The learning rate of the next step.
    #[getter]
    fn learning_rate(&self) -> PyResult<f64> {
        let rate = self.held().learning_rate();
        self.raised.check()?;
        Ok(rate)
    }

    #[setter]
    fn set_learning_rate(&self, rate: f64) -> PyResult<()> {
        self.held().set_learning_rate(rate).or_raise()
    }

    /// Returns the state: the arrays of each variable.
    fn slots<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyArray1<f32>>> {
        let held = self.held();
        let slots = (0..self.sizes.len()).flat_map(|variable| held.slots(variable));
        slots.map(|slot| PyArray1::from_slice(py, slot)).collect()
    }

    /// Returns the variables after a step.
    fn apply<'py>(
        &self,
        py: Python<'py>,
        gradients: Vec<Bound<'py, PyAny>>,
        variables: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Arrays<'py>> {
        let gradients = gradients.iter().map(arrays::flat).collect::<PyResult<Vec<_>>>()?;
        let gradients: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
        let applied = self.change(py, &variables, |optimizer, values| optimizer.apply(&gradients, values));
        self.raised.check()?;
        applied
    }

    /// Returns the moving averages of the variables, where the optimizer keeps them.
    fn finalize<'py>(&self, py: Python<'py>, variables: Vec<Bound<'py, PyAny>>) -> PyResult<Arrays<'py>> {
        self.change(py, &variables, |optimizer, values| optimizer.finalize(values))
    }
}

impl AppliedOptimizer {
    fn change<'py>(
        &self,
        py: Python<'py>,
        variables: &[Bound<'py, PyAny>],
        change: impl FnOnce(&mut Applied, &mut [&mut [f32]]) -> gatewise::Result<()>,
    ) -> PyResult<Arrays<'py>> {
        let given = variables.iter().map(arrays::floats).collect::<PyResult<Vec<_>>>()?;
        let shapes: Vec<_> = given.iter().map(|array| array.shape().to_vec()).collect();
        let mut values =
            given.iter().map(|array| Ok(array.as_slice()?.to_vec())).collect::<PyResult<Vec<_>>>()?;
        let mut slices: Vec<&mut [f32]> = values.iter_mut().map(Vec::as_mut_slice).collect();
        change(&mut self.held(), &mut slices).or_raise()?;
        values.into_iter().zip(&shapes).map(|(values, shape)| arrays::array(py, values, shape)).collect()
    }
}
