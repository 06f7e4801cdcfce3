//! `gatewise lab`: experiments, and the equipment for them.

mod abc;
mod experiment;
mod forget;
mod gradient_flow;
mod memory;
mod plot;
mod plots;
mod tasks;

use crate::Done;
use crate::args::Lab;
use gatewise::Result;

pub fn lab(args: Lab) -> Result<Done> {
    match args {
        Lab::Tasks(args) => tasks::tasks(args),
        Lab::GradientFlow(args) => gradient_flow::gradient_flow(args),
        Lab::Memory(args) => memory::memory(args),
        Lab::Forget(args) => forget::forget(args),
        Lab::Abc(args) => abc::abc(args),
    }
}
