//! The commands, one file each.

mod bench;
mod completions;
mod describe;
mod evaluate;
mod explain;
mod forecast;
mod generate;
mod lab;
mod predict;
mod results;
mod summary;
mod train;
mod tune;

pub use bench::bench;
pub use completions::{completions, man};
pub use describe::data;
pub use evaluate::evaluate;
pub use explain::explain;
pub use forecast::forecast;
pub use generate::generate;
pub use lab::lab;
pub use predict::predict;
pub use summary::summary;
pub use train::train;
pub use tune::tune;
