//! The recurrent kernels over a block as the stages of recurrent layers use them, with and without a table.

use super::projected_recurrent::ProjectedStage;
use super::recurrent_stage::RecurrentStage;
use super::{
    Activation, Block, BlockGrads, Built, Dims, Init, Initializer, ParamSpec, Regularizer, Signal,
    SignalPlace, Stage,
};
use crate::error::{Error, Result};
use crate::kernels::noise::{self, Noise, Rate};
use crate::kernels::recurrent::{self, activations::Function, cell::Cell};
use crate::kernels::{Isa, LANES};
use std::ops::Range;

/// A recurrent layer, as compiling a model sees it.
pub(crate) trait RecurrentLayer {
    /// The stage for the layer over `below`, its tensors at `params`: kernel, recurrent kernel and bias, the
    /// last perhaps empty.
    fn stage(&self, below: Below, params: [Range<usize>; 3]) -> Box<dyn Stage>;
    /// H, the number of units.
    fn units(&self) -> usize;
    /// What the equations call the parts of its state.
    fn states(&self) -> &'static [&'static str];
    /// Whether the last step is walked first.
    fn goes_backwards(&self) -> bool;
    /// The share of the input's channels that training drops.
    fn dropout(&self) -> f64;
    /// Whether it may be one stage with an embedding below it.
    fn fuses(&self) -> bool {
        self.dropout() == 0.0
    }
}

/// What the three recurrent layers say of themselves when they are built.
pub(super) struct Plan {
    /// The class name.
    pub name: &'static str,
    pub units: usize,
    /// Blocks of H columns in the kernels.
    pub gates: usize,
    /// How kernel and recurrent kernel start.
    pub kernels: [Initializer; 2],
    /// What large weights of kernel, recurrent kernel and bias add to the loss.
    pub regularizers: [Option<Regularizer>; 3],
    /// The shape of the bias before its last axis, and how it starts; `None` for no bias.
    pub bias: Option<(Vec<usize>, Init)>,
    pub return_sequences: bool,
    /// The shares that are dropped of the input and of the previous output.
    pub dropouts: [f64; 2],
}

impl Plan {
    /// Checks the settings against the input and says which parameters are needed.
    pub fn build(self, input: Signal) -> Result<Built> {
        let Self { name, units, gates, kernels, regularizers, bias, return_sequences, dropouts } = self;
        if units == 0 {
            return Err(Error::config(format!("{name} needs at least 1 unit, but got 0")));
        }
        let named = [("dropout", "input's channels"), ("recurrent_dropout", "previous output's units")];
        for (share, (setting, of)) in dropouts.into_iter().zip(named) {
            if !(0.0..1.0).contains(&share) {
                return Err(Error::config(format!(
                    "{name} has a {setting} of {share}, but it must be at least 0 and below 1: the share of the \
                     {of} that are dropped"
                )));
            }
        }
        let Signal::Sequence(inputs) = input else {
            return Err(Error::shape(format!(
                "{name} reads a sequence of vectors, but its input is {}; {}",
                input.describe(),
                match input {
                    Signal::Ids => "put an Embedding before it",
                    _ => "set return_sequences on the recurrent layer before it",
                }
            )));
        };
        let columns = units.checked_mul(gates).ok_or_else(|| {
            Error::config(format!("{name} of {units} units has more weights than memory has addresses"))
        })?;
        let [kernel, recurrent] = kernels;
        let mut params = vec![
            ParamSpec::new("kernel", vec![inputs, columns], kernel).regularizer(regularizers[0]),
            ParamSpec::new("recurrent_kernel", vec![units, columns], recurrent).regularizer(regularizers[1]),
        ];
        if let Some((mut shape, init)) = bias {
            shape.push(columns);
            params.push(ParamSpec::new("bias", shape, init).regularizer(regularizers[2]));
        }
        let output = if return_sequences { Signal::Sequence(units) } else { Signal::Vector(units) };
        Ok(Built { params, output })
    }
}

/// The function that a recurrent layer asks for, where its kernels know it.
pub(super) fn function(layer: &str, setting: &str, activation: Activation) -> Result<Function> {
    Ok(match activation {
        Activation::Linear => Function::Linear,
        Activation::Sigmoid => Function::Sigmoid,
        Activation::Tanh => Function::Tanh,
        Activation::Relu => Function::Relu,
        Activation::LeakyRelu => Function::LeakyRelu,
        Activation::Elu => Function::Elu,
        Activation::Selu => Function::Selu,
        Activation::Softsign => Function::Softsign,
        Activation::HardSigmoid => Function::HardSigmoid,
        Activation::Exponential => Function::Exponential,
        other => {
            return Err(Error::config(format!(
                "{layer} cannot have the {setting} {}; use linear, sigmoid, tanh, relu, leaky_relu, elu, selu, \
                 softsign, hard_sigmoid or exponential",
                other.name()
            )));
        }
    })
}

/// The settings that all recurrent layers have, as methods.
macro_rules! recurrent_settings {
    ($layer:ident) => {
        impl $layer {
            /// Sets whether every step's output is given, in the order of the walk, or the last one's only.
            pub fn return_sequences(self, return_sequences: bool) -> Self {
                Self { return_sequences, ..self }
            }

            /// Sets the function of the candidate and of the output; tanh by default, and fastest.
            pub fn activation(self, activation: Activation) -> Self {
                Self { activation, ..self }
            }

            /// Sets whether there is a bias.
            pub fn use_bias(self, use_bias: bool) -> Self {
                Self { use_bias, ..self }
            }

            /// Sets how the kernel starts; Glorot uniform by default.
            pub fn kernel_initializer(self, kernel_initializer: Initializer) -> Self {
                Self { kernel_initializer, ..self }
            }

            /// Sets how the recurrent kernel starts; orthogonal by default.
            pub fn recurrent_initializer(self, recurrent_initializer: Initializer) -> Self {
                Self { recurrent_initializer, ..self }
            }

            /// Sets how the bias starts; zero by default.
            pub fn bias_initializer(self, bias_initializer: Initializer) -> Self {
                Self { bias_initializer, ..self }
            }

            /// Adds a penalty on the kernel to the loss.
            pub fn kernel_regularizer(self, regularizer: Regularizer) -> Self {
                Self { kernel_regularizer: Some(regularizer), ..self }
            }

            /// Adds a penalty on the recurrent kernel to the loss.
            pub fn recurrent_regularizer(self, regularizer: Regularizer) -> Self {
                Self { recurrent_regularizer: Some(regularizer), ..self }
            }

            /// Adds a penalty on the bias to the loss.
            pub fn bias_regularizer(self, regularizer: Regularizer) -> Self {
                Self { bias_regularizer: Some(regularizer), ..self }
            }

            /// Sets whether the steps are walked from the last to the first. With `return_sequences`, outputs
            /// stand in the order of the walk, as in Keras.
            pub fn go_backwards(self, go_backwards: bool) -> Self {
                Self { go_backwards, ..self }
            }

            /// Sets the share of the input's channels that training drops: for a row, the same at every step.
            pub fn dropout(self, dropout: f64) -> Self {
                Self { dropout, ..self }
            }

            /// Sets the share of the previous output's units that training drops on their way into each gate:
            /// for a row and a gate, the same at every step.
            pub fn recurrent_dropout(self, recurrent_dropout: f64) -> Self {
                Self { recurrent_dropout, ..self }
            }
        }
    };
}
pub(super) use recurrent_settings;

/// What a recurrent layer stands on.
#[derive(Debug, Clone)]
pub(crate) enum Below {
    /// Vectors of this width.
    Vectors(usize),
    /// An embedding that the layer is fused with.
    Embedding { width: usize, masked: bool, table: Range<usize> },
}

/// A recurrent layer as stages are made from it.
#[derive(Debug)]
pub(super) struct Recurrent<C> {
    /// The class name.
    pub name: &'static str,
    pub cell: C,
    pub units: usize,
    pub return_sequences: bool,
    /// Whether the last step is walked first.
    pub backwards: bool,
    /// The share of the previous output that training drops.
    pub recurrent_dropout: f64,
    /// Where kernel, recurrent kernel and bias lie; the last may be empty.
    pub params: [Range<usize>; 3],
}

impl<C: Cell> Recurrent<C> {
    /// The stage for the layer over `below`.
    pub fn stage(self, below: Below) -> Box<dyn Stage> {
        match below {
            Below::Vectors(inputs) => Box::new(RecurrentStage::new(inputs, self)),
            Below::Embedding { width, masked, table } => {
                Box::new(ProjectedStage::new(width, masked, table, self))
            }
        }
    }
}

/// A recurrent layer that gives its last output, or every step's.
///
/// Its tape holds the state before the first step (`[states][H][16]`), the kernel's tape, then, where only the
/// last output is given, the outputs of all steps; then, where training drops some of them on the way to the
/// next step, by which factors, and room for that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recurrence<C> {
    pub shape: recurrent::Shape<C>,
    pub return_sequences: bool,
    pub backwards: bool,
    /// What training drops of the previous output.
    pub drops: Option<Rate>,
}

/// What a walk forward reads and writes.
pub(super) struct Walk<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub training: bool,
    pub noise: Option<Noise<'a>>,
    pub packed: &'a [f32],
    pub from: recurrent::From<'a>,
    /// The output block, overwritten.
    pub y: &'a mut [f32],
    /// The state before the first step, read where `state` is `None`; the rest overwritten.
    pub tape: &'a mut [f32],
    /// As in [`Forward`](super::Forward).
    pub state: Option<&'a mut [f32]>,
}

/// What a walk back reads and writes.
pub(super) struct WalkBack<'a> {
    pub isa: Isa,
    pub block: Block<'a>,
    pub packed: &'a [f32],
    pub into: recurrent::Into<'a>,
    /// As in the walk forward.
    pub noise: Option<Noise<'a>>,
    /// The output block of the walk forward, read.
    pub y: &'a [f32],
    pub dy: &'a [f32],
    pub tape: &'a [f32],
    /// As in [`recurrent::Backward`]; accumulated.
    pub grads: &'a mut [f32],
    /// The gradient of the state before the first step, overwritten.
    pub dstart: &'a mut [f32],
    /// [`Recurrence::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

impl<C: Cell> Recurrence<C> {
    /// Of `layer`, of this shape.
    pub fn new(shape: recurrent::Shape<C>, layer: &Recurrent<C>) -> Self {
        let Recurrent { return_sequences, backwards, recurrent_dropout, .. } = *layer;
        let drops = (recurrent_dropout > 0.0).then(|| Rate::new(recurrent_dropout));
        Self { shape, return_sequences, backwards, drops }
    }

    /// Whether rows that begin alike go on alike: not where each drops units of its own.
    pub fn shares_start(&self) -> bool {
        !self.backwards && self.drops.is_none() && C::RESET.is_none()
    }

    /// What a block's tape begins with: the state after so many steps of a trajectory, in every lane.
    pub fn begin(&self, trajectory: &[f32], steps: usize, tape: &mut [f32]) {
        let shape = self.shape;
        let state = &trajectory[steps * shape.trajectory_step()..];
        let start = tape[..shape.state_len()].chunks_exact_mut(shape.units * LANES);
        for (part, start) in start.enumerate() {
            let from = &state[part * shape.units_padded()..];
            start.chunks_exact_mut(LANES).zip(from).for_each(|(lanes, &value)| lanes.fill(value));
        }
    }

    /// The gradient of the state that a block begins with, over its lanes.
    pub fn sum_start(&self, dstart: &[f32], sum: &mut [f32]) {
        let shape = self.shape;
        sum.fill(0.0);
        for (part, lanes) in dstart.chunks_exact(shape.units * LANES).enumerate() {
            let to = &mut sum[part * shape.units_padded()..];
            lanes.chunks_exact(LANES).zip(to).for_each(|(lanes, sum)| *sum = lanes.iter().sum());
        }
    }

    /// The outputs of the first steps of a trajectory, as many as `outputs` holds.
    pub fn start_outputs(&self, trajectory: &[f32], outputs: &mut [f32]) {
        let (step, padded) = (self.shape.trajectory_step(), self.shape.units_padded());
        let after = trajectory.chunks_exact(step).skip(1);
        outputs
            .chunks_exact_mut(padded)
            .zip(after)
            .for_each(|(to, from)| to.copy_from_slice(&from[..padded]));
    }

    /// The gradients of the states of a trajectory: those that blocks left where they begin, `skip` floats
    /// behind the start of their share, and those of the outputs.
    pub fn gather_starts(
        &self,
        blocks: &[&BlockGrads],
        stage: usize,
        skip: usize,
        above: &[f32],
        dstates: &mut [f32],
    ) {
        let (state, padded) = (self.shape.state_padded(), self.shape.units_padded());
        for block in blocks {
            let share = &block.partials[stage][skip..][..state];
            let sum = &mut dstates[block.shared * state..][..state];
            sum.iter_mut().zip(share).for_each(|(sum, share)| *sum += share);
        }
        for (sum, dy) in dstates.chunks_exact_mut(state).skip(1).zip(above.chunks_exact(padded)) {
            sum.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
        }
    }

    /// Whether the outputs stand in another order than the steps, so that no step may be left out.
    pub fn reverses(&self) -> bool {
        self.backwards && self.return_sequences
    }

    pub fn output(&self) -> Signal {
        match self.return_sequences {
            true => Signal::Sequence(self.shape.units),
            false => Signal::Vector(self.shape.units),
        }
    }

    /// As [`Stage::signals`].
    pub fn signals(&self, steps: usize) -> Vec<SignalPlace> {
        let (shape, reversed) = (self.shape, self.backwards);
        let (start, step_stride) = (shape.state_len(), shape.tape_step());
        let output = SignalPlace {
            per_step: true,
            on_tape: !self.return_sequences,
            start: if self.return_sequences { 0 } else { start + steps * step_stride },
            reversed,
            ..SignalPlace::output(self.output())
        };
        let kept = shape.signals().map(|(name, at)| SignalPlace {
            name,
            on_tape: true,
            start: start + at,
            step_stride,
            unit_stride: shape.tape_unit(),
            ..output.clone()
        });
        kept.chain([output.clone()]).collect()
    }

    /// Steps of outputs and of kernel tape that are kept.
    fn kept(dims: Dims) -> (usize, usize) {
        if dims.training { (dims.steps, dims.steps) } else { (2, 1) }
    }

    /// Floats of tape.
    pub fn tape_len(&self, dims: Dims) -> usize {
        let (history, tape) = Self::kept(dims);
        let history = if self.return_sequences { 0 } else { history * self.shape.units * LANES };
        let dropped = match self.drops {
            Some(_) if dims.training => self.shape.factors_len() + self.shape.dropped_forward(),
            _ => 0,
        };
        self.shape.state_len() + tape * self.shape.tape_step() + history + dropped
    }

    /// Floats of scratch for the walk back.
    pub fn scratch_len(&self) -> usize {
        let dropped = if self.drops.is_some() { self.shape.dropped_backward() } else { 0 };
        self.shape.scratch_len() + dropped
    }

    /// Every step of a block.
    pub fn walk(&self, io: Walk<'_>) {
        let Walk { isa, block, training, noise, packed, from, y, tape, state } = io;
        let (shape, backwards, steps, mask) = (self.shape, self.backwards, block.steps, block.mask);
        let width = shape.units * LANES;
        let (slots, tape_slots) = Self::kept(Dims { steps, training });
        let (start, tape) = tape.split_at_mut(shape.state_len());
        let (tape, rest) = tape.split_at_mut(tape_slots * shape.tape_step());
        let history = if self.return_sequences { 0 } else { slots * width };
        let (history, rest) = rest.split_at_mut(history);
        let dropped = match (self.drops, noise) {
            (Some(rate), Some(noise)) if training => {
                let (factors, scratch) = rest.split_at_mut(shape.factors_len());
                draw_factors(isa, noise, rate, width, factors);
                Some(recurrent::Dropped { factors, scratch })
            }
            _ => None,
        };
        if let Some(state) = &state {
            start.copy_from_slice(state);
        }
        let outputs = if self.return_sequences { &mut *y } else { &mut *history };
        recurrent::forward(
            isa,
            recurrent::Forward {
                shape,
                steps,
                backwards,
                packed,
                from,
                mask,
                start,
                y: &mut *outputs,
                tape: &mut *tape,
                dropped,
            },
        );
        let last = steps.checked_sub(1);
        // Masked steps carry the state: that of the block's last step is each row's.
        if let (Some(state), Some(last)) = (state, last) {
            let slots = outputs.len() / width;
            let kept = &tape[last % tape_slots * shape.tape_step()..][..shape.tape_step()];
            shape.state_after(&outputs[last % slots * width..][..width], kept, state);
        }
        if !self.return_sequences {
            match last {
                None => y.copy_from_slice(&start[..width]),
                Some(last) => y.copy_from_slice(&history[last % slots * width..][..width]),
            }
        }
    }

    /// The gradients of every step, from the tape of a training walk.
    pub fn walk_back(&self, io: WalkBack<'_>) {
        let WalkBack { isa, block, packed, into, noise, y, dy, tape, grads, dstart, scratch } = io;
        let (shape, backwards, steps, mask) = (self.shape, self.backwards, block.steps, block.mask);
        let (start, tape) = tape.split_at(shape.state_len());
        let (tape, rest) = tape.split_at(steps * shape.tape_step());
        let history = if self.return_sequences { 0 } else { steps * shape.units * LANES };
        let (history, factors) = rest.split_at(history);
        let (scratch, more) = scratch.split_at_mut(shape.scratch_len());
        let dropped = (self.drops.is_some() && noise.is_some())
            .then_some(recurrent::Dropped { factors, scratch: more });
        let (y, dy) = match self.return_sequences {
            true => (y, recurrent::Dy::Sequence(dy)),
            false => (history, recurrent::Dy::Last(dy)),
        };
        let back = recurrent::Backward {
            shape,
            steps,
            backwards,
            packed,
            into,
            mask,
            start,
            y,
            tape,
            dy,
            grads,
            dstart,
            scratch,
            dropped,
        };
        recurrent::backward(isa, back);
    }
}

/// By which factors the outputs are multiplied on their way into each gate: `[gates][H][16]`, H·16 being
/// `width`.
fn draw_factors(isa: Isa, noise: Noise<'_>, rate: Rate, width: usize, factors: &mut [f32]) {
    let ones = vec![1.0; width];
    for (gate, y) in factors.chunks_exact_mut(width).enumerate() {
        let keys = noise.stream(gate).keys();
        noise::drop(isa, noise::Drop { keys, rate, first: 0, x: &ones, y });
    }
}
