//! Hidden states as features: the output of one layer for many rows, at every step or at the end.
//!
//! Input: a model, rows and the name of a layer. Output: an array, or a model that ends in that layer.

use super::lower::Placed;
use super::sequential::MAX_PARAMS;
use super::trace::read_place;
use super::{Engine, Machine, Model, PaddedRows, Pass, Sequential};
use crate::error::{Error, Result};
use crate::layers::{Layer, Signal, SignalPlace};
use crate::rows::{Features, Inputs, Padding};

impl Model {
    /// Returns a model of the layers up to and including `layer`, with the same weights: Keras's
    /// `Model(inputs, model.get_layer(name).output)`.
    ///
    /// ```
    /// use gatewise::rows::{Padding, Sequences};
    /// use gatewise::layers::{Dense, Embedding, GlobalMaxPooling1D, Lstm};
    /// use gatewise::Sequential;
    /// let layers = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3).return_sequences(true));
    /// let model = layers.with(GlobalMaxPooling1D::new()).with(Dense::new(1)).compile(1)?;
    /// let pooled = model.up_to("global_max_pooling1d")?;
    /// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
    /// assert_eq!(pooled.predict(&rows.into(), Padding::to(6))?.len(), 2 * 3);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such layer. The message lists the layers.
    pub fn up_to(&self, layer: &str) -> Result<Self> {
        self.ending_in(layer, |layer| layer.clone())
    }

    /// Returns the output of one layer at every step of every row. For a recurrent layer these are the hidden
    /// states `h_t`, whether or not the layer returns sequences.
    ///
    /// Row i is `[steps][units]` and has the steps that `padding` leaves of row i, without padding. Step t is
    /// step t of the row, also for layers with `go_backwards`. A masked step repeats the state of the step
    /// before it. The numbers have the same bits as in [`predict`](Self::predict).
    ///
    /// ```
    /// use gatewise::rows::{Padding, Sequences};
    /// use gatewise::layers::{Dense, Embedding, Lstm};
    /// use gatewise::Sequential;
    /// let model = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3)).with(Dense::new(1)).compile(1)?;
    /// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
    /// let states = model.hidden_states(&rows.into(), Padding::to(6), "lstm")?;
    /// assert_eq!((states.width(), states.steps(0), states.steps(1)), (3, 3, 1));
    /// assert_eq!(states.row(0).len(), 3 * 3);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// * The errors of [`predict`](Self::predict).
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such layer.
    /// * [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the layer has no steps.
    /// * [`ErrorKind::Data`](crate::ErrorKind::Data) if a number is not finite.
    #[doc(alias = "return_sequences")]
    pub fn hidden_states(&self, inputs: &Inputs, padding: Padding, layer: &str) -> Result<Features> {
        let every = |layer: &Layer| layer.with_return_sequences(true).unwrap_or_else(|| layer.clone());
        let model = self.ending_in(layer, every)?;
        if !model.output_per_step() {
            return Err(Error::shape(format!(
                "layer {layer} has one output a row, not one at each step; use last_hidden_state"
            )));
        }
        let rows = PaddedRows::new(&model, inputs, padding)?;
        let (width, count) = (model.output_width(), inputs.len());
        // Steps that a layer makes are those of every row.
        let other_steps = model.other_steps(rows.steps);
        let len = |row: usize| other_steps.unwrap_or_else(|| rows.seen(row).len());
        let mut values = vec![0.0; (0..count).map(len).sum::<usize>() * width];
        let mut rest = &mut *values;
        let places =
            (0..count).map(|row| rest.split_off_mut(..len(row) * width).unwrap_or_default()).collect();
        // Each layer with go_backwards reverses the steps once more.
        let flip = |flipped: bool, placed: &Placed| {
            (flipped ^ placed.layer.reverses()) && matches!(placed.output, Signal::Sequence(_))
        };
        let flipped = model.placed.iter().fold(false, flip);
        let output = SignalPlace::output(model.placed[model.placed.len() - 1].output);
        let last = model.stages().len() - 1;
        let mut engine = Engine::new(&Machine::new());
        let treatment = model.treatment().unshared();
        engine.for_each_row(
            &model,
            rows,
            treatment,
            Pass::Outputs,
            places,
            |space, block, row, lane, out| {
                let steps = len(row);
                let start = if other_steps.is_none() { rows.start(steps, block.steps) } else { 0 };
                let first =
                    if flipped && other_steps.is_none() { block.steps - start - steps } else { start };
                let place = SignalPlace { start: first * output.step_stride, ..output.clone() };
                read_place(space.kept(last)[0], &place, flipped, lane, out);
            },
        );
        Features::computed("the hidden states", width, values, (0..count).map(len))
    }

    /// Returns the output of one layer after the last step of every row, `[rows][units]`, row-major. For a
    /// recurrent layer this is the last hidden state, whether or not the layer returns sequences.
    ///
    /// The result is the output of the layer with `return_sequences` unset. If padding follows the row and is
    /// not masked, it is the state after the padding. For a layer with one output a row, such as pooling, it
    /// is this output.
    ///
    /// ```
    /// use gatewise::rows::{Padding, Sequences};
    /// use gatewise::layers::{Bidirectional, Dense, Embedding, Lstm};
    /// use gatewise::Sequential;
    /// let layers = Sequential::new().with(Embedding::new(50, 4).mask_zero(true));
    /// let model = layers.with(Bidirectional::new(Lstm::new(3))).with(Dense::new(1)).compile(1)?;
    /// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
    /// assert_eq!(model.last_hidden_state(&rows.into(), Padding::to(6), "bidirectional")?.len(), 2 * 6);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// * The errors of [`predict`](Self::predict).
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such layer.
    /// * [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the layer has steps but no last state, such as an
    ///   embedding or a [`SkipConnection`](crate::layers::SkipConnection).
    #[doc(alias = "return_state")]
    pub fn last_hidden_state(&self, inputs: &Inputs, padding: Padding, layer: &str) -> Result<Vec<f32>> {
        let last = |layer: &Layer| layer.with_return_sequences(false).unwrap_or_else(|| layer.clone());
        let model = self.ending_in(layer, last)?;
        if model.output_per_step() {
            return Err(Error::shape(format!(
                "layer {layer} has an output at each step and no last state; use hidden_states"
            )));
        }
        model.predict(inputs, padding)
    }

    /// Returns the model up to `layer`, with that layer replaced by `change(layer)`, which has the same
    /// weights.
    fn ending_in(&self, layer: &str, change: impl Fn(&Layer) -> Layer) -> Result<Self> {
        let index = self.layer_index(layer)?;
        let entries = self.spec().entries();
        let spec = entries[..index].iter().cloned().fold(Sequential::new(), Sequential::with);
        let last = entries[index].with_layer(change(entries[index].layer()));
        let mut model = spec.with(last).compile_zeros(MAX_PARAMS)?;
        let len = model.params().len();
        model.params_mut().values_mut().copy_from_slice(&self.params().values()[..len]);
        Ok(model)
    }
}
