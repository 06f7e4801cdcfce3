//! The multiplication problem (section 5.5 of the paper).

use super::adding::{TOLERANCE, draw_marked};
use super::{Task, all_within};
use gatewise::rng::Random;

/// Multiply the two numbers that are marked.
///
/// As [`Adding`](super::Adding), but the numbers are uniform in [0, 1], the target is X₁·X₂, and X₁ is set to
/// 1 where the first step is the marked one. So a cell's natural way of integrating does not help.
///
/// A sequence is processed correctly when the error is below 0.04. The paper stops, for T = 100, when fewer
/// than 140 of the 2,000 most recent sequences were not (after 482,000 sequences) or fewer than 13 (after
/// 1,273,000).
///
/// ```
/// use gatewise_lab::tasks::{Multiplication, Task};
/// use gatewise::rng::{Purpose, Random};
/// let (mut inputs, mut targets) = (Vec::new(), Vec::new());
/// Multiplication { length: 100 }.draw(&mut Random::new(1, Purpose::Data, 0), &mut inputs, &mut targets);
/// let marked = inputs.chunks(2).filter(|step| step[1] == 1.0).map(|step| step[0]);
/// assert!((marked.product::<f32>() - targets[0]).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Multiplication {
    /// T, at least 20: sequences have T to T + T/10 steps.
    pub length: usize,
}

impl Task for Multiplication {
    fn input_width(&self) -> usize {
        2
    }

    fn target_width(&self) -> usize {
        1
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let [a, b] = draw_marked(random, self.length, 0.0, 1.0, inputs);
        targets.push(a * b);
    }

    fn correct(&self, _: &[f32], targets: &[f32], outputs: &[f32]) -> bool {
        all_within(outputs, targets, TOLERANCE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Look;
    use super::*;

    #[test]
    fn numbers_are_not_negative_and_the_first_is_neutral() {
        let examples = Multiplication { length: 100 }.dataset(3, 0, 500).unwrap();
        let mut first_marked = 0;
        for i in 0..examples.len() {
            let steps: Vec<&[f32]> = examples.x(i).chunks(2).collect();
            assert!(steps.iter().all(|step| (0.0..=1.0).contains(&step[0])));
            if steps[0][1] == 1.0 {
                first_marked += 1;
                assert_eq!(steps[0][0], 1.0);
            }
        }
        assert!(first_marked > 20, "{first_marked}");
    }
}
