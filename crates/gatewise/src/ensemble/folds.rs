//! Stratified folds: rows split into parts of equal size, class by class.

use crate::rng::{Purpose, Random};
use crate::rows::Dataset;
use std::ops::Range;

/// The folds of a data set.
pub(super) struct Folds<'a> {
    data: &'a Dataset,
    /// The rows of each fold, in order.
    rows: Vec<Vec<usize>>,
}

impl<'a> Folds<'a> {
    /// Deals the shuffled rows of each class to the folds in turn.
    pub fn deal(data: &'a Dataset, count: usize, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..data.len()).collect();
        Random::new(seed, Purpose::Data, 1).shuffle(&mut order);
        let targets = data.targets();
        let class = |row: usize| targets.values()[row * targets.width()];
        order.sort_by(|&a, &b| class(a).total_cmp(&class(b)));
        let fold = |fold: usize| {
            let mut rows: Vec<usize> = order.iter().skip(fold).step_by(count).copied().collect();
            rows.sort_unstable();
            rows
        };
        Self { data, rows: (0..count).map(fold).collect() }
    }

    /// Returns all rows.
    pub fn data(&self) -> &'a Dataset {
        self.data
    }

    /// Returns the rows of a fold.
    pub fn own(&self, fold: usize) -> Dataset {
        self.data.select(&self.rows[fold])
    }

    /// Returns the rows of the other folds.
    pub fn others(&self, fold: usize) -> Dataset {
        let mut rows = [&self.rows[..fold], &self.rows[fold + 1..]].concat().concat();
        rows.sort_unstable();
        self.data.select(&rows)
    }

    /// Returns the classes of the rows of some folds, one fold after the other.
    pub fn classes(&self, folds: Range<usize>) -> Vec<usize> {
        let class = |&row: &usize| self.data.targets().values()[row] as usize;
        self.rows[folds].iter().flatten().map(class).collect()
    }
}
