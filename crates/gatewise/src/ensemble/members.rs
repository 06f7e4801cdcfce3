//! What members say of rows that they have not seen.

use super::weights::Evidence;

/// The evidence of some members, each of which has said something of its fold.
pub(super) struct Members<'a> {
    width: usize,
    folds: usize,
    said: &'a [Vec<f64>],
    /// For each row, fold by fold, the mean over the members that have not seen it.
    pub mean: Vec<f64>,
}

impl<'a> Members<'a> {
    /// Of `said`, `width` numbers a row, each is of the next fold in turn.
    pub fn new(width: usize, folds: usize, said: &'a [Vec<f64>]) -> Self {
        let mut mean = Vec::new();
        for fold in 0..folds.min(said.len()) {
            let own: Vec<&Vec<f64>> = said.iter().skip(fold).step_by(folds).collect();
            let count = own.len() as f64;
            mean.extend((0..own[0].len()).map(|at| own.iter().map(|said| said[at]).sum::<f64>() / count));
        }
        Self { width, folds, said, mean }
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

    #[test]
    fn the_mean_is_over_the_members_of_a_fold() {
        let said: Vec<Vec<f64>> = (0..5).map(|member| vec![f64::from(member), 10.0]).collect();
        // Members 0 and 3 are of the first of three folds, 1 and 4 of the second, 2 of the third.
        assert_eq!(Members::new(1, 3, &said).mean, [1.5, 10.0, 2.5, 10.0, 2.0, 10.0]);
    }
}
