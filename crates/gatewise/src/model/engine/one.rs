//! The path for one row: without the other fifteen lanes and without allocating.

use super::{Derived, Workspace};
use crate::kernels::{Buffer, Isa, LANES};
use crate::layers::{Block, Dims, Forward, ForwardOne, Signal};
use crate::model::Model;
use crate::rows::{PAD, Padding};
use crate::text::Side;

impl Derived {
    /// Returns the output for one row, `[width]`, without allocating. Needs [`prepare`](Self::prepare).
    /// `None` if the model has no path for one row, a step of the row is masked, or masked padding is read.
    pub fn output_of_one<'a>(
        &self,
        isa: Isa,
        space: &'a mut Workspace,
        model: &Model,
        padding: Padding,
        steps: usize,
        row: &[u32],
    ) -> Option<&'a [f32]> {
        let (treatment, stride) = (model.treatment(), model.table_stride()?);
        let seen = &row[padding.seen(row.len(), steps)];
        if treatment.mask.is_some() && seen.contains(&PAD) {
            return None;
        }
        let padded = steps - seen.len();
        if padded > 0 && treatment.mask.is_some() && treatment.lays_all {
            return None;
        }
        let prefix_steps = if treatment.shares(padding) { padded } else { 0 };
        let read_padding = if treatment.mask.is_some() { 0 } else { padded - prefix_steps };
        let (before, after) = match padding.padding {
            Side::Pre => (read_padding, 0),
            Side::Post => (0, read_padding),
        };
        let run = self.run(isa, model, model.stages().len());
        let Workspace { one, outputs, tapes, scratch, .. } = space;
        let pad = std::iter::repeat_n(PAD, before);
        let ids = pad.chain(seen.iter().copied()).chain(std::iter::repeat_n(PAD, after));
        one.offsets.clear();
        one.offsets.extend(ids.map(|id| id * stride as u32));
        outputs.resize_with(run.stages.len(), Buffer::default);
        tapes.resize_with(run.stages.len(), Buffer::default);
        let [first, rest @ ..] = run.stages else { return None };
        let Signal::Vector(width) = first.output() else { return None };
        one.y.clear();
        one.y.resize(width, 0.0);
        let shared = run.shared(0);
        let offsets = &one.offsets;
        if !first.forward_one(ForwardOne { shared, prefix_steps, offsets, y: &mut one.y, scratch }) {
            return None;
        }
        // The stages above are small. They are computed in lanes, of which only the first counts.
        outputs[0].reserve(width * LANES);
        for (lanes, &y) in outputs[0].chunks_exact_mut(LANES).zip(&one.y) {
            lanes[0] = y;
        }
        let mut block = Block::default();
        for (index, stage) in (1..).zip(rest) {
            let (below, above) = outputs.split_at_mut(index);
            let over = block.above(&**stage);
            let y_len = stage.output().block_len(over.steps);
            let tape_len = stage.tape_len(Dims { steps: block.steps, training: false });
            above[0].reserve(y_len);
            tapes[index].reserve(tape_len);
            let (shared, x) = (run.shared(index), run.input(index, block, below));
            stage.forward(Forward {
                shared,
                block,
                training: false,
                noise: None,
                x,
                y: &mut above[0][..y_len],
                tape: &mut tapes[index][..tape_len],
                state: None,
            });
            block = over;
        }
        let last = outputs.get(run.stages.len() - 1)?;
        one.y.clear();
        let len = run.stages[run.stages.len() - 1].output().block_len(block.steps) / LANES;
        one.y.extend(last.chunks_exact(LANES).take(len).map(|lanes| lanes[0]));
        Some(&one.y)
    }
}
