//! Occlusion: the change of an output when one step of a row is replaced by padding.

use super::gradients::baseline;
use super::joined::Joined;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::rows::{Features, Inputs, PAD, Padding};
use crate::text::Sequences;

/// Returns the contribution of each step of one row to logit `output` by occlusion.
///
/// ```text
/// out[t] = F(x) − F(x with x′_t in place of x_t)
/// ```
///
/// F is the output before its activation. x′ is the pad id, so that a model which masks padding skips the step; for
/// vectors it is zero. The result has one number for each step of the row, zero for steps that `padding` truncates.
///
/// The cost is a prediction for each step.
///
/// ```
/// use gatewise::explain::occlusion;
/// use gatewise::rows::{Padding, Sequences};
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let model = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3)).with(Dense::new(1)).compile(1)?;
/// let row = Sequences::from_iter([[7, 8, 9]]);
/// let whole = model.predict(&(&row).into(), Padding::to(6))?[0];
/// let without = model.predict(&Sequences::from_iter([[7, 0, 9]]).into(), Padding::to(6))?[0];
/// let found = occlusion(&model, &row.into(), Padding::to(6), 0)?;
/// assert_eq!(found[1], f64::from(whole) - f64::from(without));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// * The errors of [`Model::predict`].
/// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such output;
///   [`ErrorKind::Shape`](crate::ErrorKind::Shape) if there is not exactly one row, or the model has an output at each
///   step.
pub fn occlusion(model: &Model, inputs: &Inputs, padding: Padding, output: usize) -> Result<Vec<f64>> {
    if output >= model.output_width() {
        let outputs = model.output_width();
        return Err(Error::config(format!(
            "there is no output {output}; the model has {outputs} outputs, counted from 0"
        )));
    }
    if inputs.len() != 1 || model.output_per_step() {
        return Err(Error::shape(format!(
            "occlusion takes one row and a model with one output a row, but got {} rows and a model with an output {}",
            inputs.len(),
            if model.output_per_step() { "at each step" } else { "a row" }
        )));
    }
    let logits = model.to_logits()?.predict(&occluded(model, inputs), padding)?;
    let own: Vec<f64> = logits.iter().skip(output).step_by(model.output_width()).map(|&z| z.into()).collect();
    Ok(differences(&own))
}

/// Returns the contributions to the explained number of an artifact.
pub(super) fn of_artifact(joined: &Joined<'_>, inputs: &Inputs) -> Result<Vec<f64>> {
    Ok(differences(&joined.logits(&occluded(joined.members()[0], inputs))?))
}

/// Returns the row, then the row with each step in turn replaced.
fn occluded(model: &Model, inputs: &Inputs) -> Inputs {
    match inputs {
        Inputs::Ids(rows) => {
            let row = rows.row(0);
            let without =
                |at: usize| row.iter().enumerate().map(move |(t, &id)| if t == at { PAD } else { id });
            let mut out = Sequences::with_capacity(row.len() + 1, row.len() * (row.len() + 1));
            (0..=row.len()).rev().for_each(|at| out.push(without(at)));
            out.into()
        }
        Inputs::Features(rows) => {
            let (row, from) = (rows.row(0), baseline(model));
            let mut out = Features::new(rows.width());
            for at in (0..=rows.steps(0)).rev() {
                let mut row = row.to_vec();
                if let Some(step) = row.chunks_exact_mut(from.len()).nth(at) {
                    step.copy_from_slice(&from);
                }
                // Finite: the row is, and so is zero.
                let pushed = out.push(&row);
                debug_assert!(pushed.is_ok());
            }
            out.into()
        }
    }
}

/// Returns the first number less each of the others, which come in reversed order.
fn differences(logits: &[f64]) -> Vec<f64> {
    let (whole, rest) = logits.split_first().expect("the row itself");
    rest.iter().rev().map(|without| whole - without).collect()
}
