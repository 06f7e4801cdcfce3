//! The state of the recurrent layers of a model, as a value.
//!
//! Input: a model and a number of rows. Output: the state of each row, by layer name, and the same state laid
//! into lanes for the engine.

use super::Model;
use super::lower::Placed;
use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::layers::Layer;
use crate::text::check_rows;
use std::ops::Range;

/// One part of one layer's state.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    /// `lstm/c`
    name: String,
    units: usize,
}

/// The state of the recurrent layers of a model, for some rows: `h` of each layer, and `c` of each LSTM.
///
/// [`Model::zero_state`] returns the initial state, which is zero. [`Stateful::predict`] starts from a state
/// and replaces it with the state after the last step, so that the next steps of the rows can follow in
/// another call. The parts are named after their layers: `lstm/h`, `lstm/c`, `gru/h`; in a `Bidirectional`
/// `bidirectional/forward_lstm/h`, …, then `bidirectional/backward_lstm/h`, …; in a `SkipConnection`
/// `skip_connection/lstm/h`, …. Each is `[rows][units]`.
///
/// The state of a layer that reads backward is the state after the first step of the row, which it computes
/// last. As in Keras's `stateful` layers, the next call continues from it at the last step of its rows. Pieces of
/// a row then differ from the whole row.
///
/// A state belongs to its rows, not to the model. Any number of states may be in use at once. A clone of a
/// state is a point to return to.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let model = Sequential::new().with(Embedding::new(9, 3)).with(Lstm::new(2)).with(Dense::new(1)).compile(1)?;
/// let mut state = model.zero_state(3)?;
/// assert_eq!(state.names().collect::<Vec<_>>(), ["lstm/h", "lstm/c"]);
/// // Set the state of the second of three rows, then select two rows.
/// state.get_mut("lstm/c").unwrap()[2..4].copy_from_slice(&[0.5, -1.0]);
/// let state = state.select(&[1, 0]);
/// assert_eq!(state.get("lstm/c"), Some(&[0.5, -1.0, 0.0, 0.0][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// [`Stateful::predict`]: crate::Stateful::predict
#[doc(alias = "return_state")]
#[doc(alias = "initial_state")]
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    rows: usize,
    parts: Vec<Part>,
    /// Part after part.
    values: Vec<f32>,
}

/// The largest number of values in a state: 4 GiB.
const MAX_VALUES: usize = 1 << 30;

impl Model {
    /// Returns the initial state of `rows` rows: zeros.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the state would take over 4 GiB.
    pub fn zero_state(&self, rows: usize) -> Result<State> {
        let parts = self.state_parts();
        let units: usize = parts.iter().map(|part| part.units).sum();
        let len = units.checked_mul(rows).filter(|&len| len <= MAX_VALUES).ok_or_else(|| {
            Error::config(format!(
                "a state of {rows} rows would be over {MAX_VALUES} numbers at {units} a row; use fewer rows at a \
                 time"
            ))
        })?;
        Ok(State { rows, parts, values: vec![0.0; len] })
    }

    /// Checks that the state is a state of this model for this number of rows.
    pub(super) fn check_state(&self, state: &State, rows: usize) -> Result<()> {
        let parts = self.state_parts();
        let describe = |parts: &[Part]| {
            let parts: Vec<_> =
                parts.iter().map(|part| format!("{} of {} units", part.name, part.units)).collect();
            if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
        };
        if parts != state.parts {
            return Err(Error::data(format!(
                "the state has {}, but the model's layers have {}; create the state with this model's zero_state",
                describe(&state.parts),
                describe(&parts)
            )));
        }
        if rows != state.rows {
            return Err(Error::data(format!(
                "there are {rows} rows, but the state has {} rows; create one with zero_state({rows}), or keep the rows \
                 that continue with select",
                state.rows
            )));
        }
        Ok(())
    }

    /// Returns the parts of the state, in the order of the layers.
    fn state_parts(&self) -> Vec<Part> {
        let of_layer = |placed: &Placed| -> Vec<Part> {
            let part =
                |(name, units): (String, usize)| Part { name: format!("{}/{name}", placed.name), units };
            placed.layer.states().into_iter().map(part).collect()
        };
        self.placed.iter().flat_map(of_layer).collect()
    }

    /// Refuses a model that reads rows from their last step: the state after a piece of a row is then not the
    /// state before the next piece.
    pub(crate) fn check_reads_forward(&self) -> Result<()> {
        let backwards = |placed: &&Placed| match &placed.layer {
            Layer::Bidirectional(_) => true,
            layer => layer.recurrent().is_some_and(|layer| layer.goes_backwards()),
        };
        if let Some(placed) = self.placed.iter().find(|placed| makes_steps(&placed.layer)) {
            return Err(Error::config(format!(
                "layer {}: {} makes steps of its own, and so cannot continue a row; predict whole rows",
                placed.name,
                placed.layer.describe()
            )));
        }
        match self.placed.iter().find(backwards) {
            None => Ok(()),
            Some(placed) => Err(Error::config(format!(
                "layer {}: {} reads rows from their last step, and so cannot continue a row; predict whole rows, or \
                 use a layer that reads forward",
                placed.name,
                placed.layer.describe()
            ))),
        }
    }
}

/// Returns `true` if the steps of the outputs are not the steps of the inputs.
fn makes_steps(layer: &Layer) -> bool {
    matches!(layer, Layer::RepeatVector(_) | Layer::MaxPooling1D(_) | Layer::AveragePooling1D(_))
}

impl State {
    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the names of the parts, in the order of the layers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    /// Returns one part, `[rows][units]`, or `None` if there is no such part.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.range(name).map(|range| &self.values[range])
    }

    /// Returns one part, `[rows][units]` and mutable, or `None` if there is no such part.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        self.range(name).map(|range| &mut self.values[range])
    }

    /// Returns the state of the rows with the indices `order`, in that order. An index may occur more than
    /// once.
    ///
    /// # Panics
    /// If an index is not below [`rows`](Self::rows).
    #[must_use]
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        check_rows(order, self.rows);
        let mut values = Vec::with_capacity(self.values.len() / self.rows.max(1) * order.len());
        for (part, range) in self.ranges() {
            let rows = &self.values[range];
            order.iter().for_each(|row| values.extend_from_slice(&rows[row * part.units..][..part.units]));
        }
        Self { rows: order.len(), parts: self.parts.clone(), values }
    }

    /// Replaces the state of the rows `indices` by the rows of `other`, in that order.
    pub(super) fn replace(&mut self, indices: &[usize], other: &Self) {
        for ((units, range), (_, from)) in self.places().into_iter().zip(other.places()) {
            let from = other.values[from].chunks_exact(units);
            for (row, from) in indices.iter().zip(from) {
                self.values[range.clone()][row * units..][..units].copy_from_slice(from);
            }
        }
    }

    /// Lays the rows `indices`, at most sixteen, into lanes: `[units][16]` a part. Lanes without a row are
    /// zero.
    pub(super) fn lay(&self, indices: &[usize]) -> Vec<f32> {
        let units: usize = self.parts.iter().map(|part| part.units).sum();
        let mut lanes = vec![0.0; units * LANES];
        let mut rest = &mut *lanes;
        for (part, range) in self.ranges() {
            let (to, tail) = std::mem::take(&mut rest).split_at_mut(part.units * LANES);
            rest = tail;
            for (lane, row) in indices.iter().enumerate() {
                let from = &self.values[range.clone()][row * part.units..][..part.units];
                to[lane..].iter_mut().step_by(LANES).zip(from).for_each(|(to, &from)| *to = from);
            }
        }
        lanes
    }

    /// Copies the rows `indices` back from `lanes`.
    pub(super) fn take(&mut self, indices: &[usize], lanes: &[f32]) {
        let mut rest = lanes;
        for (units, range) in self.places() {
            let (from, tail) = rest.split_at(units * LANES);
            rest = tail;
            for (lane, row) in indices.iter().enumerate() {
                let to = &mut self.values[range.clone()][row * units..][..units];
                to.iter_mut().zip(from[lane..].iter().step_by(LANES)).for_each(|(to, &from)| *to = from);
            }
        }
    }

    /// Returns each part with its range in the values.
    fn ranges(&self) -> impl Iterator<Item = (&Part, Range<usize>)> {
        self.parts.iter().scan(0, |start, part| {
            let range = *start..*start + self.rows * part.units;
            *start = range.end;
            Some((part, range))
        })
    }

    /// Returns the units of each part and its range in the values.
    fn places(&self) -> Vec<(usize, Range<usize>)> {
        self.ranges().map(|(part, range)| (part.units, range)).collect()
    }

    /// Returns the values of all parts, part after part, each `[rows][units]`.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[f32]> {
        self.ranges().map(|(_, range)| &self.values[range])
    }

    /// Sets the values of all parts: one array a part, `[rows][units]`.
    pub(super) fn set_parts(&mut self, parts: &[Vec<f32>]) -> Result<()> {
        if !parts.iter().map(Vec::len).eq(self.ranges().map(|(_, range)| range.len())) {
            let wanted: Vec<_> = self
                .parts
                .iter()
                .map(|part| format!("{} [{}, {}]", part.name, self.rows, part.units))
                .collect();
            let given: Vec<_> = parts.iter().map(Vec::len).collect();
            return Err(Error::shape(format!(
                "initial_state has arrays of {given:?} values, but the parts of the state are {}; give one array a \
                 part, in this order, each row-major",
                if wanted.is_empty() { "none".into() } else { wanted.join(", ") }
            )));
        }
        self.values = parts.concat();
        Ok(())
    }

    fn range(&self, name: &str) -> Option<Range<usize>> {
        self.ranges().find(|(part, _)| part.name == name).map(|(_, range)| range)
    }
}
