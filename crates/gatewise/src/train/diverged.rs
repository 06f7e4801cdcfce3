//! Divergence errors: the first number that is not finite, the step, and the norm of the gradient.

use crate::error::{Error, ErrorKind};
use crate::model::{Model, ParamInfo};

/// The numbers to search when a step is not finite.
pub(super) struct Suspects<'a> {
    pub model: &'a Model,
    pub grads: &'a [f32],
    /// Number of steps done in the whole run, including the diverged step.
    pub step: u64,
    /// Mean loss of the batch, computed before its step.
    pub loss: f64,
}

impl Suspects<'_> {
    /// Returns the error of the step; in a run, `at` is the epoch (from 0) and the batch (from 1).
    pub fn error(&self, at: Option<(usize, usize)>) -> Error {
        let Self { model, grads, step, loss } = *self;
        let squares: f64 = grads.iter().map(|&g| f64::from(g).powi(2)).sum();
        let place =
            at.map_or(String::new(), |(epoch, batch)| format!(" (epoch {}, batch {batch})", epoch + 1));
        Error::new(
            ErrorKind::Diverged,
            format!(
                "training has diverged at step {step}{place}: {}; the batch's loss is {loss:.4}, the norm of its \
                 gradient {:.3e}; try a smaller learning rate",
                first(model, grads).unwrap_or_else(|| "its loss is not a finite number".into()),
                squares.sqrt(),
            ),
        )
    }
}

/// Returns the error for weights that are not finite before the first step, or `None` if all are finite.
pub(super) fn before_training(model: &Model) -> Option<Error> {
    let found = describe("a weight", model.params().values(), model.params().table().iter())?;
    Some(Error::new(ErrorKind::Diverged, format!("{found} before the first step: there is nothing to train")))
}

/// Returns the error for a validation loss that is not finite.
pub(super) fn in_validation(epoch: usize, loss: f64) -> Error {
    Error::new(
        ErrorKind::Diverged,
        format!(
            "training has diverged: after epoch {} the loss on the validation rows is {loss}, though every \
             weight is finite; try a smaller learning rate",
            epoch + 1
        ),
    )
}

/// Returns a description of the first number that is not finite.
///
/// A step computes gradients from the last layer to the first, then changes the weights. A piece whose
/// gradient is not finite keeps its weights (see [`Trainer::update`](super::trainer::Trainer)).
fn first(model: &Model, grads: &[f32]) -> Option<String> {
    let table = || model.params().table().iter();
    describe("a gradient", grads, table().rev())
        .or_else(|| describe("a weight", model.params().values(), table()))
}

fn describe<'a>(
    what: &str,
    values: &[f32],
    mut tensors: impl Iterator<Item = &'a ParamInfo>,
) -> Option<String> {
    tensors.find_map(|info| {
        let values = &values[info.range.clone()];
        let bad = values.iter().find(|value| !value.is_finite())?;
        let count = values.iter().filter(|value| !value.is_finite()).count();
        let (name, all) = (&info.name, values.len());
        Some(format!("{what} of {name} is {bad} ({count} of its {all} numbers are not finite)"))
    })
}
