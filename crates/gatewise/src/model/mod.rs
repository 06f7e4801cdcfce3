//! Models: the specification, what it compiles to, and the engine that runs it block by block.
//!
//! Enters: layers. Leaves: a [`Model`] that computes.

mod block;
mod cores;
mod engine;
mod lower;
mod params;
mod sequential;
mod state;
mod stateful;
mod summary;
mod weights;

pub(crate) use block::{Rows, Treatment};
pub use cores::default_threads;
pub(crate) use engine::{BatchBlock, Engine, Mode};
pub use params::{ParamInfo, Params};
pub use sequential::{Model, Sequential};
pub use state::State;
pub use stateful::Stateful;
