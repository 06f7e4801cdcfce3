//! Pure functions on slices: the only room with `unsafe`, and the only one that knows about
//! instruction sets and threads.
//!
//! Input: slices in the layout that each kernel documents. Output: slices. Every kernel checks its arguments
//! with `assert!` on entry. Nothing here reads files, chooses settings or returns errors.
//!
//! The unit of work is a **block** of [`LANES`] samples, one a lane. Gradients are summed inside a block
//! by the kernels and over blocks in block order, so no result depends on the number of threads.

// Register tiles are small arrays indexed by compile-time bounds; iterators over them hide the tile and
// put closures where only `#[inline(always)]` functions keep the caller's instruction set.
#![allow(clippy::needless_range_loop)]

pub(crate) mod activation;
mod buffer;
pub(crate) mod dense;
mod float_mode;
mod isa;
mod lanes;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon;
pub(crate) mod noise;
mod pool;
mod product;
pub(crate) mod recurrent;
#[cfg(test)]
pub(crate) mod reference;
mod row_keys;
pub(crate) mod share;
mod sum;
#[cfg(test)]
mod tests;
pub(crate) mod update;
mod width;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use buffer::Buffer;
pub use isa::Isa;
pub(crate) use isa::for_each_isa;
pub(crate) use pool::Pool;
pub(crate) use sum::sum_of;
pub(crate) use width::LANES;

/// `n` rounded up to whole vectors.
pub(crate) fn round_up(n: usize) -> usize {
    n.next_multiple_of(LANES)
}
