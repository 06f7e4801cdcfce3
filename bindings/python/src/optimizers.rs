//! Optimizers and schedules on arrays.
//!
//! Input: settings as JSON, a step, arrays. Output: learning rates, updated arrays.

use crate::errors::OrRaise;
use crate::settings;
use gatewise::optimizer::LearningRate;
use pyo3::prelude::*;

/// Returns the learning rate of a schedule after `step` steps.
#[pyfunction]
pub fn learning_rate(schedule: &str, step: u64) -> PyResult<f64> {
    let schedule: LearningRate = settings::read("the schedule", schedule)?;
    schedule.check().or_raise()?;
    Ok(schedule.at(step))
}
