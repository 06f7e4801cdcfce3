//! The adding problem (section 5.4 of the paper).

use super::{Task, about, all_within};
use gatewise::rng::Random;

/// Add the two numbers that are marked.
///
/// A step is a pair of a number, uniform in [−1, 1], and a marker. There are T to T + T/10 steps. Two are
/// marked with 1: one of the first ten, and one of the first T/2 − 1 that is not yet marked. The first and
/// the last step have the marker −1, all others 0. Where the first step is the marked one, its marker is
/// 1 and its number X₁ counts as 0: it is set to 0.
///
/// The target, at the end, is 0.5 + (X₁ + X₂)/4. A sequence is processed correctly when the error is below
/// 0.04. The paper stops when the 2,000 most recent sequences were and their mean error is below 0.01: after
/// 74,000 sequences for T = 100, 209,000 for T = 500 and 853,000 for T = 1000.
///
/// ```
/// use gatewise_lab::tasks::{Adding, Task};
/// use gatewise::rng::{Purpose, Random};
/// let (mut inputs, mut targets) = (Vec::new(), Vec::new());
/// Adding { length: 100 }.draw(&mut Random::new(1, Purpose::Data, 0), &mut inputs, &mut targets);
/// let marked = inputs.chunks(2).filter(|step| step[1] == 1.0).map(|step| step[0]);
/// assert!((0.5 + marked.sum::<f32>() / 4.0 - targets[0]).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adding {
    /// T, at least 20: sequences have T to T + T/10 steps.
    pub length: usize,
}

/// An error below this is none.
pub(super) const TOLERANCE: f32 = 0.04;

/// Appends the steps of a sequence of numbers from `low` to 1, of which two are marked, and returns those
/// two. A marked first number is `neutral`.
pub(super) fn draw_marked(
    random: &mut Random,
    length: usize,
    low: f64,
    neutral: f32,
    inputs: &mut Vec<f32>,
) -> [f32; 2] {
    let steps = about(random, length);
    let first = random.below(10.min(steps));
    // One of the first T/2 − 1 pairs that are not marked yet.
    let second = random.below((length / 2).max(3) - 1 - usize::from(first < length / 2 - 1));
    let second = second + usize::from(second >= first);
    let mut marked = [0.0; 2];
    for t in 0..steps {
        let mut number = (low + (1.0 - low) * random.uniform()) as f32;
        let mut marker = if t == 0 || t == steps - 1 { -1.0 } else { 0.0 };
        for (at, value) in [first, second].into_iter().zip(&mut marked) {
            if at == t {
                number = if t == 0 { neutral } else { number };
                (marker, *value) = (1.0, number);
            }
        }
        inputs.extend([number, marker]);
    }
    marked
}

impl Task for Adding {
    fn input_width(&self) -> usize {
        2
    }

    fn target_width(&self) -> usize {
        1
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let [a, b] = draw_marked(random, self.length, -1.0, 0.0, inputs);
        targets.push(0.5 + (a + b) / 4.0);
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
    fn sequences_are_as_the_paper_has_them() {
        let examples = Adding { length: 100 }.dataset(3, 0, 3_000).unwrap();
        let (mut earliest, mut latest, mut first_marked) = (usize::MAX, 0, 0);
        for i in 0..examples.len() {
            let steps: Vec<&[f32]> = examples.x(i).chunks(2).collect();
            assert!((100..=110).contains(&steps.len()));
            let marked: Vec<usize> = (0..steps.len()).filter(|&t| steps[t][1] == 1.0).collect();
            let [a, b] = marked[..] else { panic!("{marked:?}") };
            assert!(a < 10 && b < 49, "{marked:?}");
            earliest = earliest.min(b);
            latest = latest.max(b);
            if a == 0 {
                first_marked += 1;
                assert_eq!(steps[0], [0.0, 1.0]);
            } else {
                assert_eq!(steps[0][1], -1.0);
            }
            assert_eq!(steps[steps.len() - 1][1], -1.0);
            assert_eq!(
                steps.iter().filter(|step| step[1] == 0.0).count(),
                steps.len() - 4 + usize::from(a == 0)
            );
            assert!(steps.iter().all(|step| (-1.0..=1.0).contains(&step[0])));
            assert!((examples.y(i)[0] - 0.5 - (steps[a][0] + steps[b][0]) / 4.0).abs() < 1e-6);
        }
        assert_eq!(latest, 48);
        assert!(first_marked > 200, "{first_marked}");
        assert_eq!(earliest, 1);
    }
}
