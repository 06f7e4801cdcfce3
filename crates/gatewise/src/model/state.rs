//! The state of a model's recurrent layers, as a value: what they remember of rows whose rest is to come.
//!
//! Enters: a compiled model and a number of rows. Leaves: numbers a row for each part of each layer's state,
//! by name; and, laid into lanes, what a block begins with and ends in.

use super::Model;
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

/// What the recurrent layers of a model remember of some rows: `h` of each, and `c` where it is an LSTM.
///
/// A fresh one ([`Model::zero_state`]) is all zeros, with which every row begins. [`Stateful::predict`] begins
/// where a state says and leaves in it where the rows ended, so that their next steps may follow later, in
/// another call. Parts go by the names of their layers, as weights do: `lstm/h`, `lstm/c`, `gru/h`; each is
/// `[rows][units]`.
///
/// It belongs to the rows, not to the model, which does not change: any number of them, of any number of rows,
/// may be in use at once, and a copy is a place to come back to.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let model = Sequential::new().with(Embedding::new(9, 3)).with(Lstm::new(2)).with(Dense::new(1)).compile(1)?;
/// let mut state = model.zero_state(3)?;
/// assert_eq!(state.names().collect::<Vec<_>>(), ["lstm/h", "lstm/c"]);
/// // Of three rows, the second has something to remember; then there are two rows, and it is the first.
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

/// More numbers than this are refused: 4 GiB of them.
const MAX_VALUES: usize = 1 << 30;

impl Model {
    /// The state that `rows` rows begin with: zeros.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a layer reads its steps from the last to the first,
    /// and so has nothing to hand on to later ones, or for more rows than memory should be taken for.
    pub fn zero_state(&self, rows: usize) -> Result<State> {
        let parts = self.state_parts()?;
        let units: usize = parts.iter().map(|part| part.units).sum();
        let len = units.checked_mul(rows).filter(|&len| len <= MAX_VALUES).ok_or_else(|| {
            Error::config(format!(
                "a state of {rows} rows was asked for, which would be over {MAX_VALUES} numbers at {units} a \
                 row; ask for fewer rows at a time"
            ))
        })?;
        Ok(State { rows, parts, values: vec![0.0; len] })
    }

    /// Refuses a state that is not of this model or not of so many rows.
    pub(super) fn check_state(&self, state: &State, rows: usize) -> Result<()> {
        let parts = self.state_parts()?;
        let describe = |parts: &[Part]| {
            let parts: Vec<_> =
                parts.iter().map(|part| format!("{} of {} units", part.name, part.units)).collect();
            if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
        };
        if parts != state.parts {
            return Err(Error::data(format!(
                "the state holds {}, but the model's layers remember {}; make one with this model's zero_state",
                describe(&state.parts),
                describe(&parts)
            )));
        }
        if rows != state.rows {
            return Err(Error::data(format!(
                "there are {rows} rows, but the state is of {}; make one with zero_state({rows}), or take the \
                 rows that go on with select",
                state.rows
            )));
        }
        Ok(())
    }

    /// The parts of the state, in the order of the layers.
    fn state_parts(&self) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for placed in &self.placed {
            let backwards = match &placed.layer {
                Layer::Bidirectional(_) => true,
                layer => layer.recurrent().is_some_and(|layer| layer.goes_backwards()),
            };
            if backwards {
                return Err(Error::config(format!(
                    "layer {}: {} reads rows from their last step, and so cannot go on from a state when more \
                     steps come; give it whole rows with predict, or use a layer that reads forward",
                    placed.name,
                    placed.layer.describe()
                )));
            }
            let Some(layer) = placed.layer.recurrent() else { continue };
            let part = |part: &&str| Part { name: format!("{}/{part}", placed.name), units: layer.units() };
            parts.extend(layer.states().iter().map(part));
        }
        Ok(parts)
    }
}

impl State {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the parts, in the order of the layers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.name.as_str())
    }

    /// One part, `[rows][units]`.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.range(name).map(|range| &self.values[range])
    }

    /// One part, `[rows][units]`, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        self.range(name).map(|range| &mut self.values[range])
    }

    /// Returns the state of the rows named by `order`, in that order; a row may be named any number of times.
    ///
    /// # Panics
    /// When there is no such row. The message names it.
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

    /// The rows `indices`, at most sixteen, in lanes: `[units][16]` a part; lanes without a row are zero.
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

    /// Takes the rows `indices` back out of `lanes`.
    pub(super) fn take(&mut self, indices: &[usize], lanes: &[f32]) {
        let mut rest = lanes;
        for (units, range) in self.ranges().map(|(part, range)| (part.units, range)).collect::<Vec<_>>() {
            let (from, tail) = rest.split_at(units * LANES);
            rest = tail;
            for (lane, row) in indices.iter().enumerate() {
                let to = &mut self.values[range.clone()][row * units..][..units];
                to.iter_mut().zip(from[lane..].iter().step_by(LANES)).for_each(|(to, &from)| *to = from);
            }
        }
    }

    /// Where each part lies.
    fn ranges(&self) -> impl Iterator<Item = (&Part, Range<usize>)> {
        self.parts.iter().scan(0, |start, part| {
            let range = *start..*start + self.rows * part.units;
            *start = range.end;
            Some((part, range))
        })
    }

    fn range(&self, name: &str) -> Option<Range<usize>> {
        self.ranges().find(|(part, _)| part.name == name).map(|(_, range)| range)
    }
}
