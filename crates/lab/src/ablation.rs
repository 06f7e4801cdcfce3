//! What each gate is good for: models with one gate held open, beside the whole LSTM.
//!
//! Input: reviews, or a long-lag task. Output: how well a model does without each gate.

use crate::gates::Gate;
use crate::reviews::ClassicReviews;
use crate::settings::Setting;
use crate::trial::{Trial, run_from};
use gatewise::layers::{Lstm, RecurrentCell};
use gatewise::{Machine, Result};

/// Returns the accuracy of the classic model on unseen reviews, with `open` held open from the first step on.
///
/// # Errors
/// As [`ClassicReviews::train`].
pub fn without_on_reviews(
    reviews: &ClassicReviews,
    open: Option<Gate>,
    seed: u64,
    machine: &Machine,
) -> Result<f64> {
    let mut model = reviews.model(Lstm::new(10), seed)?;
    open.into_iter().for_each(|gate| gate.hold_open(&mut model));
    reviews.train(&mut model, reviews.learning_rate, seed, machine)?;
    reviews.accuracy(&model, machine)
}

/// Returns how an LSTM learns the task with `open` held open; `None` if `stop` gave true.
///
/// # Errors
/// As [`run_from`].
pub fn without_on_task(
    setting: &Setting,
    open: Option<Gate>,
    seed: u64,
    machine: &Machine,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Trial>> {
    let start = |model: &mut gatewise::Model| open.into_iter().for_each(|gate| gate.hold_open(model));
    run_from(setting, RecurrentCell::Lstm, seed, machine.instruction_set(), &start, stop)
}
