//! Gradients with respect to what a model reads: forward from vectors, and back to them.
//!
//! Enters: a model, rows, and what is differentiated. Leaves: for each row a vector for each of its steps.

use super::{Engine, Execution, Pass};
use crate::kernels::{Buffer, LANES};
use crate::layers::Stage;
use crate::model::Model;
use crate::model::block::{PaddedRows, Treatment};
use std::ops::Range;

/// A model that begins with vectors: those that it reads, or those of its embedding.
pub(crate) struct FromVectors<'a> {
    pub model: &'a Model,
    /// The stages above the vectors, all that are wanted; at least one.
    pub stages: &'a [Box<dyn Stage>],
    pub treatment: Treatment,
    /// D
    pub width: usize,
    /// Where the table of the embedding lies among the parameters.
    pub table: Option<Range<usize>>,
}

/// A row in its block.
#[derive(Clone, Copy)]
pub(crate) struct InLane {
    /// The row.
    pub row: usize,
    pub lane: usize,
    /// Where its own steps begin in the block.
    pub start: usize,
}

impl Engine {
    /// Writes the gradient of a number with respect to the vectors into `out`, `[steps][width]` for each
    /// row's own steps; `seed` writes that number's gradient with respect to the output, `dy`, which is zero,
    /// given the output `y`.
    pub fn input_gradients(
        &mut self,
        of: &FromVectors<'_>,
        rows: PaddedRows<'_>,
        mut out: Vec<&mut [f32]>,
        seed: impl Fn(InLane, &[f32], &mut [f32]) + Sync,
    ) {
        let FromVectors { model, stages, treatment, width, ref table } = *of;
        let params = model.params().values();
        let packed = &mut self.derived.packed;
        packed.resize_with(stages.len(), Buffer::default);
        for (stage, packed) in stages.iter().zip(packed.iter_mut()) {
            packed.reserve(stage.packed_len(0));
            stage.prepare(self.isa, params, 0, &[], packed);
        }
        let run = Execution { isa: self.isa, stages, params, packed: &*packed, table: &[], ids: &[] };
        let mut order: Vec<usize> = (0..rows.inputs.len()).collect();
        rows.sort_by_length(&mut order);
        let mut out: Vec<_> = order.iter().map(|&row| std::mem::take(&mut out[row])).collect();
        let mut items: Vec<_> = order.chunks(LANES).zip(out.chunks_mut(LANES)).collect();
        self.pool.for_each(&mut self.workspaces, &mut items, |space, _, (indices, out)| {
            let mut lanes = std::mem::take(&mut space.lanes);
            lanes.lay(&rows, treatment, indices);
            if let Some(table) = table {
                lanes.embed(&params[table.clone()], width);
            }
            let (block, mode) = (lanes.block(&[]), Pass::Gradient(None));
            space.forward(&run, block, mode, None);
            let (y, dy) = space.output_and_gradient(&run, block);
            dy.fill(0.0);
            for (lane, &row) in indices.iter().enumerate() {
                seed(InLane { row, lane, start: rows.start(rows.seen(row).len(), block.steps) }, y, dy);
            }
            space.back(&run, block, mode, &mut Vec::new(), true);
            for (lane, (out, &row)) in out.iter_mut().zip(*indices).enumerate() {
                let start = rows.start(rows.seen(row).len(), block.steps) * width * LANES + lane;
                let dx = space.dy.get(start..).unwrap_or_default();
                out.iter_mut().zip(dx.iter().step_by(LANES)).for_each(|(out, &d)| *out = d);
            }
            space.lanes = lanes;
        });
    }
}
