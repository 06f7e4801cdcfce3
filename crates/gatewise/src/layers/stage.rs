//! Stages: what layers become when a model is compiled.
//!
//! A stage is a pure function over one block of sixteen samples, with its gradient. It owns no memory
//! and no weights: parameters, tape and scratch are lent to it for the length of a call, so one stage
//! serves any number of threads.

use super::Activation;
use crate::kernels::noise::Noise;
use crate::kernels::{Buffer, Isa, LANES, round_up};
use std::fmt::Debug;
use std::ops::Range;

/// What flows between layers, for one sample.
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
    /// Floats that a block of this signal takes: `[T][width][16]` or `[width][16]`.
    pub fn block_len(self, steps: usize) -> usize {
        match self {
            Self::Ids => 0,
            Self::Sequence(width) => steps * width * LANES,
            Self::Vector(width) => width * LANES,
        }
    }

    /// Numbers at a step, or of a row.
    pub fn width(self) -> usize {
        match self {
            Self::Ids => 0,
            Self::Sequence(width) | Self::Vector(width) => width,
        }
    }

    /// As people write it, `B` standing for the batch and `T` for time.
    pub fn describe(self) -> String {
        match self {
            Self::Ids => "(batch, steps) token ids".into(),
            Self::Sequence(width) => format!("(batch, steps, {width})"),
            Self::Vector(width) => format!("(batch, {width})"),
        }
    }
}

/// What a model reads at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// A token id below a bound.
    Ids { below: usize },
    /// A vector.
    Features { width: usize },
}

impl Reads {
    /// As people write it.
    pub fn describe(self) -> String {
        match self {
            Self::Ids { .. } => "token ids".into(),
            Self::Features { width } => format!("vectors of {width} numbers"),
        }
    }
}

/// One block of up to sixteen samples, in lanes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Block<'a> {
    /// T, steps to walk.
    pub steps: usize,
    /// Steps of padding before these that all samples share; 0 unless the stages share starts.
    pub prefix_steps: usize,
    /// Steps of the padded rows that come before these, shared or left out for being masked: what is drawn
    /// by lot for a step is counted from there, so that it does not depend on the rows beside it.
    pub before: usize,
    /// `[T][width][16]`: the vectors that the model reads. Empty where it reads ids.
    pub features: &'a [f32],
    /// `[T][16]`: where in the first stage's table each id's row starts. Empty without a table.
    pub offsets: &'a [u32],
    /// The rows of the table that this block uses, in order.
    pub places: &'a [u32],
    /// `[T]`: bit `l` set where lane `l` has a real token. `None` when padding is not masked.
    pub mask: Option<&'a [u16]>,
}

impl Block<'_> {
    /// Whether all steps are those of the first lane, and none of them is masked.
    pub fn is_first_lane_only(&self) -> bool {
        self.mask.is_some_and(|mask| mask.iter().all(|&lanes| lanes == 1))
    }
}

/// What a stage works with that is the same for all blocks of a step.
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

/// What a forward call reads and writes.
pub(crate) struct Forward<'a> {
    pub shared: Shared<'a>,
    pub block: Block<'a>,
    /// Whether backward will follow.
    pub training: bool,
    /// The stage's random numbers; `None` where nothing is left to chance.
    pub noise: Option<Noise<'a>>,
    /// The input block, read. Empty for ids.
    pub x: &'a [f32],
    /// The output block, overwritten.
    pub y: &'a mut [f32],
    /// [`Stage::tape_len`] floats, overwritten; read again by backward.
    pub tape: &'a mut [f32],
    /// [`Stage::state_len`] floats: the state before the first step, read; after each lane's last step,
    /// overwritten. `None` where rows begin at zero, or behind shared padding, and nothing is handed on.
    pub state: Option<&'a mut [f32]>,
}

/// What a forward call for a single sequence reads and writes.
pub(crate) struct ForwardOne<'a> {
    pub shared: Shared<'a>,
    /// As in [`Block`].
    pub prefix_steps: usize,
    /// `[T]`: where in the table each step's row starts.
    pub offsets: &'a [u32],
    /// `[width]`, overwritten.
    pub y: &'a mut [f32],
    pub scratch: &'a mut Buffer,
}

/// What a backward call reads and writes.
pub(crate) struct Backward<'a> {
    pub shared: Shared<'a>,
    pub block: Block<'a>,
    /// As forward had it.
    pub noise: Option<Noise<'a>>,
    pub x: &'a [f32],
    /// The output block of forward, read.
    pub y: &'a [f32],
    /// Gradient of the loss with respect to `y`, read; zero in lanes without a sample.
    pub dy: &'a [f32],
    /// Gradient with respect to `x`, overwritten; `None` where nobody wants it.
    pub dx: Option<&'a mut [f32]>,
    /// This block's share of the gradient, [`Stage::partial_len`] floats in a layout of the stage's
    /// own, overwritten.
    pub partial: &'a mut [f32],
    pub tape: &'a [f32],
    /// [`Stage::scratch_len`] floats, dead on return.
    pub scratch: &'a mut [f32],
}

/// One block's share of the gradient of every stage.
#[derive(Debug, Default)]
pub(crate) struct BlockGrads {
    /// As in [`Block`].
    pub places: Vec<u32>,
    /// As in [`Block`].
    pub prefix_steps: usize,
    /// One array a stage.
    pub partials: Vec<Buffer>,
}

/// What walking the shared steps back reads and writes.
pub(crate) struct PadPrefixBackward<'a> {
    pub shared: Shared<'a>,
    pub blocks: &'a [&'a BlockGrads],
    /// Index of the stage in [`BlockGrads::partials`].
    pub stage: usize,
    /// The most shared steps that a block has.
    pub steps: usize,
    /// `[steps][width in whole vectors]`: the gradient of what the stage gave at them, read; empty where
    /// nobody looked.
    pub above: &'a [f32],
    /// The same of what it read, overwritten.
    pub below: &'a mut Buffer,
    /// The gradient of all its parameters that the shared steps add, overwritten.
    pub grads: &'a mut [f32],
}

/// What the shared steps add to the gradients of a stage.
#[derive(Debug, Default)]
pub(crate) struct PadPrefixGrads {
    /// Of its parameters; empty unless the stage [consumes the prefix](Stage::consumes_pad_prefix).
    pub params: Vec<f32>,
    /// Of what the stage below gave at the shared steps.
    pub below: Buffer,
}

impl PadPrefixGrads {
    /// What the first of the stages `over` one of `width` sends back to it for `steps` shared steps; nothing
    /// where it does not follow.
    pub fn above(over: &[Self], width: usize, steps: usize) -> &[f32] {
        match over.first() {
            Some(above) if !above.params.is_empty() => &above.below[..steps * round_up(width)],
            _ => &[],
        }
    }
}

/// What summing the blocks' shares reads and writes. Blocks are summed in order: the result does not
/// depend on who computed them.
pub(crate) struct Reduce<'a> {
    /// Its `params` are those of the part.
    pub shared: Shared<'a>,
    pub blocks: &'a [&'a BlockGrads],
    /// Index of the stage in [`BlockGrads::partials`].
    pub stage: usize,
    /// Which of [`Stage::parts`].
    pub part: usize,
    /// What the shared steps add: to this stage's parameters, and to what it gave.
    pub start: PadPrefixSums<'a>,
    /// The gradient of that part's parameters, overwritten.
    pub grads: &'a mut [f32],
    /// [`Stage::left_len`] floats left for [`Stage::finish`], overwritten.
    pub left: &'a mut [f32],
    pub scratch: &'a mut Buffer,
}

/// What [`Stage::pad_prefix_backward`] left for a stage.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PadPrefixSums<'a> {
    /// As [`PadPrefixGrads::params`].
    pub params: &'a [f32],
    /// As [`PadPrefixBackward::above`].
    pub above: &'a [f32],
}

/// What the last part of the sum reads and writes.
pub(crate) struct Finish<'a> {
    pub blocks: &'a [&'a BlockGrads],
    pub stage: usize,
    /// What each part left, one after the other, read.
    pub left: &'a [f32],
    /// The gradient of [`Stage::rest`], overwritten.
    pub grads: &'a mut [f32],
}

/// Where a signal of a layer lies after a training forward: value `unit` of step `slot` in lane `l` at
/// `start + slot·step_stride + unit·unit_stride + l`.
#[derive(Debug, Clone)]
pub(crate) struct SignalPlace {
    /// The layer inside the layer that it belongs to (`forward_lstm`); empty for the layer's own.
    pub part: String,
    /// `input_gate`, `output`, …
    pub name: &'static str,
    /// On the tape rather than in the output block.
    pub on_tape: bool,
    pub start: usize,
    pub step_stride: usize,
    pub unit_stride: usize,
    pub units: usize,
    /// A value at each step, rather than one a row.
    pub per_step: bool,
    /// Slot 0 is the last step of the stage's input.
    pub reversed: bool,
}

impl SignalPlace {
    /// The output block of a stage that gives `signal`.
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

/// Sizes that memory is asked for by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dims {
    /// The most steps a block may have.
    pub steps: usize,
    /// Whether backward will follow.
    pub training: bool,
}

/// Parameters that are summed and updated as one piece of work, at most.
pub(super) const PART: usize = 1 << 14;

/// A compiled layer, or several fused into one.
pub(crate) trait Stage: Debug + Send + Sync {
    /// What `summary --stages` prints: the layers it stands for and how it works.
    fn describe(&self) -> String;
    /// Where its parameters lie in the model's.
    fn param_range(&self) -> Range<usize>;
    /// What it gives.
    fn output(&self) -> Signal;
    /// The activation, where it is nothing else: a loss may fold it in.
    fn activation(&self) -> Option<Activation> {
        None
    }
    /// The signals of its layer, and where they lie after a training forward over a block of `steps` steps;
    /// the output is the last.
    fn signals(&self, _steps: usize) -> Vec<SignalPlace> {
        vec![SignalPlace::output(self.output())]
    }
    /// Whether blocks may begin after padding that all samples share.
    fn shares_pad_prefix(&self) -> bool {
        true
    }

    /// Whether it walks the shared steps of padding itself: it then needs the outputs of the stage below there.
    fn consumes_pad_prefix(&self) -> bool {
        false
    }
    /// Whether its outputs at the shared steps of padding are known: [`pad_prefix_outputs`](Self::pad_prefix_outputs) then
    /// writes them.
    fn emits_pad_prefix(&self) -> bool {
        false
    }
    /// Writes its outputs at the shared steps, from its packed weights, into `outputs`, `[steps][width in whole
    /// vectors]`.
    fn pad_prefix_outputs(&self, _packed: &[f32], _steps: usize, _outputs: &mut [f32]) {}
    /// Walks the shared steps back, where [`consumes_pad_prefix`](Self::consumes_pad_prefix).
    fn pad_prefix_backward(&self, _io: PadPrefixBackward<'_>) {}

    /// Floats of the state that it hands on from one piece of a row to the next: `[states][H][16]`.
    fn state_len(&self) -> usize {
        0
    }

    /// Whether it reads its input at masked steps, so that all of them must be laid.
    fn reads_masked_steps(&self) -> bool {
        false
    }

    /// Floats derived from the parameters once a step, for at most `steps` shared steps.
    fn packed_len(&self, _steps: usize) -> usize {
        0
    }
    /// Derives packed weights from the parameters, and what `steps` shared steps lead to; `below` is what the
    /// stage below gave at them, where this one [reads it](Self::consumes_pad_prefix).
    fn prepare(&self, _isa: Isa, _params: &[f32], _steps: usize, _below: &[f32], _packed: &mut [f32]) {}
    /// Floats of a row of the table that it looks ids up in, if it does.
    fn table_stride(&self) -> Option<usize> {
        None
    }
    /// Computes the rows of the table for `shared.ids` into `table`.
    fn project(&self, _shared: Shared<'_>, _table: &mut [f32], _scratch: &mut Buffer) {}

    /// Floats kept from forward for backward (or needed by forward alone when not training).
    fn tape_len(&self, _dims: Dims) -> usize {
        0
    }
    /// Floats that are dead when backward returns.
    fn scratch_len(&self, _steps: usize) -> usize {
        0
    }
    /// Floats of a block's share of the gradient, with `rows` rows in the table.
    fn partial_len(&self, _rows: usize) -> usize {
        self.param_range().len()
    }
    /// Computes `y`, and `tape` when training.
    fn forward(&self, io: Forward<'_>);
    /// As [`forward`](Self::forward), outputs only, for one sequence whose every step counts: to the same
    /// bits, without the other fifteen lanes. False where a stage has no such way.
    fn forward_one(&self, _io: ForwardOne<'_>) -> bool {
        false
    }
    /// Computes `partial` and `dx`.
    fn backward(&self, io: Backward<'_>);

    /// Parameters in pieces whose gradients can be summed independently.
    fn parts(&self) -> Vec<Range<usize>> {
        let all = self.param_range();
        all.clone().step_by(PART).map(|start| start..(start + PART).min(all.end)).collect()
    }
    /// Parameters whose gradient is known only when all parts are done.
    fn rest(&self) -> Range<usize> {
        let end = self.param_range().end;
        end..end
    }
    /// Floats that each part leaves for [`finish`](Self::finish).
    fn left_len(&self) -> usize {
        0
    }
    /// Sums the blocks' shares of one part.
    fn reduce(&self, io: Reduce<'_>) {
        let start = self.parts()[io.part].start - self.param_range().start;
        io.grads.fill(0.0);
        for block in io.blocks {
            let partial = &block.partials[io.stage][start..];
            io.grads.iter_mut().zip(partial).for_each(|(sum, share)| *sum += share);
        }
        if let Some(shared) = io.start.params.get(start..) {
            io.grads.iter_mut().zip(shared).for_each(|(sum, share)| *sum += share);
        }
    }
    /// Sums the rest.
    fn finish(&self, _io: Finish<'_>) {}
}
