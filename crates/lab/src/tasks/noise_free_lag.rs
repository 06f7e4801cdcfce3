//! Noise-free sequences with long time lags (section 5.2, task 2a, of the paper).

use super::{Task, all_within, push_one_hot};
use gatewise::rng::Random;

/// Predict the next symbol; the last one is the first one, p steps ago.
///
/// There are p + 1 symbols: a₁ … a₍ₚ₋₁₎, x and y, each an input of its own. There are two sequences, equally
/// likely: (y, a₁, …, a₍ₚ₋₁₎, y) and (x, a₁, …, a₍ₚ₋₁₎, x). At each of the p steps before the last symbol the
/// target is the symbol that follows. All but the last are the same in both, so that only the gradient that
/// has come p steps back can tell what to keep.
///
/// A sequence is processed correctly when no output is 0.25 or more from its target. LSTM needed 5,040 sequences
/// for p = 100; back-propagation through time and real-time recurrent learning failed. (The paper's sentence on
/// when to stop leaves open whether all steps or the last one are meant.)
///
/// The paper's net had connections from each input to each output (its 10,504 weights are 101² of those and a
/// cell of 3·101), which learn what follows a symbol; the cell had only the last step to care for. A
/// [`SkipConnection`](gatewise::layers::SkipConnection) makes them. Cells that let in every symbol still turn into
/// counters of steps while the connections learn. With `every_step` unset only the last symbol is asked for, which
/// leaves the lag and nothing else.
///
/// With `random` set it is the paper's task 2b, without local regularities: the symbols between are drawn from
/// those p − 1, so that nothing but the last can be predicted, and only the last is judged. LSTM needed 5,680.
///
/// ```
/// use gatewise_lab::tasks::{NoiseFreeLag, Task};
/// use gatewise::rng::{Purpose, Random};
/// let task = NoiseFreeLag { lag: 100, every_step: true, random: false };
/// let (mut inputs, mut targets) = (Vec::new(), Vec::new());
/// task.draw(&mut Random::new(1, Purpose::Data, 0), &mut inputs, &mut targets);
/// assert_eq!(inputs.len(), 100 * 101);
/// assert_eq!(inputs[..101], targets[99 * 101..]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseFreeLag {
    /// p, at least 1: steps from the first symbol to its return.
    pub lag: usize,
    /// Whether every step is to predict the next symbol, or only the last one.
    pub every_step: bool,
    /// Whether the symbols between are random.
    pub random: bool,
}

impl Task for NoiseFreeLag {
    fn input_width(&self) -> usize {
        self.lag + 1
    }

    fn target_width(&self) -> usize {
        self.lag + 1
    }

    fn targets_each_step(&self) -> bool {
        self.every_step
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let width = self.lag + 1;
        // The last two symbols are x and y.
        let outer = self.lag - 1 + random.below(2);
        let mut symbol = outer;
        for t in 1..=self.lag {
            push_one_hot(inputs, symbol, width);
            symbol = match t == self.lag {
                true => outer,
                false if self.random => random.below(self.lag - 1),
                false => t - 1,
            };
            if self.every_step || t == self.lag {
                push_one_hot(targets, symbol, width);
            }
        }
    }

    fn correct(&self, _: &[f32], targets: &[f32], outputs: &[f32]) -> bool {
        let from = if self.random { targets.len() - self.target_width() } else { 0 };
        all_within(&outputs[from..], &targets[from..], 0.25)
    }
}

#[cfg(test)]
mod tests {
    use super::super::largest;
    use super::super::tests::Look;
    use super::*;

    fn symbols(values: &[f32]) -> Vec<usize> {
        values.chunks(5).map(largest).collect()
    }

    #[test]
    fn there_are_two_sequences_equally_often() {
        let task = NoiseFreeLag { lag: 4, every_step: true, random: false };
        let examples = task.dataset(3, 0, 400).unwrap();
        let mut counts = [0; 2];
        for i in 0..examples.len() {
            let (inputs, targets) = (symbols(examples.x(i)), symbols(examples.y(i)));
            let outer = inputs[0];
            assert_eq!(inputs, [outer, 0, 1, 2]);
            assert_eq!(targets, [0, 1, 2, outer]);
            counts[outer - 3] += 1;
        }
        let last = NoiseFreeLag { every_step: false, ..task }.dataset(3, 0, 400).unwrap();
        for i in 0..last.len() {
            assert_eq!((last.x(i), last.y(i)), (examples.x(i), &examples.y(i)[15..]));
        }
        assert!(counts.iter().all(|n| (160..240).contains(n)), "{counts:?}");
    }

    #[test]
    fn between_the_outer_symbols_anything_may_come_and_only_the_last_is_judged() {
        let task = NoiseFreeLag { lag: 4, every_step: true, random: true };
        let examples = task.dataset(3, 0, 900).unwrap();
        let mut counts = [0; 3];
        for i in 0..examples.len() {
            let (inputs, targets) = (symbols(examples.x(i)), symbols(examples.y(i)));
            assert_eq!(inputs[1..], targets[..3]);
            assert_eq!((targets[3], inputs[0] >= 3), (inputs[0], true));
            inputs[1..].iter().for_each(|&symbol| counts[symbol] += 1);
            let mut outputs = examples.y(i).to_vec();
            outputs[..15].fill(0.5);
            assert!(task.correct(examples.x(i), examples.y(i), &outputs));
            outputs[15 + inputs[0]] = 0.7;
            assert!(!task.correct(examples.x(i), examples.y(i), &outputs));
        }
        assert!(counts.iter().all(|n| (800..1000).contains(n)), "{counts:?}");
    }
}
