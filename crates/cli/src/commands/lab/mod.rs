//! `gatewise lab`: experiments, and the equipment for them.

mod abc;
mod plot;
mod tasks;

use crate::Done;
use crate::args::Lab;
use gatewise::Result;

pub fn lab(args: Lab) -> Result<Done> {
    match args {
        Lab::Tasks(args) => tasks::tasks(args),
        Lab::Abc(args) => abc::abc(args),
    }
}
