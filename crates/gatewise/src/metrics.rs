//! Metrics: what is reported beside the loss.

use crate::loss::Loss;
use serde::{Deserialize, Serialize};

/// Loss and accuracy over a set of rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Mean loss a row, or a step where a model answers at every step.
    pub loss: f64,
    /// Share of answers whose class was right; `None` for numbers, which are near or far.
    pub accuracy: Option<f64>,
    /// Number of rows.
    pub samples: usize,
}

/// How right one answer is, from 0 to 1, as Keras's `"accuracy"` counts it for this loss: whether the most
/// probable class is the right one or, for probabilities of their own, the share of them on the right side
/// of one half.
pub(crate) fn accuracy(loss: Loss, output: &[f32], target: &[f32]) -> f64 {
    let hit = match loss {
        Loss::SparseCategoricalCrossentropy => argmax(output) == target[0] as usize,
        Loss::CategoricalCrossentropy { .. } => argmax(output) == argmax(target),
        _ => {
            let hits = output.iter().zip(target).filter(|&(&p, &y)| binary_hit(p, y, 0.5)).count();
            return hits as f64 / output.len() as f64;
        }
    };
    f64::from(u8::from(hit))
}

/// The place of the largest number, the first where several are equal.
pub(crate) fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
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
