//! Stages: the compiled form of layers.
//!
//! A stage is a pure function over one block of sixteen samples, with its gradient. It owns no memory and no
//! weights: parameters, tape and scratch are lent to it for one call, so that one stage serves any number of
//! threads.

use super::Activation;
use crate::kernels::noise::Noise;
use crate::kernels::{Buffer, Isa, LANES, round_up};
use std::fmt::Debug;
use std::ops::Range;

/// The shape of the data between two layers, for one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Token ids, `[T]`.
    Ids,
    /// A vector at each step, `[T][width]`.
    Sequence(usize),
    /// One vector, `[width]`.
    Vector(usize),
}

impl Signal {
    /// Returns the number of floats in a block of this signal: `[T][width][16]` or `[width][16]`.
    pub fn block_len(self, steps: usize) -> usize {
        match self {
            Self::Ids => 0,
            Self::Sequence(width) => steps * width * LANES,
            Self::Vector(width) => width * LANES,
        }
    }

    /// Returns the number of values at a step, or of a row.
    pub fn width(self) -> usize {
        match self {
            Self::Ids => 0,
            Self::Sequence(width) | Self::Vector(width) => width,
        }
    }

    /// Returns the shape as text, for messages.
    pub fn describe(self) -> String {
        match self {
            Self::Ids => "(batch, steps) token ids".into(),
            Self::Sequence(width) => format!("(batch, steps, {width})"),
            Self::Vector(width) => format!("(batch, {width})"),
        }
    }
}

/// The input of a model at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// A token id below a bound.
    Ids { below: usize },
    /// A vector.
    Features { width: usize },
    /// A vector, once a row.
    Vector { width: usize },
}

impl Reads {
    /// Returns the kind of input as text, for messages.
    pub fn describe(self) -> String {
        match self {
            Self::Ids { .. } => "token ids".into(),
            Self::Features { width } => format!("vectors of {width} numbers"),
            Self::Vector { width } => format!("one vector of {width} numbers a row"),
        }
    }
}

/// One block of up to sixteen samples, in lanes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Block<'a> {
    /// T, the number of steps.
    pub steps: usize,
    /// Steps of the pad prefix before these; 0 unless the stages share it.
    pub prefix_steps: usize,
    /// Steps of the padded rows before these, shared or left out because they are masked. Random numbers of a
    /// step are counted from the first of them, so that they do not depend on the other rows of the block.
    pub before: usize,
    /// `[T][width][16]`: the vectors that the model reads. Empty where it reads ids.
    pub features: &'a [f32],
    /// `[T][16]`: the start of each id's row in the first stage's table. Empty without a table.
    pub offsets: &'a [u32],
    /// The rows of the table that this block uses, in order.
    pub places: &'a [u32],
    /// `[T]`: bit `l` is set if lane `l` has a real token. `None` if padding is not masked.
    pub mask: Option<&'a [u16]>,
}

impl<'a> Block<'a> {
    /// Returns the block that the stage above `stage` reads.
    pub fn above(self, stage: &dyn Stage) -> Self {
        match stage.other_steps(self.steps) {
            None => self,
            Some(steps) => Block { steps, prefix_steps: 0, before: 0, mask: None, ..self },
        }
    }

    /// Returns `true` if the first lane has all steps, none of them masked, and the other lanes have none.
    pub fn is_first_lane_only(&self) -> bool {
        self.mask.is_some_and(|mask| mask.iter().all(|&lanes| lanes == 1))
    }
}

/// The inputs of a stage that are the same for all blocks of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared<'a> {
    pub isa: Isa,
    /// The whole model's parameters (but see [`Reduce`]), read.
    pub params: &'a [f32],
    /// From [`Stage::prepare`], read.
    pub packed: &'a [f32],
    /// From [`Stage::project`], read.
    pub table: &'a [f32],
    /// The ids whose rows the table holds, in order.
    pub ids: &'a [u32],
}

/// The arguments of [`Stage::forward`].
pub(crate) struct Forward<'a> {
    pub shared: Shared<'a>,
    pub block: Block<'a>,
    /// Whether backward will follow.
    pub training: bool,
    /// The stage's random numbers; `None` without dropout.
    pub noise: Option<Noise<'a>>,
    /// The input block, read. Empty for ids.
    pub x: &'a [f32],
    /// The output block, overwritten.
    pub y: &'a mut [f32],
    /// [`Stage::tape_len`] floats, overwritten; read again by backward.
    pub tape: &'a mut [f32],
    /// [`Stage::state_len`] floats: the state before the first step, read, then overwritten with the state
    /// after each lane's last step. `None` if rows begin at zero or after the pad prefix, and the last state
    /// is not needed.
    pub state: Option<&'a mut [f32]>,
}

/// The arguments of [`Stage::forward_one`].
pub(crate) struct ForwardOne<'a> {
    pub shared: Shared<'a>,
    /// As in [`Block`].
    pub prefix_steps: usize,
    /// `[T]`: the start of each step's row in the table.
    pub offsets: &'a [u32],
    /// `[width]`, overwritten.
    pub y: &'a mut [f32],
    pub scratch: &'a mut Buffer,
}

/// The arguments of [`Stage::backward`].
pub(crate) struct Backward<'a> {
    pub shared: Shared<'a>,
    pub block: Block<'a>,
    /// As in [`Forward`].
    pub noise: Option<Noise<'a>>,
    pub x: &'a [f32],
    /// The output block of forward, read.
    pub y: &'a [f32],
    /// Gradient of the loss with respect to `y`, read; zero in lanes without a sample.
    pub dy: &'a [f32],
    /// Gradient with respect to `x`, overwritten; `None` if it is not needed.
    pub dx: Option<&'a mut [f32]>,
    /// The block's part of the gradient, [`Stage::partial_len`] floats in a layout private to the stage,
    /// overwritten.
    pub partial: &'a mut [f32],
    pub tape: &'a [f32],
    /// [`Stage::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

/// One block's part of the gradient of every stage.
#[derive(Debug, Default)]
pub(crate) struct BlockGrads {
    /// As in [`Block`].
    pub places: Vec<u32>,
    /// As in [`Block`].
    pub prefix_steps: usize,
    /// One array a stage.
    pub partials: Vec<Buffer>,
}

/// The arguments of [`Stage::pad_prefix_backward`].
pub(crate) struct PadPrefixBackward<'a> {
    pub shared: Shared<'a>,
    pub blocks: &'a [&'a BlockGrads],
    /// Index of the stage in [`BlockGrads::partials`].
    pub stage: usize,
    /// The steps of the longest pad prefix of a block.
    pub steps: usize,
    /// `[steps][width in whole vectors]`: the gradient of the stage's outputs at the prefix, read; empty if
    /// no stage above reads them.
    pub above: &'a [f32],
    /// `[steps][width in whole vectors]`: the gradient of the stage's inputs at the prefix, overwritten.
    pub below: &'a mut Buffer,
    /// The prefix's part of the gradient of the stage's parameters, overwritten.
    pub grads: &'a mut [f32],
}

/// The pad prefix's part of the gradients of a stage.
#[derive(Debug, Default)]
pub(crate) struct PadPrefixGrads {
    /// The gradient of the parameters; empty unless the stage [consumes the
    /// prefix](Stage::consumes_pad_prefix).
    pub params: Vec<f32>,
    /// The gradient of the outputs of the stage below at the prefix.
    pub below: Buffer,
}

impl PadPrefixGrads {
    /// Returns the gradient of the outputs of a stage of `width` at `steps` steps of the prefix: what the
    /// first of the stages `over` it left. Empty if that stage does not consume the prefix.
    pub fn above(over: &[Self], width: usize, steps: usize) -> &[f32] {
        match over.first() {
            Some(above) if !above.params.is_empty() => &above.below[..steps * round_up(width)],
            _ => &[],
        }
    }
}

/// The arguments of [`Stage::reduce`]. Blocks are summed in order, so that the result does not depend on the
/// threads that computed them.
pub(crate) struct Reduce<'a> {
    /// Here `params` are the parameters of the part.
    pub shared: Shared<'a>,
    pub blocks: &'a [&'a BlockGrads],
    /// Index of the stage in [`BlockGrads::partials`].
    pub stage: usize,
    /// Index of the part in [`Stage::parts`].
    pub part: usize,
    /// The pad prefix's part of the gradients.
    pub prefix: PadPrefixSums<'a>,
    /// The gradient of the parameters of the part, overwritten.
    pub grads: &'a mut [f32],
    /// [`Stage::left_len`] floats left for [`Stage::finish`], overwritten.
    pub left: &'a mut [f32],
    pub scratch: &'a mut Buffer,
}

/// The gradients that [`Stage::pad_prefix_backward`] left for one stage.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PadPrefixSums<'a> {
    /// As [`PadPrefixGrads::params`].
    pub params: &'a [f32],
    /// As [`PadPrefixBackward::above`].
    pub above: &'a [f32],
}

/// The arguments of [`Stage::finish`].
pub(crate) struct Finish<'a> {
    pub blocks: &'a [&'a BlockGrads],
    pub stage: usize,
    /// The numbers that each part left, part after part, read.
    pub left: &'a [f32],
    /// The gradient of [`Stage::rest`], overwritten.
    pub grads: &'a mut [f32],
}

/// The place of a signal of a layer after a training forward: value `unit` of step `slot` in lane `l` is at
/// `start + slot·step_stride + unit·unit_stride + l`.
#[derive(Debug, Clone)]
pub(crate) struct SignalPlace {
    /// The inner layer that the signal belongs to (`forward_lstm`); empty for the layer itself.
    pub part: String,
    /// `input_gate`, `output`, …
    pub name: &'static str,
    /// Whether the signal is on the tape, not in the output block.
    pub on_tape: bool,
    pub start: usize,
    pub step_stride: usize,
    pub unit_stride: usize,
    pub units: usize,
    /// Whether there is a value at each step, not one a row.
    pub per_step: bool,
    /// Whether slot 0 is the last step of the stage's input.
    pub reversed: bool,
}

impl SignalPlace {
    /// Returns the place of the output of a stage whose output is `signal`.
    pub fn output(signal: Signal) -> Self {
        let units = signal.width();
        Self {
            part: String::new(),
            name: "output",
            on_tape: false,
            start: 0,
            step_stride: units * LANES,
            unit_stride: LANES,
            units,
            per_step: matches!(signal, Signal::Sequence(_)),
            reversed: false,
        }
    }
}

/// The sizes that the length of the tape depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dims {
    /// The largest number of steps of a block.
    pub steps: usize,
    /// Whether backward will follow.
    pub training: bool,
}

/// The largest number of parameters that are summed and updated as one piece of work.
pub(super) const PART: usize = 1 << 14;

/// A compiled layer, or several fused into one.
pub(crate) trait Stage: Debug + Send + Sync {
    /// Returns the line that `summary --stages` prints: the layers of the stage and how it computes them.
    fn describe(&self) -> String;
    /// Returns the range of the stage's parameters in the model's parameters.
    fn param_range(&self) -> Range<usize>;
    /// Returns the shape of the output.
    fn output(&self) -> Signal;
    /// Returns the activation, if the stage is only an activation. A loss may fold it in.
    fn activation(&self) -> Option<Activation> {
        None
    }
    /// Returns the places of the layer's signals after a training forward over a block of `steps` steps. The
    /// output is the last.
    fn signals(&self, _steps: usize) -> Vec<SignalPlace> {
        vec![SignalPlace::output(self.output())]
    }
    /// Returns `true` if blocks may begin after a pad prefix that all rows share.
    fn shares_pad_prefix(&self) -> bool {
        true
    }

    /// Returns `true` if the stage computes the pad prefix from the outputs of the stage below at the prefix.
    fn consumes_pad_prefix(&self) -> bool {
        false
    }
    /// Returns `true` if [`pad_prefix_outputs`](Self::pad_prefix_outputs) writes the outputs at the pad prefix.
    fn emits_pad_prefix(&self) -> bool {
        false
    }
    /// Writes the outputs at the pad prefix to `outputs`, `[steps][width in whole vectors]`, given the
    /// stage's packed weights.
    fn pad_prefix_outputs(&self, _packed: &[f32], _steps: usize, _outputs: &mut [f32]) {}
    /// Computes the gradients of the pad prefix, if the stage [consumes it](Self::consumes_pad_prefix).
    fn pad_prefix_backward(&self, _io: PadPrefixBackward<'_>) {}

    /// Returns the number of steps of the output for `steps` steps of the input, if the stage makes other steps.
    /// These steps are not masked, as in Keras. `None` if the stage keeps the steps or has no steps.
    fn other_steps(&self, _steps: usize) -> Option<usize> {
        None
    }

    /// Returns the number of floats in the state that one piece of a row passes to the next: `[states][H][16]`.
    fn state_len(&self) -> usize {
        0
    }

    /// Returns `true` if the stage reads its input at masked steps, so that all of them must be laid.
    fn reads_masked_steps(&self) -> bool {
        false
    }

    /// Returns the number of floats that [`prepare`](Self::prepare) writes, for a pad prefix of `steps` steps.
    fn packed_len(&self, _steps: usize) -> usize {
        0
    }
    /// Computes the packed weights from the parameters, and the pad prefix of `steps` steps. `below` holds the
    /// outputs of the stage below at the prefix, if the stage [consumes it](Self::consumes_pad_prefix).
    fn prepare(&self, _isa: Isa, _params: &[f32], _steps: usize, _below: &[f32], _packed: &mut [f32]) {}
    /// Returns the number of floats in a row of the table that ids are looked up in, or `None` without a table.
    fn table_stride(&self) -> Option<usize> {
        None
    }
    /// Computes the rows of the table for `shared.ids`.
    fn project(&self, _shared: Shared<'_>, _table: &mut [f32], _scratch: &mut Buffer) {}

    /// Returns the number of floats that forward keeps for backward (or, outside training, that forward needs).
    fn tape_len(&self, _dims: Dims) -> usize {
        0
    }
    /// Returns the number of floats of scratch that backward needs.
    fn scratch_len(&self, _steps: usize) -> usize {
        0
    }
    /// Returns the number of floats in a block's part of the gradient, with `rows` rows in the table.
    fn partial_len(&self, _rows: usize) -> usize {
        self.param_range().len()
    }
    /// Computes `y`, and `tape` in training.
    fn forward(&self, io: Forward<'_>);
    /// Computes the output of one sequence without masked steps, without the other fifteen lanes and to the
    /// same bits as [`forward`](Self::forward). Returns `false` if the stage cannot.
    fn forward_one(&self, _io: ForwardOne<'_>) -> bool {
        false
    }
    /// Computes `partial` and `dx`.
    fn backward(&self, io: Backward<'_>);

    /// Returns the parameters in parts whose gradients can be summed independently.
    fn parts(&self) -> Vec<Range<usize>> {
        let all = self.param_range();
        all.clone().step_by(PART).map(|start| start..(start + PART).min(all.end)).collect()
    }
    /// Returns the parameters whose gradient [`finish`](Self::finish) computes, after all parts.
    fn rest(&self) -> Range<usize> {
        let end = self.param_range().end;
        end..end
    }
    /// Returns the number of floats that each part leaves for [`finish`](Self::finish).
    fn left_len(&self) -> usize {
        0
    }
    /// Computes the gradient of one part: the sum over the blocks.
    fn reduce(&self, io: Reduce<'_>) {
        let start = self.parts()[io.part].start - self.param_range().start;
        io.grads.fill(0.0);
        for block in io.blocks {
            let partial = &block.partials[io.stage][start..];
            io.grads.iter_mut().zip(partial).for_each(|(sum, share)| *sum += share);
        }
        if let Some(prefix) = io.prefix.params.get(start..) {
            io.grads.iter_mut().zip(prefix).for_each(|(sum, share)| *sum += share);
        }
    }
    /// Computes the gradient of [`rest`](Self::rest).
    fn finish(&self, _io: Finish<'_>) {}
}
