//! Recurrent sequence models that train in seconds on a CPU.

#![warn(missing_docs)]

pub mod baseline;
pub mod data;
mod error;
pub mod rng;
pub mod text;

pub use error::{Error, ErrorKind, Result};
