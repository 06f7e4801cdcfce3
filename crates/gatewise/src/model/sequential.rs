//! `Sequential`, the specification of a model, and `Model`, the compiled model.

use super::lower::{Placed, lower};
use super::params::{ParamInfo, Params};
use crate::error::{Error, Result};
use crate::layers::{Layer, LayerEntry, ParamSpec, Reads, Signal, Stage};
use crate::rng::{Purpose, Random};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A stack of layers. Each layer reads the output of the layer before it.
///
/// ```
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let model = Sequential::new()
///     .with(Embedding::new(5000, 15))
///     .with(Lstm::new(10))
///     .with(Dense::new(1).activation(Activation::Sigmoid))
///     .compile(7)?;
/// assert_eq!(model.params().len(), 76_051);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequential {
    entries: Vec<LayerEntry>,
}

/// The largest number of parameters of a model: 4 GiB of weights.
pub(super) const MAX_PARAMS: usize = 1 << 30;

impl Sequential {
    /// Returns a stack without layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer on top of the stack.
    #[must_use]
    pub fn with(mut self, layer: impl Into<LayerEntry>) -> Self {
        self.entries.push(layer.into());
        self
    }

    /// Returns the layers in one line: `Embedding(5000, 15) → LSTM(10) → Dense(1, sigmoid)`.
    pub fn describe(&self) -> String {
        let layers: Vec<_> = self.layers().map(Layer::describe).collect();
        layers.join(" → ")
    }

    /// Returns the layers, from the input up.
    pub fn layers(&self) -> impl DoubleEndedIterator<Item = &Layer> + ExactSizeIterator {
        self.entries.iter().map(LayerEntry::layer)
    }

    /// Returns the layers with their names and their settings of `trainable`, from the input up.
    pub fn entries(&self) -> &[LayerEntry] {
        &self.entries
    }

    /// Compiles the layers to a model with initial weights drawn from `seed`.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting is out of range.
    /// * [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the layers do not fit together.
    ///
    /// The message names the layer and the remedy.
    pub fn compile(&self, seed: u64) -> Result<Model> {
        let mut model = self.compile_zeros(MAX_PARAMS)?;
        let mut tensor = 0;
        for placed in &model.placed {
            let built = placed.layer.build(placed.input)?;
            for (spec, range) in built.params.iter().zip(&placed.params) {
                let mut random = Random::new(seed, Purpose::Init, tensor);
                spec.init.fill(&spec.shape, &mut model.params.values_mut()[range.clone()], &mut random);
                tensor += 1;
            }
        }
        Ok(model)
    }

    /// Compiles the layers to a model with zero weights. A model of more than `limit` weights is refused
    /// before memory is allocated.
    pub(crate) fn compile_zeros(&self, limit: usize) -> Result<Model> {
        let mut params = Params::default();
        let mut placed: Vec<Placed> = Vec::new();
        let mut signal = Signal::Ids;
        let mut total = 0usize;
        for (entry, name) in self.entries.iter().zip(self.names()?) {
            let layer = entry.layer();
            let built =
                layer.build(signal).map_err(|e| Error::new(e.kind(), format!("layer {name}: {e}")))?;
            for spec in &built.params {
                let refused = |e: Error| Error::new(e.kind(), format!("layer {name}: {}: {e}", spec.name));
                spec.init.check(&spec.shape).map_err(refused)?;
                spec.regularizer.map_or(Ok(()), |regularizer| regularizer.check()).map_err(refused)?;
                total = spec
                    .shape
                    .iter()
                    .try_fold(1usize, |size, &n| size.checked_mul(n))
                    .and_then(|size| total.checked_add(size))
                    .filter(|&total| total <= limit)
                    .ok_or_else(|| {
                        let shape = &spec.shape;
                        Error::config(format!(
                            "layer {name}: its {} would have shape {shape:?}, which takes the model over \
                             {limit} parameters; make it smaller",
                            spec.name
                        ))
                    })?;
            }
            let trainable = entry.is_trainable();
            let ranges = built
                .params
                .into_iter()
                .map(|spec| params.push(format!("{name}/{}", spec.name), ParamSpec { trainable, ..spec }))
                .collect();
            let (input, output) = (signal, built.output);
            placed.push(Placed { layer: layer.clone(), name, input, output, params: ranges });
            signal = built.output;
        }
        if self.layers().all(|layer| matches!(layer, Layer::Input(_) | Layer::Masking(_))) {
            return Err(Error::shape(
                "the model has no layer with an output; begin with an Embedding or an Input, and end with a Dense",
            ));
        }
        let misplaced = |pair: &&[Placed]| {
            matches!(pair[1].layer, Layer::Masking(_)) && !matches!(pair[0].layer, Layer::Input(_))
        };
        if let Some([below, masking]) = placed.windows(2).find(misplaced) {
            return Err(Error::shape(format!(
                "layer {}: Masking marks steps of the model's input, but it is above {}; put it right after Input, \
                 or set mask_zero on the Embedding",
                masking.name,
                below.layer.class_name()
            )));
        }
        let stages = lower(&placed);
        Ok(Model { spec: self.clone(), placed, stages, params })
    }
}

impl Sequential {
    /// Returns the names of the layers: the given ones, else Keras's, the class in lower case, then `_1`, `_2`,
    /// … for later layers of the class.
    fn names(&self) -> Result<Vec<String>> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut names = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            entry.check_name()?;
            let default = || {
                let base = entry.layer().base_name();
                let count = counts.entry(base).or_insert(0);
                *count += 1;
                if *count == 1 { base.to_owned() } else { format!("{base}_{}", *count - 1) }
            };
            names.push(entry.given_name().map_or_else(default, str::to_owned));
        }
        let mut seen = HashSet::new();
        match names.iter().find(|name| !seen.insert(*name)) {
            Some(twice) => Err(Error::config(format!(
                "two layers have the name {twice:?}; give each layer a name of its own with name(…)"
            ))),
            None => Ok(names),
        }
    }
}

/// A compiled model: the layers and their parameters.
///
/// A model does not change while it computes: `evaluate` and `predict` take `&self`, so that threads can
/// share a model. Only training takes `&mut`.
#[derive(Debug)]
pub struct Model {
    spec: Sequential,
    pub(super) placed: Vec<Placed>,
    stages: Vec<Box<dyn Stage>>,
    params: Params,
}

impl Clone for Model {
    fn clone(&self) -> Self {
        Self {
            spec: self.spec.clone(),
            placed: self.placed.clone(),
            stages: lower(&self.placed),
            params: self.params.clone(),
        }
    }
}

impl Model {
    /// Returns the specification that the model was compiled from.
    pub fn spec(&self) -> &Sequential {
        &self.spec
    }

    /// Returns the parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Returns the parameters, mutable.
    pub fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    /// Returns the names of the layers, from the input up.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::Sequential;
    /// let layers = Sequential::new().with(Input::new(2)).with(Lstm::new(3).name("reader")).with(Dense::new(1));
    /// assert!(layers.compile(1)?.layer_names().eq(["input_layer", "reader", "dense"]));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn layer_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.placed.iter().map(|placed| placed.name.as_str())
    }

    /// Sets whether training updates the weights of the layer with this name, in this model and in
    /// [`spec`](Self::spec). The weights do not change. The optimizer of a training that has begun keeps its
    /// state.
    ///
    /// As in Keras, a frozen tensor is not updated, decayed or averaged, its regularizer is not part of the
    /// loss, and its gradient is not part of a norm that is clipped. Dropout of a frozen layer stays.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Embedding, Lstm};
    /// use gatewise::Sequential;
    /// let layers = Sequential::new().with(Embedding::new(9, 2)).with(Lstm::new(3)).with(Dense::new(1));
    /// let mut model = layers.compile(1)?;
    /// model.set_trainable("embedding", false)?;
    /// model.set_trainable("lstm", false)?;
    /// assert_eq!(model.trainable_params(), 4);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such layer. The message lists the layers.
    pub fn set_trainable(&mut self, layer: &str, trainable: bool) -> Result<()> {
        let index = self.layer_index(layer)?;
        let entry = &mut self.spec.entries[index];
        entry.set_trainable(trainable);
        let placed = &mut self.placed[index];
        placed.layer = entry.layer().clone();
        placed.params.iter().for_each(|range| self.params.set_trainable(range, trainable));
        Ok(())
    }

    /// Returns the index of the layer with this name.
    pub(super) fn layer_index(&self, layer: &str) -> Result<usize> {
        self.layer_names().position(|name| name == layer).ok_or_else(|| {
            let names: Vec<_> = self.layer_names().collect();
            Error::config(format!("there is no layer {layer:?}; the layers are {}", names.join(", ")))
        })
    }

    /// Returns the width of the output, of a row or of a step.
    pub fn output_width(&self) -> usize {
        match self.output() {
            Signal::Sequence(width) | Signal::Vector(width) => width,
            Signal::Ids => 0,
        }
    }

    /// Returns `true` if the model has an output at every step, `false` if it has one output a row.
    pub fn output_per_step(&self) -> bool {
        matches!(self.output(), Signal::Sequence(_))
    }

    fn output(&self) -> Signal {
        self.placed.last().map_or(Signal::Ids, |placed| placed.output)
    }

    /// Returns the number of steps of the outputs for rows of `steps` steps, if the model makes other steps than
    /// those of its rows.
    pub(crate) fn other_steps(&self, steps: usize) -> Option<usize> {
        self.other_steps_after(self.stages.len(), steps)
    }

    /// As [`other_steps`](Self::other_steps), for the outputs of the first `stages` stages.
    pub(super) fn other_steps_after(&self, stages: usize, steps: usize) -> Option<usize> {
        let (mut last, mut makes_steps) = (steps, false);
        for stage in &self.stages[..stages] {
            if let Some(made) = stage.other_steps(last) {
                (last, makes_steps) = (made, true);
            }
        }
        makes_steps.then_some(last)
    }

    pub(crate) fn stages(&self) -> &[Box<dyn Stage>] {
        &self.stages
    }

    /// Returns the stages, the descriptions of the tensors, and the values, mutable.
    pub(crate) fn parts_mut(&mut self) -> (&[Box<dyn Stage>], &[ParamInfo], &mut [f32]) {
        let (table, values) = self.params.table_and_values();
        (&self.stages, table, values)
    }

    /// Returns the input of the model at each step.
    pub(crate) fn reads(&self) -> Reads {
        match self.spec.layers().next() {
            Some(Layer::Embedding(layer)) => Reads::Ids { below: layer.input_dim },
            Some(Layer::Input(layer)) if layer.sequence => Reads::Features { width: layer.features },
            Some(Layer::Input(layer)) => Reads::Vector { width: layer.features },
            _ => unreachable!("compile lets no other layer be the first"),
        }
    }

    /// Returns `true` if a row is one vector.
    pub(crate) fn reads_one_vector(&self) -> bool {
        matches!(self.reads(), Reads::Vector { .. })
    }

    /// Returns the vocabulary size: ids are below it. 0 if the model does not read ids.
    pub(crate) fn vocabulary(&self) -> usize {
        match self.reads() {
            Reads::Ids { below } => below,
            Reads::Features { .. } | Reads::Vector { .. } => 0,
        }
    }

    /// Returns the number of floats in a row of the first stage's table, or `None` without a table.
    pub(crate) fn table_stride(&self) -> Option<usize> {
        self.stages.first().and_then(|stage| stage.table_stride())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{
        Activation, Bidirectional, Dense, Embedding, Gru, Input, Lstm, Masking, MergeMode, SimpleRnn,
        TimeDistributed,
    };

    fn message(spec: Sequential) -> String {
        spec.compile(0).unwrap_err().to_string()
    }

    #[test]
    fn names_follow_keras() {
        let spec = Sequential::new()
            .with(Embedding::new(9, 2))
            .with(Lstm::new(3).return_sequences(true))
            .with(Lstm::new(4))
            .with(Dense::new(1));
        let model = spec.compile(0).unwrap();
        let table: Vec<_> =
            model.params().table().iter().map(|p| (p.name.as_str(), p.shape.clone())).collect();
        let expected: [(&str, &[usize]); 9] = [
            ("embedding/embeddings", &[9, 2]),
            ("lstm/kernel", &[2, 12]),
            ("lstm/recurrent_kernel", &[3, 12]),
            ("lstm/bias", &[12]),
            ("lstm_1/kernel", &[3, 16]),
            ("lstm_1/recurrent_kernel", &[4, 16]),
            ("lstm_1/bias", &[16]),
            ("dense/kernel", &[4, 1]),
            ("dense/bias", &[1]),
        ];
        assert!(table.iter().map(|(n, s)| (*n, s.as_slice())).eq(expected));
    }

    #[test]
    fn the_seed_decides_the_weights() {
        let spec = Sequential::new().with(Embedding::new(9, 2)).with(Lstm::new(3)).with(Dense::new(1));
        let weights = |seed| spec.compile(seed).unwrap().params().clone();
        assert_eq!(weights(1), weights(1));
        assert_ne!(weights(1), weights(2));
    }

    #[test]
    fn refusals_name_the_layer_and_the_remedy() {
        let s = Sequential::new;
        let both = |forward: Layer, backward: Option<Layer>| {
            let both = Bidirectional::new(forward);
            s().with(Input::new(2)).with(match backward {
                Some(backward) => both.backward_layer(backward),
                None => both,
            })
        };
        for (spec, parts) in [
            (s(), ["begin with", "Dense"]),
            (s().with(Input::new(0)), ["layer input_layer", "at least 1"]),
            (s().with(Embedding::new(9, 3)).with(Input::new(2)), ["layer input_layer", "the first layer"]),
            (
                s().with(Input::new(2)).with(Lstm::new(2).return_sequences(true)).with(Masking::new(0.0)),
                ["layer masking", "right after Input"],
            ),
            (s().with(Input::new(2)).with(Masking::new(f32::NAN)), ["layer masking", "finite"]),
            (s().with(Lstm::new(3)), ["layer lstm", "put an Embedding before it"]),
            (s().with(Embedding::new(0, 3)), ["layer embedding", "at least 1"]),
            (s().with(Dense::new(1)), ["layer dense", "put an Embedding before it"]),
            (
                s().with(Embedding::new(9, 3)).with(Lstm::new(2)).with(TimeDistributed::new(Dense::new(1))),
                ["layer time_distributed", "set return_sequences"],
            ),
            (s().with(Embedding::new(9, 3)).with(Lstm::new(0)), ["layer lstm", "at least 1 unit"]),
            (s().with(Input::new(2)).with(Lstm::new(2).dropout(1.0)), ["layer lstm", "a dropout of 1, but"]),
            (
                s().with(Input::new(2)).with(SimpleRnn::new(2).recurrent_dropout(f64::NAN)),
                ["layer simple_rnn", "a recurrent_dropout of NaN, but"],
            ),
            (
                s().with(Input::new(2)).with(Gru::new(2).reset_after(false).recurrent_dropout(0.1)),
                ["layer gru", "set reset_after, or use dropout"],
            ),
            (
                both(Lstm::new(2).into(), Some(Lstm::new(2).into())),
                ["layer bidirectional", "set go_backwards on it"],
            ),
            (
                both(Lstm::new(2).into(), Some(Gru::new(3).go_backwards(true).into())),
                ["layer bidirectional", "GRU with 3 backward"],
            ),
            (both(Dense::new(2).into(), None), ["layer bidirectional", "recurrent layer, but got Dense"]),
            (
                both(Lstm::new(2).go_backwards(true).into(), None),
                ["layer bidirectional", "leave go_backwards unset"],
            ),
            (
                s().with(Input::new(2)).with(Bidirectional::new(Lstm::new(2)).merge_mode(MergeMode::None)),
                ["layer bidirectional", "two outputs"],
            ),
            (
                s().with(Embedding::new(9, 3)).with(Lstm::new(2)).with(Lstm::new(2)),
                ["layer lstm_1", "set return_sequences"],
            ),
            (s().with(Embedding::new(usize::MAX, 3)).with(Lstm::new(2)), ["layer embedding", "smaller"]),
            (s().with(Embedding::new(9, 3)).with(Lstm::new(usize::MAX)), ["layer lstm", "weights"]),
        ] {
            let message = message(spec);
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
        let _ = Dense::new(1).activation(Activation::Relu);
    }
}
