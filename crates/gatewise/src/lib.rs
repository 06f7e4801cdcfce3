//! Recurrent sequence models that train in seconds on a CPU.

#![warn(missing_docs)]

mod artifact;
pub mod baseline;
pub mod data;
mod error;
mod kernels;
pub mod layers;
mod loss;
pub mod metrics;
mod model;
pub mod optimizer;
mod predict;
pub mod rng;
mod storage;
pub mod text;
pub mod train;

pub use artifact::{Artifact, FORMAT, TrainingSummary};
pub use error::{Error, ErrorKind, Result};
pub use kernels::Isa;
pub use loss::Loss;
pub use model::{Model, ParamInfo, Params, Sequential};
pub use predict::{Answer, Predictor};
pub use storage::{check_target, write_whole};
pub use train::{Checkpoints, Fit, History};
