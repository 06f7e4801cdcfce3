//! How many samples a block has, which is how many lanes a vector has.

/// Samples in a block; the width of every [`Lanes`](super::lanes::Lanes) implementation.
pub(crate) const LANES: usize = 16;
