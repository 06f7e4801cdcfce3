//! Gradients with respect to the inputs of a model.
//!
//! Input: a model, rows, and the number to differentiate. Output: one vector for each step of each row.

use super::engine::inputs::{Between, FromVectors, InLane, RowGradient};
use super::lower::lower;
use super::{Engine, Machine, Model, PaddedRows};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::{Activation, DropoutStage, Layer, Signal};
use crate::loss::Loss;
use crate::rows::{Features, Inputs, Padding, Targets};
use std::sync::OnceLock;

/// The number that [`Model::input_gradients`] differentiates, one for each row.
///
/// If the model has an output at every step, the number is taken at the last step of the row; a loss is the
/// mean over the steps of the row.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Output<'a> {
    /// Logit k: output k before the activation of the last layer. For a sigmoid this is the log-odds.
    Logit(usize),
    /// Output k as [`Model::predict`] returns it: the probability after a sigmoid or a softmax.
    Value(usize),
    /// The loss of the row with these targets, without penalties: the result of [`Model::evaluate`] for the
    /// row alone.
    Loss(&'a Loss, &'a Targets),
}

impl Model {
    /// Returns the gradient of an output with respect to the inputs at each step.
    ///
    /// The inputs are the embedded ids if the model begins with an [`Embedding`](crate::layers::Embedding),
    /// else the input vectors.
    ///
    /// ```text
    /// out[i][t] = ∂y_i / ∂e_it        y_i: the output that `of` names, for row i        e_it = E[id_it], or x_it
    /// ```
    ///
    /// Row i is `[steps][D]`, where D is the width of the embedding or of the vectors, and has the steps that
    /// `padding` leaves of row i. The gradient is zero at masked steps that no layer reads. The gradient of
    /// padding is not returned, although the output depends on padding that is not masked.
    ///
    /// `Σ out[i][t] ⊙ e_it` over the width is gradient × input, a common measure of the contribution of a word.
    ///
    /// Dropout is off. An embedding that is fused with the layer above it is computed separately here, so that
    /// rounding differs from [`predict`](Self::predict).
    ///
    /// ```
    /// use gatewise::rows::{Padding, Sequences};
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::{Output, Sequential};
    /// let layers = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3));
    /// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
    /// let slopes = model.input_gradients(&rows.into(), Padding::to(6), Output::Logit(0))?;
    /// assert_eq!((slopes.width(), slopes.steps(0), slopes.steps(1)), (4, 3, 1));
    /// // Saliency: the length of the gradient at each step.
    /// let saliency: Vec<f32> = slopes.row(0).chunks(4).map(|d| d.iter().map(|d| d * d).sum::<f32>().sqrt()).collect();
    /// assert!(saliency[2] > saliency[0]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// * The errors of [`predict`](Self::predict).
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such output, or the loss needs
    ///   another last activation.
    /// * [`ErrorKind::Shape`](crate::ErrorKind::Shape) or [`ErrorKind::Data`](crate::ErrorKind::Data) if the
    ///   targets do not fit the model.
    /// * [`ErrorKind::Data`](crate::ErrorKind::Data) if a gradient is not finite.
    #[doc(alias = "saliency")]
    pub fn input_gradients(&self, inputs: &Inputs, padding: Padding, of: Output<'_>) -> Result<Features> {
        self.input_gradients_on(inputs, padding, of, &Machine::new())
    }

    /// As [`input_gradients`](Self::input_gradients), on `machine`.
    ///
    /// # Errors
    /// As [`input_gradients`](Self::input_gradients).
    pub fn input_gradients_on(
        &self,
        inputs: &Inputs,
        padding: Padding,
        of: Output<'_>,
        machine: &Machine,
    ) -> Result<Features> {
        self.differentiate(inputs, padding, of, None, machine).map(|(_, gradients)| gradients)
    }

    /// Returns the output of each row, and its gradient at the row's vectors or at points between a baseline and
    /// them. A loss is not returned: zeros stand in its place.
    pub(crate) fn differentiate(
        &self,
        inputs: &Inputs,
        padding: Padding,
        of: Output<'_>,
        between: Option<Between<'_>>,
        machine: &Machine,
    ) -> Result<(Vec<f32>, Features)> {
        let rows = PaddedRows::new(self, inputs, padding)?;
        let (outputs, per_step) = (self.output_width(), self.output_per_step());
        let treatment = self.treatment().unshared();
        let last = self.stages().last().and_then(|stage| stage.activation());
        self.check_output(of, inputs, last)?;
        if per_step && self.other_steps(rows.steps).is_some() {
            return Err(Error::shape(
                "the outputs of the model have other steps than its rows; differentiate a model with one output a row",
            ));
        }
        // The layers above the vectors, without the last activation if it is not differentiated.
        let (above, width, table) = match (&self.placed[0].layer, self.placed[0].output) {
            (Layer::Embedding(_), output) => {
                (&self.placed[1..], output.width(), self.placed[0].params.first().cloned())
            }
            (_, output) => (&self.placed[..], output.width(), None),
        };
        let mut stages = lower(above);
        let folds = matches!(of, Output::Loss(loss, _) if loss.fused_activation().is_some());
        if last.is_some() && (folds || matches!(of, Output::Logit(_))) {
            stages.pop();
        }
        if stages.is_empty() {
            // Dropout with rate 0 is the identity.
            stages.push(Box::new(DropoutStage::new(Signal::Sequence(width), 0.0, false)));
        }
        let count = inputs.len();
        let len = |row: usize| rows.seen(row).len();
        let mut values = vec![0.0; (0..count).map(len).sum::<usize>() * width];
        let mut rest = &mut *values;
        let mut numbers = vec![0.0; count];
        let places = (0..count).zip(&mut numbers).map(|(row, value)| RowGradient {
            value: Some(value),
            gradient: rest.split_off_mut(..len(row) * width).unwrap_or_default(),
        });
        let places = places.collect();
        // The error of a custom loss.
        let failed = OnceLock::new();
        let seed = |InLane { row, lane, start }: InLane, y: &[f32], dy: &mut [f32]| {
            let place = |step: usize| if per_step { (start + step) * outputs * LANES + lane } else { lane };
            match of {
                Output::Logit(output) | Output::Value(output) => {
                    let step = if per_step { len(row).checked_sub(1) } else { Some(0) };
                    let at = step.map(|step| place(step) + output * LANES);
                    if let Some(at) = at {
                        dy[at] = 1.0;
                    }
                    at.map_or(0.0, |at| y[at])
                }
                Output::Loss(loss, targets) => {
                    let targets = targets.of(row, rows.seen(row));
                    let each = loss.target_width(outputs);
                    let mut counting: Vec<usize> = match per_step {
                        true => (0..)
                            .zip(rows.counting(treatment, row))
                            .filter(|it| it.1)
                            .map(|it| it.0)
                            .collect(),
                        false => vec![0],
                    };
                    counting.retain(|step| !loss.ignores(&targets[step * each..][..each]));
                    let scale = 1.0 / counting.len().max(1) as f32;
                    let (mut output, mut gradient) = (vec![0.0; outputs], vec![0.0; outputs]);
                    for step in counting {
                        let from = y[place(step)..].iter().step_by(LANES);
                        output.iter_mut().zip(from).for_each(|(output, &y)| *output = y);
                        if let Some(activation) = loss.fused_activation() {
                            activation.apply_row(&mut output);
                        }
                        let target = &targets[step * each..][..each];
                        match loss {
                            Loss::Custom(_) => match loss.values_and_gradients(&output, target, outputs) {
                                Ok((_, of_custom)) => gradient = of_custom,
                                Err(error) => drop(failed.set(error)),
                            },
                            _ => loss.logit_gradient(&output, target, &mut gradient),
                        }
                        let to = dy[place(step)..].iter_mut().step_by(LANES);
                        to.zip(&gradient).for_each(|(to, &d)| *to = d * scale);
                    }
                    0.0
                }
            }
        };
        let of_vectors = FromVectors { model: self, stages: &stages, treatment, width, table, between };
        let mut engine = Engine::new(machine);
        engine.input_gradients(&of_vectors, rows, places, seed);
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        // The output of Masking is zero at masked steps, whatever the input is, and so is the gradient.
        if matches!(self.placed.get(1).map(|placed| &placed.layer), Some(Layer::Masking(_))) {
            let mut steps = values.chunks_exact_mut(width);
            for counts in (0..count).flat_map(|row| rows.counting(treatment, row)) {
                let Some(step) = steps.next() else { break };
                if !counts {
                    step.fill(0.0);
                }
            }
        }
        let gradients = Features::computed("the input gradients", width, values, (0..count).map(len))?;
        Ok((numbers, gradients))
    }

    /// Checks that the model has the output, and that loss and targets fit the model.
    fn check_output(&self, of: Output<'_>, inputs: &Inputs, last: Option<Activation>) -> Result<()> {
        let outputs = self.output_width();
        let (loss, targets) = match of {
            Output::Logit(output) | Output::Value(output) if output >= outputs => {
                return Err(Error::config(format!(
                    "there is no output {output}; the model has {outputs} outputs, counted from 0"
                )));
            }
            Output::Logit(_) | Output::Value(_) => return Ok(()),
            Output::Loss(loss, targets) => (loss, targets),
        };
        loss.check_activation(last, outputs)?;
        targets.check(inputs)?;
        let wanted = loss.target_width(outputs);
        if targets.width() != wanted {
            return Err(Error::data(format!(
                "{loss} needs targets of {wanted} for a model with {outputs} outputs, but they have {}",
                targets.width()
            )));
        }
        if targets.per_step() != self.output_per_step() {
            let steps = |per_step| if per_step { "at each step" } else { "for each row" };
            return Err(Error::shape(format!(
                "the model has an output {}, but there is a target {}",
                steps(self.output_per_step()),
                steps(targets.per_step())
            )));
        }
        loss.check(targets.values(), outputs)
    }
}
