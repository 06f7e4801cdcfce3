//! The linear part of a forecast: an autoregression on seasonal differences.
//!
//! Input: the levels of a series so far. Output: the levels that follow, and what the network reads and corrects.

/// The penalty on the coefficients, in units of the square root of the number of examples, for each step ahead: examples far
/// ahead overlap, and so there are fewer of them than it seems.
const RIDGE: f64 = 0.2;
/// The changes that the last feature of a series without a season averages.
const RECENT: usize = 5;

/// A linear autoregression: the level one season before, plus the mean change over a season, plus a linear function of the
/// standardised seasonal differences known so far; fitted by ridge regression, one for each step ahead.
///
/// The features of a forecast are the last difference, the mean of the last three, the mean of the last season, and the
/// difference one season before the step that is forecast.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    period: usize,
    mean: f64,
    deviation: f64,
    /// The coefficients of the features, for each step ahead.
    coefficients: Vec<[f64; 4]>,
}

impl Linear {
    /// Returns the number of levels that a forecast needs at least.
    pub fn needs(period: usize) -> usize {
        (2 * period + 1).max(period + RECENT + 1)
    }

    /// Fits the autoregression to at least `needs(period) + horizon` levels.
    pub fn fit(levels: &[f64], period: usize, horizon: usize) -> Self {
        let differences: Vec<f64> = (period..levels.len()).map(|t| levels[t] - levels[t - period]).collect();
        let (mean, deviation) = moments(&differences);
        let mut linear = Self { period, mean, deviation, coefficients: Vec::new() };
        let known = linear.known(levels);
        linear.coefficients = (1..=horizon).map(|ahead| linear.regression(&known, ahead)).collect();
        linear
    }

    /// Prepares levels for forecasts after any of them.
    pub fn known<'a>(&self, levels: &'a [f64]) -> Known<'a> {
        let difference = |t: usize| (levels[t] - levels[t - self.period] - self.mean) / self.deviation;
        let differences = (0..levels.len()).map(|t| if t < self.period { 0.0 } else { difference(t) });
        let differences: Vec<f64> = differences.collect();
        let mut sums = vec![0.0; levels.len() + 1];
        differences.iter().enumerate().for_each(|(t, difference)| sums[t + 1] = sums[t] + difference);
        Known { levels, differences, sums }
    }

    /// Returns the level `ahead` steps after the first `end` levels.
    pub fn forecast(&self, known: &Known<'_>, end: usize, ahead: usize) -> f64 {
        let products = self.features(known, end, ahead).into_iter().zip(self.coefficients[ahead - 1]);
        self.seasonal(known, end, ahead) + self.deviation * products.map(|(x, w)| x * w).sum::<f64>()
    }

    /// Returns the level of the same season before, plus the mean change since.
    fn seasonal(&self, known: &Known<'_>, end: usize, ahead: usize) -> f64 {
        let seasons = ahead.div_ceil(self.period);
        known.levels[end + ahead - 1 - seasons * self.period] + seasons as f64 * self.mean
    }

    fn features(&self, known: &Known<'_>, end: usize, ahead: usize) -> [f64; 4] {
        let recent = |count: usize| (known.sums[end] - known.sums[end - count]) / count as f64;
        let season = if self.period == 1 { RECENT } else { self.period };
        let same = end + ahead - 1 - ahead.div_ceil(self.period) * self.period;
        // Without a season the last difference is also the one a season before.
        let same = if self.period == 1 { end - 2 } else { same };
        [known.differences[end - 1], recent(3.min(self.period)), recent(season), known.differences[same]]
    }

    /// Fits the coefficients for one step ahead.
    fn regression(&self, known: &Known<'_>, ahead: usize) -> [f64; 4] {
        let mut equations = [[0.0; 5]; 4];
        let mut examples: f64 = 0.0;
        for end in Self::needs(self.period)..=known.levels.len() - ahead {
            let x = self.features(known, end, ahead);
            let y = (known.levels[end + ahead - 1] - self.seasonal(known, end, ahead)) / self.deviation;
            for (row, a) in equations.iter_mut().zip(x) {
                row.iter_mut().zip(x.into_iter().chain([y])).for_each(|(sum, b)| *sum += a * b);
            }
            examples += 1.0;
        }
        for (at, row) in equations.iter_mut().enumerate() {
            row[at] += RIDGE * ahead as f64 * examples.sqrt().max(1.0);
        }
        solve(equations)
    }
}

/// Levels, their standardised seasonal differences, and the sums of these up to each level.
pub(super) struct Known<'a> {
    levels: &'a [f64],
    differences: Vec<f64>,
    sums: Vec<f64>,
}

/// Returns the mean and the standard deviation; a deviation that is 0 but for rounding is replaced by 1.
pub(super) fn moments(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let deviation = (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
    let size = numbers.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    (mean, if deviation > 1e-12 * size { deviation } else { 1.0 })
}

/// Solves positive definite equations by elimination.
fn solve(mut rows: [[f64; 5]; 4]) -> [f64; 4] {
    for at in 0..4 {
        let pivot = rows[at];
        for row in &mut rows[at + 1..] {
            let factor = row[at] / pivot[at];
            row.iter_mut().zip(pivot).for_each(|(value, above)| *value -= factor * above);
        }
    }
    let mut solution = [0.0; 4];
    for at in (0..4).rev() {
        let known: f64 = (at + 1..4).map(|other| rows[at][other] * solution[other]).sum();
        solution[at] = (rows[at][4] - known) / rows[at][at];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let x = [1.0, -2.0, 0.5, 3.0];
        let a = [[4.0, 1.0, 0.0, 0.5], [1.0, 3.0, 0.2, 0.0], [0.0, 0.2, 2.0, 0.1], [0.5, 0.0, 0.1, 5.0]];
        let rows = a.map(|row| {
            let sum = row.iter().zip(x).map(|(a, x)| a * x).sum();
            [row[0], row[1], row[2], row[3], sum]
        });
        solve(rows).iter().zip(x).for_each(|(found, x)| assert!((found - x).abs() < 1e-12));
    }

    #[test]
    fn a_season_with_growth_is_exact_and_a_decay_is_found() {
        let season: Vec<f64> = (0..60).map(|t| [5.0, 1.0, 2.0][t % 3] + 0.5 * t as f64).collect();
        let linear = Linear::fit(&season[..54], 3, 6);
        for ahead in 1..=6 {
            let forecast = linear.forecast(&linear.known(&season[..54]), 54, ahead);
            assert!((forecast - season[53 + ahead]).abs() < 1e-9);
        }
        // Differences that halve from step to step, with impulses.
        let mut difference = 0.0;
        let mut levels = vec![0.0];
        for t in 0..200 {
            difference = 0.5 * difference + if t % 7 == 0 { 1.0 } else { 0.0 };
            levels.push(levels[t] + difference);
        }
        let linear = Linear::fit(&levels, 1, 1);
        let naive = Linear { coefficients: vec![[0.0; 4]], ..linear.clone() };
        let error = |it: &Linear| -> f64 {
            let known = it.known(&levels);
            (20..200).map(|end| (it.forecast(&known, end, 1) - levels[end]).abs()).sum()
        };
        assert!(error(&linear) < 0.7 * error(&naive));
    }
}
