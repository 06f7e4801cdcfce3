//! Models: the specification, what it compiles to, and the engine that runs it block by block.
//!
//! Enters: layers. Leaves: a [`Model`] that computes.

mod block;
mod cores;
mod engine;
mod lower;
mod machine;
mod params;
mod sequential;
mod session;
mod stack;
mod state;
mod stateful;
mod summary;
mod weights;

pub(crate) use block::{Rows, Treatment};
pub use cores::default_threads;
pub(crate) use engine::{BatchBlock, Engine, Mode, Workspace};
pub use machine::Machine;
pub use params::{ParamInfo, Params};
pub use sequential::{Model, Sequential};
pub(crate) use session::Session;
pub(crate) use stack::Stack;
pub use state::State;
pub use stateful::Stateful;
pub(crate) use stateful::{read_on, session};
pub(crate) use weights::{tensors_of, values_of};
