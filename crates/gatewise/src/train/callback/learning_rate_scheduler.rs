//! `LearningRateScheduler`: a function of the epoch decides the learning rate.

use super::{Callback, Context};
use crate::error::Result;

/// Sets the learning rate before each epoch: the function gets the epoch (from 0) and the learning rate.
///
/// A schedule that is known beforehand belongs to the optimizer, where checkpoints check it; a function
/// cannot be compared, and a resumed run has to be given the same one.
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
    /// Sets what `schedule` says.
    pub fn new(schedule: F) -> Self {
        Self(schedule)
    }
}

impl<F: FnMut(usize, f64) -> f64 + Send> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        let rate = (self.0)(context.epoch(), context.learning_rate());
        context.set_learning_rate(rate)
    }
}
