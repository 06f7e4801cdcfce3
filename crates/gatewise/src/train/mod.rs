//! Training: the training loop, single training steps, callbacks and checkpoints.
//!
//! Input: a model and a data set. Output: the trained model, and a [`History`].

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
mod training_state;
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
pub use training_state::TrainingState;
