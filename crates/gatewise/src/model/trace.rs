//! Traces: the values that every layer computes at every step.
//!
//! Input: a model and rows. Output: gates, candidates, cell states and outputs as arrays, by name. They are
//! read from the tape that training keeps for backward, so that each layer has one implementation.

use super::lower::{LayerPlace, plan};
use super::{BatchBlock, Engine, Machine, Model, PaddedRows, Pass};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::{Block, BlockGrads, Signal, SignalPlace};
use crate::model::engine::Workspace;
use crate::rows::{Inputs, PAD, Padding};
use std::ops::Range;

/// The largest number of values in a trace: 4 GiB.
const MAX_VALUES: usize = 1 << 30;

/// The values that every layer of a model computed for some rows: gates, candidate, cell state and output of
/// the recurrent layers at every step, and the outputs of all other layers. [`Model::trace`] returns it.
///
/// | layer | signals |
/// |---|---|
/// | `Lstm` | `input_gate`, `forget_gate`, `candidate`, `output_gate`, `cell`, `output` |
/// | `Lstm` without a forget gate | `input_gate`, `candidate`, `output_gate`, `cell`, `output` |
/// | `Gru`, both forms | `update_gate`, `reset_gate`, `candidate`, `output` |
/// | `SimpleRnn` | `output` |
/// | `Bidirectional` | `output`; the two layers in it are `bidirectional/forward_lstm` and `bidirectional/backward_lstm` |
/// | `SkipConnection` | `output`; the layer in it is `skip_connection/lstm` |
/// | all others | `output` |
///
/// The layers have Keras's names (`lstm`, `lstm_1`). Their equations are on the pages of the layers. Gates and
/// candidate are values after the activation: `f = σ(…)`.
///
/// **Shapes.** A signal of a recurrent layer is `[steps, units]`, row-major, whether or not the layer returns
/// sequences. The output of another layer is `[steps, width]` if it has steps, else `[width]`.
///
/// **Steps.** All rows have the same number of steps, [`steps`](Self::steps): the length that `padding` gives
/// them. Padding is included, since a model without a mask reads it. [`positions`](Self::positions) returns
/// the steps that hold the row's own inputs, all other steps are padding, and [`inputs`](Self::inputs)
/// returns which inputs of the row these are. Step t is step t of the padded row in every array, also in
/// layers with `go_backwards` and in layers above them.
///
/// **Masks.** [`mask`](Self::mask) is false at masked steps. There `cell` and `output` repeat the state of the
/// step read before, and the gates hold what the layer computed and did not use.
///
/// **Dropout** is off. The values have the same bits as in [`Model::predict`].
///
/// ```
/// use gatewise::rows::{Padding, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
/// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
///
/// let trace = model.trace(&rows.into(), Padding::to(6))?;
/// assert_eq!(trace.layers().collect::<Vec<_>>(), ["embedding", "lstm", "dense"]);
/// let forget = trace.get(1, "lstm", "forget_gate")?;
/// assert_eq!(forget.shape(), [6, 3]);
/// // The row has one token, after five steps of padding.
/// assert_eq!((trace.positions(1), trace.inputs(1)), (5..6, 0..1));
/// assert!(forget.step(5).iter().all(|&f| 0.0 < f && f < 1.0));
/// assert_eq!(trace.get(1, "dense", "output")?.shape(), [1]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[doc(alias = "activations")]
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    steps: usize,
    rows: Vec<TracedRow>,
    /// `[rows][steps]`
    mask: Vec<bool>,
    entries: Vec<TracedSignal>,
    row_len: usize,
    /// `[rows][row_len]`
    values: Vec<f32>,
}

#[derive(Debug, Clone, PartialEq)]
struct TracedRow {
    positions: Range<usize>,
    inputs: Range<usize>,
}

/// One signal of one layer, and its place in the values of a row.
#[derive(Debug, Clone, PartialEq)]
struct TracedSignal {
    layer: String,
    signal: &'static str,
    start: usize,
    units: usize,
    /// `None` if there is one vector a row.
    steps: Option<usize>,
}

/// One signal of one row, row-major: `[steps, units]`, or `[width]` if the layer has one output a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceArray<'a> {
    shape: [usize; 2],
    per_step: bool,
    values: &'a [f32],
}

impl<'a> TraceArray<'a> {
    /// Returns the sizes: `[steps, units]`, or `[width]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape[usize::from(!self.per_step)..]
    }

    /// Returns all numbers, row-major.
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    /// Returns the values of step `t`, one a unit. An array with one vector a row has only step 0.
    ///
    /// # Panics
    /// If there is no step `t`.
    #[track_caller]
    pub fn step(&self, t: usize) -> &'a [f32] {
        assert!(t < self.shape[0], "step {t} is out of range: there are {} steps", self.shape[0]);
        &self.values[t * self.shape[1]..][..self.shape[1]]
    }
}

impl Trace {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the number of steps of every row, padding included.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Returns the steps of the inputs of row `row`. All other steps are padding.
    ///
    /// # Panics
    /// If `row` is not below [`len`](Self::len).
    #[track_caller]
    pub fn positions(&self, row: usize) -> Range<usize> {
        self.row(row).positions.clone()
    }

    /// Returns the range of the inputs of row `row` at [`positions`](Self::positions): all inputs, or, for a
    /// row longer than `maxlen`, the inputs that truncation leaves.
    ///
    /// # Panics
    /// If `row` is not below [`len`](Self::len).
    #[track_caller]
    pub fn inputs(&self, row: usize) -> Range<usize> {
        self.row(row).inputs.clone()
    }

    #[track_caller]
    fn row(&self, row: usize) -> &TracedRow {
        assert!(row < self.len(), "row {row} is out of range: there are {} rows", self.len());
        &self.rows[row]
    }

    /// Returns Keras's mask of row `row`, one value a step: `false` if recurrent layers skip the step.
    ///
    /// # Panics
    /// If `row` is not below [`len`](Self::len).
    #[track_caller]
    pub fn mask(&self, row: usize) -> &[bool] {
        self.row(row);
        &self.mask[row * self.steps..][..self.steps]
    }

    /// Returns the names of the layers, from the input up.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        let mut before = None;
        self.entries
            .iter()
            .map(|entry| entry.layer.as_str())
            .filter(move |&layer| before.replace(layer) != Some(layer))
    }

    /// Returns the names of the signals of a layer.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such layer. The message lists the layers.
    pub fn signals(&self, layer: &str) -> Result<Vec<&str>> {
        let signals: Vec<_> =
            self.entries.iter().filter(|entry| entry.layer == layer).map(|entry| entry.signal).collect();
        if signals.is_empty() {
            let layers: Vec<_> = self.layers().collect();
            return Err(Error::config(format!(
                "there is no layer {layer:?}; the layers are {}",
                layers.join(", ")
            )));
        }
        Ok(signals)
    }

    /// Returns one signal of one layer for row `row`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such row, layer or signal. The message
    /// lists the valid names.
    pub fn get(&self, row: usize, layer: &str, signal: &str) -> Result<TraceArray<'_>> {
        let named = |entry: &&TracedSignal| entry.layer == layer && entry.signal == signal;
        let Some(entry) = self.entries.iter().find(named) else {
            let signals = self.signals(layer)?.join(", ");
            return Err(Error::config(format!(
                "layer {layer} has no signal {signal:?}; its signals are {signals}"
            )));
        };
        if row >= self.len() {
            return Err(Error::config(format!("there is no row {row}; the trace has {} rows", self.len())));
        }
        let shape = [entry.steps.unwrap_or(1), entry.units];
        let values = &self.values[row * self.row_len + entry.start..][..shape[0] * shape[1]];
        Ok(TraceArray { shape, per_step: entry.steps.is_some(), values })
    }
}

/// Whether the steps of a layer's input are the steps from the last to the first.
type Turned = bool;

/// The source of a signal.
enum SignalSource {
    /// The vectors that the model reads.
    Input,
    /// The table of the embedding.
    Table(Range<usize>),
    /// A stage. If `flipped`, its slots are the steps from the last to the first. Masked steps are set to zero
    /// by `zeros`: of the block's mask, or of the mask from its last step to its first.
    Stage { index: usize, place: SignalPlace, flipped: bool, zeros: Option<Turned> },
}

impl Model {
    /// Returns the values that every layer computes for `inputs` at every step: gates, candidate, cell state
    /// and output of the recurrent layers, and the outputs of all other layers. See [`Trace`].
    ///
    /// A trace has every value of every layer: 90 kB a row for 300 steps of the classic model. For the
    /// outputs of one layer for many rows, [`hidden_states`](Self::hidden_states) and
    /// [`last_hidden_state`](Self::last_hidden_state) take less memory.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`ErrorKind::Config`](crate::ErrorKind::Config) if the trace would take
    /// over 4 GiB.
    pub fn trace(&self, inputs: &Inputs, padding: Padding) -> Result<Trace> {
        self.trace_on(inputs, padding, &Machine::new())
    }

    /// As [`trace`](Self::trace), on `machine`.
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    pub fn trace_on(&self, inputs: &Inputs, padding: Padding, machine: &Machine) -> Result<Trace> {
        let rows = PaddedRows::new(self, inputs, padding)?;
        let treatment = self.treatment().laying_all();
        let steps = rows.steps;
        let (entries, sources): (Vec<_>, Vec<_>) = self.trace_entries(steps).into_iter().unzip();
        let row_len = entries.last().map_or(0, |last| last.start + last.len());
        let mut trace =
            Trace { steps, rows: Vec::new(), mask: Vec::new(), entries, row_len, values: Vec::new() };
        let count = inputs.len();
        let Some(len) = count.checked_mul(row_len).filter(|&len| len <= MAX_VALUES) else {
            return Err(Error::config(format!(
                "a trace of {count} rows would be over {MAX_VALUES} numbers at {row_len} a row; trace fewer rows \
                 at a time, or use hidden_states for one layer"
            )));
        };
        for row in 0..count {
            let inputs = rows.seen(row);
            let start = rows.start(inputs.len(), steps);
            let positions = start..start + inputs.len();
            let from = trace.mask.len();
            trace.mask.resize(from + steps, treatment.mask.is_none());
            let own = trace.mask[from..][positions.clone()].iter_mut();
            own.zip(rows.counting(treatment, row)).for_each(|(mask, counts)| *mask = counts);
            trace.rows.push(TracedRow { positions, inputs });
        }
        trace.values.resize(len, 0.0);
        let mut rest = &mut *trace.values;
        let places = (0..count).map(|_| rest.split_off_mut(..row_len).unwrap_or_default()).collect();
        let (entries, marks) = (&trace.entries, &trace.rows);
        let read = |space: &Workspace, block: Block<'_>, row: usize, lane: usize, out: &mut [f32]| {
            for (entry, source) in entries.iter().zip(&sources) {
                let out = &mut out[entry.start..][..entry.len()];
                match source {
                    SignalSource::Input => gather(block.features, lane, entry.units, out),
                    SignalSource::Table(table) => self.look_up(table, inputs, row, &marks[row], out),
                    SignalSource::Stage { index, place, flipped, zeros } => {
                        let [y, tape] = space.kept(*index);
                        read_place(if place.on_tape { tape } else { y }, place, *flipped, lane, out);
                        if let (Some(turned), Some(mask)) = (zeros, block.mask) {
                            for (t, out) in out.chunks_exact_mut(entry.units).enumerate() {
                                let slot = if *turned { mask.len() - 1 - t } else { t };
                                if mask[slot] >> lane & 1 == 0 {
                                    out.fill(0.0);
                                }
                            }
                        }
                    }
                }
            }
        };
        let mut engine = Engine::new(machine);
        engine.for_each_row(self, rows, treatment, Pass::Gradient(None), places, read);
        Ok(trace)
    }

    /// Returns the signals of all layers, from the input up, and the source of each.
    fn trace_entries(&self, steps: usize) -> Vec<(TracedSignal, SignalSource)> {
        let (_, found) = plan(&self.placed);
        let mut entries: Vec<(TracedSignal, SignalSource)> = Vec::new();
        let (mut start, mut flips) = (0, false);
        let mut push = |layer: String, signal, units, steps, source| {
            let entry = TracedSignal { layer, signal, start, units, steps };
            start += entry.len();
            entries.push((entry, source));
        };
        for (placed, found) in self.placed.iter().zip(found) {
            let (name, width) = (&placed.name, placed.output.width());
            match found {
                LayerPlace::Input => {
                    let per_step = matches!(placed.output, Signal::Sequence(_)).then_some(steps);
                    push(name.clone(), "output", width, per_step, SignalSource::Input);
                }
                LayerPlace::Table => {
                    let table = SignalSource::Table(placed.params[0].clone());
                    push(name.clone(), "output", width, Some(steps), table);
                }
                LayerPlace::Stage(index) => {
                    let made = self.other_steps_after(index + 1, steps);
                    let steps = made.unwrap_or(steps);
                    let zeroes = placed.layer.recurrent().is_some_and(|layer| layer.zeroes_masked());
                    // Steps that a layer makes are not masked.
                    let masked_zeros = zeroes && made.is_none();
                    for place in self.stages()[index].signals(steps) {
                        let layer = match &*place.part {
                            "" => name.clone(),
                            part => format!("{name}/{part}"),
                        };
                        let flipped = place.reversed != flips;
                        let zeros = (place.name == "output" && masked_zeros).then_some(flips);
                        let (signal, units) = (place.name, place.units);
                        let per_step = place.per_step.then_some(steps);
                        push(
                            layer,
                            signal,
                            units,
                            per_step,
                            SignalSource::Stage { index, place, flipped, zeros },
                        );
                    }
                }
            }
            // What is above one vector has steps of its own.
            flips = (flips ^ placed.layer.reverses()) && matches!(placed.output, Signal::Sequence(_));
        }
        entries
    }

    /// Copies the vectors of the ids of a row, padding included.
    fn look_up(&self, table: &Range<usize>, inputs: &Inputs, row: usize, marks: &TracedRow, out: &mut [f32]) {
        let Inputs::Ids(sequences) = inputs else { unreachable!("an embedding reads ids") };
        let Signal::Sequence(width) = self.placed[0].output else {
            unreachable!("the output of an embedding is a sequence")
        };
        let ids = &sequences.row(row)[marks.inputs.clone()];
        for (t, out) in out.chunks_exact_mut(width).enumerate() {
            let id = t.checked_sub(marks.positions.start).and_then(|at| ids.get(at)).copied().unwrap_or(PAD);
            out.copy_from_slice(&self.params().values()[table.start + id as usize * width..][..width]);
        }
    }
}

impl TracedSignal {
    /// Returns the number of values for a row.
    fn len(&self) -> usize {
        self.units * self.steps.unwrap_or(1)
    }
}

/// Copies one lane of a block `[…][units][16]`.
fn gather(lanes: &[f32], lane: usize, units: usize, out: &mut [f32]) {
    let place = SignalPlace::output(Signal::Sequence(units));
    read_place(lanes, &place, false, lane, out);
}

/// Copies one lane of a signal, step by step.
pub(super) fn read_place(from: &[f32], place: &SignalPlace, flipped: bool, lane: usize, out: &mut [f32]) {
    let steps = out.len() / place.units;
    for (t, out) in out.chunks_exact_mut(place.units).enumerate() {
        let slot = if flipped && place.per_step { steps - 1 - t } else { t };
        let units = from[place.start + slot * place.step_stride + lane..].iter().step_by(place.unit_stride);
        out.iter_mut().zip(units).for_each(|(out, &value)| *out = value);
    }
}

impl Engine {
    /// Runs all stages over all rows, and calls `read` once for each row, with the workspace and the block of
    /// the row, its index, its lane, and its element of `places`.
    pub(super) fn for_each_row(
        &mut self,
        model: &Model,
        rows: PaddedRows<'_>,
        treatment: super::Treatment,
        pass: Pass<'_>,
        mut places: Vec<&mut [f32]>,
        read: impl Fn(&Workspace, Block<'_>, usize, usize, &mut [f32]) + Sync,
    ) {
        let mut order: Vec<usize> = (0..places.len()).collect();
        rows.sort_by_length(&mut order);
        let mut blocks: Vec<_> = order.chunks(LANES).map(|_| BatchBlock::default()).collect();
        let mut out: Vec<_> = order
            .chunks(LANES)
            .map(|rows| {
                let places: Vec<_> = rows.iter().map(|&row| std::mem::take(&mut places[row])).collect();
                (BlockGrads::default(), places)
            })
            .collect();
        self.prepare_batch_as(model, &rows, treatment, &order, &mut blocks);
        let stages = model.stages().len();
        self.for_each_block(model, stages, &mut blocks, &mut out, |space, run, rows, block, _, places| {
            space.forward(run, block, pass, None);
            for (lane, (&row, out)) in rows.iter().zip(places).enumerate() {
                read(space, block, row, lane, out);
            }
        });
    }
}
