//! Gradients with respect to the inputs: how much each number that a model reads moves what it answers.
//!
//! Enters: a model, rows, and what is differentiated. Leaves: for each row a vector for each of its steps.

use super::engine::inputs::{FromVectors, InLane};
use super::lower::lower;
use super::{Engine, Machine, Model, PaddedRows};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::{Activation, DropoutStage, Layer, Signal};
use crate::loss::Loss;
use crate::rows::{Features, Inputs, Padding, Targets};

/// What [`Model::input_gradients`] differentiates: one number of each row.
///
/// A model that answers at every step has one of these numbers a step; then it is that of the row's last
/// step, or, with a loss, the mean over the row's steps.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Output<'a> {
    /// Output k before the activation of the last layer: of a sigmoid the log-odds. Where the last layer has no
    /// activation, output k itself.
    Logit(usize),
    /// Output k as [`Model::predict`] returns it: the probability, after a sigmoid or a softmax.
    Value(usize),
    /// The loss of the row given its target, without penalties: what [`Model::evaluate`] returns for that row
    /// alone.
    Loss(Loss, &'a Targets),
}

impl Model {
    /// Returns the gradient of an output with respect to the inputs at each step: of a model that begins with
    /// an [`Embedding`](crate::layers::Embedding) with respect to the embedded inputs, else with respect to
    /// the vectors.
    ///
    /// ```text
    /// out[i][t] = ∂y_i / ∂e_it        y_i: the output that `of` names, for row i        e_it = E[id_it], or x_it
    /// ```
    ///
    /// Row i is `[steps][D]`, D being the width of the embedding or of the vectors, and has the steps that
    /// `padding` leaves of row i. It is zero at masked steps that no layer reads. The gradient of padding is
    /// not returned, though the output depends on padding where it is not masked.
    ///
    /// `Σ out[i][t] ⊙ e_it` over the width is gradient × input, a common measure of what a word contributes.
    ///
    /// Dropout is off. The model is run from the vectors on, so that an embedding fused with the layer above
    /// it is computed apart: the same functions, rounded elsewhere than in [`predict`](Self::predict).
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
    /// As [`predict`](Self::predict); [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no such
    /// output, or a loss needs another last activation; [`ErrorKind::Shape`](crate::ErrorKind::Shape) and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for targets that do not fit, and when a gradient is not
    /// finite.
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
        let rows = PaddedRows::new(self, inputs, padding)?;
        let (outputs, per_step) = (self.output_width(), self.output_per_step());
        let treatment = self.treatment().unshared();
        let last = self.stages().last().and_then(|stage| stage.activation());
        self.check_output(of, inputs, last)?;
        // The layers above the vectors, an activation that is not differentiated left out.
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
            // Without rate or random numbers it passes the vectors on.
            stages.push(Box::new(DropoutStage::new(Signal::Sequence(width), 0.0, false)));
        }
        let count = inputs.len();
        let len = |row: usize| rows.seen(row).len();
        let mut values = vec![0.0; (0..count).map(len).sum::<usize>() * width];
        let mut rest = &mut *values;
        let places =
            (0..count).map(|row| rest.split_off_mut(..len(row) * width).unwrap_or_default()).collect();
        let seed = |InLane { row, lane, start }: InLane, y: &[f32], dy: &mut [f32]| {
            let place = |step: usize| if per_step { (start + step) * outputs * LANES + lane } else { lane };
            match of {
                Output::Logit(output) | Output::Value(output) => {
                    let step = if per_step { len(row).checked_sub(1) } else { Some(0) };
                    if let Some(step) = step {
                        dy[place(step) + output * LANES] = 1.0;
                    }
                }
                Output::Loss(loss, targets) => {
                    let counting: Vec<usize> = match per_step {
                        true => (0..)
                            .zip(rows.counting(treatment, row))
                            .filter(|it| it.1)
                            .map(|it| it.0)
                            .collect(),
                        false => vec![0],
                    };
                    let scale = 1.0 / counting.len().max(1) as f32;
                    let targets = targets.of(row, rows.seen(row));
                    let each = loss.target_width(outputs);
                    let (mut output, mut gradient) = (vec![0.0; outputs], vec![0.0; outputs]);
                    for step in counting {
                        let from = y[place(step)..].iter().step_by(LANES);
                        output.iter_mut().zip(from).for_each(|(output, &y)| *output = y);
                        if let Some(activation) = loss.fused_activation() {
                            activation.apply_row(&mut output);
                        }
                        loss.logit_gradient(&output, &targets[step * each..][..each], &mut gradient);
                        let to = dy[place(step)..].iter_mut().step_by(LANES);
                        to.zip(&gradient).for_each(|(to, &d)| *to = d * scale);
                    }
                }
            }
        };
        let of_vectors = FromVectors { model: self, stages: &stages, treatment, width, table };
        let mut engine = Engine::new(machine);
        engine.input_gradients(&of_vectors, rows, places, seed);
        // Masking gives zeros at masked steps, whatever they hold.
        if matches!(self.placed.get(1).map(|placed| &placed.layer), Some(Layer::Masking(_))) {
            let mut steps = values.chunks_exact_mut(width);
            for counts in (0..count).flat_map(|row| rows.counting(treatment, row)) {
                let Some(step) = steps.next() else { break };
                if !counts {
                    step.fill(0.0);
                }
            }
        }
        Features::computed("the input gradients", width, values, (0..count).map(len))
    }

    /// Refuses an output that this model has not, or a loss that does not fit it.
    fn check_output(&self, of: Output<'_>, inputs: &Inputs, last: Option<Activation>) -> Result<()> {
        let outputs = self.output_width();
        let (loss, targets) = match of {
            Output::Logit(output) | Output::Value(output) if output >= outputs => {
                return Err(Error::config(format!(
                    "there is no output {output}; the model has {outputs}, counted from 0"
                )));
            }
            Output::Logit(_) | Output::Value(_) => return Ok(()),
            Output::Loss(loss, targets) => (loss, targets),
        };
        if loss.fused_activation().is_some_and(|folded| last != Some(folded)) {
            return Err(Error::config(format!(
                "{loss} needs probabilities, but the last layer does not end in {:?}",
                loss.fused_activation().unwrap_or_default()
            )));
        }
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
