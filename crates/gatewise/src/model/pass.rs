//! Passes: the purpose of a run over blocks, and the inputs that all blocks share.

use crate::kernels::noise::Noise;
use crate::kernels::{Buffer, Isa};
use crate::layers::{Block, Shared, Stage};

/// The inputs of a pass that are the same for all blocks of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub isa: Isa,
    pub stages: &'a [Box<dyn Stage>],
    pub params: &'a [f32],
    pub(super) packed: &'a [Buffer],
    pub(super) table: &'a [f32],
    pub(super) ids: &'a [u32],
}

impl<'a> Execution<'a> {
    /// Returns the inputs of stage `index` that are the same for all blocks.
    pub fn shared(&self, index: usize) -> Shared<'a> {
        Shared {
            isa: self.isa,
            params: self.params,
            packed: &self.packed[index],
            table: self.table,
            ids: self.ids,
        }
    }

    /// Returns the block that stage `index` reads, given the block of the first stage.
    pub fn block<'b>(&self, index: usize, block: Block<'b>) -> Block<'b> {
        self.stages[..index].iter().fold(block, |block, stage| block.above(&**stage))
    }

    /// Returns the block of the outputs.
    pub fn outputs_block<'b>(&self, block: Block<'b>) -> Block<'b> {
        self.block(self.stages.len(), block)
    }

    /// Returns the input of stage `index`, given its block and the outputs of all stages.
    pub(super) fn input<'b>(&self, index: usize, block: Block<'b>, outputs: &'b [Buffer]) -> &'b [f32] {
        match index.checked_sub(1) {
            Some(before) => &outputs[before][..self.stages[before].output().block_len(block.steps)],
            None => block.features,
        }
    }
}

/// The purpose of a pass over a block.
#[derive(Clone, Copy)]
pub(crate) enum Pass<'a> {
    /// Computes outputs only.
    Outputs,
    /// Computes a gradient, with the random numbers of dropout, or without dropout.
    Gradient(Option<Noise<'a>>),
}

impl<'a> Pass<'a> {
    pub(super) fn training(self) -> bool {
        matches!(self, Self::Gradient(_))
    }

    /// Returns the random numbers of stage `index`.
    pub(super) fn noise(self, index: usize) -> Option<Noise<'a>> {
        match self {
            Self::Outputs => None,
            Self::Gradient(noise) => noise.map(|noise| noise.stream(index)),
        }
    }
}
