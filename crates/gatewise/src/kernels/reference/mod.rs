//! The readable `f64` twin of each kernel: textbook loops, one sample at a time, no tricks.
//!
//! Tests hold every kernel to its twin, and hold the twins to finite differences and to Keras.

pub(crate) mod lstm;
