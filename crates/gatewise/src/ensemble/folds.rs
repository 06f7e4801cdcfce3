//! Rows dealt into folds.

use crate::rng::{Purpose, Random};
use crate::rows::Dataset;
use std::ops::Range;

/// The rows of a data set, and which fold each is in.
pub(super) struct Folds<'a> {
    data: &'a Dataset,
    /// The rows of each fold, in order.
    rows: Vec<Vec<usize>>,
}

impl<'a> Folds<'a> {
    /// The rows of each class, in an order drawn from `seed`, are dealt out in turn.
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

    /// All rows.
    pub fn data(&self) -> &'a Dataset {
        self.data
    }

    /// The rows of a fold.
    pub fn own(&self, fold: usize) -> Dataset {
        self.data.select(&self.rows[fold])
    }

    /// The rows of the other folds.
    pub fn others(&self, fold: usize) -> Dataset {
        let mut rows = [&self.rows[..fold], &self.rows[fold + 1..]].concat().concat();
        rows.sort_unstable();
        self.data.select(&rows)
    }

    /// The classes of the rows of some folds, one fold after the other.
    pub fn classes(&self, folds: Range<usize>) -> Vec<usize> {
        let class = |&row: &usize| self.data.targets().values()[row] as usize;
        self.rows[folds].iter().flatten().map(class).collect()
    }
}
