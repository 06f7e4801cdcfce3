//! Text to ids: tokeniser, vocabulary and padding.
//!
//! Enters: text. Leaves: ids.

mod pad;

pub use pad::Side;
