//! One recurrent layer of a model, found by its name, and the order in which it reads the steps of a row.
//!
//! Input: a model, a name, a trace. Output: the layer's settings and, for each row, the steps that it reads.

use crate::error::{Error, Result};
use crate::layers::Layer;
use crate::model::{Model, Trace};
use std::ops::Range;

/// Returns the names of the recurrent layers of a model, from the input up, as [`Trace`](crate::Trace) names
/// them: `lstm`, `skip_connection/lstm`, and for a bidirectional layer `bidirectional/forward_lstm` and
/// `bidirectional/backward_lstm`.
///
/// ```
/// use gatewise::explain::recurrent_layers;
/// use gatewise::layers::{Bidirectional, Dense, Embedding, Gru, Lstm};
/// use gatewise::Sequential;
/// let both = Bidirectional::new(Gru::new(3).return_sequences(true));
/// let layers = Sequential::new().with(Embedding::new(50, 4)).with(both).with(Lstm::new(3)).with(Dense::new(1));
/// let names = recurrent_layers(&layers.compile(1)?);
/// assert_eq!(names, ["bidirectional/forward_gru", "bidirectional/backward_gru", "lstm"]);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub fn recurrent_layers(model: &Model) -> Vec<String> {
    parts(model).map(|part| part.name).collect()
}

/// A recurrent layer of a model, or one direction of a bidirectional layer.
#[derive(Debug, Clone)]
pub(super) struct RecurrentPart {
    /// The name, as in a trace.
    pub name: String,
    /// The settings: `Lstm`, `Gru` or `SimpleRnn`.
    pub layer: Layer,
    /// Whether it reads the padded row from its last step to its first.
    backwards: bool,
    /// Whether a layer below it makes steps of its own, so that its steps are not those of the row.
    other_steps: bool,
}

/// The steps of a row that a layer reads, in the order in which it reads them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadSteps {
    /// Masked steps are left out; padding that is not masked is not.
    pub steps: Vec<usize>,
    /// The part of `steps` that holds the row's own inputs.
    pub own: Range<usize>,
}

impl RecurrentPart {
    /// Returns the recurrent layer called `name`.
    pub fn find(model: &Model, name: &str) -> Result<Self> {
        parts(model).find(|part| part.name == name).ok_or_else(|| {
            let names = recurrent_layers(model);
            let known = match &names[..] {
                [] => "the model has none".to_owned(),
                names => format!("the recurrent layers are {}", names.join(", ")),
            };
            Error::config(format!("there is no recurrent layer {name:?}; {known}"))
        })
    }

    /// Returns `true` if the layer reads the row from its last step to its first.
    pub fn reads_backwards(&self) -> bool {
        self.backwards
    }

    /// Returns `true` if a layer below makes steps of its own, so that no step holds an input of the row.
    pub fn has_other_steps(&self) -> bool {
        self.other_steps
    }

    /// Returns H, the number of units.
    pub fn units(&self) -> usize {
        self.layer.recurrent().map_or(0, |layer| layer.units())
    }

    /// Returns the steps that the layer reads of row `row`.
    pub fn steps(&self, trace: &Trace, row: usize) -> Result<ReadSteps> {
        let (count, is_own): (usize, Range<usize>) = match self.other_steps {
            false => (trace.steps(), trace.positions(row)),
            true => {
                let count = trace.get(row, &self.name, "output")?.shape()[0];
                (count, 0..count)
            }
        };
        let mask = trace.mask(row);
        let reads = |step: &usize| self.other_steps || mask[*step];
        let steps: Vec<usize> = match self.backwards {
            false => (0..count).filter(reads).collect(),
            true => (0..count).rev().filter(reads).collect(),
        };
        let first = steps.iter().position(|step| is_own.contains(step)).unwrap_or(0);
        let len = steps.iter().filter(|step| is_own.contains(step)).count();
        Ok(ReadSteps { steps, own: first..first + len })
    }
}

/// Returns all recurrent parts of a model, from the input up.
pub(super) fn parts(model: &Model) -> impl Iterator<Item = RecurrentPart> {
    let (mut flipped, mut other_steps) = (false, false);
    model.layer_names().zip(model.spec().layers()).flat_map(move |(name, layer)| {
        let part = |name: String, layer: &Layer| {
            let backwards = layer.recurrent()?.goes_backwards() != flipped;
            Some(RecurrentPart { name, layer: layer.clone(), backwards, other_steps })
        };
        let found: Vec<_> = match layer {
            Layer::Bidirectional(both) => {
                let ways = ["forward", "backward"].into_iter().zip(both.ways().into_iter().flatten());
                ways.filter_map(|(way, layer)| part(format!("{name}/{way}_{}", layer.base_name()), &layer))
                    .collect()
            }
            Layer::SkipConnection(skip) => {
                let inner = format!("{name}/{}", skip.wrapped.base_name());
                part(inner, &skip.wrapped).into_iter().collect()
            }
            layer => part(name.to_owned(), layer).into_iter().collect(),
        };
        match layer {
            // The steps above it are all alike, in an order of their own.
            Layer::RepeatVector(_) => (flipped, other_steps) = (false, true),
            Layer::MaxPooling1D(_) | Layer::AveragePooling1D(_) => other_steps = true,
            layer => flipped ^= layer.reverses(),
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Bidirectional, Embedding, Gru, Lstm, MaxPooling1D, SimpleRnn};
    use crate::rows::{Inputs, Padding, Sequences};
    use crate::{Sequential, text::Side};

    fn rows() -> Inputs {
        [vec![7, 8, 9], vec![5], vec![1, 2, 3, 4, 5, 6]].into_iter().collect::<Sequences>().into()
    }

    fn read(model: &Model, layer: &str, row: usize, padding: Padding) -> ReadSteps {
        let trace = model.trace(&rows(), padding).unwrap();
        RecurrentPart::find(model, layer).unwrap().steps(&trace, row).unwrap()
    }

    #[test]
    fn steps_are_in_the_order_of_reading() {
        let plain = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3)).compile(1).unwrap();
        let steps = |padding| read(&plain, "lstm", 0, padding);
        // Padding that is not masked is read, and is not the row's own.
        assert_eq!(steps(Padding::to(5)), ReadSteps { steps: vec![0, 1, 2, 3, 4], own: 2..5 });
        let post = Padding::to(5).padding(Side::Post);
        assert_eq!(steps(post), ReadSteps { steps: vec![0, 1, 2, 3, 4], own: 0..3 });
        let masked = Sequential::new().with(Embedding::new(50, 4).mask_zero(true));
        let back = masked.with(Lstm::new(3).go_backwards(true).return_sequences(true)).with(Gru::new(2));
        let back = back.compile(1).unwrap();
        assert_eq!(read(&back, "lstm", 0, post), ReadSteps { steps: vec![2, 1, 0], own: 0..3 });
        // A layer above reversed outputs reads the row from its end.
        assert_eq!(read(&back, "gru", 0, post), ReadSteps { steps: vec![2, 1, 0], own: 0..3 });
    }

    #[test]
    fn directions_have_orders_of_their_own_and_made_steps_count() {
        let both = Bidirectional::new(SimpleRnn::new(2).return_sequences(true));
        let layers = Sequential::new().with(Embedding::new(50, 4)).with(both).with(MaxPooling1D::new(2));
        let model = layers.with(Gru::new(3)).compile(1).unwrap();
        let padding = Padding::to(6);
        let forward = read(&model, "bidirectional/forward_simple_rnn", 1, padding);
        let backward = read(&model, "bidirectional/backward_simple_rnn", 1, padding);
        assert_eq!((forward.own, backward.own), (5..6, 0..1));
        assert_eq!((forward.steps[5], backward.steps[0]), (5, 5));
        assert_eq!(read(&model, "gru", 1, padding), ReadSteps { steps: vec![0, 1, 2], own: 0..3 });
        let error = RecurrentPart::find(&model, "lstm").unwrap_err().to_string();
        assert!(
            error.contains("bidirectional/forward_simple_rnn, bidirectional/backward_simple_rnn, gru"),
            "{error}"
        );
    }
}
