//! Weights of an ensemble's parts: logistic regression on two features per class.

use super::probabilities;

/// Evidence for the classes of some rows from two sources, and the labels.
pub(super) struct Evidence<'a> {
    /// Numbers a row. Binary: one. Multiclass: one per class.
    pub width: usize,
    pub sources: [&'a [f64]; 2],
    pub classes: &'a [usize],
}

/// Maximum number of Newton steps; fewer than ten are needed.
const STEPS: usize = 50;
/// L2 penalty: keeps the weights finite if the evidence separates the classes.
const L2: f64 = 1e-3;

impl Evidence<'_> {
    /// Returns the maximum-likelihood weights a and b of softmax(a·x + b·y) (one number: the sigmoid), by Newton's
    /// method: the problem is convex.
    pub fn weights(&self) -> [f64; 2] {
        let mut weights = [0.5, 0.5];
        let mut loss = self.loss(weights);
        for _ in 0..STEPS {
            let (gradient, [[aa, ab], [_, bb]]) = self.derivatives(weights);
            let determinant = aa * bb - ab * ab;
            let step = [
                (bb * gradient[0] - ab * gradient[1]) / determinant,
                (aa * gradient[1] - ab * gradient[0]) / determinant,
            ];
            // Backtracking line search; stops where no step decreases the loss.
            let mut length = 1.0;
            let next = loop {
                let next = [weights[0] - length * step[0], weights[1] - length * step[1]];
                let next_loss = self.loss(next);
                if next_loss < loss {
                    loss = next_loss;
                    break Some(next);
                }
                length /= 2.0;
                if length < 1e-9 {
                    break None;
                }
            };
            match next {
                Some(next) => weights = next,
                None => break,
            }
        }
        // A negative weight would invert a source.
        weights.map(|weight| weight.max(0.0))
    }

    /// Returns the accuracy under `weights`.
    pub fn accuracy(&self, weights: [f64; 2]) -> f64 {
        let right = self.rows().zip(self.classes).filter(|(row, right)| {
            let z = self.joined(*row, weights);
            match &z[..] {
                [z] => usize::from(*z > 0.0) == **right,
                z => (0..z.len()).all(|class| class == **right || z[class] < z[**right]),
            }
        });
        right.count() as f64 / self.classes.len().max(1) as f64
    }

    fn rows(&self) -> std::ops::Range<usize> {
        0..self.classes.len()
    }

    fn joined(&self, row: usize, [a, b]: [f64; 2]) -> Vec<f64> {
        let [x, y] = self.sources.map(|source| &source[row * self.width..][..self.width]);
        x.iter().zip(y).map(|(x, y)| a * x + b * y).collect()
    }

    /// Returns the probability of each output, and 1 for a positive label, else 0.
    fn probabilities_and_labels(
        &self,
        row: usize,
        weights: [f64; 2],
    ) -> impl Iterator<Item = (f64, f64)> + use<> {
        let mut p = self.joined(row, weights);
        probabilities(&mut p);
        let (width, right) = (self.width, self.classes[row]);
        let yes = move |at: usize| if width == 1 { right == 1 } else { right == at };
        p.into_iter().enumerate().map(move |(at, p)| (p, f64::from(u8::from(yes(at)))))
    }

    /// Returns the negative log-likelihood of the classes under `weights`, plus the L2 penalty.
    pub fn loss(&self, weights: [f64; 2]) -> f64 {
        let of_row = |row: usize| -> f64 {
            let cost = |(p, yes): (f64, f64)| match (yes == 1.0, self.width) {
                (true, _) => -p.max(1e-300).ln(),
                (false, 1) => -(1.0 - p).max(1e-300).ln(),
                (false, _) => 0.0,
            };
            self.probabilities_and_labels(row, weights).map(cost).sum()
        };
        let penalty: f64 = weights.iter().map(|weight| L2 / 2.0 * weight * weight).sum();
        self.rows().map(of_row).sum::<f64>() + penalty
    }

    /// Returns the gradient and Hessian of [`loss`](Self::loss).
    fn derivatives(&self, weights: [f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) {
        let mut gradient = weights.map(|weight| L2 * weight);
        let mut hessian = [[L2, 0.0], [0.0, L2]];
        for row in self.rows() {
            let mut mean = [0.0; 2];
            for (at, (p, yes)) in self.probabilities_and_labels(row, weights).enumerate() {
                let x = self.sources.map(|source| source[row * self.width + at]);
                let spread = if self.width == 1 { p * (1.0 - p) } else { p };
                for i in 0..2 {
                    gradient[i] += (p - yes) * x[i];
                    mean[i] += p * x[i];
                    (0..2).for_each(|j| hessian[i][j] += spread * x[i] * x[j]);
                }
            }
            if self.width > 1 {
                (0..2).for_each(|i| (0..2).for_each(|j| hessian[i][j] -= mean[i] * mean[j]));
            }
        }
        (gradient, hessian)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Random};

    /// Evidence: the first source is the label with noise, the second is noise.
    fn evidence(width: usize) -> (Vec<f64>, Vec<f64>, Vec<usize>) {
        let mut random = Random::new(7, Purpose::Data, 0);
        let mut noise = || (random.below(2001) as f64 - 1000.0) / 500.0;
        let (mut x, mut y, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..600 {
            let class = row % width.max(2);
            classes.push(class);
            for at in 0..width {
                let yes = if width == 1 { class == 1 } else { class == at };
                x.push(noise() + if yes { 1.0 } else { -1.0 });
                y.push(noise());
            }
        }
        (x, y, classes)
    }

    #[test]
    fn what_knows_counts_and_noise_does_not() {
        for width in [1, 3] {
            let (x, y, classes) = evidence(width);
            let evidence = Evidence { width, sources: [&x, &y], classes: &classes };
            let weights = evidence.weights();
            assert!(weights[0] > 1.0 && weights[1] < 0.3, "{weights:?}");
            assert!(evidence.accuracy(weights) > evidence.accuracy([0.0, 1.0]) + 0.2);
        }
    }

    #[test]
    fn derivatives_are_those_of_the_loss() {
        for width in [1, 4] {
            let (x, y, classes) = evidence(width);
            let evidence = Evidence { width, sources: [&x, &y], classes: &classes };
            let (at, e) = ([0.7, 0.4], 1e-5);
            let (gradient, hessian) = evidence.derivatives(at);
            for i in 0..2 {
                let moved = |by: f64| std::array::from_fn(|j| at[j] + if i == j { by } else { 0.0 });
                let slope = (evidence.loss(moved(e)) - evidence.loss(moved(-e))) / (2.0 * e);
                assert!((slope - gradient[i]).abs() < 1e-4 * (1.0 + slope.abs()), "{slope} {gradient:?}");
                let (up, down) = (evidence.derivatives(moved(e)).0, evidence.derivatives(moved(-e)).0);
                for j in 0..2 {
                    let bend = (up[j] - down[j]) / (2.0 * e);
                    assert!((bend - hessian[i][j]).abs() < 1e-3 * (1.0 + bend.abs()), "{bend} {hessian:?}");
                }
            }
        }
    }
}
