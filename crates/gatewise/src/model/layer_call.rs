//! Calls of a single layer with given weights, masks and states.
//!
//! Input: the settings of a layer, rows, weights, options. Output: the outputs, mask and states of the layer.

use super::engine::Workspace;
use super::pass::{Execution, Pass};
use super::sequential::MAX_PARAMS;
use super::{CallOptions, CallOutputs, Machine, Model, PaddedRows, Sequential, State};
use crate::error::{Error, Result};
use crate::kernels::noise::Noise;
use crate::kernels::{Buffer, LANES};
use crate::layers::{
    ActivationLayer, AveragePooling1D, Bidirectional, Block, Dense, Dropout, Embedding,
    GlobalAveragePooling1D, GlobalMaxPooling1D, Gru, Input, Layer, LayerNormalization, Lstm, Masking,
    MaxPooling1D, MergeMode, SimpleRnn, SkipConnection, SpatialDropout1D, TimeDistributed,
};
use crate::rng::{Purpose, Random};
use crate::rows::{Features, Inputs, PAD, Padding, Sequences};

impl Layer {
    /// Returns the outputs of the layer with these weights for rows of vectors, as Keras's `layer(x)` does
    /// after `layer.set_weights(weights)`.
    ///
    /// * `inputs`: row i is `[steps][D]`. Rows may differ in length. They are not padded.
    /// * `weights`: the tensors in Keras's order, each row-major. For an LSTM: `kernel` `[D, 4H]`,
    ///   `recurrent_kernel` `[H, 4H]` and `bias` `[4H]`. The page of each layer lists its tensors. Layers
    ///   without weights take an empty slice.
    /// * The result has one row for each input row: `[steps][units]` if the layer has an output at each step,
    ///   else one step of `units` numbers. With `go_backwards` the steps are in the order of computation, as
    ///   in Keras.
    ///
    /// To call a layer many times, or several layers, compile a [`Sequential`] that begins
    /// with an [`Input`] and set its weights with
    /// [`Params::set_weights`](crate::Params::set_weights).
    ///
    /// ```
    /// use gatewise::rows::Features;
    /// use gatewise::layers::SimpleRnn;
    /// let mut x = Features::new(1);
    /// x.push(&[0.5, -1.0])?; // one row of two steps
    /// // h_t = tanh(2·x_t + 0.5·h_{t-1} + 0.1)
    /// let h = SimpleRnn::new(1).return_sequences(true).call(&x, &[[2.0], [0.5], [0.1]])?;
    /// let first = (2.0f32 * 0.5 + 0.1).tanh();
    /// let second = (2.0f32 * -1.0 + 0.5 * first + 0.1).tanh();
    /// assert!((h.row(0)[0] - first).abs() < 1e-6 && (h.row(0)[1] - second).abs() < 1e-6);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// * [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the weights do not fit the layer, or the layer does
    ///   not read vectors. The message lists the tensors and their shapes.
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting is out of range, or a row has more than
    ///   65,536 steps.
    /// * [`ErrorKind::Data`](crate::ErrorKind::Data) if an output is not finite.
    #[doc(alias = "forward")]
    pub fn call(&self, inputs: &Features, weights: &[impl AsRef<[f32]>]) -> Result<Features> {
        let outputs = self.call_features(inputs, weights, &CallOptions::new())?.outputs;
        let [output] = outputs.try_into().map_err(|outputs: Vec<_>| {
            Error::config(format!(
                "the layer has {} outputs; use call_with, which returns all",
                outputs.len()
            ))
        })?;
        Ok(output)
    }

    /// Returns the outputs, the mask and the final states of the layer with these weights, as Keras's
    /// `layer(x, mask=…, initial_state=…, training=…)` does with `return_state`.
    ///
    /// * `inputs`: rows of vectors, as in [`call`](Self::call). An `Embedding` reads rows of ids.
    /// * `weights`: as in [`call`](Self::call).
    ///
    /// Every layer of a model can be called but `Input`. Masks and states mean what they mean in Keras:
    ///
    /// * A recurrent layer carries its state over a masked step. The output of a masked step repeats the output
    ///   before it (first the initial `h`), or is zero with `zero_output_for_mask`.
    /// * `Bidirectional` with `return_sequences` has zeros at masked steps. With the merge mode `none` it has
    ///   two outputs.
    /// * `GlobalAveragePooling1D` leaves masked steps out. `Masking`, and `Embedding` with `mask_zero`, compute
    ///   the mask that they return. Other layers compute masked steps like all others, and return the mask.
    ///
    /// ```
    /// use gatewise::CallOptions;
    /// use gatewise::layers::Lstm;
    /// use gatewise::rows::Features;
    /// let mut x = Features::new(1);
    /// x.push(&[0.5, -1.0, 0.25])?;
    /// let weights = [vec![0.5; 4], vec![0.1; 4], vec![0.0; 4]];
    /// let layer = Lstm::new(1).return_sequences(true);
    /// let options = CallOptions::new().initial_state([vec![0.2], vec![0.4]]).mask([vec![false, true, true]]);
    /// let called = layer.call_with(&x.into(), &weights, &options)?;
    /// // The masked step repeats the initial h, and the state is the state after the last step.
    /// assert_eq!(called.output().row(0)[0], 0.2);
    /// assert_eq!((called.states().len(), called.states()[0][0]), (2, called.output().row(0)[2]));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call); [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the mask or the initial state
    /// does not fit the rows.
    pub fn call_with(
        &self,
        inputs: &Inputs,
        weights: &[impl AsRef<[f32]>],
        options: &CallOptions,
    ) -> Result<CallOutputs> {
        options.check(inputs)?;
        match (self, inputs) {
            (Self::Embedding(layer), Inputs::Ids(ids)) => embed(layer, ids, weights, options),
            (Self::Embedding(_), Inputs::Features(_)) => {
                Err(Error::shape("Embedding reads token ids, but the rows are vectors; give rows of ids"))
            }
            (_, Inputs::Ids(_)) => Err(Error::shape(format!(
                "{} reads vectors, but the rows are token ids; call an Embedding on them first",
                self.class_name()
            ))),
            (Self::Masking(layer), Inputs::Features(rows)) => mask_out(layer, rows, weights, options),
            (_, Inputs::Features(rows)) => self.call_features(rows, weights, options),
        }
    }

    fn call_features(
        &self,
        inputs: &Features,
        weights: &[impl AsRef<[f32]>],
        options: &CallOptions,
    ) -> Result<CallOutputs> {
        let (layer, both) = match self {
            Self::Bidirectional(layer) if layer.merge_mode == MergeMode::None => {
                (layer.clone().merge_mode(MergeMode::Concat).into(), true)
            }
            layer => (layer.clone(), false),
        };
        let input = match layer {
            Self::RepeatVector(_) => Input::vector(inputs.width()),
            _ => Input::new(inputs.width()),
        };
        let mut model = Sequential::new().with(input).with(layer).compile_zeros(MAX_PARAMS)?;
        model.params_mut().set_weights(weights)?;
        let mut state = model.zero_state(inputs.len())?;
        if let Some(initial) = &options.initial_state {
            state.set_parts(initial)?;
        }
        let rows = run_rows(&model, inputs, options, &mut state)?;
        let (width, per_step) = (model.output_width(), model.output_per_step());
        let steps = |row: usize| model.other_steps(inputs.steps(row)).unwrap_or(inputs.steps(row));
        let lengths = || (0..inputs.len()).map(|row| if per_step { steps(row) } else { 1 });
        let features = |width, values| Features::computed("the outputs", width, values, lengths());
        let outputs = match both {
            false => vec![features(width, rows.concat())?],
            true => {
                let half = |from: usize| {
                    let steps = rows.iter().flat_map(|row| row.chunks_exact(width));
                    features(width / 2, steps.flat_map(|step| &step[from..][..width / 2]).copied().collect())
                };
                vec![half(0)?, half(width / 2)?]
            }
        };
        let mask = options.mask.clone().filter(|_| per_step && model.other_steps(1).is_none());
        Ok(CallOutputs { outputs, mask, states: state.parts().map(<[f32]>::to_vec).collect() })
    }
}

/// Returns the outputs of a model of one layer for each row, and replaces the state.
fn run_rows(
    model: &Model,
    inputs: &Features,
    options: &CallOptions,
    state: &mut State,
) -> Result<Vec<Vec<f32>>> {
    let (inputs_width, count) = (inputs.width(), inputs.len());
    let longest = (0..count).map(|row| inputs.steps(row)).max().unwrap_or(0);
    if longest > PaddedRows::MAX_STEPS {
        return Err(Error::config(format!(
            "a row has {longest} steps, but at most {} are supported; cut the row",
            PaddedRows::MAX_STEPS
        )));
    }
    let (machine, stages, params) = (Machine::new(), model.stages(), model.params().values());
    let (isa, pool) = (machine.instruction_set(), machine.pool());
    let mut packed: Vec<Buffer> = stages.iter().map(|_| Buffer::default()).collect();
    for (stage, packed) in stages.iter().zip(&mut packed) {
        packed.reserve(stage.packed_len(0));
        stage.prepare(isa, params, 0, &[], packed);
    }
    let run = Execution { isa, stages, params, packed: &packed, table: &[], ids: &[] };
    let key = Random::new(options.seed, Purpose::Dropout, 0).bits();
    // Rows of equal length need no padding.
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&row| inputs.steps(row));
    let alike = order.chunk_by(|&a, &b| inputs.steps(a) == inputs.steps(b));
    let mut items: Vec<_> =
        alike.flat_map(|rows| rows.chunks(LANES)).map(|rows| (rows, state.lay(rows), Vec::new())).collect();
    let mut spaces: Vec<_> = (0..pool.threads()).map(|_| Workspace::default()).collect();
    pool.for_each(&mut spaces, &mut items, |space, _, (rows, carried, out)| {
        let steps = inputs.steps(rows[0]);
        let mut features = vec![0.0; steps * inputs_width * LANES];
        for (lane, &row) in rows.iter().enumerate() {
            // Rows without steps have no features.
            let from = lane.min(features.len());
            let to = features[from..].iter_mut().step_by(LANES);
            to.zip(inputs.row(row)).for_each(|(to, &value)| *to = value);
        }
        let bits = |mask: &[Vec<bool>], t: usize| {
            rows.iter().enumerate().fold(0, |bits, (lane, &row)| bits | u16::from(mask[row][t]) << lane)
        };
        let mask: Option<Vec<u16>> =
            options.mask.as_ref().map(|mask| (0..steps).map(|t| bits(mask, t)).collect());
        let block = Block { steps, features: &features, mask: mask.as_deref(), ..Block::default() };
        let pass = match options.training {
            true => Pass::Gradient(Some(Noise::new(key, rows))),
            false => Pass::Outputs,
        };
        let y = space.forward(&run, block, pass, Some(carried));
        for lane in 0..rows.len() {
            out.push(y.iter().skip(lane).step_by(LANES).copied().collect::<Vec<f32>>());
        }
    });
    let mut outputs = vec![Vec::new(); count];
    for (rows, carried, out) in items {
        state.take(rows, &carried);
        rows.iter().zip(out).for_each(|(&row, out)| outputs[row] = out);
    }
    Ok(outputs)
}

/// The outputs and the mask of an embedding.
fn embed(
    layer: &Embedding,
    ids: &Sequences,
    weights: &[impl AsRef<[f32]>],
    options: &CallOptions,
) -> Result<CallOutputs> {
    let mut model = Sequential::new().with(layer.clone()).compile_zeros(MAX_PARAMS)?;
    model.params_mut().set_weights(weights)?;
    model.zero_state(ids.len())?.set_parts(options.initial_state.as_deref().unwrap_or_default())?;
    let inputs: Inputs = ids.into();
    PaddedRows::new(&model, &inputs, Padding::default())?;
    let (table, width) = (model.params().values(), layer.output_dim);
    let vectors = ids.ids().iter().flat_map(|&id| &table[id as usize * width..][..width]);
    let lengths = (0..ids.len()).map(|row| ids.row(row).len());
    let output = Features::computed("the outputs", width, vectors.copied().collect(), lengths)?;
    let mask =
        layer.mask_zero.then(|| ids.rows().map(|row| row.iter().map(|&id| id != PAD).collect()).collect());
    Ok(CallOutputs { outputs: vec![output], mask, states: Vec::new() })
}

/// The outputs and the mask of a masking layer.
fn mask_out(
    layer: &Masking,
    rows: &Features,
    weights: &[impl AsRef<[f32]>],
    options: &CallOptions,
) -> Result<CallOutputs> {
    let layers = Sequential::new().with(Input::new(rows.width())).with(layer.clone());
    let mut model = layers.with(Dropout::new(0.0)).compile_zeros(MAX_PARAMS)?;
    model.params_mut().set_weights(weights)?;
    model.zero_state(rows.len())?.set_parts(options.initial_state.as_deref().unwrap_or_default())?;
    let there = |step: &[f32]| step.iter().any(|&value| value != layer.mask_value);
    let (mut output, mut mask) = (Features::new(rows.width()), Vec::new());
    for row in (0..rows.len()).map(|row| rows.row(row)) {
        let mut row = row.to_vec();
        let own: Vec<bool> = row.chunks_exact(rows.width()).map(there).collect();
        let masked = row.chunks_exact_mut(rows.width()).zip(&own).filter(|(_, there)| !**there);
        masked.for_each(|(step, _)| step.fill(0.0));
        output.push(&row)?;
        mask.push(own);
    }
    Ok(CallOutputs { outputs: vec![output], mask: Some(mask), states: Vec::new() })
}

macro_rules! callable {
    ($($layer:ident),*) => {$(
        impl $layer {
            /// Returns the outputs of the layer with these weights for rows of vectors; see [`Layer::call`].
            ///
            /// # Errors
            /// As [`Layer::call`].
            pub fn call(&self, inputs: &Features, weights: &[impl AsRef<[f32]>]) -> Result<Features> {
                Layer::from(self.clone()).call(inputs, weights)
            }

            /// Returns the outputs, the mask and the final states of the layer; see [`Layer::call_with`].
            ///
            /// # Errors
            /// As [`Layer::call_with`].
            pub fn call_with(
                &self,
                inputs: &Inputs,
                weights: &[impl AsRef<[f32]>],
                options: &CallOptions,
            ) -> Result<CallOutputs> {
                Layer::from(self.clone()).call_with(inputs, weights, options)
            }
        }
    )*};
}
callable!(
    Lstm,
    Gru,
    SimpleRnn,
    Bidirectional,
    SkipConnection,
    Dense,
    TimeDistributed,
    LayerNormalization,
    Masking,
    Embedding,
    Dropout,
    SpatialDropout1D,
    GlobalMaxPooling1D,
    GlobalAveragePooling1D,
    ActivationLayer,
    MaxPooling1D,
    AveragePooling1D
);
