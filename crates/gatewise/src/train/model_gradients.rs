//! `Model::gradients`: the gradient of a mean loss, penalties included.
//!
//! Input: a model and a data set. Output: a loss, and one number per parameter.

use super::trainer::Trainer;
use super::update::Then;
use crate::error::{Error, Result};
use crate::evaluate::Scorer;
use crate::kernels::Isa;
use crate::loss::{Loss, Reduction};
use crate::model::{Machine, Model, PaddedRows};
use crate::rows::Dataset;

impl Model {
    /// Computes the mean loss over all rows of `data`, penalties included, and its gradient: one number per
    /// parameter.
    ///
    /// # Errors
    /// As [`Fit::run`](crate::Fit::run).
    pub fn gradients(&self, data: &Dataset, loss: Loss, isa: Isa) -> Result<(f64, Vec<f32>)> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to train on"));
        }
        let rows = PaddedRows::new(self, data.inputs(), data.padding())?;
        let mut trainer = Trainer::new(self, &loss, &[], &Machine::new().isa(isa))?;
        let scorer = Scorer::new(self, loss, data, rows)?;
        let mut model = self.clone();
        let mut all: Vec<usize> = (0..data.len()).collect();
        let sum = trainer.forward_backward(self, &scorer, &mut all, None, Reduction::Mean)?;
        trainer.update(&mut model, all.len(), Then::Penalize);
        Ok((sum.with_penalty(self.params().penalty()).mean(), trainer.grads().to_vec()))
    }
}
