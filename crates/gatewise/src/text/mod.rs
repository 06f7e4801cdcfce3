//! Text to ids: tokeniser, vocabulary and padding.
//!
//! Enters: text. Leaves: ids.
