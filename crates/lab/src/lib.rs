//! Experiments with recurrent layers: the long-lag tasks of 1997 ([`tasks`]), trials of layers on them ([`Trial`]), and a
//! checker of ABC notation ([`abc`]).

#![warn(missing_docs)]

pub mod abc;
mod settings;
pub mod tasks;
mod trial;

pub use settings::{Descent, Gates, Setting, Training, all};
pub use trial::{Trial, run};
