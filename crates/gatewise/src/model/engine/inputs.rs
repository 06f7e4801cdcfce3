//! Gradients with respect to the inputs of a model: forward from the vectors, backward to the vectors.
//!
//! Input: a model, rows, and the number to differentiate. Output: one vector for each step of each row.

use super::Engine;
use crate::kernels::{Buffer, LANES};
use crate::layers::Stage;
use crate::model::Model;
use crate::model::block::{PaddedRows, Treatment};
use crate::model::pass::{Execution, Pass};
use std::ops::Range;

/// A model that begins with vectors: its input vectors, or the vectors of its embedding.
pub(crate) struct FromVectors<'a> {
    pub model: &'a Model,
    /// The stages above the vectors, up to the differentiated one; at least one.
    pub stages: &'a [Box<dyn Stage>],
    pub treatment: Treatment,
    /// D
    pub width: usize,
    /// The range of the embedding's table in the parameters.
    pub table: Option<Range<usize>>,
    /// Where each row is differentiated, if not at its own vectors.
    pub between: Option<Between<'a>>,
}

/// Points between a baseline and the vectors of each row: `x′ + α(x − x′)`.
#[derive(Clone, Copy)]
pub(crate) struct Between<'a> {
    /// x′, the same at every step: `[width]`.
    pub baseline: &'a [f32],
    /// α of each row.
    pub alphas: &'a [f32],
}

/// The places of the results of one row.
#[derive(Default)]
pub(crate) struct RowGradient<'a> {
    /// The differentiated number.
    pub value: Option<&'a mut f32>,
    /// `[steps][width]`, without padding.
    pub gradient: &'a mut [f32],
}

/// A row in its block.
#[derive(Clone, Copy)]
pub(crate) struct InLane {
    /// The row.
    pub row: usize,
    pub lane: usize,
    /// The first step of the row in the block.
    pub start: usize,
}

impl Engine {
    /// Writes a number and its gradient with respect to the vectors to `out`, for each row. `seed` receives the
    /// output `y`, writes the gradient of the number with respect to the output to `dy`, which is zero before, and
    /// returns the number.
    pub fn input_gradients(
        &mut self,
        of: &FromVectors<'_>,
        rows: PaddedRows<'_>,
        mut out: Vec<RowGradient<'_>>,
        seed: impl Fn(InLane, &[f32], &mut [f32]) -> f32 + Sync,
    ) {
        let FromVectors { model, stages, treatment, width, ref table, between } = *of;
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
            if let Some(Between { baseline, alphas }) = between {
                for (lane, &row) in indices.iter().enumerate() {
                    let len = rows.seen(row).len();
                    let start = rows.start(len, lanes.steps);
                    lanes.blend(lane, start..start + len, baseline, alphas[row]);
                }
            }
            let (block, pass) = (lanes.block(&[]), Pass::Gradient(None));
            space.forward(&run, block, pass, None);
            let (y, dy) = space.output_and_gradient(&run, block);
            dy.fill(0.0);
            for (lane, (out, &row)) in out.iter_mut().zip(*indices).enumerate() {
                let start = rows.start(rows.seen(row).len(), block.steps);
                let value = seed(InLane { row, lane, start }, y, dy);
                if let Some(out) = out.value.as_deref_mut() {
                    *out = value;
                }
            }
            space.back(&run, block, pass, &mut Vec::new(), true);
            for (lane, (out, &row)) in out.iter_mut().zip(*indices).enumerate() {
                let start = rows.start(rows.seen(row).len(), block.steps) * width * LANES + lane;
                let dx = space.dy.get(start..).unwrap_or_default();
                out.gradient.iter_mut().zip(dx.iter().step_by(LANES)).for_each(|(out, &d)| *out = d);
            }
            space.lanes = lanes;
        });
    }
}
