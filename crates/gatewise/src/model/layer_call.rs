//! One layer with given weights, called on vectors.
//!
//! Enters: a layer's settings, rows of vectors, weights. Leaves: the layer's outputs.

use super::Sequential;
use super::sequential::MAX_PARAMS;
use crate::error::Result;
use crate::layers::{
    Bidirectional, Dense, GlobalAveragePooling1D, GlobalMaxPooling1D, Gru, Input, Layer, LayerNormalization,
    Lstm, SimpleRnn, TimeDistributed,
};
use crate::rows::{Features, Inputs, Padding};
use std::collections::BTreeMap;

impl Layer {
    /// Returns the outputs of the layer with these weights for rows of vectors: what Keras's `layer(x)` returns
    /// after `layer.set_weights(weights)`.
    ///
    /// * `inputs`: row i is `[steps][D]`. Rows may differ in length; each is read as it is, without padding.
    /// * `weights`: the tensors in Keras's order, each row-major: `kernel` `[D, 4H]`, `recurrent_kernel` `[H,
    ///   4H]` and `bias` `[4H]` of an LSTM. The page of each layer has its tensors; an empty slice is for
    ///   layers without.
    /// * The result has a row for each row: `[steps][units]` where the layer gives an output at each step,
    ///   else one step of `units` numbers. With `go_backwards` the steps are in the order of the walk, as in
    ///   Keras.
    ///
    /// To call a layer many times, or several layers, compile a [`Sequential`](crate::Sequential) that begins
    /// with an [`Input`](crate::layers::Input) and set its weights with
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
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when the weights are not those of the layer (the message
    /// lists them with their shapes) or the layer does not read vectors;
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a setting out of range or a row of more than
    /// 65,536 steps; [`ErrorKind::Data`](crate::ErrorKind::Data) when an output is not finite.
    #[doc(alias = "forward")]
    pub fn call(&self, inputs: &Features, weights: &[impl AsRef<[f32]>]) -> Result<Features> {
        let layers = Sequential::new().with(Input::new(inputs.width())).with(self.clone());
        let mut model = layers.compile_zeros(MAX_PARAMS)?;
        model.params_mut().set_weights(weights)?;
        let (width, per_step) = (model.output_width(), model.output_per_step());
        let steps = |row: usize| if per_step { inputs.steps(row) } else { 1 };
        // Rows of one length need no padding, so that no layer sees any.
        let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        (0..inputs.len()).for_each(|row| by_length.entry(inputs.steps(row)).or_default().push(row));
        let mut outputs = vec![Vec::new(); inputs.len()];
        for (length, rows) in by_length {
            let alike: Inputs = inputs.select(&rows).into();
            let predicted = model.predict(&alike, Padding::to(length))?;
            let mut rest = &predicted[..];
            for row in rows {
                let own = rest.split_off(..steps(row) * width).unwrap_or_default();
                outputs[row] = own.to_vec();
            }
        }
        Features::computed("the outputs", width, outputs.concat(), (0..inputs.len()).map(steps))
    }
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
        }
    )*};
}
callable!(
    Lstm,
    Gru,
    SimpleRnn,
    Bidirectional,
    Dense,
    TimeDistributed,
    LayerNormalization,
    GlobalMaxPooling1D,
    GlobalAveragePooling1D
);
