//! Temporal order (section 5.6, tasks 6a and 6b, of the paper).

use super::{Task, all_within, between, push_one_hot};
use gatewise::rng::Random;

/// In which order did the marks X and Y come?
///
/// There are eight symbols: a, b, c, d, X, Y, E and B. A sequence begins with E, ends with B and holds symbols
/// drawn from a to d, but for the marks, each X or Y:
///
/// | | marks at (counted from 1) | classes | LSTM needed |
/// |---|---|---|---|
/// | 6a, 2 marks | 10 to 20 and 50 to 60 | 4 | 31,390 sequences |
/// | 6b, 3 marks | 10 to 20, 33 to 43 and 66 to 76 | 8 | 571,100 sequences |
///
/// There are 100 to 110 steps. The target, at the end, is the class: the marks read as binary digits with X
/// for 0, the first mark first.
///
/// A sequence is classified correctly when no output is 0.3 or more from its target. The paper stops when the
/// 2,000 most recent sequences were and their mean error is below 0.1.
///
/// ```
/// use gatewise_lab::tasks::{Task, TemporalOrder};
/// assert_eq!(TemporalOrder { marks: 2 }.target_width(), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemporalOrder {
    /// 2 for task 6a, 3 for task 6b.
    pub marks: usize,
}

/// Symbols: a to d are 0 to 3.
const DISTRACTORS: usize = 4;
const X: usize = 4;
const BEGIN: usize = 6;
const END: usize = 7;
const SYMBOLS: usize = 8;

impl TemporalOrder {
    /// Where each mark may be, both ends included.
    fn places(&self) -> &'static [(usize, usize)] {
        match self.marks {
            2 => &[(10, 20), (50, 60)],
            _ => &[(10, 20), (33, 43), (66, 76)],
        }
    }
}

impl Task for TemporalOrder {
    fn input_width(&self) -> usize {
        SYMBOLS
    }

    fn target_width(&self) -> usize {
        1 << self.places().len()
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let steps = between(random, 100, 110);
        let marks: Vec<(usize, usize)> =
            self.places().iter().map(|&(low, high)| (between(random, low, high), random.below(2))).collect();
        for position in 1..=steps {
            let mark = marks.iter().find(|(at, _)| *at == position);
            let symbol = match (position, mark) {
                (1, _) => BEGIN,
                (_, Some((_, which))) => X + which,
                _ if position == steps => END,
                _ => random.below(DISTRACTORS),
            };
            push_one_hot(inputs, symbol, SYMBOLS);
        }
        let class = marks.iter().fold(0, |class, (_, which)| 2 * class + which);
        push_one_hot(targets, class, self.target_width());
    }

    fn correct(&self, _: &[f32], targets: &[f32], outputs: &[f32]) -> bool {
        all_within(outputs, targets, 0.3)
    }
}

#[cfg(test)]
mod tests {
    use super::super::largest;
    use super::super::tests::Look;
    use super::*;

    #[test]
    fn marks_are_where_the_paper_has_them_and_decide_the_class() {
        for marks in [2, 3] {
            let task = TemporalOrder { marks };
            let examples = task.dataset(3, 0, 1_500).unwrap();
            let mut counts = vec![0; task.target_width()];
            for i in 0..examples.len() {
                let symbols: Vec<usize> = examples.x(i).chunks(SYMBOLS).map(largest).collect();
                assert!((100..=110).contains(&symbols.len()));
                assert_eq!((symbols[0], symbols[symbols.len() - 1]), (BEGIN, END));
                let found: Vec<_> =
                    symbols.iter().enumerate().filter(|(_, s)| (X..=X + 1).contains(*s)).collect();
                assert_eq!(found.len(), marks);
                let mut class = 0;
                for ((at, symbol), (low, high)) in found.into_iter().zip(task.places()) {
                    assert!((low..=high).contains(&&(at + 1)));
                    class = 2 * class + (symbol - X);
                }
                assert_eq!(largest(examples.y(i)), class);
                counts[class] += 1;
            }
            assert!(counts.iter().all(|&n| n * counts.len() > 1_100), "{counts:?}");
        }
    }
}
