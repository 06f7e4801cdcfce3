//! The stage of a bidirectional layer: a stage for each direction, and the merge of their outputs.
//!
//! Input: a block of vectors. Output: the merged outputs of both directions.

use super::masked_zeros::zero;
use super::wrapped::Wrapped;
use super::{Backward, Block, Dims, Forward, MergeMode, Shared, Signal, SignalPlace, Stage};
use crate::kernels::{Isa, LANES};
use std::ops::Range;

/// A stage for each direction, over the same block of vectors.
///
/// The tape contains both tapes, then both outputs, each in the order of its direction, then the inputs that dropout
/// leaves. The partial gradient
/// of a block and the packed weights are the two directions', one after the other.
#[derive(Debug)]
pub(super) struct BidirectionalStage {
    pub ways: [Wrapped; 2],
    pub merge_mode: MergeMode,
}

/// Splits `values` at `len`.
fn halves(values: &mut [f32], len: usize) -> [&mut [f32]; 2] {
    let (first, second) = values.split_at_mut(len);
    [first, second]
}

impl BidirectionalStage {
    /// H
    fn units(&self) -> usize {
        match self.ways[0].stage.output() {
            Signal::Sequence(units) | Signal::Vector(units) => units,
            Signal::Ids => 0,
        }
    }

    /// Number of floats of one step of one direction's output.
    fn step(&self) -> usize {
        self.units() * LANES
    }

    /// Returns the part of `shared` for direction `way`.
    fn shared<'a>(&self, shared: Shared<'a>, way: usize) -> Shared<'a> {
        let (first, second) = shared.packed.split_at(self.ways[0].stage.packed_len(0));
        Shared { packed: [first, second][way], ..shared }
    }

    /// For each step of the output: its offset in the forward output and in the backward output, which is
    /// reversed.
    fn steps(&self, len: usize) -> impl Iterator<Item = [usize; 2]> + use<> {
        let step = self.step();
        (0..len / step).map(move |t| [t * step, len - (t + 1) * step])
    }

    /// Number of floats of one direction's output.
    fn output_len(&self, steps: usize) -> usize {
        self.ways[0].stage.output().block_len(steps)
    }

    fn tape_lens(&self, dims: Dims) -> [usize; 2] {
        self.ways.each_ref().map(|way| way.stage.tape_len(dims))
    }

    /// Returns the mask of the steps of the outputs: `None` also if the outputs are those of the last step.
    fn mask<'a>(&self, block: Block<'a>) -> Option<&'a [u16]> {
        block.mask.filter(|_| matches!(self.ways[0].stage.output(), Signal::Sequence(_)))
    }

    /// Merges both outputs. The outputs of masked steps are zero.
    fn merge(&self, outputs: [&[f32]; 2], mask: Option<&[u16]>, y: &mut [f32]) {
        self.merge_all(outputs, y);
        if let Some(mask) = mask {
            let width = self.output().width() * LANES;
            y.chunks_exact_mut(width).zip(mask).for_each(|(y, &lanes)| zero(y, lanes));
        }
    }

    fn merge_all(&self, [forward, backward]: [&[f32]; 2], y: &mut [f32]) {
        let (step, width) = (self.step(), y.len() / (forward.len() / self.step()).max(1));
        for ([f, b], y) in self.steps(forward.len()).zip(y.chunks_exact_mut(width.max(1))) {
            let (forward, backward) = (&forward[f..][..step], &backward[b..][..step]);
            if self.merge_mode == MergeMode::Concat {
                y[..step].copy_from_slice(forward);
                y[step..].copy_from_slice(backward);
                continue;
            }
            for ((y, &f), &b) in y.iter_mut().zip(forward).zip(backward) {
                *y = match self.merge_mode {
                    MergeMode::Mul => f * b,
                    MergeMode::Ave => (f + b) * 0.5,
                    _ => f + b,
                };
            }
        }
    }

    /// Computes the gradients of both outputs from the gradient `dy` of the merged outputs.
    fn unmerge(
        &self,
        [forward, backward]: [&[f32]; 2],
        mask: Option<&[u16]>,
        dy: &[f32],
        [df, db]: [&mut [f32]; 2],
    ) {
        let (step, width) = (self.step(), dy.len() / (forward.len() / self.step()).max(1));
        let mut masks = mask.into_iter().flatten();
        for ([f, b], dy) in self.steps(forward.len()).zip(dy.chunks_exact(width.max(1))) {
            let (forward, backward) = (&forward[f..][..step], &backward[b..][..step]);
            let (df, db) = (&mut df[f..][..step], &mut db[b..][..step]);
            match self.merge_mode {
                MergeMode::Concat => {
                    df.copy_from_slice(&dy[..step]);
                    db.copy_from_slice(&dy[step..]);
                }
                MergeMode::Sum => {
                    df.copy_from_slice(dy);
                    db.copy_from_slice(dy);
                }
                MergeMode::Mul => {
                    df.iter_mut().zip(dy).zip(backward).for_each(|((d, dy), b)| *d = dy * b);
                    db.iter_mut().zip(dy).zip(forward).for_each(|((d, dy), f)| *d = dy * f);
                }
                MergeMode::Ave => {
                    df.iter_mut().zip(dy).for_each(|(d, dy)| *d = 0.5 * dy);
                    db.copy_from_slice(df);
                }
                MergeMode::None => unreachable!("a model has no such layer"),
            }
            if let Some(&lanes) = masks.next() {
                zero(df, lanes);
                zero(db, lanes);
            }
        }
    }
}

impl Stage for BidirectionalStage {
    fn describe(&self) -> String {
        format!("Bidirectional, {:?} of both ways: {}", self.merge_mode, self.ways[0].stage.describe())
    }

    fn param_range(&self) -> Range<usize> {
        self.ways[0].stage.param_range().start..self.ways[1].stage.param_range().end
    }

    fn output(&self) -> Signal {
        let units = if self.merge_mode == MergeMode::Concat { 2 * self.units() } else { self.units() };
        match self.ways[0].stage.output() {
            Signal::Sequence(_) => Signal::Sequence(units),
            _ => Signal::Vector(units),
        }
    }

    fn signals(&self, steps: usize) -> Vec<SignalPlace> {
        let tapes = self.tape_lens(Dims { steps, training: true });
        let outputs = [tapes[0] + tapes[1], tapes[0] + tapes[1] + self.output_len(steps)];
        let mut all = Vec::new();
        for (index, way) in self.ways.iter().enumerate() {
            let tape = if index == 0 { 0 } else { tapes[0] };
            all.extend(way.stage.signals(steps).into_iter().map(|place| SignalPlace {
                part: way.name.clone(),
                start: place.start + if place.on_tape { tape } else { outputs[index] },
                on_tape: true,
                ..place
            }));
        }
        all.push(SignalPlace::output(self.output()));
        all
    }

    fn shares_pad_prefix(&self) -> bool {
        false
    }

    fn packed_len(&self, _: usize) -> usize {
        self.ways.iter().map(|way| way.stage.packed_len(0)).sum()
    }

    fn prepare(&self, isa: Isa, params: &[f32], _: usize, _: &[f32], packed: &mut [f32]) {
        let parts = halves(packed, self.ways[0].stage.packed_len(0));
        for (way, packed) in self.ways.iter().zip(parts) {
            way.stage.prepare(isa, params, 0, &[], packed);
        }
    }

    fn state_len(&self) -> usize {
        self.ways.iter().map(|way| way.stage.state_len()).sum()
    }

    fn tape_len(&self, dims: Dims) -> usize {
        let dropped = self.ways.iter().map(|way| way.dropped_len(dims.steps, dims.training));
        self.tape_lens(dims).iter().sum::<usize>() + 2 * self.output_len(dims.steps) + dropped.sum::<usize>()
    }

    /// The gradients of both outputs and of one input, before and after dropout, then the scratch of a
    /// direction.
    fn scratch_len(&self, steps: usize) -> usize {
        let inner = self.ways.iter().map(|way| way.stage.scratch_len(steps)).max().unwrap_or(0);
        2 * self.output_len(steps) + 2 * self.ways[0].input_len(steps) + inner
    }

    fn forward(&self, io: Forward<'_>) {
        let Forward { shared, block, training, noise, x, y, tape, state } = io;
        let tape_lens = self.tape_lens(Dims { steps: block.steps, training });
        let (tapes, rest) = tape.split_at_mut(tape_lens[0] + tape_lens[1]);
        let (outputs, mut kept) = rest.split_at_mut(2 * self.output_len(block.steps));
        let mut outputs = halves(outputs, self.output_len(block.steps));
        let mut states = state.map(|state| halves(state, self.ways[0].stage.state_len()));
        let ways = self.ways.iter().zip(halves(tapes, tape_lens[0])).zip(&mut outputs);
        for (index, ((way, tape), y)) in ways.enumerate() {
            let (shared, noise) = (self.shared(shared, index), noise.map(|noise| noise.stream(index)));
            let dropped = kept.split_off_mut(..way.dropped_len(block.steps, training)).unwrap_or_default();
            let state = states.as_mut().map(|states| &mut *states[index]);
            way.forward(Forward { shared, block, training, noise, x, y, tape, state }, dropped);
        }
        let [forward, backward] = outputs;
        self.merge([forward, backward], self.mask(block), y);
    }

    fn backward(&self, io: Backward<'_>) {
        let Backward { shared, block, noise, x, y: _, dy, mut dx, partial, tape, scratch } = io;
        let tape_lens = self.tape_lens(Dims { steps: block.steps, training: true });
        let len = self.output_len(block.steps);
        let (tapes, rest) = tape.split_at(tape_lens[0] + tape_lens[1]);
        let (outputs, mut kept) = rest.split_at(2 * len);
        let (tapes, outputs) = (tapes.split_at(tape_lens[0]), outputs.split_at(len));
        let (dys, scratch) = scratch.split_at_mut(2 * len);
        let [df, db] = halves(dys, len);
        let inputs = self.ways[0].input_len(block.steps);
        let (other, scratch) = scratch.split_at_mut(inputs);
        let (undropped, scratch) = scratch.split_at_mut(inputs);
        let outputs = [outputs.0, outputs.1];
        self.unmerge(outputs, self.mask(block), dy, [&mut *df, &mut *db]);
        let (dys, tapes) = ([&*df, &*db], [tapes.0, tapes.1]);
        let partials = halves(partial, self.ways[0].stage.param_range().len());
        for (index, partial) in partials.into_iter().enumerate() {
            let (way, shared) = (&self.ways[index], self.shared(shared, index));
            let (y, dy, tape) = (outputs[index], dys[index], tapes[index]);
            let noise = noise.map(|noise| noise.stream(index));
            let dropped = kept.split_off(..way.dropped_len(block.steps, true)).unwrap_or_default();
            let dx = match index {
                0 => dx.as_deref_mut(),
                _ => dx.is_some().then_some(&mut *other),
            };
            let scratch = &mut scratch[..way.stage.scratch_len(block.steps)];
            let back = Backward { shared, block, noise, x, y, dy, dx, partial, tape, scratch };
            way.backward(back, dropped, undropped);
        }
        if let Some(dx) = dx {
            dx.iter_mut().zip(other).for_each(|(dx, other)| *dx += *other);
        }
    }
}
