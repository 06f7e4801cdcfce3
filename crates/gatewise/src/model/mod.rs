//! Models: the specification, the compiled model, and the engine that runs it block by block.
//!
//! Input: layers. Output: a [`Model`].

mod block;
mod call_options;
mod cores;
mod engine;
mod free_list;
mod hidden_states;
mod input_gradients;
mod layer_call;
mod logits;
mod lower;
mod machine;
mod params;
mod pass;
mod sequential;
mod session;
mod state;
mod stateful;
mod summary;
mod trace;
mod weights;
mod weights_by_name;

pub(crate) use block::{PaddedRows, Treatment};
pub use call_options::{CallOptions, CallOutputs};
pub use cores::default_threads;
pub(crate) use engine::inputs::Between;
pub(crate) use engine::{BatchBlock, Engine, Workspace};
pub(crate) use free_list::FreeList;
pub use input_gradients::Output;
pub use machine::Machine;
pub use params::{ParamInfo, Params};
pub(crate) use pass::Pass;
pub use sequential::{Model, Sequential};
pub(crate) use session::Session;
pub use state::State;
pub use stateful::Stateful;
pub(crate) use stateful::{read_on, session};
pub use summary::LayerSummary;
pub use trace::{Trace, TraceArray};
pub(crate) use weights::{tensors_of, values_of};
