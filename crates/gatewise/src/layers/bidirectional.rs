//! Bidirectional: a recurrent layer in both directions of time (Schuster & Paliwal 1997).

use super::recurrent_layer::LayerBelow;
use super::{Backward, Built, Dims, Forward, Layer, ParamSpec, Shared, Signal, SignalPlace, Stage};
use crate::error::{Error, Result};
use crate::kernels::{Isa, LANES};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// A bidirectional wrapper: two copies of a recurrent layer, with separate weights, read the steps forward
/// and backward. Their outputs are merged.
///
/// | | |
/// |---|---|
/// | equation | `y = merge(forward(x), backward(x))`; with `return_sequences`, both outputs of a step are merged |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, 2H)`, or with `return_sequences` `(batch, steps, 2H)`; H instead of 2H for `Sum`, `Mul` and `Ave` |
/// | parameters | the layer's, once for each direction: `forward_lstm/kernel`, …, `backward_lstm/bias` |
/// | backward | each direction's; the two `dx` are added |
///
/// Mask the padding (`mask_zero`): on either side, one of the two directions reads it last.
///
/// ```
/// use gatewise::layers::{Bidirectional, Dense, Embedding, Lstm, MergeMode};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(50, 4).mask_zero(true));
/// let both = Bidirectional::new(Lstm::new(8).return_sequences(true));
/// let mean = Bidirectional::new(Lstm::new(8)).merge_mode(MergeMode::Ave);
/// let model = layers.with(both).with(mean).with(Dense::new(1)).compile(1)?;
/// assert_eq!(model.params().get("bidirectional/forward_lstm/bias").map(<[f32]>::len), Some(32));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Bidirectional {
    /// The wrapped layer: an LSTM, GRU or SimpleRNN.
    pub wrapped: Box<Layer>,
    /// How the two outputs are merged. Default: concatenated.
    #[serde(default)]
    pub merge_mode: MergeMode,
}

/// How [`Bidirectional`] merges the outputs of the two directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MergeMode {
    /// Concatenation: the forward output, then the backward output.
    #[default]
    Concat,
    /// Sum.
    Sum,
    /// Elementwise product.
    Mul,
    /// Mean.
    Ave,
}

impl Bidirectional {
    /// Creates a bidirectional `layer` whose outputs are concatenated.
    pub fn new(layer: impl Into<Layer>) -> Self {
        Self { wrapped: Box::new(layer.into()), merge_mode: MergeMode::Concat }
    }

    /// Sets how the two outputs are merged.
    pub fn merge_mode(self, merge_mode: MergeMode) -> Self {
        Self { merge_mode, ..self }
    }

    /// Returns the layer that reads backward.
    fn reversed(&self) -> Result<Layer> {
        let refuse = |what: &str| Err(Error::config(format!("Bidirectional {what}")));
        match (*self.wrapped).clone() {
            Layer::Lstm(layer) if !layer.go_backwards => Ok(layer.go_backwards(true).into()),
            Layer::Gru(layer) if !layer.go_backwards => Ok(layer.go_backwards(true).into()),
            Layer::SimpleRnn(layer) if !layer.go_backwards => Ok(layer.go_backwards(true).into()),
            Layer::Lstm(_) | Layer::Gru(_) | Layer::SimpleRnn(_) => {
                refuse("reads both directions; leave go_backwards unset on the wrapped layer")
            }
            other => refuse(&format!(
                "needs a recurrent layer, but got {}; give it an Lstm, Gru or SimpleRnn",
                other.class_name()
            )),
        }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        let reversed = self.reversed()?;
        if self.wrapped.recurrent().is_some_and(|layer| layer.dropout() > 0.0) {
            return Err(Error::config(
                "Bidirectional does not support dropout on the wrapped layer; put SpatialDropout1D before it",
            ));
        }
        let (forward, backward) = (self.wrapped.build(input)?, reversed.build(input)?);
        let base = self.wrapped.base_name();
        let named = |way: &'static str| {
            move |spec: ParamSpec| ParamSpec {
                name: Cow::Owned(format!("{way}_{base}/{}", spec.name)),
                ..spec
            }
        };
        let params = forward.params.into_iter().map(named("forward"));
        let params = params.chain(backward.params.into_iter().map(named("backward"))).collect();
        let factor = if self.merge_mode == MergeMode::Concat { 2 } else { 1 };
        let output = match forward.output {
            Signal::Sequence(units) => Signal::Sequence(factor * units),
            Signal::Vector(units) => Signal::Vector(factor * units),
            Signal::Ids => Signal::Ids,
        };
        Ok(Built { params, output })
    }

    /// Creates the stage over vectors of `inputs` numbers, with its tensors at `params`: the forward layer's
    /// first.
    pub(crate) fn stage(&self, inputs: usize, params: &[Range<usize>]) -> Box<dyn Stage> {
        let (forward, backward) = params.split_at(params.len() / 2);
        let stage = |layer: &Layer, params: &[Range<usize>]| {
            let Some(layer) = layer.recurrent() else { unreachable!("it is built of recurrent layers only") };
            let bias = params.get(2).cloned().unwrap_or(params[1].end..params[1].end);
            layer.stage(LayerBelow::Vectors(inputs), [params[0].clone(), params[1].clone(), bias])
        };
        let Ok(reversed) = self.reversed() else { unreachable!("it has been built") };
        let ways = [stage(&self.wrapped, forward), stage(&reversed, backward)];
        let names = ["forward", "backward"].map(|way| format!("{way}_{}", self.wrapped.base_name()));
        Box::new(BidirectionalStage { inputs, ways, names, merge_mode: self.merge_mode })
    }
}

/// A stage for each direction, over the same block of vectors.
///
/// The tape contains both tapes, then both outputs, each in the order of its direction. The partial gradient
/// of a block and the packed weights are the two directions', one after the other.
#[derive(Debug)]
struct BidirectionalStage {
    /// D
    inputs: usize,
    ways: [Box<dyn Stage>; 2],
    /// `forward_lstm`, `backward_lstm`
    names: [String; 2],
    merge_mode: MergeMode,
}

/// Splits `values` at `len`.
fn halves(values: &mut [f32], len: usize) -> [&mut [f32]; 2] {
    let (first, second) = values.split_at_mut(len);
    [first, second]
}

impl BidirectionalStage {
    /// H
    fn units(&self) -> usize {
        match self.ways[0].output() {
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
        let (first, second) = shared.packed.split_at(self.ways[0].packed_len(0));
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
        self.ways[0].output().block_len(steps)
    }

    fn tape_lens(&self, dims: Dims) -> [usize; 2] {
        self.ways.each_ref().map(|way| way.tape_len(dims))
    }

    fn merge(&self, [forward, backward]: [&[f32]; 2], y: &mut [f32]) {
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

    fn unmerge(&self, [forward, backward]: [&[f32]; 2], dy: &[f32], [df, db]: [&mut [f32]; 2]) {
        let (step, width) = (self.step(), dy.len() / (forward.len() / self.step()).max(1));
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
            }
        }
    }
}

impl Stage for BidirectionalStage {
    fn describe(&self) -> String {
        let [forward, _] = self.ways.each_ref().map(|way| way.describe());
        format!("Bidirectional, {:?} of both ways: {forward}", self.merge_mode)
    }

    fn param_range(&self) -> Range<usize> {
        self.ways[0].param_range().start..self.ways[1].param_range().end
    }

    fn output(&self) -> Signal {
        let units = if self.merge_mode == MergeMode::Concat { 2 * self.units() } else { self.units() };
        match self.ways[0].output() {
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
            all.extend(way.signals(steps).into_iter().map(|place| SignalPlace {
                part: self.names[index].clone(),
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
        self.ways.iter().map(|way| way.packed_len(0)).sum()
    }

    fn prepare(&self, isa: Isa, params: &[f32], _: usize, _: &[f32], packed: &mut [f32]) {
        let parts = halves(packed, self.ways[0].packed_len(0));
        for (way, packed) in self.ways.iter().zip(parts) {
            way.prepare(isa, params, 0, &[], packed);
        }
    }

    fn tape_len(&self, dims: Dims) -> usize {
        self.tape_lens(dims).iter().sum::<usize>() + 2 * self.output_len(dims.steps)
    }

    /// The gradients of both outputs and of one input, then the scratch of a direction.
    fn scratch_len(&self, steps: usize) -> usize {
        let inner = self.ways.iter().map(|way| way.scratch_len(steps)).max().unwrap_or(0);
        2 * self.output_len(steps) + steps * self.inputs * LANES + inner
    }

    fn forward(&self, io: Forward<'_>) {
        let Forward { shared, block, training, noise, x, y, tape, state: _ } = io;
        let tape_lens = self.tape_lens(Dims { steps: block.steps, training });
        let (tapes, outputs) = tape.split_at_mut(tape_lens[0] + tape_lens[1]);
        let mut outputs = halves(outputs, self.output_len(block.steps));
        let ways = self.ways.iter().zip(halves(tapes, tape_lens[0])).zip(&mut outputs);
        for (index, ((way, tape), y)) in ways.enumerate() {
            let (shared, noise) = (self.shared(shared, index), noise.map(|noise| noise.stream(index)));
            way.forward(Forward { shared, block, training, noise, x, y, tape, state: None });
        }
        let [forward, backward] = outputs;
        self.merge([forward, backward], y);
    }

    fn backward(&self, io: Backward<'_>) {
        let Backward { shared, block, noise, x, y: _, dy, mut dx, partial, tape, scratch } = io;
        let tape_lens = self.tape_lens(Dims { steps: block.steps, training: true });
        let len = self.output_len(block.steps);
        let (tapes, outputs) = tape.split_at(tape_lens[0] + tape_lens[1]);
        let (tapes, outputs) = (tapes.split_at(tape_lens[0]), outputs.split_at(len));
        let (dys, scratch) = scratch.split_at_mut(2 * len);
        let (other, scratch) = scratch.split_at_mut(block.steps * self.inputs * LANES);
        let [df, db] = halves(dys, len);
        let outputs = [outputs.0, outputs.1];
        self.unmerge(outputs, dy, [&mut *df, &mut *db]);
        let (dys, tapes) = ([&*df, &*db], [tapes.0, tapes.1]);
        let partials = halves(partial, self.ways[0].param_range().len());
        for (index, partial) in partials.into_iter().enumerate() {
            let (way, shared) = (&self.ways[index], self.shared(shared, index));
            let (y, dy, tape) = (outputs[index], dys[index], tapes[index]);
            let noise = noise.map(|noise| noise.stream(index));
            let dx = match index {
                0 => dx.as_deref_mut(),
                _ => dx.is_some().then_some(&mut *other),
            };
            let scratch = &mut scratch[..way.scratch_len(block.steps)];
            way.backward(Backward { shared, block, noise, x, y, dy, dx, partial, tape, scratch });
        }
        if let Some(dx) = dx {
            dx.iter_mut().zip(other).for_each(|(dx, other)| *dx += *other);
        }
    }
}
