//! A model that goes on where it stopped: rows come in pieces, and what it remembers is handed in and out.
//!
//! Enters: the next steps of some rows, and their state. Leaves: outputs, and the state after those steps.

use super::machine::Machine;
use super::session::Session;
use super::{Model, PaddedRows, State};
use crate::error::Result;
use crate::rows::{Inputs, Padding};
use crate::text::Side;
use std::sync::Arc;

/// A model made ready to read rows piece by piece, each piece from the state that the one before it left: the
/// packed weights and the projected table are computed once.
///
/// It is what Keras calls a stateful model, and what `return_state` and `initial_state` are for, with the state
/// as a value ([`State`]) outside the model. So the same weights train on whole rows and serve step by step,
/// for any number of rows at a time:
///
/// ```
/// use gatewise::rows::{Sequences, next_tokens};
/// use gatewise::layers::{Activation, Dense, Embedding, Gru};
/// use gatewise::{Fit, Sequential, Stateful};
/// // Train on windows of a text that goes 1 2 3 1 2 3 …, each from zero.
/// let text: Vec<u32> = (0..600).map(|i| 1 + i % 3).collect();
/// let layers = Sequential::new().with(Embedding::new(4, 4)).with(Gru::new(8).return_sequences(true));
/// let mut model = layers.with(Dense::new(4).activation(Activation::Softmax)).compile(1)?;
/// Fit::new().epochs(20).learning_rate(0.03).run(&mut model, &next_tokens(&text, 12)?)?;
///
/// // Serve two readers at once, one token each at a time.
/// let model = Stateful::new(model)?;
/// let mut state = model.zero_state(2)?;
/// let mut last = [1, 2];
/// for _ in 0..5 {
///     let tokens: Sequences = last.iter().map(|&id| [id]).collect();
///     let next = model.predict(&tokens.into(), &mut state)?;
///     for (reader, p) in next.chunks(4).enumerate() {
///         last[reader] = 1 + last[reader] % 3;
///         assert!(p[last[reader] as usize] > 0.8);
///     }
/// }
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// Rows are taken as they are, of any length, even none: nothing is padded, cut or shared, and a row's state is
/// that after its own last step. Pieces give the bits that the whole gives. Pooling layers pool the steps of
/// the piece.
///
/// It owns the model, or shares it (`Arc<Model>`). Clones share the packed weights and the projected table,
/// and any number of threads may read rows at once, each with a state of its own.
#[derive(Debug, Clone)]
pub struct Stateful {
    model: Arc<Model>,
    session: Arc<Session>,
}

impl Stateful {
    /// Prepares `model` on the machine of the process.
    ///
    /// # Errors
    /// As [`Model::zero_state`].
    pub fn new(model: impl Into<Arc<Model>>) -> Result<Self> {
        Self::on(model, &Machine::new())
    }

    /// As [`new`](Self::new), on `machine`.
    ///
    /// # Errors
    /// As [`Model::zero_state`].
    pub fn on(model: impl Into<Arc<Model>>, machine: &Machine) -> Result<Self> {
        let model = model.into();
        let session = Arc::new(session(&model, machine)?);
        Ok(Self { model, session })
    }

    /// Returns the model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// As [`Model::zero_state`].
    ///
    /// # Errors
    /// As [`Model::zero_state`].
    pub fn zero_state(&self, rows: usize) -> Result<State> {
        self.model.zero_state(rows)
    }

    /// The model's outputs for the next steps of some rows: `output_width` numbers a row, rows in order; where
    /// the model answers at every step, that many for each step. `state` is that before those steps, and is
    /// left as that after them; after an error it is what it was.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the state is of another model or another number of
    /// rows, an id is outside the model's vocabulary, or rows are not of the kind that the model reads;
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for more than 65,536 steps in one piece.
    pub fn predict(&self, inputs: &Inputs, state: &mut State) -> Result<Vec<f32>> {
        read_on(&self.session, &self.model, inputs, state)
    }
}

/// What reads rows of `model` in pieces.
pub(crate) fn session(model: &Model, machine: &Machine) -> Result<Session> {
    model.zero_state(0)?;
    Ok(Session::new(model, machine, PIECE))
}

/// [`Stateful::predict`], for who keeps the model and its session.
pub(crate) fn read_on(
    session: &Session,
    model: &Model,
    inputs: &Inputs,
    state: &mut State,
) -> Result<Vec<f32>> {
    model.check_state(state, inputs.len())?;
    Ok(session.next(model, PaddedRows::new(model, inputs, PIECE)?, state))
}

/// Pieces are laid one below the other from their first step on.
const PIECE: Padding = Padding { maxlen: None, padding: Side::Post, truncating: Side::Post };

impl Model {
    /// The model's outputs for the next steps of some rows, from the state before them, which is left as that
    /// after them: [`Stateful::predict`], which see. A [`Stateful`] is quicker where many pieces come.
    ///
    /// # Errors
    /// As [`zero_state`](Self::zero_state) and [`Stateful::predict`].
    pub fn predict_with_state(&self, inputs: &Inputs, state: &mut State) -> Result<Vec<f32>> {
        read_on(&session(self, &Machine::new())?, self, inputs, state)
    }
}
