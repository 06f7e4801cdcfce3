//! Training: the loop, what may watch it, and what it reports.
//!
//! Enters: a model and a data set. Leaves: the model with better weights, and a [`History`].

mod callback;
mod checkpoint;
mod diverged;
mod evaluate;
mod fit;
mod history;
mod number;
mod padding_note;
mod progress;
mod resume;
mod score;
mod scored;
mod snapshot;
mod stopwatch;
mod stream;
mod trainer;
mod update;

#[cfg(feature = "tensorboard")]
pub use callback::TensorBoard;
pub use callback::{
    Callback, Context, CsvLogger, EarlyStopping, LambdaCallback, LearningRateScheduler, Mode,
    ModelCheckpoint, ReduceLrOnPlateau, State, TerminateOnNan,
};
pub use checkpoint::Checkpoints;
pub use fit::Fit;
pub use history::{BatchLog, EpochLog, History, Values};
pub use scored::Scored;
