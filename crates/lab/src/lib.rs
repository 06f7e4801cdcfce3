//! Experiments with recurrent layers, and the equipment for them.
//!
//! Enters: a seed. Leaves: sequences that are hard to learn ([`tasks`]), how a layer learns them ([`Trial`]), and
//! which tunes of a text are ABC notation ([`abc`]).

#![warn(missing_docs)]

pub mod abc;
mod settings;
pub mod tasks;
mod trial;

pub use settings::{Setting, Training, all};
pub use trial::{Trial, run};
