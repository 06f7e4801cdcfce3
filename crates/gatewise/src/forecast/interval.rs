//! Prediction intervals from the errors of held-out forecasts.
//!
//! Input: errors for each step ahead. Output: half the width of an interval for a step ahead and a coverage.

/// A prediction interval: its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Interval {
    /// Returns whether the interval contains `number`.
    pub fn contains(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number)
    }
}

/// The distribution of errors: a scale for each step ahead, and the sizes of the errors in these scales.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    scales: Vec<f64>,
    /// Sorted.
    scores: Vec<f64>,
    /// The number of errors at one step ahead; neighbours in time and in steps ahead are not independent.
    independent: usize,
}

impl Spread {
    /// Takes the errors for each of `horizon` steps ahead.
    pub fn fit(errors: &[Vec<f64>], horizon: usize) -> Self {
        let squares: Vec<(f64, f64)> = errors
            .iter()
            .map(|errors| (errors.iter().map(|error| error * error).sum(), errors.len() as f64))
            .collect();
        // A scale is the root mean square over neighbouring steps ahead, and does not fall with the steps ahead.
        let reach = horizon / 6;
        let mut scales = Vec::with_capacity(horizon);
        for at in 0..horizon {
            let near = &squares[at.saturating_sub(reach)..(at + reach + 1).min(horizon)];
            let (sum, count) = near.iter().fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
            let scale = if count > 0.0 { (sum / count).sqrt() } else { 0.0 };
            scales.push(scales.last().map_or(scale, |before: &f64| before.max(scale)));
        }
        let scored = errors.iter().zip(&scales).filter(|(_, scale)| **scale > 0.0);
        let mut scores: Vec<f64> =
            scored.flat_map(|(errors, scale)| errors.iter().map(move |error| error.abs() / scale)).collect();
        scores.sort_unstable_by(f64::total_cmp);
        Self { scales, scores, independent: errors.first().map_or(0, Vec::len) }
    }

    /// Returns half the width of an interval `ahead` steps ahead that covers this share of the numbers.
    pub fn half_width(&self, ahead: usize, coverage: f64) -> f64 {
        // The rank of split conformal prediction, ⌈(n + 1)·coverage⌉ of n, for as many errors as are independent.
        let count = self.independent.max(1) as f64;
        let share = ((count + 1.0) * coverage / count).min(1.0);
        let rank = (share * self.scores.len() as f64).ceil() as usize;
        let score = self.scores.get(rank.clamp(1, self.scores.len().max(1)) - 1).copied().unwrap_or(0.0);
        score * self.scales.get(ahead - 1).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_errors_lie_within_half_and_none_beyond_all() {
        let errors: Vec<Vec<f64>> =
            (1..=6).map(|ahead| (1..=20).map(|i| f64::from(ahead * i) - 0.5).collect()).collect();
        let spread = Spread::fit(&errors, 6);
        for (ahead, errors) in (1..).zip(&errors) {
            let within = |coverage| {
                let half = spread.half_width(ahead, coverage);
                errors.iter().filter(|error| **error <= half + 1e-9).count()
            };
            assert!((8..=16).contains(&within(0.5)), "{ahead}: {}", within(0.5));
            assert_eq!(within(1.0), 20);
            assert!(spread.half_width(ahead, 0.95) >= spread.half_width(ahead, 0.8));
        }
        assert_eq!(Spread::fit(&[vec![0.0; 5]], 1).half_width(1, 0.8), 0.0);
    }
}
