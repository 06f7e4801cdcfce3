//! Evaluation: outputs compared with targets.
//!
//! Input: a model and a data set. Output: loss, accuracy and the scored outputs. Training uses the same
//! scorer for its batches, and for the gradient of the loss.

mod kept_rows;
mod measures;
mod model;
mod score;
mod scored;
mod settings;

pub(crate) use kept_rows::KeptRows;
pub(crate) use measures::Measures;
pub(crate) use score::{RowBuffer, ScoreSum, Scorer};
pub use scored::Scored;
pub use settings::Evaluate;
pub(crate) use settings::{default_loss, default_loss_for_width};
