//! `TerminateOnNaN`: stops a diverged run without an error.

use super::{Callback, Context};
use crate::error::{Error, Result};

/// Stops training without an error when a loss, a gradient or a weight is not finite.
///
/// * Without this callback, the run fails with [`ErrorKind::Diverged`](crate::ErrorKind::Diverged).
/// * With this callback, the run ends as a stopped run and returns its history. As in Keras, the diverged
///   epoch ends at the batch that diverged: it is validated and logged.
/// * [`EarlyStopping::restore_best_weights`](super::EarlyStopping::restore_best_weights) restores the weights
///   of the best epoch; otherwise the weights may not be finite.
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
