//! The readable `f64` twin of each kernel: textbook loops, one sample at a time, no tricks.
//!
//! Input: plain vectors in Keras's layouts. Output: outputs and gradients. Tests hold every kernel to
//! its twin, and hold the twins to finite differences and to Keras.

pub(crate) mod activation;

pub(crate) mod dense;
pub(crate) mod embedding;
pub(crate) mod head;
pub(crate) mod optimizers;
pub(crate) mod recurrent;
