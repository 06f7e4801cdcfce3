//! `TerminateOnNaN`: divergence ends the run quietly.

use super::{Callback, Context};
use crate::error::{Error, Result};

/// Stops when a loss, a gradient or a weight is no longer finite, instead of failing.
///
/// Without it such a run ends with [`ErrorKind::Diverged`](crate::ErrorKind::Diverged). With it the run
/// ends as one that was stopped: its history is returned, and
/// [`EarlyStopping::restore_best_weights`](super::EarlyStopping::restore_best_weights) gives back the
/// weights of the best epoch. Other weights may not be finite. The epoch it happens in is not reported.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::{EarlyStopping, TerminateOnNan};
/// let best = EarlyStopping::new().monitor("loss").patience(5).restore_best_weights(true);
/// let fit = Fit::new().epochs(20).callback(best).callback(TerminateOnNan);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TerminateOnNan;

impl Callback for TerminateOnNan {
    fn on_diverged(&mut self, context: &mut Context<'_>, error: &Error) -> Result<()> {
        context.note(error.to_string());
        context.stop();
        Ok(())
    }
}
