//! SkipConnection: a recurrent layer with a direct connection past it.
//!
//! Input: a recurrent layer. Output: its parameters, and a stage over a block of vectors.

use super::masked_zeros::zero;
use super::wrapped::Wrapped;
use super::{
    Backward, Block, Built, Dims, Forward, Layer, ParamSpec, RecurrentLayer, Signal, SignalPlace, Stage,
};
use crate::error::{Error, Result};
use crate::kernels::{Isa, LANES};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// A skip connection: concatenates the input of a recurrent layer to its output, so that the layers above read
/// both.
///
/// With a `Dense` above it, a model has direct connections from its inputs to its outputs, as the networks of
/// Hochreiter and Schmidhuber (1997) have: what one input says about the output is learned without the recurrent
/// layer. In Keras's functional API it is `Concatenate()([layer(x), x])`.
///
/// | | |
/// |---|---|
/// | equation | `y_t = [h_t, x_t]` with `h = layer(x)` |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, steps, H + D)` |
/// | parameters | the layer's: `lstm/kernel`, `lstm/recurrent_kernel`, `lstm/bias` |
/// | backward | the first H of `dy_t` are `dh_t`; `dx` is the layer's plus the last D of `dy` |
///
/// The layer is an `Lstm`, `Gru` or `SimpleRnn` with `return_sequences` and without `go_backwards`, because its
/// outputs stand beside the inputs of the same steps. Dropout of the layer's input does not reach the
/// concatenated input. At masked steps the output is that of the layer, and the input as it is.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Lstm, SkipConnection};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(50, 4));
/// let model = layers.with(SkipConnection::new(Lstm::new(8).return_sequences(true))).with(Dense::new(1)).compile(1)?;
/// assert_eq!(model.params().get("skip_connection/lstm/bias").map(<[f32]>::len), Some(32));
/// assert_eq!(model.params().get("dense/kernel").map(<[f32]>::len), Some(8 + 4));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SkipConnection {
    /// The wrapped layer: an LSTM, GRU or SimpleRNN with `return_sequences`.
    pub wrapped: Box<Layer>,
}

impl SkipConnection {
    /// Creates a layer that concatenates its input to the output of `layer`.
    pub fn new(layer: impl Into<Layer>) -> Self {
        Self { wrapped: Box::new(layer.into()) }
    }

    /// Returns the wrapped layer, which has an output beside every input.
    fn recurrent(&self) -> Result<&dyn RecurrentLayer> {
        let refuse = |what: String| Err(Error::config(format!("SkipConnection {what}")));
        let class = self.wrapped.class_name();
        match self.wrapped.recurrent() {
            None => {
                refuse(format!("needs a recurrent layer, but got {class}; give it an Lstm, Gru or SimpleRnn"))
            }
            Some(layer) if !layer.returns_sequences() => refuse(format!(
                "needs an output at every step, but its {class} has one output a row; set return_sequences on it"
            )),
            Some(layer) if layer.goes_backwards() => refuse(format!(
                "needs outputs in the order of the steps, but its {class} reads backward; leave go_backwards unset"
            )),
            Some(layer) => Ok(layer),
        }
    }

    /// Returns the parts of the layer's state with their units.
    pub(crate) fn states(&self) -> Vec<(String, usize)> {
        let part = |(name, units): (String, usize)| (format!("{}/{name}", self.wrapped.base_name()), units);
        self.wrapped.states().into_iter().map(part).collect()
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        self.recurrent()?;
        let Built { params, output } = self.wrapped.build(input)?;
        let base = self.wrapped.base_name();
        let named = |spec: ParamSpec| ParamSpec { name: Cow::Owned(format!("{base}/{}", spec.name)), ..spec };
        let width = output.width().saturating_add(input.width());
        Ok(Built { params: params.into_iter().map(named).collect(), output: Signal::Sequence(width) })
    }

    /// Creates the stage over vectors of `inputs` numbers, with its tensors at `params`.
    pub(crate) fn stage(&self, inputs: usize, params: &[Range<usize>]) -> Box<dyn Stage> {
        let Ok(layer) = self.recurrent() else { unreachable!("it has been built") };
        let (units, zeroes_masked) = (layer.units(), layer.zeroes_masked());
        let layer = Wrapped::new(self.wrapped.base_name().into(), &self.wrapped, inputs, params);
        Box::new(SkipConnectionStage { inputs, units, zeroes_masked, layer })
    }
}

/// A recurrent layer whose input is concatenated to its output.
///
/// The tape contains the layer's tape, its outputs, and the inputs that dropout leaves.
#[derive(Debug)]
struct SkipConnectionStage {
    /// D
    inputs: usize,
    /// H
    units: usize,
    /// Whether the layer's outputs of masked steps are zero.
    zeroes_masked: bool,
    layer: Wrapped,
}

impl SkipConnectionStage {
    /// Number of floats of the layer's outputs.
    fn hidden_len(&self, steps: usize) -> usize {
        Signal::Sequence(self.units).block_len(steps)
    }

    /// Returns the mask of the steps at which the layer's outputs are zero.
    fn zeroed<'a>(&self, block: Block<'a>) -> Option<&'a [u16]> {
        block.mask.filter(|_| self.zeroes_masked)
    }
}

impl Stage for SkipConnectionStage {
    fn describe(&self) -> String {
        format!("SkipConnection, input beside output: {}", self.layer.stage.describe())
    }

    fn param_range(&self) -> Range<usize> {
        self.layer.stage.param_range()
    }

    fn output(&self) -> Signal {
        Signal::Sequence(self.units + self.inputs)
    }

    fn signals(&self, steps: usize) -> Vec<SignalPlace> {
        let outputs = self.layer.stage.tape_len(Dims { steps, training: true });
        let place = |place: SignalPlace| SignalPlace {
            part: self.layer.name.clone(),
            start: if place.on_tape { place.start } else { outputs + place.start },
            on_tape: true,
            ..place
        };
        let own = self.layer.stage.signals(steps).into_iter().map(place);
        own.chain([SignalPlace::output(self.output())]).collect()
    }

    fn shares_pad_prefix(&self) -> bool {
        false
    }

    fn packed_len(&self, _: usize) -> usize {
        self.layer.stage.packed_len(0)
    }

    fn prepare(&self, isa: Isa, params: &[f32], _: usize, _: &[f32], packed: &mut [f32]) {
        self.layer.stage.prepare(isa, params, 0, &[], packed);
    }

    fn state_len(&self) -> usize {
        self.layer.stage.state_len()
    }

    fn tape_len(&self, dims: Dims) -> usize {
        let dropped = self.layer.dropped_len(dims.steps, dims.training);
        self.layer.stage.tape_len(dims) + self.hidden_len(dims.steps) + dropped
    }

    /// The gradients of the layer's outputs and of the input before dropout, then the layer's scratch.
    fn scratch_len(&self, steps: usize) -> usize {
        self.hidden_len(steps) + self.layer.input_len(steps) + self.layer.stage.scratch_len(steps)
    }

    fn forward(&self, io: Forward<'_>) {
        let Forward { shared, block, training, noise, x, y, tape, state } = io;
        let (tape, rest) =
            tape.split_at_mut(self.layer.stage.tape_len(Dims { steps: block.steps, training }));
        let (hidden, dropped) = rest.split_at_mut(self.hidden_len(block.steps));
        let into = Forward { shared, block, training, noise, x, y: &mut *hidden, tape, state };
        self.layer.forward(into, dropped);
        let (h, d) = (self.units * LANES, self.inputs * LANES);
        let steps = y.chunks_exact_mut(h + d).zip(hidden.chunks_exact(h)).zip(x.chunks_exact(d));
        for ((y, hidden), x) in steps {
            y[..h].copy_from_slice(hidden);
            y[h..].copy_from_slice(x);
        }
        if let Some(mask) = self.zeroed(block) {
            y.chunks_exact_mut(h + d).zip(mask).for_each(|(y, &lanes)| zero(&mut y[..h], lanes));
        }
    }

    fn backward(&self, io: Backward<'_>) {
        let Backward { shared, block, noise, x, y: _, dy, mut dx, partial, tape, scratch } = io;
        let (tape, rest) =
            tape.split_at(self.layer.stage.tape_len(Dims { steps: block.steps, training: true }));
        let (hidden, dropped) = rest.split_at(self.hidden_len(block.steps));
        let (dhidden, scratch) = scratch.split_at_mut(hidden.len());
        let (undropped, scratch) = scratch.split_at_mut(x.len());
        let (h, d) = (self.units * LANES, self.inputs * LANES);
        let dys = || dy.chunks_exact(h + d);
        dhidden.chunks_exact_mut(h).zip(dys()).for_each(|(to, dy)| to.copy_from_slice(&dy[..h]));
        if let Some(mask) = self.zeroed(block) {
            dhidden.chunks_exact_mut(h).zip(mask).for_each(|(to, &lanes)| zero(to, lanes));
        }
        let back = Backward {
            shared,
            block,
            noise,
            x,
            y: hidden,
            dy: dhidden,
            dx: dx.as_deref_mut(),
            partial,
            tape,
            scratch,
        };
        self.layer.backward(back, dropped, undropped);
        if let Some(dx) = dx {
            for (dx, dy) in dx.chunks_exact_mut(d).zip(dys()) {
                dx.iter_mut().zip(&dy[h..]).for_each(|(dx, dy)| *dx += *dy);
            }
        }
    }
}
