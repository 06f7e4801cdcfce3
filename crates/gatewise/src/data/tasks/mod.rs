//! Tasks made to be hard for recurrent networks: the long-lag tasks of Hochreiter and Schmidhuber, "Long
//! Short-Term Memory", Neural Computation 9(8), 1997, and bracket matching, where every step has an answer.
//!
//! Enters: a task's settings and a stream of random numbers. Leaves: [`Examples`], sequences of vectors
//! with their targets. Each task is a file, which states the paper's definition and when the paper counts
//! a sequence as processed correctly.
//!
//! | task | paper | to answer | the difficulty |
//! |---|---|---|---|
//! | [`EmbeddedReber`] | 5.1 | every step | remember the second symbol |
//! | [`NoiseFreeLag`] | 5.2 | every step | remember the first symbol for p steps |
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

use crate::rng::{Purpose, Random};
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
    fn examples(&self, seed: u64, part: u64, count: usize) -> Examples {
        let mut random = Random::new(seed, Purpose::Data, part);
        let mut examples = Examples {
            input_width: self.input_width(),
            target_width: self.target_width(),
            inputs: Vec::new(),
            targets: Vec::new(),
            input_ends: Vec::with_capacity(count),
            target_ends: Vec::with_capacity(count),
        };
        for _ in 0..count {
            self.draw(&mut random, &mut examples.inputs, &mut examples.targets);
            examples.input_ends.push(examples.inputs.len());
            examples.target_ends.push(examples.targets.len());
        }
        examples
    }
}

/// Sequences of vectors, each with its target or targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    input_width: usize,
    target_width: usize,
    inputs: Vec<f32>,
    targets: Vec<f32>,
    input_ends: Vec<usize>,
    target_ends: Vec<usize>,
}

impl Examples {
    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.input_ends.len()
    }

    /// True when there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.input_ends.is_empty()
    }

    /// Width of a step's input.
    pub fn input_width(&self) -> usize {
        self.input_width
    }

    /// Width of a target.
    pub fn target_width(&self) -> usize {
        self.target_width
    }

    /// The steps of sequence `i`, `[steps][input_width]`. Panics if there is no such sequence.
    pub fn inputs(&self, i: usize) -> &[f32] {
        &self.inputs[start(&self.input_ends, i)..self.input_ends[i]]
    }

    /// The target of sequence `i`, or its targets step by step. Panics if there is no such sequence.
    pub fn targets(&self, i: usize) -> &[f32] {
        &self.targets[start(&self.target_ends, i)..self.target_ends[i]]
    }
}

fn start(ends: &[usize], i: usize) -> usize {
    i.checked_sub(1).map_or(0, |before| ends[before])
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

    /// All tasks, small.
    fn all() -> Vec<Box<dyn Task>> {
        vec![
            Box::new(EmbeddedReber),
            Box::new(NoiseFreeLag { lag: 10 }),
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
            let examples = task.examples(5, 0, 200);
            assert_eq!(examples.len(), 200);
            for i in 0..examples.len() {
                let (inputs, targets) = (examples.inputs(i), examples.targets(i));
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
            assert_eq!(task.examples(5, 1, 20), task.examples(5, 1, 20));
            assert_ne!(task.examples(5, 1, 20), task.examples(5, 2, 20));
            assert_ne!(task.examples(5, 1, 20), task.examples(6, 1, 20));
        }
    }
}
