//! Tasks made to be hard for recurrent networks: the long-lag tasks of Hochreiter and Schmidhuber, "Long
//! Short-Term Memory", Neural Computation 9(8), 1997, and bracket matching, where every step has an answer.
//!
//! Input: a task's settings and a stream of random numbers. Output: a [`Dataset`] of sequences of
//! vectors with their targets. Each task is a file, which states the paper's definition and when the paper counts
//! a sequence as processed correctly.
//!
//! | task | paper | to answer | the difficulty |
//! |---|---|---|---|
//! | [`EmbeddedReber`] | 5.1 | every step | remember the second symbol |
//! | [`NoiseFreeLag`] | 5.2 | every step, or at the end | remember the first symbol for p steps |
//! | [`TwoSequences`] | 5.3 | at the end | a few informative steps, then noise on the same line |
//! | [`Adding`] | 5.4 | at the end | add two marked numbers, precisely |
//! | [`Multiplication`] | 5.5 | at the end | multiply them |
//! | [`TemporalOrder`] | 5.6 | at the end | in which order did two (three) marks come |
//! | [`Brackets`] | | every step | how deep is the nesting |

mod adding;
mod brackets;
mod multiplication;
mod noise_free_lag;
mod reber;
mod temporal_order;
mod two_sequences;

pub use adding::Adding;
pub use brackets::Brackets;
pub use multiplication::Multiplication;
pub use noise_free_lag::NoiseFreeLag;
pub use reber::EmbeddedReber;
pub use temporal_order::TemporalOrder;
pub use two_sequences::TwoSequences;

use gatewise::Result;
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Features, Targets};
use std::fmt::Debug;

/// A generator of labelled sequences that knows when an answer is right.
pub trait Task: Debug + Send + Sync {
    /// Width of a step's input.
    fn input_width(&self) -> usize;

    /// Width of an answer.
    fn target_width(&self) -> usize;

    /// Whether every step has a target, or only the last one.
    fn targets_each_step(&self) -> bool {
        false
    }

    /// Appends one sequence, its steps to `inputs` and its target (or targets, step by step) to `targets`.
    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>);

    /// Whether the paper counts a sequence as processed correctly. `outputs` has the layout of `targets`.
    fn correct(&self, inputs: &[f32], targets: &[f32], outputs: &[f32]) -> bool;

    /// `count` sequences; the same `(seed, part)` gives the same ones.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) when a task draws parts of steps or too few targets; those here
    /// do not.
    fn dataset(&self, seed: u64, part: u64, count: usize) -> Result<Dataset> {
        let mut random = Random::new(seed, Purpose::Data, part);
        let mut rows = Features::new(self.input_width());
        let (mut inputs, mut targets, mut steps) = (Vec::new(), Vec::new(), Vec::with_capacity(count));
        for _ in 0..count {
            inputs.clear();
            self.draw(&mut random, &mut inputs, &mut targets);
            rows.push(&inputs)?;
            steps.push(inputs.len() / self.input_width());
        }
        let width = self.target_width();
        let targets = match self.targets_each_step() {
            true => Targets::steps(width, targets, &steps),
            false => Targets::rows(width, targets),
        };
        Dataset::new(rows, targets?)
    }
}

/// Uniform in `low..=high`.
fn between(random: &mut Random, low: usize, high: usize) -> usize {
    low + random.below(high - low + 1)
}

/// The length of a sequence of the tasks with random lengths: uniform in T ..= T + T/10.
fn about(random: &mut Random, length: usize) -> usize {
    between(random, length, length + length / 10)
}

/// Appends a vector of `width` numbers, zero but for a 1 at `at`.
fn push_one_hot(to: &mut Vec<f32>, at: usize, width: usize) {
    to.extend((0..width).map(|i| f32::from(u8::from(i == at))));
}

/// The place of the largest number; the first where several are.
fn largest(values: &[f32]) -> usize {
    values.iter().enumerate().fold(0, |best, (i, &v)| if v > values[best] { i } else { best })
}

/// Whether all numbers of two vectors are less than `within` apart.
fn all_within(outputs: &[f32], targets: &[f32], within: f32) -> bool {
    outputs.len() == targets.len() && outputs.iter().zip(targets).all(|(y, t)| (y - t).abs() < within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewise::rows::Inputs;

    /// Row by row.
    pub(super) trait Look {
        fn x(&self, i: usize) -> &[f32];
        fn y(&self, i: usize) -> &[f32];
    }

    impl Look for Dataset {
        fn x(&self, i: usize) -> &[f32] {
            let Inputs::Features(rows) = self.inputs() else { panic!("tasks draw vectors") };
            rows.row(i)
        }

        fn y(&self, i: usize) -> &[f32] {
            self.targets().of(i, 0..self.inputs().steps(i))
        }
    }

    /// All tasks, small.
    fn all() -> Vec<Box<dyn Task>> {
        vec![
            Box::new(EmbeddedReber),
            Box::new(NoiseFreeLag { lag: 10, every_step: true, random: false }),
            Box::new(NoiseFreeLag { lag: 10, every_step: false, random: true }),
            Box::new(TwoSequences { length: 20, informative: 3 }),
            Box::new(Adding { length: 20 }),
            Box::new(Multiplication { length: 20 }),
            Box::new(TemporalOrder { marks: 2 }),
            Box::new(TemporalOrder { marks: 3 }),
            Box::new(Brackets::default()),
        ]
    }

    #[test]
    fn layouts_add_up_and_targets_answer_themselves() {
        // Where several symbols may follow, the one that did is no full answer: Reber strings aside.
        for (index, task) in all().into_iter().enumerate() {
            let examples = task.dataset(5, 0, 200).unwrap();
            assert_eq!(examples.len(), 200);
            for i in 0..examples.len() {
                let (inputs, targets) = (examples.x(i), examples.y(i));
                assert_eq!(inputs.len() % task.input_width(), 0, "{task:?}");
                let steps = inputs.len() / task.input_width();
                let answers = if task.targets_each_step() { steps } else { 1 };
                assert_eq!(targets.len(), answers * task.target_width(), "{task:?}");
                assert_eq!(task.correct(inputs, targets, targets), index > 0, "{task:?}");
                let wrong: Vec<f32> = targets.iter().map(|t| -1.0 - t).collect();
                assert!(!task.correct(inputs, targets, &wrong), "{task:?}");
                assert!(!task.correct(inputs, targets, &vec![f32::NAN; targets.len()]), "{task:?}");
            }
        }
    }

    #[test]
    fn seed_and_part_decide() {
        for task in all() {
            let draw = |seed, part| task.dataset(seed, part, 20).unwrap();
            assert_eq!(draw(5, 1), draw(5, 1));
            assert_ne!(draw(5, 1), draw(5, 2));
            assert_ne!(draw(5, 1), draw(6, 1));
        }
    }
}
