//! Bidirectional: a recurrent layer in both directions of time (Schuster & Paliwal 1997).

use super::bidirectional_stage::BidirectionalStage;
use super::wrapped::Wrapped;
use super::{Built, Layer, MergeMode, ParamSpec, Signal, Stage};
use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// A bidirectional wrapper: two copies of a recurrent layer, with separate weights, read the steps forward
/// and backward. Their outputs are merged.
///
/// | | |
/// |---|---|
/// | equation | `y = merge(forward(x), backward(x))`; with `return_sequences`, both outputs of a step are merged |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, 2H)`, or with `return_sequences` `(batch, steps, 2H)`; H instead of 2H for `Sum`, `Mul` and `Ave` |
/// | parameters | the layer's, once for each direction: `forward_lstm/kernel`, …, `backward_lstm/bias` |
/// | backward | each direction's; the two `dx` are added |
///
/// Mask the padding (`mask_zero`): on either side, one of the two directions reads it last. As in Keras, the
/// outputs of masked steps are zero with `return_sequences`, whatever `zero_output_for_mask` of the layer is, and
/// without `return_sequences` each direction has the output that it had before the masked steps.
///
/// [`backward_layer`](Self::backward_layer) sets another layer for the way back. Each direction draws its own
/// dropout.
///
/// ```
/// use gatewise::layers::{Bidirectional, Dense, Embedding, Lstm, MergeMode};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(50, 4).mask_zero(true));
/// let both = Bidirectional::new(Lstm::new(8).return_sequences(true));
/// let mean = Bidirectional::new(Lstm::new(8)).merge_mode(MergeMode::Ave);
/// let model = layers.with(both).with(mean).with(Dense::new(1)).compile(1)?;
/// assert_eq!(model.params().get("bidirectional/forward_lstm/bias").map(<[f32]>::len), Some(32));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Bidirectional {
    /// The wrapped layer: an LSTM, GRU or SimpleRNN.
    pub wrapped: Box<Layer>,
    /// How the two outputs are merged. Default: concatenated.
    #[serde(default, deserialize_with = "merge_mode")]
    pub merge_mode: MergeMode,
    /// The layer that reads backward. Default: the wrapped layer with `go_backwards`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward_layer: Option<Box<Layer>>,
}

/// Reads a merge mode. Keras writes `null` for outputs that are not merged.
fn merge_mode<'de, D: Deserializer<'de>>(from: D) -> Result<MergeMode, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(MergeMode::None))
}

impl Bidirectional {
    /// Creates a bidirectional `layer` whose outputs are concatenated.
    pub fn new(layer: impl Into<Layer>) -> Self {
        Self { wrapped: Box::new(layer.into()), merge_mode: MergeMode::Concat, backward_layer: None }
    }

    /// Sets how the two outputs are merged.
    pub fn merge_mode(self, merge_mode: MergeMode) -> Self {
        Self { merge_mode, ..self }
    }

    /// Sets the layer that reads backward, which has `go_backwards`, and the units and `return_sequences` of the
    /// wrapped layer.
    ///
    /// ```
    /// use gatewise::layers::{Bidirectional, Gru, Input, Lstm};
    /// use gatewise::Sequential;
    /// let both = Bidirectional::new(Lstm::new(4)).backward_layer(Gru::new(4).go_backwards(true));
    /// let model = Sequential::new().with(Input::new(2)).with(both).compile(1)?;
    /// assert!(model.params().get("bidirectional/backward_gru/kernel").is_some());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn backward_layer(self, layer: impl Into<Layer>) -> Self {
        Self { backward_layer: Some(Box::new(layer.into())), ..self }
    }

    /// Returns the layers that read forward and backward.
    pub(crate) fn ways(&self) -> Result<[Layer; 2]> {
        let refuse = |what: String| Err(Error::config(format!("Bidirectional {what}")));
        let other = |layer: &Layer| {
            refuse(format!(
                "needs a recurrent layer, but got {}; give it an Lstm, Gru or SimpleRnn",
                layer.class_name()
            ))
        };
        let forward = &*self.wrapped;
        let Some(first) = forward.recurrent() else { return other(forward) };
        if first.goes_backwards() {
            return refuse("reads both directions; leave go_backwards unset on the wrapped layer".into());
        }
        let backward = match (self.backward_layer.as_deref(), forward.clone()) {
            (Some(layer), _) => layer.clone(),
            (None, Layer::Lstm(layer)) => layer.go_backwards(true).into(),
            (None, Layer::Gru(layer)) => layer.go_backwards(true).into(),
            (None, Layer::SimpleRnn(layer)) => layer.go_backwards(true).into(),
            (None, layer) => return other(&layer),
        };
        let Some(second) = backward.recurrent() else { return other(&backward) };
        if !second.goes_backwards() {
            return refuse("needs a backward_layer that reads backward; set go_backwards on it".into());
        }
        if (first.units(), first.returns_sequences()) != (second.units(), second.returns_sequences()) {
            return refuse(format!(
                "has {} with {} units forward and {} with {} backward; give both as many units and the same \
                 return_sequences",
                forward.class_name(),
                first.units(),
                backward.class_name(),
                second.units()
            ));
        }
        Ok([forward.clone(), backward])
    }

    /// Returns the parts of the state: the forward layer's, then the backward layer's, each with its units.
    pub(crate) fn states(&self) -> Vec<(String, usize)> {
        let mut all = Vec::new();
        for (way, layer) in ["forward", "backward"].into_iter().zip(self.ways().into_iter().flatten()) {
            let Some(recurrent) = layer.recurrent() else { continue };
            let name = |part: &&str| (format!("{way}_{}/{part}", layer.base_name()), recurrent.units());
            all.extend(recurrent.states().iter().map(name));
        }
        all
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        if self.merge_mode == MergeMode::None {
            return Err(Error::config(
                "Bidirectional with the merge_mode none has two outputs, but a layer of a model has one; set another \
                 merge_mode, or call the layer with call_with",
            ));
        }
        let [forward, backward] = self.ways()?;
        let mut params = Vec::new();
        for (way, layer) in [("forward", &forward), ("backward", &backward)] {
            let base = layer.base_name();
            let named = |spec: ParamSpec| ParamSpec {
                name: Cow::Owned(format!("{way}_{base}/{}", spec.name)),
                ..spec
            };
            params.extend(layer.build(input)?.params.into_iter().map(named));
        }
        let factor = if self.merge_mode == MergeMode::Concat { 2 } else { 1 };
        let output = match forward.build(input)?.output {
            Signal::Sequence(units) => Signal::Sequence(factor * units),
            Signal::Vector(units) => Signal::Vector(factor * units),
            Signal::Ids => Signal::Ids,
        };
        Ok(Built { params, output })
    }

    /// Creates the stage over vectors of `inputs` numbers, with its tensors at `params`: the forward layer's
    /// first.
    pub(crate) fn stage(&self, inputs: usize, params: &[Range<usize>]) -> Box<dyn Stage> {
        let Ok([forward, backward]) = self.ways() else { unreachable!("it has been built") };
        let count = forward.build(Signal::Sequence(inputs)).map_or(0, |built| built.params.len());
        let (first, second) = params.split_at(count);
        let way = |name: &str, layer: &Layer, params: &[Range<usize>]| {
            Wrapped::new(format!("{name}_{}", layer.base_name()), layer, inputs, params)
        };
        let ways = [way("forward", &forward, first), way("backward", &backward, second)];
        Box::new(BidirectionalStage { ways, merge_mode: self.merge_mode })
    }
}
