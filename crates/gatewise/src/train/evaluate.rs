//! What a model answers and how well: outputs, loss and accuracy, gradients, without changing it.
//!
//! Enters: a model and rows. Leaves: numbers.

use super::Fit;
use super::score::Scorer;
use super::trainer::Trainer;
use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::loss::Loss;
use crate::metrics::Evaluation;
use crate::model::{Engine, Model, Rows, default_threads};
use crate::rows::{Dataset, Inputs, Padding};

/// What [`Loss::default_for`] says of `model` and `data`.
pub(super) fn suiting(model: &Model, data: &Dataset) -> Loss {
    let activation = model.stages().last().and_then(|stage| stage.activation());
    Loss::default_for(activation.unwrap_or_default(), data.targets().width())
}

pub(super) fn evaluate(engine: &mut Engine, model: &Model, data: &Dataset, loss: Loss) -> Result<Evaluation> {
    let rows = Rows::new(model, data.inputs(), data.padding())?;
    let scorer = Scorer::new(model, loss, data, rows)?;
    let mut all = scorer.all(&engine.predict(model, rows));
    all.loss += model.params().penalty();
    Ok(all)
}

impl Model {
    /// The model's outputs: `output_width` numbers a row, rows in order; where the model answers at every
    /// step, that many for each step that `padding` leaves of the row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when an id is outside the model's vocabulary, or rows are
    /// not of the kind that the model reads.
    pub fn predict(&self, inputs: &Inputs, padding: Padding) -> Result<Vec<f32>> {
        self.predict_on(inputs, padding, default_threads(), Isa::detect())
    }

    /// As [`predict`](Self::predict), on this many threads with this instruction set.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_on(
        &self,
        inputs: &Inputs,
        padding: Padding,
        threads: usize,
        isa: Isa,
    ) -> Result<Vec<f32>> {
        let rows = Rows::new(self, inputs, padding)?;
        Ok(Engine::new(isa, threads).predict(self, rows))
    }

    /// The loss that suits the model ([`Loss::default_for`]) and the accuracy on `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when there are no rows, an id is outside the
    /// vocabulary, or targets do not fit the loss.
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation> {
        self.evaluate_with(data, suiting(self, data), default_threads(), Isa::detect())
    }

    /// As [`evaluate`](Self::evaluate), with this loss, on this many threads, with this instruction set.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_with(&self, data: &Dataset, loss: Loss, threads: usize, isa: Isa) -> Result<Evaluation> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        evaluate(&mut Engine::new(isa, threads), self, data, loss)
    }

    /// As [`evaluate`](Self::evaluate), on this many threads with this instruction set.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_on(&self, data: &Dataset, threads: usize, isa: Isa) -> Result<Evaluation> {
        self.evaluate_with(data, suiting(self, data), threads, isa)
    }

    /// The mean loss over all rows of `data` and its gradient, one number a parameter.
    ///
    /// # Errors
    /// As [`Fit::run`].
    pub fn gradients(&self, data: &Dataset, loss: Loss, isa: Isa) -> Result<(f64, Vec<f32>)> {
        Fit::new().check(data)?;
        let rows = Rows::new(self, data.inputs(), data.padding())?;
        let scorer = Scorer::new(self, loss, data, rows)?;
        let mut model = self.clone();
        let mut trainer = Trainer::new(self, loss, &[], isa, default_threads())?;
        let mut all: Vec<usize> = (0..data.len()).collect();
        let sum = trainer.forward_backward(self, &scorer, &rows, &mut all);
        trainer.update(&mut model, None, all.len());
        Ok((sum.loss / sum.count.max(1) as f64, trainer.grads().to_vec()))
    }
}
