//! The second half of a training step: sum the blocks' gradients, add those of penalties, clip, let the
//! optimizer move the weights, and take the weights into their average.
//!
//! The parameters are cut into pieces that are summed independently. Each piece is moved right after it
//! is summed, while both are in the cache, unless a norm is to be clipped: that needs all sums first. A
//! gradient that was summed before, here or elsewhere, is applied piece by piece in the same way.

use super::pieces::Piece;
use super::trainer::Trainer;
use crate::kernels::{Isa, LANES, sum_of};
use crate::layers::{BlockGrads, Finish, PadPrefixGrads, PadPrefixSums, Reduce, Shared};
use crate::model::{Engine, Model, ParamInfo};
use crate::optimizer::{Clip, Ema, Optimizer, Update};
use std::ops::Range;

/// How the weights follow from their gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub optimizer: &'a dyn Optimizer,
    /// Of this step.
    pub learning_rate: f64,
    pub clip: Option<Clip>,
    /// With it, the last slot is the average.
    pub ema: Option<Ema>,
}

/// What is done with each piece once its gradient is summed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Then<'a> {
    /// Nothing more.
    Keep,
    /// The gradient of penalties is added.
    Penalize,
    /// The gradient of penalties is added, and the weights are changed.
    Change(Change<'a>),
}

impl<'a> Then<'a> {
    fn penalizes(self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// The change that can be made piece by piece, and the one that has to wait for the norm of all.
    fn changes(self) -> (Option<Change<'a>>, Option<Change<'a>>) {
        match self {
            Self::Change(change) if matches!(change.clip, Some(Clip::Norm(_) | Clip::GlobalNorm(_))) => {
                (None, Some(change))
            }
            Self::Change(change) => (Some(change), None),
            _ => (None, None),
        }
    }
}

impl Trainer {
    /// Sums the gradients of the blocks of the last `batch` rows in block order, and does what is to be done
    /// `then`. Returns whether all is finite still; where a tensor's gradient is not, its piece is left as it was.
    pub fn update(&mut self, model: &mut Model, batch: usize, then: Then<'_>) -> bool {
        self.step += u64::from(matches!(then, Then::Change(_)));
        let (step, isa) = (self.step, self.engine.isa);
        let blocks: Vec<&BlockGrads> =
            self.sums[..batch.div_ceil(LANES)].iter().map(|(grads, _)| grads).collect();
        self.engine.pad_prefixes_backward(model, &blocks, &mut self.starts);
        let (starts, prefix_steps) =
            (&self.starts, blocks.iter().map(|it| it.prefix_steps).max().unwrap_or(0));
        let (stages, table, values) = model.parts_mut();
        let mut left: Vec<_> = stages
            .iter()
            .zip(&mut self.left)
            .map(|(stage, left)| left.chunks_mut(stage.left_len().max(1)))
            .collect();
        let (mut work, mut finishing) = (Vec::with_capacity(self.pieces.len()), Vec::new());
        for (piece, run) in runs(&self.pieces, table, values, &mut self.grads, &mut self.slots) {
            match piece.part {
                Some(part) => {
                    let left = left[piece.stage].next().unwrap_or_default();
                    work.push((piece.stage, part, run, left));
                }
                None => finishing.push((piece.stage, run)),
            }
        }
        let (at_once, apart) = then.changes();
        self.engine.for_each_part(&mut work, |derived, scratch, (stage, part, run, left)| {
            let shared = Shared { params: run.params, ..derived.shared(*stage) };
            let (stage, part, blocks, grads) = (*stage, *part, &*blocks, &mut *run.grads);
            let width = stages[stage].output().width();
            let above = PadPrefixGrads::above(&starts[stage + 1..], width, prefix_steps);
            let prefix = PadPrefixSums { params: &starts[stage].params, above };
            stages[stage].reduce(Reduce { shared, blocks, stage, part, prefix, grads, left, scratch });
            run.summed(step, isa, then.penalizes(), at_once);
        });
        let mut summed: Vec<Run<'_>> = work.into_iter().map(|(_, _, run, _)| run).collect();
        drop(left);
        for (stage, mut run) in finishing {
            let (blocks, left, grads) = (&*blocks, &*self.left[stage], &mut *run.grads);
            stages[stage].finish(Finish { blocks, stage, left, grads });
            run.summed(step, isa, then.penalizes(), at_once);
            summed.push(run);
        }
        change_apart(&mut self.engine, table, &mut summed, step, apart);
        summed.iter().all(|run| run.finite)
    }

    /// Changes the weights by the mean of a gradient that was summed before: `sums` by `count`. Returns whether
    /// all is finite still.
    pub fn apply(&mut self, model: &mut Model, sums: &[f32], count: usize, change: Change<'_>) -> bool {
        self.step += 1;
        let (step, isa, count) = (self.step, self.engine.isa, count.max(1) as f32);
        let (_, table, values) = model.parts_mut();
        let (at_once, apart) = Then::Change(change).changes();
        let runs = runs(&self.pieces, table, values, &mut self.grads, &mut self.slots);
        let mut work: Vec<_> = runs.map(|(piece, run)| (&sums[piece.range.clone()], run)).collect();
        self.engine.for_each_part(&mut work, |_, _, (sums, run)| {
            run.grads.iter_mut().zip(*sums).for_each(|(grad, sum)| *grad = sum / count);
            run.summed(step, isa, true, at_once);
        });
        let mut summed: Vec<Run<'_>> = work.into_iter().map(|(_, run)| run).collect();
        change_apart(&mut self.engine, table, &mut summed, step, apart);
        summed.iter().all(|run| run.finite)
    }

    /// Puts the average of the weights in their place, if there is one and a step was done.
    pub fn finish(&self, model: &mut Model, ema: Option<Ema>) {
        let (_, table, values) = model.parts_mut();
        let average = self.slots.last().filter(|_| ema.is_some() && self.step > 0);
        for info in table.iter().filter(|info| info.trainable) {
            let range = info.range.clone();
            average.inspect(|average| values[range.clone()].copy_from_slice(&average[range]));
        }
    }
}

/// Each of `pieces`, which cover the parameters, with all that belongs to it.
fn runs<'a>(
    pieces: &'a [Piece],
    table: &'a [ParamInfo],
    mut params: &'a mut [f32],
    mut grads: &'a mut [f32],
    slots: &'a mut [Vec<f32>],
) -> impl Iterator<Item = (&'a Piece, Run<'a>)> {
    let mut slots: Vec<&mut [f32]> = slots.iter_mut().map(|slot| &mut **slot).collect();
    pieces.iter().map(move |piece| {
        let len = piece.range.len();
        let params = take(&mut params, len);
        let grads = take(&mut grads, len);
        let slots = slots.iter_mut().map(|slot| take(slot, len)).collect();
        (piece, Run { table, tensors: &piece.tensors, params, grads, slots, finite: true })
    })
}

/// Makes the `change` that had to wait until all was summed, if there is one: a norm is known only then, and
/// the pieces are gone through once more.
fn change_apart(
    engine: &mut Engine,
    table: &[ParamInfo],
    summed: &mut [Run<'_>],
    step: u64,
    change: Option<Change<'_>>,
) {
    let Some(change) = change else { return };
    let isa = engine.isa;
    scale_norms(table, summed, change.clip);
    engine.for_each_part(summed, |_, _, run| run.change(step, isa, change));
}

/// A run of parameters with all that belongs to it.
struct Run<'a> {
    table: &'a [ParamInfo],
    tensors: &'a [(usize, Range<usize>)],
    params: &'a mut [f32],
    grads: &'a mut [f32],
    slots: Vec<&'a mut [f32]>,
    finite: bool,
}

impl Run<'_> {
    /// The tensors that training changes, with where they lie in the run.
    fn trained(&self) -> impl Iterator<Item = (usize, Range<usize>)> + use<'_> {
        self.tensors.iter().filter(|(tensor, _)| self.table[*tensor].trainable).cloned()
    }

    fn add_penalties(&mut self) {
        let Self { table, tensors, params, grads, .. } = self;
        for (tensor, range) in tensors.iter().filter(|(tensor, _)| table[*tensor].trainable) {
            if let Some(regularizer) = table[*tensor].regularizer {
                regularizer.add_gradient(&params[range.clone()], &mut grads[range.clone()]);
            }
        }
    }

    /// Goes on once the gradient is summed.
    fn summed(&mut self, step: u64, isa: Isa, penalizes: bool, change: Option<Change<'_>>) {
        if penalizes {
            self.add_penalties();
        }
        if let Some(change) = change {
            self.change(step, isa, change);
        }
    }

    fn change(&mut self, step: u64, isa: Isa, change: Change<'_>) {
        let Change { optimizer, learning_rate, clip, ema } = change;
        let Self { table, tensors, params, grads, slots, finite } = self;
        // Looked at while they are in the cache, this costs next to nothing, and names the step.
        *finite = all_finite(grads);
        if !*finite {
            return;
        }
        for (_, range) in tensors.iter().filter(|(tensor, _)| table[*tensor].trainable) {
            let (params, grads) = (&mut params[range.clone()], &mut grads[range.clone()]);
            let mut slots: Vec<_> = slots.iter_mut().map(|slot| &mut slot[range.clone()]).collect();
            let average = ema.and_then(|ema| Some((ema, slots.pop()?)));
            if let Some(Clip::Value(bound)) = clip {
                let bound = bound as f32;
                grads.iter_mut().for_each(|grad| *grad = grad.clamp(-bound, bound));
            }
            let slots = &mut *slots;
            optimizer.update(Update { step, learning_rate, isa, grads, params, slots });
            *finite &= all_finite(params);
            if let Some((ema, average)) = average {
                ema.update(step, params, average);
            }
        }
    }
}

/// Scales the gradients of `runs` down to the norm that `clip` allows.
fn scale_norms(table: &[ParamInfo], runs: &mut [Run<'_>], clip: Option<Clip>) {
    let mut squares = vec![0.0; table.len()];
    for run in &*runs {
        for (tensor, range) in run.trained() {
            squares[tensor] += sum_of(&run.grads[range], |grad| grad * grad);
        }
    }
    let all: f64 = squares.iter().sum();
    for run in runs {
        let Run { tensors, grads, .. } = run;
        for (tensor, range) in *tensors {
            let (norm, bound) = match clip {
                Some(Clip::Norm(bound)) => (squares[*tensor].sqrt(), bound),
                Some(Clip::GlobalNorm(bound)) => (all.sqrt(), bound),
                _ => return,
            };
            // A norm that is not finite is left to be found and named.
            if norm > bound && norm.is_finite() {
                let scale = (bound / norm) as f32;
                grads[range.clone()].iter_mut().for_each(|grad| *grad *= scale);
            }
        }
    }
}

/// Whether no number is NaN or infinite. Reads to the end: a branch a number would cost more.
pub(super) fn all_finite(values: &[f32]) -> bool {
    // Without its sign, a number with the highest exponent, and no other, carries into the sign bit.
    let carry = |bad: u32, value: f32| bad | ((value.to_bits() & 0x7fff_ffff) + 0x0080_0000);
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut bad = [0u32; LANES];
    for chunk in chunks {
        for (bad, &value) in bad.iter_mut().zip(chunk) {
            *bad = carry(*bad, value);
        }
    }
    let bad = rest.iter().fold(0, |bad, &value| carry(bad, value)) | bad.into_iter().fold(0, |a, b| a | b);
    bad >> 31 == 0
}

/// Cuts the first `len` values off `rest`.
fn take<'a>(rest: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (head, tail) = std::mem::take(rest).split_at_mut(len);
    *rest = tail;
    head
}
