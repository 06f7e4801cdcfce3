//! The contribution of each id of a row to the log-odds of a linear model.

use super::LinearModel;
use std::ops::Range;

impl LinearModel {
    /// Returns the contribution of each id of `row` to log-odds `output`. The contributions add up to the log-odds
    /// less the [`bias`](Self::bias).
    ///
    /// The weight of an n-gram is shared equally by its occurrences, since a feature counts once however often it
    /// occurs, and by the ids of each occurrence.
    ///
    /// ```
    /// use gatewise::linear::{LinearModel, LinearOptions};
    /// use gatewise::rows::{Dataset, Sequences};
    /// let rows = Sequences::from_iter([vec![3, 7], vec![7, 3, 3], vec![3, 8], vec![8]]);
    /// let data = Dataset::new(rows, vec![1.0, 1.0, 0.0, 0.0])?;
    /// let model = LinearModel::fit(&data, &LinearOptions::default())?;
    /// let contributions = model.contributions(&[7, 3, 8], 0);
    /// assert!(contributions[0] > 0.0 && contributions[2] < 0.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `output` is not below [`width`](Self::width).
    #[track_caller]
    pub fn contributions(&self, row: &[u32], output: usize) -> Vec<f64> {
        let mut out = vec![0.0; row.len()];
        for (weight, places) in self.shares(row, output) {
            let each = weight / places.len() as f64;
            out[places].iter_mut().for_each(|out| *out += each);
        }
        out
    }

    /// Returns the contribution of the ids `phrase` of a row together: the shares of the n-grams inside it.
    pub(crate) fn contribution_of(&self, row: &[u32], phrase: &Range<usize>, output: usize) -> f64 {
        let inside = |places: &Range<usize>| phrase.start <= places.start && places.end <= phrase.end;
        self.shares(row, output).into_iter().filter(|share| inside(&share.1)).map(|share| share.0).sum()
    }

    /// Returns the bias of log-odds `output`.
    ///
    /// # Panics
    /// If `output` is not below [`width`](Self::width).
    #[track_caller]
    pub fn bias(&self, output: usize) -> f64 {
        self.regressions[output].bias.into()
    }

    /// Returns the n-grams of a row with their share of the weight of their feature.
    fn shares(&self, row: &[u32], output: usize) -> Vec<(f64, Range<usize>)> {
        let mut found = Vec::new();
        self.ngrams.for_each(row, |feature, places| found.push((feature, places)));
        let mut order: Vec<u32> = found.iter().map(|one| one.0).collect();
        order.sort_unstable();
        let weights = &self.regressions[output].weights;
        let share = |(feature, places): (u32, Range<usize>)| {
            let from = order.partition_point(|&other| other < feature);
            let count = order[from..].partition_point(|&other| other == feature);
            (f64::from(weights[feature as usize]) / count as f64, places)
        };
        found.into_iter().map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::LinearOptions;
    use super::*;
    use crate::rng::{Purpose, Random};
    use crate::rows::{Dataset, Sequences};

    #[test]
    fn contributions_add_up_to_the_log_odds() {
        let mut random = Random::new(4, Purpose::Data, 0);
        let rows: Vec<Vec<u32>> =
            (0..60).map(|_| (0..random.below(9)).map(|_| random.below(7) as u32).collect()).collect();
        let sequences: Sequences = rows.iter().cloned().collect();
        let targets: Vec<f32> = (0..60).map(|i| (i % 3) as f32).collect();
        let data = Dataset::new(sequences.clone(), targets).unwrap();
        for ngram in [1, 2, 3] {
            let model = LinearModel::fit(&data, &LinearOptions::default().ngram(ngram)).unwrap();
            let odds = model.log_odds(&sequences);
            for (row, odds) in rows.iter().zip(odds.chunks(3)) {
                for (output, odds) in odds.iter().enumerate() {
                    let sum: f64 = model.contributions(row, output).iter().sum();
                    assert!((sum + model.bias(output) - odds).abs() < 1e-9, "{row:?}: {sum} of {odds}");
                    let whole = model.contribution_of(row, &(0..row.len()), output);
                    assert!((whole - sum).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn a_pair_is_shared_by_its_words_and_only_a_phrase_that_holds_it_has_it() {
        let rows = Sequences::from_iter((0..40).map(|i| if i % 2 == 0 { vec![5, 6] } else { vec![6, 5] }));
        let data = Dataset::new(rows, (0..40).map(|i| (i % 2) as f32).collect::<Vec<_>>()).unwrap();
        let model = LinearModel::fit(&data, &LinearOptions::default().ngram(2)).unwrap();
        let [first, second] = model.contributions(&[5, 6], 0)[..] else { panic!("two ids") };
        assert!(first < 0.0 && (first - second).abs() < 1e-3 * first.abs(), "{first} {second}");
        let alone = model.contribution_of(&[5, 6], &(0..1), 0) + model.contribution_of(&[5, 6], &(1..2), 0);
        let both = model.contribution_of(&[5, 6], &(0..2), 0);
        assert!(both < 0.0 && alone.abs() < 0.1 * both.abs(), "{both} together, {alone} alone");
    }
}
