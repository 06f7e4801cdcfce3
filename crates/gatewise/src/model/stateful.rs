//! Stateful prediction: rows arrive in pieces, and the caller keeps the state between the pieces.
//!
//! Input: the next steps of some rows, and their state. Output: outputs, and the state after these steps.

use super::machine::Machine;
use super::session::Session;
use super::{Model, PaddedRows, State};
use crate::error::Result;
use crate::rows::{Inputs, Padding};
use crate::text::Side;
use std::sync::Arc;

/// A model prepared to read rows piece by piece. Each piece starts from the state after the piece before it.
///
/// The counterpart of Keras's `stateful` models, `return_state` and `initial_state`, with the state as a
/// value ([`State`]) outside the model. The same weights train on whole rows and predict step by step, for
/// any number of rows at a time:
///
/// ```
/// use gatewise::rows::{Sequences, next_tokens};
/// use gatewise::layers::{Activation, Dense, Embedding, Gru};
/// use gatewise::{Fit, Sequential, Stateful};
/// // Train on windows of the text 1 2 3 1 2 3 …, each from the zero state.
/// let text: Vec<u32> = (0..600).map(|i| 1 + i % 3).collect();
/// let layers = Sequential::new().with(Embedding::new(4, 4)).with(Gru::new(8).return_sequences(true));
/// let mut model = layers.with(Dense::new(4).activation(Activation::Softmax)).compile(1)?;
/// Fit::new().epochs(20).learning_rate(0.03).run(&mut model, &next_tokens(&text, 12)?)?;
///
/// // Predict for two texts at once, one token of each at a time.
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
/// Rows may have any length, also 0. They are not padded or truncated, and the state of a row is the state
/// after its own last step. Pieces give the same bits as the whole row, unless a layer reads backward (see
/// [`State`]). Pooling layers pool the steps of the piece.
///
/// A `Stateful` owns the model or shares it (`Arc<Model>`). The packed weights and the projected table are
/// computed once. Clones share them, and any number of threads may predict at once, each with its own state.
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

    /// Returns the initial state of `rows` rows, as [`Model::zero_state`] does.
    ///
    /// # Errors
    /// As [`Model::zero_state`].
    pub fn zero_state(&self, rows: usize) -> Result<State> {
        self.model.zero_state(rows)
    }

    /// Returns the outputs for the next steps of rows, and replaces `state` with the state after these steps.
    ///
    /// The result has `output_width` numbers for each row, rows in order, or for each step of each row if the
    /// model has an output at every step. On an error the state does not change.
    ///
    /// # Errors
    /// * [`ErrorKind::Data`](crate::ErrorKind::Data) if the state is from another model or has another number
    ///   of rows, an id is outside the vocabulary, or the model reads another kind of rows.
    /// * [`ErrorKind::Config`](crate::ErrorKind::Config) if a piece has more than 65,536 steps.
    pub fn predict(&self, inputs: &Inputs, state: &mut State) -> Result<Vec<f32>> {
        read_on(&self.session, &self.model, inputs, state)
    }
}

/// Returns a session for rows of `model` in pieces.
pub(crate) fn session(model: &Model, machine: &Machine) -> Result<Session> {
    model.zero_state(0)?;
    Ok(Session::new(model, machine, PIECE))
}

/// [`Stateful::predict`] with the session and the model as arguments.
pub(crate) fn read_on(
    session: &Session,
    model: &Model,
    inputs: &Inputs,
    state: &mut State,
) -> Result<Vec<f32>> {
    model.check_state(state, inputs.len())?;
    Ok(session.next(model, PaddedRows::new(model, inputs, PIECE)?, state))
}

/// The padding policy of pieces: they are aligned at their first step.
const PIECE: Padding = Padding { maxlen: None, padding: Side::Post, truncating: Side::Post };

impl Model {
    /// Returns the outputs for the next steps of rows, and replaces `state` with the state after these steps.
    /// See [`Stateful::predict`]. For many pieces, a [`Stateful`] is faster.
    ///
    /// # Errors
    /// As [`zero_state`](Self::zero_state) and [`Stateful::predict`].
    pub fn predict_with_state(&self, inputs: &Inputs, state: &mut State) -> Result<Vec<f32>> {
        read_on(&session(self, &Machine::new())?, self, inputs, state)
    }
}
