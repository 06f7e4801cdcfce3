//! `LearningRateScheduler`: sets the learning rate by a function of the epoch.

use super::{Callback, Context};
use crate::error::Result;

/// Sets the learning rate before each epoch by a function of the epoch (from 0) and the current learning rate.
///
/// Prefer a schedule of the optimizer where possible: checkpoints compare it. Functions cannot be compared,
/// and a resumed run needs the same function.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::LearningRateScheduler;
/// let halve = |epoch, rate| if epoch < 10 { rate } else { rate / 2.0 };
/// let fit = Fit::new().epochs(15).callback(LearningRateScheduler::new(halve));
/// ```
#[derive(Debug, Clone)]
pub struct LearningRateScheduler<F>(F);

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// Creates a scheduler that calls `schedule` with the epoch and the current learning rate.
    pub fn new(schedule: F) -> Self {
        Self(schedule)
    }
}

impl<F: FnMut(usize, f64) -> f64 + Send> Callback for LearningRateScheduler<F> {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        context.expect_settable_learning_rate("LearningRateScheduler")
    }

    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        let rate = (self.0)(context.epoch(), context.learning_rate());
        context.set_learning_rate(rate)
    }
}
