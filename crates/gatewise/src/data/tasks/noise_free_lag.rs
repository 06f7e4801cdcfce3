//! Noise-free sequences with long time lags (section 5.2, task 2a, of the paper).

use super::{Task, all_within, push_one_hot};
use crate::rng::Random;

/// Predict the next symbol; the last one is the first one, p steps ago.
///
/// There are p + 1 symbols: a₁ … a₍ₚ₋₁₎, x and y, each an input of its own. There are two sequences, equally
/// likely: (y, a₁, …, a₍ₚ₋₁₎, y) and (x, a₁, …, a₍ₚ₋₁₎, x). At each of the p steps before the last symbol the
/// target is the symbol that follows. All but the last are the same in both, so that only the gradient that
/// has come p steps back can tell what to keep.
///
/// A sequence is processed correctly when no output is 0.25 or more from its target at any step. LSTM needed
/// 5,040 sequences for p = 100; back-propagation through time and real-time recurrent learning failed. (The
/// paper's sentence on when to stop leaves open whether all steps or the last one are meant; all is the
/// stricter reading.)
///
/// ```
/// use gatewise::data::tasks::{NoiseFreeLag, Task};
/// use gatewise::rng::{Purpose, Random};
/// let task = NoiseFreeLag { lag: 100 };
/// let (mut inputs, mut targets) = (Vec::new(), Vec::new());
/// task.draw(&mut Random::new(1, Purpose::Data, 0), &mut inputs, &mut targets);
/// assert_eq!(inputs.len(), 100 * 101);
/// assert_eq!(inputs[..101], targets[99 * 101..]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseFreeLag {
    /// p, at least 1: steps from the first symbol to its return.
    pub lag: usize,
}

impl Task for NoiseFreeLag {
    fn input_width(&self) -> usize {
        self.lag + 1
    }

    fn target_width(&self) -> usize {
        self.lag + 1
    }

    fn targets_each_step(&self) -> bool {
        true
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let width = self.lag + 1;
        // The last two symbols are x and y.
        let outer = self.lag - 1 + random.below(2);
        let symbol = |t: usize| if t == 0 || t == self.lag { outer } else { t - 1 };
        for t in 0..self.lag {
            push_one_hot(inputs, symbol(t), width);
            push_one_hot(targets, symbol(t + 1), width);
        }
    }

    fn correct(&self, _: &[f32], targets: &[f32], outputs: &[f32]) -> bool {
        all_within(outputs, targets, 0.25)
    }
}

#[cfg(test)]
mod tests {
    use super::super::largest;
    use super::super::tests::Look;
    use super::*;

    #[test]
    fn there_are_two_sequences_equally_often() {
        let examples = NoiseFreeLag { lag: 4 }.dataset(3, 0, 400).unwrap();
        let symbols = |values: &[f32]| values.chunks(5).map(largest).collect::<Vec<_>>();
        let mut counts = [0; 2];
        for i in 0..examples.len() {
            let (inputs, targets) = (symbols(examples.x(i)), symbols(examples.y(i)));
            let outer = inputs[0];
            assert_eq!(inputs, [outer, 0, 1, 2]);
            assert_eq!(targets, [0, 1, 2, outer]);
            counts[outer - 3] += 1;
        }
        assert!(counts.iter().all(|n| (160..240).contains(n)), "{counts:?}");
    }
}
