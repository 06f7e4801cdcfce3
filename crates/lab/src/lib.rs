//! Experiments with recurrent layers: the long-lag tasks of 1997 ([`tasks`]), trials of layers on them ([`Trial`]), how far
//! back gradients reach ([`GradientFlow`]), what a sentiment model keeps in mind ([`Memory`]), forget gates by
//! their bias ([`Forget`]), whether attributions are faithful ([`Faithfulness`]), which values gates take and what each is good for
//! ([`gates`], [`ablation`]), which settings an LSTM needs ([`grid`]) and what it costs ([`cost`], [`eager`]); and a checker of ABC
//! notation ([`abc`]).

#![warn(missing_docs)]

pub mod abc;
pub mod ablation;
pub mod cost;
pub mod eager;
mod faithfulness;
mod forget;
pub mod gates;
mod gradient_flow;
pub mod grid;
mod memory;
mod principal_axes;
mod reviews;
mod sentiment;
mod settings;
pub mod tasks;
mod trial;
mod watch;

pub use faithfulness::{Curves, Faithfulness, FaithfulnessResult};
pub use forget::{Forget, ForgetResult, ForgetTrial, Gates, TEXT};
pub use gradient_flow::{FlowCurve, FlowResult, GradientFlow, LAGS, Stage};
pub use memory::{Memory, MemoryResult, SENTENCES, StateCloud};
pub use principal_axes::PrincipalAxes;
pub use reviews::ClassicReviews;
pub use sentiment::{ReviewCorpus, Reviews};
pub use settings::{Descent, InitialGates, Setting, Training, all};
pub use trial::{Trial, run, run_from};
pub use watch::{Watch, each};
