//! Evaluation: outputs against targets, without changing the model.
//!
//! Training scores its batches here too, and takes the gradient of the loss from here.

mod model;
mod score;
mod scored;

pub(crate) use model::{default_loss, default_loss_for_width, evaluate};
pub(crate) use score::{RowBuffer, ScoreSum, Scorer};
pub use scored::Scored;
