//! Hidden states as features: what one layer gives for many rows, at every step or at the end.
//!
//! Enters: a model, rows and the name of a layer. Leaves: an array, or a model that ends in that layer.

use super::sequential::MAX_PARAMS;
use super::trace::read_place;
use super::{Engine, Machine, Model, PaddedRows, Pass, Sequential};
use crate::error::{Error, Result};
use crate::layers::{Layer, SignalPlace};
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no such layer; the message lists the
    /// layers.
    pub fn up_to(&self, layer: &str) -> Result<Self> {
        self.ending_in(layer, |layer| layer.clone())
    }

    /// Returns the output of one layer at every step of every row: of a recurrent layer the hidden states
    /// `h_t`, whether or not the layer returns sequences.
    ///
    /// Row i is `[steps][units]` and has the steps that `padding` leaves of row i, without padding; step t is
    /// step t of the row, also for layers with `go_backwards`. At masked steps the state of the step before
    /// is repeated. The numbers are those that [`predict`](Self::predict) computes with, to the bit.
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
    /// As [`predict`](Self::predict); [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no such
    /// layer, [`ErrorKind::Shape`](crate::ErrorKind::Shape) when the layer has no steps, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when a number is not finite.
    #[doc(alias = "return_sequences")]
    pub fn hidden_states(&self, inputs: &Inputs, padding: Padding, layer: &str) -> Result<Features> {
        let every = |layer: &Layer| layer.with_return_sequences(true).unwrap_or_else(|| layer.clone());
        let model = self.ending_in(layer, every)?;
        if !model.output_per_step() {
            return Err(Error::shape(format!(
                "layer {layer} has one output a row and none at each step; take last_hidden_state"
            )));
        }
        let rows = PaddedRows::new(&model, inputs, padding)?;
        let (width, count) = (model.output_width(), inputs.len());
        let len = |row: usize| rows.seen(row).len();
        let mut values = vec![0.0; (0..count).map(len).sum::<usize>() * width];
        let mut rest = &mut *values;
        let places =
            (0..count).map(|row| rest.split_off_mut(..len(row) * width).unwrap_or_default()).collect();
        // Each layer that reverses the steps turns them round once more.
        let flipped = model.placed.iter().filter(|placed| placed.layer.reverses()).count() % 2 == 1;
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
                let (start, steps) = (rows.start(len(row), block.steps), len(row));
                let first = if flipped { block.steps - start - steps } else { start };
                let place = SignalPlace { start: first * output.step_stride, ..output.clone() };
                read_place(space.kept(last)[0], &place, flipped, lane, out);
            },
        );
        Features::computed("the hidden states", width, values, (0..count).map(len))
    }

    /// Returns the output of one layer after the last step of every row, `[rows][units]`, row-major: of a
    /// recurrent layer the last hidden state, whether or not the layer returns sequences.
    ///
    /// It is the output of the layer with `return_sequences` unset. Where padding stands behind the row and
    /// is not masked, that is the state after the padding. Of a layer with one output a row, such as pooling,
    /// it is that output.
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
    /// As [`predict`](Self::predict); [`ErrorKind::Config`](crate::ErrorKind::Config) when there is no such
    /// layer, and [`ErrorKind::Shape`](crate::ErrorKind::Shape) for a layer that has steps and no last state,
    /// such as an embedding.
    #[doc(alias = "return_state")]
    pub fn last_hidden_state(&self, inputs: &Inputs, padding: Padding, layer: &str) -> Result<Vec<f32>> {
        let last = |layer: &Layer| layer.with_return_sequences(false).unwrap_or_else(|| layer.clone());
        let model = self.ending_in(layer, last)?;
        if model.output_per_step() {
            return Err(Error::shape(format!(
                "layer {layer} is not recurrent and has no last state; take hidden_states"
            )));
        }
        model.predict(inputs, padding)
    }

    /// The model up to `layer`, which becomes what `change` makes of it: a layer with the same weights.
    fn ending_in(&self, layer: &str, change: impl Fn(&Layer) -> Layer) -> Result<Self> {
        let names = || self.placed.iter().map(|placed| placed.name.as_str());
        let Some(index) = names().position(|name| name == layer) else {
            let names: Vec<_> = names().collect();
            return Err(Error::config(format!(
                "there is no layer {layer:?}; the layers are {}",
                names.join(", ")
            )));
        };
        let (last, below) = (&self.placed[index].layer, &self.placed[..index]);
        let spec = below.iter().fold(Sequential::new(), |spec, placed| spec.with(placed.layer.clone()));
        let mut model = spec.with(change(last)).compile_zeros(MAX_PARAMS)?;
        let len = model.params().len();
        model.params_mut().values_mut().copy_from_slice(&self.params().values()[..len]);
        Ok(model)
    }
}
