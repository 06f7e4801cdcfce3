//! What a model answers and how well: outputs, loss and accuracy, without changing it.
//!
//! Enters: a model and rows. Leaves: numbers.

use super::score::Scorer;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metrics::Evaluation;
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::{Dataset, Inputs, Padding};

/// What [`Loss::default_for`] says of `model` and `data`.
pub(crate) fn default_loss(model: &Model, data: &Dataset) -> Loss {
    default_loss_for_width(model, data.targets().width())
}

/// What [`Loss::default_for`] says of `model` and targets of `width` numbers.
pub(crate) fn default_loss_for_width(model: &Model, width: usize) -> Loss {
    let activation = model.stages().last().and_then(|stage| stage.activation());
    Loss::default_for(activation.unwrap_or_default(), width)
}

pub(crate) fn evaluate(engine: &mut Engine, model: &Model, data: &Dataset, loss: Loss) -> Result<Evaluation> {
    let rows = PaddedRows::new(model, data.inputs(), data.padding())?;
    let scorer = Scorer::new(model, loss, data, rows)?;
    Ok(scorer.all(&engine.predict(model, rows), model.params().penalty()))
}

impl Model {
    /// The model's outputs: `output_width` numbers a row, rows in order; where the model answers at every
    /// step, that many for each step that `padding` leaves of the row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when an id is outside the model's vocabulary, or rows are
    /// not of the kind that the model reads.
    pub fn predict(&self, inputs: &Inputs, padding: Padding) -> Result<Vec<f32>> {
        self.predict_on(inputs, padding, &Machine::new())
    }

    /// As [`predict`](Self::predict), on `machine`.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_on(&self, inputs: &Inputs, padding: Padding, machine: &Machine) -> Result<Vec<f32>> {
        let rows = PaddedRows::new(self, inputs, padding)?;
        Ok(Engine::new(machine).predict(self, rows))
    }

    /// The loss that suits the model ([`Loss::default_for`]) and the accuracy on `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there are no rows, an id is outside the
    /// vocabulary, or targets do not fit the loss.
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation> {
        self.evaluate_with(data, default_loss(self, data), &Machine::new())
    }

    /// As [`evaluate`](Self::evaluate), with `loss`, on `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_with(&self, data: &Dataset, loss: Loss, machine: &Machine) -> Result<Evaluation> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        evaluate(&mut Engine::new(machine), self, data, loss)
    }

    /// As [`evaluate`](Self::evaluate), on `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_on(&self, data: &Dataset, machine: &Machine) -> Result<Evaluation> {
        self.evaluate_with(data, default_loss(self, data), machine)
    }
}
