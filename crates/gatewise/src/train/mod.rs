//! Training: the loop, what may watch it, and what it reports.
//!
//! Enters: a model and a data set. Leaves: the model with better weights, and a [`History`].

mod callback;
mod checkpoint;
mod diverged;

mod fit;
mod gradient;
mod history;
mod model_gradients;
mod number;
mod padding_note;
mod pieces;
mod progress;
mod resume;
mod run_settings;

mod snapshot;
mod stepper;
mod stepper_builder;
mod stopwatch;
mod stream;
mod trainer;
mod training;
mod update;

pub use callback::TensorBoard;
pub use callback::{
    Callback, CallbackState, Context, CsvLogger, EarlyStopping, LambdaCallback, LearningRateScheduler,
    ModelCheckpoint, MonitorMode, ReduceLrOnPlateau, TerminateOnNan,
};
pub use checkpoint::Checkpoints;
pub use fit::Fit;
pub use gradient::Gradient;
pub use history::{BatchLog, EpochLog, History, StepLog, Values};
pub use stepper::Stepper;
pub use stepper_builder::StepperBuilder;
