//! The kinds of recurrent layers by name, for programs whose users choose one.

use super::{Gru, Layer, Lstm, SimpleRnn};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A kind of recurrent layer.
///
/// ```
/// use gatewise::layers::RecurrentCell;
/// let cell: RecurrentCell = "gru".parse()?;
/// assert_eq!((cell, cell.class_name()), (RecurrentCell::Gru, "GRU"));
/// assert!(matches!(cell.layer(8, false), gatewise::layers::Layer::Gru(_)));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecurrentCell {
    /// [`Lstm`], with Keras's defaults.
    #[default]
    Lstm,
    /// [`Gru`], with Keras's defaults.
    Gru,
    /// [`SimpleRnn`], with Keras's defaults.
    SimpleRnn,
    /// [`Lstm`] without a forget gate, as it was published in 1997.
    #[serde(rename = "lstm_1997")]
    Lstm1997,
}

impl RecurrentCell {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Lstm, Self::Gru, Self::SimpleRnn, Self::Lstm1997];

    /// Returns the name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lstm => "lstm",
            Self::Gru => "gru",
            Self::SimpleRnn => "simple_rnn",
            Self::Lstm1997 => "lstm_1997",
        }
    }

    /// Returns Keras's name of the layer's class.
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Lstm => "LSTM",
            Self::Gru => "GRU",
            Self::SimpleRnn => "SimpleRNN",
            Self::Lstm1997 => "LSTM of 1997",
        }
    }

    /// Returns a layer of this kind. `return_sequences` makes it output every step.
    pub fn layer(self, units: usize, return_sequences: bool) -> Layer {
        match self {
            Self::Lstm => Lstm::new(units).return_sequences(return_sequences).into(),
            Self::Lstm1997 => Lstm::new(units).forget_gate(false).return_sequences(return_sequences).into(),
            Self::Gru => Gru::new(units).return_sequences(return_sequences).into(),
            Self::SimpleRnn => SimpleRnn::new(units).return_sequences(return_sequences).into(),
        }
    }
}

impl fmt::Display for RecurrentCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RecurrentCell {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|cell| cell.name() == name).ok_or_else(|| {
            Error::config(format!(
                "unknown recurrent layer '{name}'; the layers are {}",
                Self::ALL.map(Self::name).join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for cell in RecurrentCell::ALL {
            assert_eq!(cell.name().parse::<RecurrentCell>().unwrap(), cell);
            assert_eq!(serde_json::to_value(cell).unwrap(), cell.name());
        }
        let refused = "rnn".parse::<RecurrentCell>().unwrap_err().to_string();
        assert!(refused.contains("lstm, gru, simple_rnn, lstm_1997"), "{refused}");
    }
}
