//! Baselines: the forecasts that a trained model has to beat.
//!
//! Input: a series and its period. Output: the next numbers, by a rule with no more than two fitted numbers.

use std::fmt;

/// A rule that forecasts a series; what a trained model has to beat.
///
/// | baseline | forecast `h` steps ahead |
/// |---|---|
/// | [`LastValue`](Self::LastValue) | the last number |
/// | [`Drift`](Self::Drift) | the last number and `h` times the mean change |
/// | [`SeasonalNaive`](Self::SeasonalNaive) | the number one season before |
/// | [`SeasonalGrowth`](Self::SeasonalGrowth) | the number one season before, times the mean growth over a season |
/// | [`ExponentialSmoothing`](Self::ExponentialSmoothing) | an average whose weights decay with age |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Baseline {
    /// The last number (naive forecast).
    LastValue,
    /// The last number plus the mean change per step of the training part.
    Drift,
    /// The number one season before.
    SeasonalNaive,
    /// The number one season before, times the geometric mean of the growth over a season in the training part. For
    /// numbers that are not all positive: plus the mean change over a season.
    SeasonalGrowth,
    /// Simple exponential smoothing; the weight of the last number is the one with the least squared error one step
    /// ahead in the training part.
    ExponentialSmoothing,
}

impl Baseline {
    /// Returns the baselines of a series with this period: all of them, or without a season those that need none.
    pub fn all(period: usize) -> &'static [Self] {
        use Baseline::{Drift, ExponentialSmoothing, LastValue, SeasonalGrowth, SeasonalNaive};
        match period {
            0 | 1 => &[LastValue, Drift, ExponentialSmoothing],
            _ => &[LastValue, Drift, SeasonalNaive, SeasonalGrowth, ExponentialSmoothing],
        }
    }

    /// Returns the key of the baseline in JSON, such as `seasonal_naive`.
    pub fn key(self) -> &'static str {
        match self {
            Self::LastValue => "last_value",
            Self::Drift => "drift",
            Self::SeasonalNaive => "seasonal_naive",
            Self::SeasonalGrowth => "seasonal_naive_with_growth",
            Self::ExponentialSmoothing => "exponential_smoothing",
        }
    }

    /// Fits the baseline to a training part.
    ///
    /// ```
    /// use gatewise::Baseline;
    /// let sales = [10.0, 20.0, 11.0, 22.0, 12.1, 24.2];
    /// let next = Baseline::SeasonalGrowth.fit(&sales, 2).forecast(&sales, 3);
    /// let expected = [13.31, 26.62, 14.641];
    /// assert!(next.iter().zip(expected).all(|(forecast, number)| (forecast - number).abs() < 1e-9));
    /// ```
    pub fn fit(self, training: &[f64], period: usize) -> FittedBaseline {
        let period = period.max(1);
        let positive = training.iter().all(|&number| number > 0.0);
        let mean_change = |lag: usize, level: &dyn Fn(f64) -> f64| match training.len().checked_sub(lag) {
            None | Some(0) => 0.0,
            Some(pairs) => {
                (lag..training.len()).map(|t| level(training[t]) - level(training[t - lag])).sum::<f64>()
                    / pairs as f64
            }
        };
        let fitted = match self {
            Self::Drift => mean_change(1, &|x| x),
            Self::SeasonalGrowth if positive => mean_change(period, &f64::ln),
            Self::SeasonalGrowth => mean_change(period, &|x| x),
            Self::ExponentialSmoothing => best_weight(training),
            Self::LastValue | Self::SeasonalNaive => 0.0,
        };
        FittedBaseline { baseline: self, period, positive, fitted }
    }
}

/// Writes the name of the baseline, such as `seasonal naive`.
impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastValue => "last value",
            Self::Drift => "last value with drift",
            Self::SeasonalNaive => "seasonal naive",
            Self::SeasonalGrowth => "seasonal naive with growth",
            Self::ExponentialSmoothing => "exponential smoothing",
        })
    }
}

/// A [`Baseline`] with the numbers that were fitted to a training part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedBaseline {
    baseline: Baseline,
    period: usize,
    positive: bool,
    fitted: f64,
}

impl FittedBaseline {
    /// Returns the next `horizon` numbers after `known`; not numbers if `known` is shorter than a season.
    pub fn forecast(&self, known: &[f64], horizon: usize) -> Vec<f64> {
        let before = |ahead: usize| {
            let seasons = ahead.div_ceil(self.period);
            let at = (known.len() + ahead - 1).checked_sub(seasons * self.period);
            (at.map_or(f64::NAN, |at| known[at]), seasons as f64)
        };
        let last = known.last().copied().unwrap_or(f64::NAN);
        let smooth = match self.baseline {
            Baseline::ExponentialSmoothing => smoothed(known, self.fitted),
            _ => last,
        };
        let one = |ahead: usize| match self.baseline {
            Baseline::LastValue => last,
            Baseline::Drift => last + ahead as f64 * self.fitted,
            Baseline::SeasonalNaive => before(ahead).0,
            Baseline::SeasonalGrowth => match before(ahead) {
                (number, seasons) if self.positive => number * (seasons * self.fitted).exp(),
                (number, seasons) => number + seasons * self.fitted,
            },
            Baseline::ExponentialSmoothing => smooth,
        };
        (1..=horizon).map(one).collect()
    }
}

/// Returns the exponentially smoothed level at the end of `known`.
fn smoothed(known: &[f64], weight: f64) -> f64 {
    let [first, rest @ ..] = known else { return f64::NAN };
    rest.iter().fold(*first, |level, number| level + weight * (number - level))
}

/// Returns the weight of 0.01, 0.02, …, 1 with the least squared error one step ahead.
fn best_weight(training: &[f64]) -> f64 {
    let [first, rest @ ..] = training else { return 1.0 };
    let error = |weight: f64| {
        let (mut level, mut sum) = (*first, 0.0);
        for number in rest {
            sum += (number - level).powi(2);
            level += weight * (number - level);
        }
        sum
    };
    let weights = (1..=100).map(|hundredth| f64::from(hundredth) / 100.0);
    weights
        .map(|weight| (error(weight), weight))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(1.0, |best| best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_baseline_follows_its_rule() {
        let line: Vec<f64> = (0..12).map(|t| 330_000_000.0 + f64::from(t)).collect();
        let next = |baseline: Baseline, horizon| baseline.fit(&line, 4).forecast(&line, horizon);
        assert_eq!(next(Baseline::LastValue, 2), [330_000_011.0; 2]);
        assert_eq!(next(Baseline::Drift, 2), [330_000_012.0, 330_000_013.0]);
        assert_eq!(next(Baseline::SeasonalNaive, 5)[3..], [330_000_011.0, 330_000_008.0]);
        let grown = next(Baseline::SeasonalGrowth, 5);
        assert!(
            (grown[0] - 330_000_012.0).abs() < 1e-5 && (grown[4] - 330_000_016.0).abs() < 1e-5,
            "{grown:?}"
        );
        assert_eq!(next(Baseline::ExponentialSmoothing, 1), [330_000_011.0]);
        let below: Vec<f64> = [-1.0, 3.0, 0.0, 4.0, 1.0, 5.0].to_vec();
        assert_eq!(Baseline::SeasonalGrowth.fit(&below, 2).forecast(&below, 2), [2.0, 6.0]);
        // The mean is a better forecast than the last number where numbers alternate.
        let noise: Vec<f64> = (0..400).map(|t: u32| f64::from(t % 2)).collect();
        assert!(best_weight(&noise) < 0.1);
        for &baseline in Baseline::all(3) {
            assert_eq!(baseline.fit(&[], 3).forecast(&[], 2).len(), 2, "{baseline}");
        }
    }
}
