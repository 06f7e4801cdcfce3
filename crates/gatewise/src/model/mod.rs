//! Models: the specification, what it compiles to, and the engine that runs it block by block.
//!
//! Enters: layers. Leaves: a [`Model`] that computes.

mod block;
mod cores;
mod engine;
mod free_list;
mod hidden_states;
mod input_gradients;
mod layer_call;
mod lower;
mod machine;
mod params;
mod sequential;
mod session;
mod state;
mod stateful;
mod summary;
mod trace;
mod weights;

pub(crate) use block::{PaddedRows, Treatment};
pub use cores::default_threads;
pub(crate) use engine::{BatchBlock, Engine, Pass, Workspace};
pub(crate) use free_list::FreeList;
pub use input_gradients::Output;
pub use machine::Machine;
pub use params::{ParamInfo, Params};
pub use sequential::{Model, Sequential};
pub(crate) use session::Session;
pub use state::State;
pub use stateful::Stateful;
pub(crate) use stateful::{read_on, session};
pub use trace::{Trace, TraceArray};
pub(crate) use weights::{tensors_of, values_of};
