//! `Model::predict` and `Model::evaluate`.
//!
//! Input: a model and rows. Output: outputs, or loss and accuracy.

use super::settings::Evaluate;
use crate::error::Result;
use crate::loss::Loss;
use crate::metrics::Evaluation;
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::{Dataset, Inputs, Padding};

impl Model {
    /// Returns the default loss for `data`: by the last activation and the targets ([`Loss::default_for`]).
    pub fn default_loss(&self, data: &Dataset) -> Loss {
        super::default_loss(self, data)
    }

    /// Returns the outputs of the model for these rows.
    ///
    /// The result has [`output_width`](Self::output_width) numbers for each row, rows in order. If the model
    /// has an output at every step, it has as many for each step that `padding` leaves of the row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if an id is outside the vocabulary, or the model reads
    /// another kind of rows.
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

    /// Returns the default loss ([`Loss::default_for`]) and the accuracy on `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if there are no rows, an id is outside the vocabulary, or
    /// the targets do not fit the loss.
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation> {
        Evaluate::new().run(self, data)
    }

    /// As [`evaluate`](Self::evaluate), with `loss`, on `machine`; see [`Evaluate`] for more settings.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), and [`ErrorKind::Config`](crate::ErrorKind::Config) if the last layer does
    /// not fit the loss, as in training.
    pub fn evaluate_with(&self, data: &Dataset, loss: Loss, machine: &Machine) -> Result<Evaluation> {
        Evaluate::new().loss(loss).machine(machine).run(self, data)
    }

    /// As [`evaluate`](Self::evaluate), on `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_on(&self, data: &Dataset, machine: &Machine) -> Result<Evaluation> {
        Evaluate::new().machine(machine).run(self, data)
    }
}
