//! The pieces in which the parameters of a model are summed and changed.
//!
//! Enters: a model. Leaves: runs of its parameters, each of one stage, which cover them.

use crate::layers::Stage;
use crate::model::{Model, ParamInfo};
use std::ops::Range;

/// A run of parameters that is summed as one piece of work.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub stage: usize,
    /// Which of the stage's parts, or `None` for what it finishes when all are done.
    pub part: Option<usize>,
    pub range: Range<usize>,
    /// The tensors in it: their places in the model's table, and where in the piece they lie.
    pub tensors: Vec<(usize, Range<usize>)>,
}

/// The pieces of `model`, in the order of its parameters, which they cover.
pub(super) fn pieces(model: &Model) -> Vec<Piece> {
    let table = model.params().table();
    let tensors = |range: &Range<usize>| {
        let shared = |(index, info): (usize, &ParamInfo)| {
            let (start, end) = (info.range.start.max(range.start), info.range.end.min(range.end));
            (start < end).then(|| (index, start - range.start..end - range.start))
        };
        table.iter().enumerate().filter_map(shared).collect()
    };
    let of_stage = |(stage, it): (usize, &dyn Stage)| {
        let parts = it.parts().into_iter().enumerate().map(|(part, range)| (Some(part), range));
        let rest = (!it.rest().is_empty()).then(|| (None, it.rest()));
        let piece = |(part, range)| Piece { stage, part, tensors: tensors(&range), range };
        parts.chain(rest).map(piece).collect::<Vec<_>>()
    };
    let mut pieces: Vec<_> =
        model.stages().iter().map(|stage| &**stage).enumerate().flat_map(of_stage).collect();
    pieces.sort_by_key(|piece| piece.range.start);
    pieces
}
