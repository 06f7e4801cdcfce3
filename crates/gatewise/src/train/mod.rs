//! Training: the loop, what may watch it, and what it reports.
//!
//! Enters: a model and a data set. Leaves: the model with better weights, and a [`History`].

mod callback;
mod checkpoint;
mod diverged;
mod fit;
mod history;
mod progress;
mod resume;
mod score;
mod snapshot;
mod trainer;

pub use callback::{BatchLog, Callback, Flow};
pub use checkpoint::Checkpoints;
pub use fit::Fit;
pub use history::{EpochLog, History};
