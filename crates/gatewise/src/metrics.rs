//! Metrics: what is reported beside the loss.

use serde::{Deserialize, Serialize};

/// Loss and accuracy over a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Mean loss a row.
    pub loss: f64,
    /// Share of rows whose class was right.
    pub accuracy: f64,
    /// Number of rows.
    pub samples: usize,
}

/// Whether a binary output above `threshold` agrees with its target.
///
/// ```
/// assert!(gatewise::metrics::binary_hit(0.7, 1.0, 0.5));
/// assert!(gatewise::metrics::binary_hit(0.5, 0.0, 0.5));
/// ```
pub fn binary_hit(output: f32, target: f32, threshold: f32) -> bool {
    (output > threshold) == (target > 0.5)
}
