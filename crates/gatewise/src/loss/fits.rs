//! Whether a loss fits the last layer of a model: one check for training, evaluation and input gradients.
//!
//! Input: a loss and the last activation. Output: an error if the loss would read outputs that it is not for.

use super::Loss;
use crate::error::{Error, Result};
use crate::layers::Activation;

impl Loss {
    /// Checks that a model whose last layer ends in `activation` (`None`: in none) has the outputs that the
    /// loss needs.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the loss needs probabilities, and the model has none; or
    /// it needs logits, and the model has probabilities.
    pub(crate) fn check_activation(&self, activation: Option<Activation>, output_width: usize) -> Result<()> {
        let last = activation.unwrap_or_default();
        let is_probability =
            matches!(last, Activation::Sigmoid | Activation::HardSigmoid | Activation::Softmax);
        let advice =
            |wanted: Activation| format!("use Dense::new({output_width}).activation(Activation::{wanted:?})");
        match self.fused_activation() {
            Some(wanted) if last != wanted => Err(Error::config(format!(
                "{self} needs probabilities, but the last layer does not end in {wanted:?}; {}{}",
                advice(wanted),
                if is_probability { "" } else { ", or from_logits of the loss if the outputs are logits" }
            ))),
            Some(_) => Ok(()),
            None if self.from_logits() && is_probability => Err(Error::config(format!(
                "{self} has from_logits, but the last layer ends in {last:?}, so that the outputs are \
                 probabilities; leave out from_logits, or end the model in Dense::new({output_width})"
            ))),
            None => match self {
                Self::BinaryFocalCrossentropy { from_logits: false, .. }
                | Self::CategoricalFocalCrossentropy { from_logits: false, .. }
                | Self::KlDivergence
                    if !is_probability =>
                {
                    Err(Error::config(format!(
                        "{self} needs probabilities, but the last layer does not end in Sigmoid or Softmax; {}",
                        advice(self.probabilities().unwrap_or(Activation::Softmax))
                    )))
                }
                _ => Ok(()),
            },
        }
    }
}
