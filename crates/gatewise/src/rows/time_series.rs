//! Labelled series of measurements, as rows of vectors.

use super::Features;
use super::hold_out::{hold_out, order};

/// Series with a class each, as a `.ts` file holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeSeries {
    /// A row a case; a step holds one number a channel.
    pub rows: Features,
    /// The class of each row, an index into `labels`.
    pub classes: Vec<u32>,
    /// Class names in the order of the file's `@classLabel` line.
    pub labels: Vec<String>,
}

impl TimeSeries {
    fn select(&self, order: &[usize]) -> Self {
        let classes = order.iter().map(|&row| self.classes[row]).collect();
        Self { rows: self.rows.select(order), classes, labels: self.labels.clone() }
    }

    /// The rows in an order drawn from `seed`.
    pub fn shuffle(&self, seed: u64) -> Self {
        self.select(&order(self.rows.len(), seed))
    }

    /// Cuts off a share of the rows, drawn from `seed`, to test on: the same share of each class, as nearly as whole
    /// rows allow, with at least one row of each left (see [`hold_out`](super::hold_out)).
    pub fn hold_out(&self, share: f64, seed: u64) -> (Self, Self) {
        let [kept, held] = hold_out(&self.classes, share, seed);
        (self.select(&kept), self.select(&held))
    }
}
