//! The second half of a training step: sums the gradients of the blocks, adds the gradients of penalties,
//! clips, and applies the optimizer and the moving average of the weights.
//!
//! The parameters are divided into pieces that are summed independently. Each piece is updated right after
//! its gradient is summed, while both are in the cache. Clipping by norm needs all sums first. A gradient
//! that was summed before ([`Trainer::apply`]) is applied piece by piece in the same way.

use super::pieces::Piece;
use super::trainer::Trainer;
use crate::kernels::{Isa, LANES, sum_of};
use crate::layers::{BlockGrads, Finish, PadPrefixGrads, PadPrefixSums, Reduce, Shared};
use crate::model::{Engine, Model, ParamInfo};
use crate::optimizer::{Clip, Ema, Optimizer, Update, decays};
use std::ops::Range;

/// The settings of a weight update.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub optimizer: &'a dyn Optimizer,
    /// Learning rate of this step.
    pub learning_rate: f64,
    pub clip: Option<Clip>,
    /// Moving average of the weights; its values are the last slot.
    pub ema: Option<Ema>,
    /// Number of steps whose gradients are averaged; their sum is the slot behind the optimizer's.
    pub accumulate: Option<u64>,
    /// Parts of the names of the tensors that do not decay.
    pub no_decay: &'a [String],
}

impl Change<'_> {
    /// Returns the number of the weight update (from 1) that step `step` (from 1) belongs to, and whether the
    /// step completes it.
    fn update(&self, step: u64) -> (u64, bool) {
        let every = self.accumulate.unwrap_or(1);
        ((step - 1) / every + 1, step.is_multiple_of(every))
    }

    /// Returns whether the update needs the norm of all pieces.
    fn clips_norm(&self) -> bool {
        matches!(self.clip, Some(Clip::Norm(_) | Clip::GlobalNorm(_)))
    }
}

/// The action on each piece after its gradient is summed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Then<'a> {
    /// None: the gradient is kept.
    Keep,
    /// Adds the gradient of penalties.
    Penalize,
    /// Adds the gradient of penalties and updates the weights.
    Change(Change<'a>),
}

impl<'a> Then<'a> {
    fn penalizes(self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// Returns the update that needs the norm of all pieces, if this is one.
    fn apart(self) -> Option<Change<'a>> {
        match self {
            Self::Change(change) => change.clips_norm().then_some(change),
            _ => None,
        }
    }
}

impl Trainer {
    /// Sums the gradients of the blocks of the last `batch` rows in block order, then performs `then`.
    /// Returns whether all numbers are finite; a piece whose gradient is not finite keeps its weights.
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
        self.engine.for_each_part(&mut work, |derived, scratch, (stage, part, run, left)| {
            let shared = Shared { params: run.params, ..derived.shared(*stage) };
            let (stage, part, blocks, grads) = (*stage, *part, &*blocks, &mut *run.grads);
            let width = stages[stage].output().width();
            let above = PadPrefixGrads::above(&starts[stage + 1..], width, prefix_steps);
            let prefix = PadPrefixSums { params: &starts[stage].params, above };
            stages[stage].reduce(Reduce { shared, blocks, stage, part, prefix, grads, left, scratch });
            run.summed(step, isa, then);
        });
        let mut summed: Vec<Run<'_>> = work.into_iter().map(|(_, _, run, _)| run).collect();
        drop(left);
        for (stage, mut run) in finishing {
            let (blocks, left, grads) = (&*blocks, &*self.left[stage], &mut *run.grads);
            stages[stage].finish(Finish { blocks, stage, left, grads });
            run.summed(step, isa, then);
            summed.push(run);
        }
        change_apart(&mut self.engine, table, &mut summed, step, then.apart());
        summed.iter().all(|run| run.finite)
    }

    /// Updates the weights by a summed gradient, `sums` divided by `divisor` (0 counts as 1). Returns whether all numbers are
    /// finite.
    pub fn apply(&mut self, model: &mut Model, sums: &[f32], divisor: f64, change: Change<'_>) -> bool {
        self.step += 1;
        let (step, isa, divisor) =
            (self.step, self.engine.isa, if divisor == 0.0 { 1.0 } else { divisor as f32 });
        let (_, table, values) = model.parts_mut();
        let then = Then::Change(change);
        let runs = runs(&self.pieces, table, values, &mut self.grads, &mut self.slots);
        let mut work: Vec<_> = runs.map(|(piece, run)| (&sums[piece.range.clone()], run)).collect();
        self.engine.for_each_part(&mut work, |_, _, (sums, run)| {
            run.grads.iter_mut().zip(*sums).for_each(|(grad, sum)| *grad = sum / divisor);
            run.summed(step, isa, then);
        });
        let mut summed: Vec<Run<'_>> = work.into_iter().map(|(_, run)| run).collect();
        change_apart(&mut self.engine, table, &mut summed, step, then.apart());
        summed.iter().all(|run| run.finite)
    }

    /// Replaces the weights by their moving average, if there is one and a step was done.
    pub fn finish(&self, model: &mut Model, ema: Option<Ema>) {
        let (_, table, values) = model.parts_mut();
        let average = self.slots.last().filter(|_| ema.is_some() && self.step > 0);
        for info in table.iter().filter(|info| info.trainable) {
            let range = info.range.clone();
            average.inspect(|average| values[range.clone()].copy_from_slice(&average[range]));
        }
    }
}

/// Splits parameters, gradients and slots by `pieces`, which cover the parameters.
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

/// Applies a `change` that clips by norm, if there is one, in a second pass over the pieces: the norm needs
/// all sums.
fn change_apart(
    engine: &mut Engine,
    table: &[ParamInfo],
    summed: &mut [Run<'_>],
    step: u64,
    change: Option<Change<'_>>,
) {
    let Some(change) = change else { return };
    let isa = engine.isa;
    if change.update(step).1 {
        scale_norms(table, summed, change.clip);
    }
    engine.for_each_part(summed, |_, _, run| run.change(step, isa, change));
}

/// A piece of the parameters with its gradient and slots.
struct Run<'a> {
    table: &'a [ParamInfo],
    tensors: &'a [(usize, Range<usize>)],
    params: &'a mut [f32],
    grads: &'a mut [f32],
    slots: Vec<&'a mut [f32]>,
    finite: bool,
}

impl Run<'_> {
    /// Returns the trainable tensors with their ranges in the piece.
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

    /// Performs the next actions after the gradient is summed.
    fn summed(&mut self, step: u64, isa: Isa, then: Then<'_>) {
        if then.penalizes() {
            self.add_penalties();
        }
        if let Then::Change(change) = then {
            if let Some(every) = change.accumulate {
                self.accumulate(every, change.update(step).1, usize::from(change.ema.is_some()));
            }
            if !change.clips_norm() {
                self.change(step, isa, change);
            }
        }
    }

    /// Adds the gradient to the sum of the last steps, or, with the last of `every` steps, makes it their mean.
    /// The sum is the slot before the last `behind` slots.
    fn accumulate(&mut self, every: u64, due: bool, behind: usize) {
        let at = self.slots.len() - 1 - behind;
        let pairs = self.grads.iter_mut().zip(&mut *self.slots[at]);
        match due {
            true => pairs.for_each(|(grad, sum)| *grad = (*grad + std::mem::take(sum)) / every as f32),
            false => pairs.for_each(|(grad, sum)| *sum += *grad),
        }
    }

    fn change(&mut self, step: u64, isa: Isa, change: Change<'_>) {
        let (step, due) = change.update(step);
        let Change { optimizer, learning_rate, clip, ema, accumulate, .. } = change;
        let Self { table, tensors, params, grads, slots, finite } = self;
        // In the cache, this check is nearly free, and it identifies the step.
        *finite = all_finite(grads);
        if !*finite {
            return;
        }
        for (tensor, range) in tensors.iter().filter(|(tensor, _)| table[*tensor].trainable) {
            let (params, grads) = (&mut params[range.clone()], &mut grads[range.clone()]);
            let mut own: Vec<_> = slots.iter_mut().map(|slot| &mut slot[range.clone()]).collect();
            let average = ema.and_then(|ema| Some((ema, own.pop()?)));
            if due {
                clip.inspect(|clip| clip.clip_values(grads));
                let count = own.len() - usize::from(accumulate.is_some());
                let slots = &mut own[..count];
                let decays = decays(change.no_decay, &table[*tensor].name);
                optimizer.update(Update { step, learning_rate, isa, decays, grads, params, slots });
                *finite &= all_finite(params);
            }
            if let Some((ema, average)) = average {
                ema.update(step, params, average);
            }
        }
    }
}

/// Scales the gradients of `runs` down to the norm that `clip` allows.
fn scale_norms(table: &[ParamInfo], runs: &mut [Run<'_>], clip: Option<Clip>) {
    let Some(clip) = clip else { return };
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
            clip.scale(&mut grads[range.clone()], squares[*tensor].sqrt(), all.sqrt());
        }
    }
}

/// Returns whether all numbers are finite. Reads all of them: a branch per number would cost more.
pub(super) fn all_finite(values: &[f32]) -> bool {
    // Without its sign, only a number with the highest exponent carries into the sign bit.
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

/// Splits the first `len` values off `rest`.
fn take<'a>(rest: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (head, tail) = std::mem::take(rest).split_at_mut(len);
    *rest = tail;
    head
}
