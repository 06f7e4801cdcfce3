//! Stages: what layers become when a model is compiled.
//!
//! A stage is a pure function over one block of sixteen samples, with its gradient. It owns no memory
//! and no weights: parameters, tape and scratch are lent to it for the length of a call, so one stage
//! serves any number of threads.

use super::Activation;
use crate::kernels::{Isa, LANES};
use std::fmt::Debug;
use std::ops::Range;

/// What flows between layers, for one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Token ids, `[T]`.
    Ids,
    /// A vector at each step, `[T][width]`.
    Sequence(usize),
    /// One vector, `[width]`.
    Vector(usize),
}

impl Signal {
    /// Floats that a block of this signal takes: `[T][width][16]` or `[width][16]`.
    pub fn block_len(self, steps: usize) -> usize {
        match self {
            Self::Ids => 0,
            Self::Sequence(width) => steps * width * LANES,
            Self::Vector(width) => width * LANES,
        }
    }

    /// As people write it, `B` standing for the batch and `T` for time.
    pub fn describe(self) -> String {
        match self {
            Self::Ids => "(batch, steps) token ids".into(),
            Self::Sequence(width) => format!("(batch, steps, {width})"),
            Self::Vector(width) => format!("(batch, {width})"),
        }
    }
}

/// One block of up to sixteen samples, in lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    /// T, steps to walk.
    pub steps: usize,
    /// `[T][16]` token ids, pad ids included.
    pub ids: &'a [u32],
    /// `[T]`: bit `l` set where lane `l` has a real token. `None` when padding is not masked.
    pub mask: Option<&'a [u16]>,
}

/// What a forward call reads and writes.
pub(crate) struct Forward<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    /// Whether backward will follow.
    pub training: bool,
    /// The whole model's parameters, read.
    pub params: &'a [f32],
    /// From [`Stage::prepare`], read.
    pub packed: &'a [f32],
    /// The input block, read. Empty for ids.
    pub x: &'a [f32],
    /// The output block, overwritten.
    pub y: &'a mut [f32],
    /// [`Stage::tape_len`] floats, overwritten; read again by backward.
    pub tape: &'a mut [f32],
}

/// What a backward call reads and writes.
pub(crate) struct Backward<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub params: &'a [f32],
    pub packed: &'a [f32],
    pub x: &'a [f32],
    /// The output block of forward, read.
    pub y: &'a [f32],
    /// Gradient of the loss with respect to `y`, read; zero in lanes without a sample.
    pub dy: &'a [f32],
    /// Gradient with respect to `x`, overwritten; `None` where nobody wants it.
    pub dx: Option<&'a mut [f32]>,
    /// This block's gradient of the whole model's parameters, accumulated.
    pub grads: &'a mut [f32],
    pub tape: &'a [f32],
    /// [`Stage::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

/// Sizes that memory is asked for by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dims {
    /// The most steps a block may have.
    pub steps: usize,
    /// Whether backward will follow.
    pub training: bool,
}

/// A compiled layer, or several fused into one.
pub(crate) trait Stage: Debug + Send + Sync {
    /// What `summary --stages` prints: the layers it stands for and how it works.
    fn describe(&self) -> String;
    /// Where its parameters lie in the model's.
    fn param_range(&self) -> Range<usize>;
    /// What it gives.
    fn output(&self) -> Signal;
    /// The activation, where it is nothing else: a loss may fold it in.
    fn activation(&self) -> Option<Activation> {
        None
    }
    /// Floats derived from the parameters once a step ([`prepare`](Self::prepare)).
    fn packed_len(&self) -> usize {
        0
    }
    /// Derives packed weights from the parameters.
    fn prepare(&self, _params: &[f32], _packed: &mut [f32]) {}
    /// Floats kept from forward for backward (or needed by forward alone when not training).
    fn tape_len(&self, _dims: Dims) -> usize {
        0
    }
    /// Floats that are dead when backward returns.
    fn scratch_len(&self, _steps: usize) -> usize {
        0
    }
    /// Computes `y`, and `tape` when training.
    fn forward(&self, io: Forward<'_>);
    /// Accumulates `grads` and computes `dx`.
    fn backward(&self, io: Backward<'_>);
}
