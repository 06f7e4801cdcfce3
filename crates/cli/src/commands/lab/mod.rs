//! `gatewise lab`: experiments, and the equipment for them.

mod abc;
mod ablation;
mod chart;
mod cost;
mod eager;
mod experiment;
mod faithfulness;
mod forget;
mod gates;
mod gradient_flow;
mod grid;
mod memory;
mod plot;
mod plots;
mod reviews;
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
        Lab::Faithfulness(args) => faithfulness::faithfulness(args),
        Lab::Abc(args) => abc::abc(args),
        Lab::Gates(args) => gates::gates(args),
        Lab::Ablation(args) => ablation::ablation(args),
        Lab::Grid(args) => grid::grid(args),
        Lab::Cost(args) => cost::cost(args),
        Lab::Eager(args) => eager::eager(args),
    }
}
