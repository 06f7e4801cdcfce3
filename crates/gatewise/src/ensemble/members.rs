//! What members say of rows that they have not seen.

use super::weights::{Evidence, centred};

/// The evidence of some members, each of which has said something of its fold.
pub(super) struct Members<'a> {
    width: usize,
    folds: usize,
    said: &'a [Vec<f64>],
    /// For each row, fold by fold, the mean over the members that have not seen it.
    pub mean: Vec<f64>,
    /// How much farther from what members say on average these means are than the mean of all members will be: the
    /// difference of the two variances, estimated from rows of which several members have said something; 0 where
    /// there are none.
    pub noise: f64,
}

impl<'a> Members<'a> {
    /// Of `said`, `width` numbers a row, each is of the next fold in turn.
    pub fn new(width: usize, folds: usize, said: &'a [Vec<f64>]) -> Self {
        let (mut mean, mut squares, mut degrees, mut inverse) = (Vec::new(), 0.0, 0, 0.0);
        for fold in 0..folds.min(said.len()) {
            let own: Vec<&Vec<f64>> = said.iter().skip(fold).step_by(folds).collect();
            let count = own.len() as f64;
            let of_fold = mean.len();
            mean.extend((0..own[0].len()).map(|at| own.iter().map(|said| said[at]).sum::<f64>() / count));
            for said in &own {
                for (said, mean) in said.chunks_exact(width).zip(mean[of_fold..].chunks_exact(width)) {
                    let apart: Vec<f64> = said.iter().zip(mean).map(|(said, mean)| said - mean).collect();
                    squares += centred(&apart).map(|it| it * it).sum::<f64>();
                }
            }
            degrees += (own.len() - 1) * own[0].len();
            inverse += own[0].len() as f64 / count;
        }
        let variance = squares / degrees.max(1) as f64;
        let noise = variance * (inverse / mean.len().max(1) as f64 - 1.0 / said.len().max(1) as f64);
        Self { width, folds, said, mean, noise: noise.max(0.0) }
    }

    /// The share of rows whose class a member finds, over all members; `classes` gives those of a fold.
    pub fn accuracy(&self, classes: impl Fn(usize) -> Vec<usize>) -> f64 {
        let (mut right, mut rows) = (0.0, 0);
        for (member, said) in self.said.iter().enumerate() {
            let classes = classes(member % self.folds);
            let alone = Evidence { width: self.width, sources: [said, said], classes: &classes };
            right += alone.accuracy([1.0, 0.0]) * classes.len() as f64;
            rows += classes.len();
        }
        right / rows.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Random};

    /// Members that say what is true, and noise of variance 1/3 beside it.
    fn said(width: usize, members: usize, rows: usize) -> Vec<Vec<f64>> {
        let mut random = Random::new(5, Purpose::Data, 0);
        let mut noise = || (random.below(2001) as f64 - 1000.0) / 1000.0;
        let truth: Vec<f64> = (0..rows * width).map(|_| 9.0 * noise()).collect();
        (0..members).map(|_| truth.iter().map(|it| it + noise()).collect()).collect()
    }

    #[test]
    fn noise_is_what_more_members_take_away() {
        let said = said(1, 6, 4000);
        // All of one fold: the mean is that of all, and nothing more can be taken away.
        assert!(Members::new(1, 1, &said).noise < 1e-12);
        // Two a fold: 1/3 · (1/2 − 1/6).
        let members = Members::new(1, 3, &said);
        assert!((members.noise - 1.0 / 9.0).abs() < 0.01, "{}", members.noise);
        assert_eq!(members.mean.len(), 12_000);
        assert_eq!(members.mean[0], (said[0][0] + said[3][0]) / 2.0);
        // One a fold: it cannot be known.
        assert_eq!(Members::new(1, 6, &said).noise, 0.0);
    }

    #[test]
    fn a_constant_beside_all_classes_is_no_noise() {
        let mut said = said(3, 2, 100);
        let before = Members::new(3, 1, &said);
        let before = before.mean.chunks(3).map(|row| centred(row).collect::<Vec<_>>()).collect::<Vec<_>>();
        said[1].chunks_exact_mut(3).for_each(|row| row.iter_mut().for_each(|it| *it += 7.0));
        let after = Members::new(3, 1, &said);
        for (before, after) in before.iter().zip(after.mean.chunks(3)) {
            before.iter().zip(centred(after)).for_each(|(a, b)| assert!((a - b).abs() < 1e-9));
        }
    }
}
