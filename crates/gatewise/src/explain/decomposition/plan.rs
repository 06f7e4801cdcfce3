//! The layers of a model over one row, prepared for the shares of phrases.
//!
//! Input: a model and the trace of the row. Output: one [`Split`] for each layer that changes shares.

use super::layers::{Beside, Both, Dense, Masked, Pooled, Repeated, Split, Window};
use super::recurrent::{Given, Mask, Recurrent};
use super::shares::{Function, Shares, Sums, add_products};
use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::layers::{Activation, Layer, MergeMode};
use crate::model::{Model, Trace, TraceArray};

/// The layers above the input.
pub(super) struct Plan<'a> {
    pub layers: Vec<Box<dyn Split + 'a>>,
    /// The vectors of the row.
    pub input: Whole<'a>,
    /// The steps of the output: `None` if there is one output a row.
    pub steps: Option<usize>,
    /// Whether step t of the output is computed from step t counted from the last.
    pub flipped: bool,
}

/// A whole signal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole<'a> {
    /// `[steps][width]`, or `[width]`.
    values: &'a [f32],
    width: usize,
    /// `None` if there is one vector a row.
    steps: Option<usize>,
}

impl<'a> Whole<'a> {
    fn new(traced: TraceArray<'a>) -> Self {
        let (values, shape) = (traced.values(), traced.shape());
        let steps = (shape.len() == 2).then(|| shape[0]);
        Self { values, width: shape.last().copied().unwrap_or(0), steps }
    }

    /// Returns the vector of step `t` only.
    fn at(self, t: usize) -> Self {
        Self {
            values: self.values.get(t * self.width..).map_or(&[], |rest| &rest[..self.width]),
            steps: None,
            ..self
        }
    }

    /// Returns the number of vectors.
    fn len(self) -> usize {
        self.steps.unwrap_or(1)
    }
}

/// What the layers below have found.
struct Below<'a> {
    model: &'a Model,
    trace: &'a Trace,
    isa: Isa,
    /// The output of the layer below.
    whole: Whole<'a>,
    /// Whether recurrent layers read the last step first.
    flipped: bool,
    mask: Mask<'a>,
}

impl<'a> Plan<'a> {
    /// Prepares the layers.
    pub fn new(model: &'a Model, trace: &'a Trace, isa: Isa) -> Result<Self> {
        let mut layers: Vec<Box<dyn Split + 'a>> = Vec::new();
        let (names, specs): (Vec<_>, Vec<_>) =
            (model.layer_names().collect(), model.spec().layers().collect());
        let input = Whole::new(trace.get(0, names[0], "output")?);
        let mask = Mask { steps: trace.steps(), unmasked: Some(trace.mask(0)), turned: false };
        let mut below = Below { model, trace, isa, whole: input, flipped: false, mask };
        for (n, (name, layer)) in names.iter().zip(&specs).enumerate() {
            if let Some(split) = below.split(name, layer, n + 1 == specs.len())? {
                layers.push(split);
            }
            below.pass(name, layer)?;
        }
        Ok(Self { layers, input, steps: below.whole.steps, flipped: below.flipped })
    }
}

impl<'a> Below<'a> {
    /// Goes above the layer.
    fn pass(&mut self, name: &str, layer: &Layer) -> Result<()> {
        self.whole = Whole::new(self.trace.get(0, name, "output")?);
        // A trace has every output of a recurrent layer.
        if let Some(layer) = layer.recurrent().filter(|layer| !layer.returns_sequences()) {
            let backwards = layer.goes_backwards() != self.flipped;
            self.whole = self.whole.at(if backwards { 0 } else { self.whole.len().saturating_sub(1) });
        }
        self.flipped = (self.flipped ^ layer.reverses()) && self.whole.steps.is_some();
        self.mask.turned = self.flipped;
        if matches!(layer, Layer::RepeatVector(_) | Layer::MaxPooling1D(_) | Layer::AveragePooling1D(_)) {
            self.mask = Mask { steps: self.whole.len(), unmasked: None, turned: self.flipped };
        }
        Ok(())
    }

    /// Returns a tensor of the model; an empty slice if there is none.
    fn tensor(&self, layer: &str, tensor: &str) -> &'a [f32] {
        self.model.params().get(&format!("{layer}/{tensor}")).unwrap_or_default()
    }

    fn function(&self, activation: Activation) -> Function {
        Function { activation, isa: self.isa }
    }

    /// Prepares a recurrent layer.
    fn recurrent(&self, name: &str, layer: &Layer, in_both: bool) -> Result<Option<Recurrent<'a>>> {
        let Some(settings) = layer.recurrent() else { return Ok(None) };
        let signal = |signal: &str| Ok(self.trace.get(0, name, signal)?.values());
        let lstm = matches!(layer, Layer::Lstm(_));
        let of_lstm = |name| if lstm { signal(name) } else { Ok(&[][..]) };
        let given = Given {
            isa: self.isa,
            kernel: self.tensor(name, "kernel"),
            recurrent_kernel: self.tensor(name, "recurrent_kernel"),
            bias: self.tensor(name, "bias"),
            input: self.whole.values,
            output: signal("output")?,
            cell: of_lstm("cell")?,
            output_gate: of_lstm("output_gate")?,
            mask: self.mask,
            backwards: settings.goes_backwards() != self.flipped,
            // Bidirectional does this itself.
            zeroes_masked: settings.zeroes_masked() && !in_both,
        };
        Ok(Recurrent::new(layer, given))
    }

    /// Prepares a layer; `None` for a layer that changes no share. `last`: the layer is the last.
    fn split(&self, name: &str, layer: &Layer, last: bool) -> Result<Option<Box<dyn Split + 'a>>> {
        let width = self.whole.width;
        Ok(Some(match layer {
            Layer::Input(_) | Layer::Embedding(_) | Layer::Dropout(_) | Layer::SpatialDropout1D(_) => {
                return Ok(None);
            }
            Layer::Masking(_) => Box::new(Masked(self.mask)),
            Layer::Lstm(_) | Layer::Gru(_) | Layer::SimpleRnn(_) => {
                match self.recurrent(name, layer, false)? {
                    Some(recurrent) => Box::new(recurrent),
                    None => return Err(refused(name, layer)),
                }
            }
            Layer::Bidirectional(both) if both.merge_mode != MergeMode::None => {
                let [forward, backward] = both.ways()?;
                let way = |way: &str, layer: &Layer| {
                    self.recurrent(&format!("{name}/{way}_{}", layer.base_name()), layer, true)
                };
                let (Some(first), Some(second)) = (way("forward", &forward)?, way("backward", &backward)?)
                else {
                    return Err(refused(name, layer));
                };
                let every = forward.recurrent().is_some_and(|layer| layer.returns_sequences());
                let (ways, merge_mode) = ([first, second], both.merge_mode);
                Box::new(Both { ways, merge_mode, mask: every.then_some(self.mask) })
            }
            Layer::SkipConnection(skip) => {
                let inner = format!("{name}/{}", skip.wrapped.base_name());
                match self.recurrent(&inner, &skip.wrapped, false)? {
                    Some(recurrent) => Box::new(Beside(recurrent)),
                    None => return Err(refused(name, layer)),
                }
            }
            Layer::Dense(dense) => self.dense(name, dense.activation, last),
            Layer::TimeDistributed(layer) => self.dense(name, layer.dense.activation, last),
            // The logits are below it.
            Layer::Activation(_) if last => return Ok(None),
            Layer::Activation(layer) => {
                let function = self.function(layer.activation);
                Box::new(Sums::new(function, vec![0.0; width], self.whole.values.to_vec()))
            }
            Layer::RepeatVector(layer) => Box::new(Repeated(layer.n)),
            Layer::GlobalAveragePooling1D(_) => {
                let counting = (0..self.mask.steps).filter(|&t| self.mask.counts(t)).collect();
                Box::new(Pooled { windows: vec![Window::Mean(counting)] })
            }
            Layer::GlobalMaxPooling1D(_) => {
                let steps = 0..self.whole.len();
                Box::new(Pooled { windows: vec![Window::max(self.whole.values, width, steps)] })
            }
            Layer::AveragePooling1D(_) | Layer::MaxPooling1D(_) => self.windows(layer, width),
            _ => return Err(refused(name, layer)),
        }))
    }

    fn dense(&self, name: &str, activation: Activation, last: bool) -> Box<dyn Split + 'a> {
        let kernel = self.tensor(name, "kernel");
        let width = self.whole.width;
        let zeros = vec![0.0; kernel.len() / width.max(1)];
        let activation = (!last && activation != Activation::Linear).then(|| {
            let bias = self.tensor(name, "bias");
            let constant = if bias.is_empty() { zeros.clone() } else { bias.to_vec() };
            let input = self.whole.values;
            let mut whole = constant.repeat(input.len() / width.max(1));
            add_products(input, kernel, zeros.len(), &mut whole);
            Sums::new(self.function(activation), constant, whole)
        });
        Box::new(Dense { isa: self.isa, kernel, zeros, activation })
    }

    /// Prepares pooling over windows, whose order is turned with the steps.
    fn windows(&self, layer: &Layer, width: usize) -> Box<dyn Split + 'a> {
        let steps = self.whole.len();
        let (windows, max) = match layer {
            Layer::MaxPooling1D(layer) => (layer.windows(), true),
            Layer::AveragePooling1D(layer) => (layer.windows(), false),
            _ => unreachable!("called for pooling over windows only"),
        };
        let window = |window: std::ops::Range<usize>| {
            let window = if self.flipped { steps - window.end..steps - window.start } else { window };
            match max {
                true => Window::max(self.whole.values, width, window),
                false => Window::Mean(window.collect()),
            }
        };
        let mut windows: Vec<_> = windows.of(steps).map(window).collect();
        if self.flipped {
            windows.reverse();
        }
        Box::new(Pooled { windows })
    }
}

fn refused(name: &str, layer: &Layer) -> Error {
    Error::config(format!(
        "contextual_decomposition cannot split the output of layer {name} ({}) into parts; use integrated_gradients, \
         gradient_times_input or occlusion",
        layer.class_name()
    ))
}

/// Returns the shares of phrases in the input: all of the vectors of their own steps.
pub(super) fn shares_of_input(input: Whole<'_>, phrases: &[std::ops::Range<usize>]) -> Shares {
    let spans = || phrases.iter().filter(|phrase| !phrase.is_empty());
    let start = spans().map(|phrase| phrase.start).min().unwrap_or(0);
    let end = spans().map(|phrase| phrase.end).max().unwrap_or(start);
    let mut shares = Shares::none(start..end, input.width);
    for (lane, phrase) in phrases.iter().enumerate() {
        for t in phrase.clone() {
            for (share, x) in shares.step_mut(t).iter_mut().zip(input.at(t).values) {
                share[lane] = *x;
            }
        }
    }
    shares
}
