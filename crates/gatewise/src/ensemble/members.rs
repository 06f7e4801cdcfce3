//! Out-of-fold evidence of the members.

use super::weights::Evidence;

/// The evidence of each member for the rows of its held-out fold.
pub(super) struct Members<'a> {
    width: usize,
    folds: usize,
    evidence: &'a [Vec<f64>],
    /// For each row, fold by fold: the mean over the members that were not trained on the row.
    pub mean: Vec<f64>,
}

impl<'a> Members<'a> {
    /// Averages `evidence`: `width` numbers a row, one list a member; member k held out fold k modulo `folds`.
    pub fn new(width: usize, folds: usize, evidence: &'a [Vec<f64>]) -> Self {
        let mut mean = Vec::new();
        for fold in 0..folds.min(evidence.len()) {
            let own: Vec<&Vec<f64>> = evidence.iter().skip(fold).step_by(folds).collect();
            let count = own.len() as f64;
            mean.extend(
                (0..own[0].len()).map(|at| own.iter().map(|evidence| evidence[at]).sum::<f64>() / count),
            );
        }
        Self { width, folds, evidence, mean }
    }

    /// Returns the out-of-fold accuracy over all members; `classes` returns the classes of a fold.
    pub fn accuracy(&self, classes: impl Fn(usize) -> Vec<usize>) -> f64 {
        let (mut right, mut rows) = (0.0, 0);
        for (member, own) in self.evidence.iter().enumerate() {
            let classes = classes(member % self.folds);
            let alone = Evidence { width: self.width, sources: [own, own], classes: &classes };
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
        let evidence: Vec<Vec<f64>> = (0..5).map(|member| vec![f64::from(member), 10.0]).collect();
        // Members 0 and 3 are of the first of three folds, 1 and 4 of the second, 2 of the third.
        assert_eq!(Members::new(1, 3, &evidence).mean, [1.5, 10.0, 2.5, 10.0, 2.0, 10.0]);
    }
}
