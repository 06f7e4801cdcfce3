//! The two-sequence problem of Bengio et al. (section 5.3, task 3a, of the paper).

use super::{Task, about, all_within};
use gatewise::rng::Random;

/// Tell two classes apart by the first few numbers; all others are noise on the same line.
///
/// A step is one number. The first N are 1 for class 1 and −1 for class 2; the others are Gaussian with mean 0
/// and variance 0.2. There are T to T + T/10 steps. The target, at the end, is 1 for class 1 and 0 for class 2.
///
/// A sequence is classified correctly when the error is below 0.2. The paper stops when none of a random
/// test set's 256 sequences is misclassified: for T = 100 after 27,380 sequences with N = 3 and after 58,370
/// with N = 1. (Its authors point out that guessing weights at random solves this task sooner.)
///
/// ```
/// use gatewise_lab::tasks::{Task, TwoSequences};
/// use gatewise::rng::{Purpose, Random};
/// let (mut inputs, mut targets) = (Vec::new(), Vec::new());
/// TwoSequences { length: 100, informative: 3 }.draw(&mut Random::new(1, Purpose::Data, 0), &mut inputs, &mut targets);
/// assert_eq!(targets[0] == 1.0, inputs[2] == 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoSequences {
    /// T, at least N: sequences have T to T + T/10 steps.
    pub length: usize,
    /// N, the number of informative steps.
    pub informative: usize,
}

/// Of the noise.
const VARIANCE: f64 = 0.2;

impl Task for TwoSequences {
    fn input_width(&self) -> usize {
        1
    }

    fn target_width(&self) -> usize {
        1
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let steps = about(random, self.length);
        let first_class = random.below(2) == 0;
        for t in 0..steps {
            inputs.push(match (t < self.informative, first_class) {
                (true, true) => 1.0,
                (true, false) => -1.0,
                (false, _) => (random.normal() * VARIANCE.sqrt()) as f32,
            });
        }
        targets.push(f32::from(u8::from(first_class)));
    }

    fn correct(&self, _: &[f32], targets: &[f32], outputs: &[f32]) -> bool {
        all_within(outputs, targets, 0.2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Look;
    use super::*;

    #[test]
    fn signal_then_noise() {
        let examples = TwoSequences { length: 50, informative: 3 }.dataset(3, 0, 1_000).unwrap();
        let (mut ones, mut sum, mut squares, mut n) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..examples.len() {
            let (inputs, target) = (examples.x(i), examples.y(i)[0]);
            assert!((50..=55).contains(&inputs.len()));
            assert_eq!(inputs[..3], [2.0 * target - 1.0; 3]);
            ones += target;
            for &x in &inputs[3..] {
                (sum, squares, n) = (sum + f64::from(x), squares + f64::from(x * x), n + 1.0);
            }
        }
        assert!((440.0..560.0).contains(&ones), "{ones}");
        assert!((sum / n).abs() < 0.01 && (squares / n - 0.2).abs() < 0.01);
    }
}
