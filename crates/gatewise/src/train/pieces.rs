//! Pieces: the units of work for summing gradients and updating parameters.
//!
//! Input: a model. Output: ranges of its parameters, each of one stage, that cover all parameters.

use crate::layers::Stage;
use crate::model::{Model, ParamInfo};
use std::ops::Range;

/// A range of parameters that is summed as one unit of work.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub stage: usize,
    /// Index of the stage's part, or `None` for the rest, which is finished after all parts.
    pub part: Option<usize>,
    pub range: Range<usize>,
    /// The tensors in the piece: their indices in the model's table, and their ranges in the piece.
    pub tensors: Vec<(usize, Range<usize>)>,
}

/// Returns the pieces of `model` in the order of its parameters.
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
