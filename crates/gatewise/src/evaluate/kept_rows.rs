//! Scored rows, kept for metrics.
//!
//! Input: outputs, targets and weights as they are scored. Output: rows that a metric reads.

use crate::error::Result;
use crate::metrics::MetricRows;

/// Scored rows: what a metric reads.
#[derive(Debug, Default, Clone)]
pub(crate) struct KeptRows {
    outputs: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
}

impl KeptRows {
    pub fn clear(&mut self) {
        self.outputs.clear();
        self.targets.clear();
        self.weights.clear();
    }

    pub fn push(&mut self, output: &[f32], target: &[f32], weight: f32) {
        self.outputs.extend_from_slice(output);
        self.targets.extend_from_slice(target);
        self.weights.push(weight);
    }

    /// Appends the rows of another part of the batch.
    pub fn append(&mut self, other: &Self) {
        self.outputs.extend_from_slice(&other.outputs);
        self.targets.extend_from_slice(&other.targets);
        self.weights.extend_from_slice(&other.weights);
    }

    /// Returns the rows, whose outputs have `width` numbers, with their weights or without; `None` if there are
    /// none.
    pub fn rows(&self, width: usize, weighted: bool) -> Result<Option<MetricRows<'_>>> {
        let weights = weighted.then_some(&*self.weights);
        let rows =
            (!self.weights.is_empty()).then(|| MetricRows::new(&self.outputs, &self.targets, width, weights));
        rows.transpose()
    }
}
