//! Mean, spread and correlation of pairs of numbers that pass one by one.
//!
//! Input: pairs. Output: Pearson's correlation, means and standard deviations, without keeping the pairs.

/// Sums over pairs (x, y), updated as Welford's, so that large means cost no digits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Correlation {
    count: f64,
    mean: [f64; 2],
    /// Sums of squared differences from the means, and of their products.
    squares: [f64; 2],
    products: f64,
}

impl Correlation {
    /// Adds a pair.
    pub fn add(&mut self, x: f64, y: f64) {
        self.count += 1.0;
        let before = [x - self.mean[0], y - self.mean[1]];
        self.mean[0] += before[0] / self.count;
        self.mean[1] += before[1] / self.count;
        let after = [x - self.mean[0], y - self.mean[1]];
        self.squares[0] += before[0] * after[0];
        self.squares[1] += before[1] * after[1];
        self.products += before[0] * after[1];
    }

    /// Returns Pearson's correlation; `None` if x or y is constant.
    pub fn value(&self) -> Option<f64> {
        let scale = (self.squares[0] * self.squares[1]).sqrt();
        (scale > 0.0).then(|| (self.products / scale).clamp(-1.0, 1.0))
    }

    /// Returns mean and standard deviation of x.
    pub fn first(&self) -> (f64, f64) {
        (self.mean[0], (self.squares[0] / self.count.max(1.0)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_correlated_as_by_hand() {
        let mut it = Correlation::default();
        for (x, y) in [(1.0, 2.0), (2.0, 1.0), (3.0, 6.0)] {
            it.add(x + 1e9, y);
        }
        // Σdx·dy = 4, Σdx² = 2, Σdy² = 14.
        assert!((it.value().unwrap() - 4.0 / 28f64.sqrt()).abs() < 1e-6);
        assert_eq!((it.first().0, it.first().1), (1e9 + 2.0, (2.0f64 / 3.0).sqrt()));
        let mut constant = Correlation::default();
        constant.add(1.0, 2.0);
        constant.add(1.0, 3.0);
        assert_eq!((constant.value(), Correlation::default().value()), (None, None));
    }
}
