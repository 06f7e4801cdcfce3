//! Padding and truncating rows of ids to one length.

use serde::{Deserialize, Serialize};

/// Which end of a sequence is padded or cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The front (Keras's default).
    #[default]
    Pre,
    /// The end.
    Post,
}
