//! Bracket matching: a label for every step.

use super::{Task, between, largest, push_one_hot};
use gatewise::rng::Random;

/// For each step of a string of brackets and letters: how deep is it nested, or is it wrong?
///
/// The symbols are `(`, `)`, `[`, `]` and a letter that means nothing. The label of a step is the depth after
/// it, up to [`depth`](Self::depth), as long as every closing bracket has matched the innermost open one; from
/// the first that does not, the label is "broken" to the end. Half of the strings break somewhere. So the model
/// has to keep a small stack, and one bit for ever.
///
/// ```
/// use gatewise_lab::tasks::{Brackets, Task};
/// let task = Brackets { depth: 3, ..Brackets::default() };
/// assert_eq!((task.input_width(), task.target_width()), (5, 5));     // depths 0 to 3, and broken
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brackets {
    /// The deepest nesting.
    pub depth: usize,
    /// Fewest steps of a string.
    pub shortest: usize,
    /// Most steps of a string.
    pub longest: usize,
}

impl Default for Brackets {
    fn default() -> Self {
        Self { depth: 4, shortest: 10, longest: 60 }
    }
}

/// Symbols: `(`, `[`, then what closes each, then the letter.
const KINDS: usize = 2;
const LETTER: usize = 2 * KINDS;
const SYMBOLS: usize = LETTER + 1;

impl Brackets {
    /// The labels of a string of symbols.
    fn labels(&self, symbols: &[usize]) -> Vec<usize> {
        let broken = self.depth + 1;
        let mut open: Option<Vec<usize>> = Some(Vec::new());
        let mut label = |&symbol: &usize| {
            open = open.take().and_then(|mut stack| match symbol {
                LETTER => Some(stack),
                _ if symbol < KINDS => {
                    stack.push(symbol);
                    (stack.len() <= self.depth).then_some(stack)
                }
                _ => (stack.pop() == Some(symbol - KINDS)).then_some(stack),
            });
            open.as_ref().map_or(broken, Vec::len)
        };
        symbols.iter().map(&mut label).collect()
    }
}

impl Task for Brackets {
    fn input_width(&self) -> usize {
        SYMBOLS
    }

    fn target_width(&self) -> usize {
        self.depth + 2
    }

    fn targets_each_step(&self) -> bool {
        true
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let steps = between(random, self.shortest, self.longest);
        let wrong_at = (random.below(2) == 0).then(|| random.below(steps));
        let mut stack: Vec<usize> = Vec::new();
        let mut symbols = Vec::with_capacity(steps);
        for t in 0..steps {
            let choice = random.below(5);
            let kind = random.below(KINDS);
            symbols.push(match (choice, stack.last().copied()) {
                // A bracket that closes what is not open.
                (_, innermost) if wrong_at == Some(t) => KINDS + innermost.map_or(kind, |open| 1 - open),
                (0 | 1, _) if stack.len() < self.depth => {
                    stack.push(kind);
                    kind
                }
                (2 | 3, Some(open)) => {
                    stack.pop();
                    KINDS + open
                }
                _ => LETTER,
            });
        }
        for (&symbol, label) in symbols.iter().zip(self.labels(&symbols)) {
            push_one_hot(inputs, symbol, SYMBOLS);
            push_one_hot(targets, label, self.target_width());
        }
    }

    /// Whether the largest output is that of the label, at every step.
    fn correct(&self, _: &[f32], targets: &[f32], outputs: &[f32]) -> bool {
        let width = self.target_width();
        let agree = |(target, output): (&[f32], &[f32])| {
            let label = largest(target);
            (0..width).all(|other| other == label || output[label] > output[other])
        };
        targets.len() == outputs.len() && targets.chunks(width).zip(outputs.chunks(width)).all(agree)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Look;
    use super::*;

    #[test]
    fn labels_are_those_of_a_stack() {
        let task = Brackets { depth: 2, ..Brackets::default() };
        let symbols = |text: &str| text.chars().map(|c| "([)]a".find(c).unwrap()).collect::<Vec<_>>();
        for (text, labels) in [
            ("a(a[])", vec![0, 1, 1, 2, 1, 0]),
            ("([)]a", vec![1, 2, 3, 3, 3]),
            (")(", vec![3, 3]),
            ("((()", vec![1, 2, 3, 3]),
        ] {
            assert_eq!(task.labels(&symbols(text)), labels, "{text}");
        }
    }

    #[test]
    fn about_half_break_and_all_depths_occur() {
        let task = Brackets::default();
        let examples = task.dataset(3, 0, 1_000).unwrap();
        let (mut broken, mut depths) = (0, [0; 6]);
        for i in 0..examples.len() {
            let labels: Vec<_> = examples.y(i).chunks(6).map(largest).collect();
            assert!((10..=60).contains(&labels.len()));
            broken += usize::from(labels.last() == Some(&5));
            labels.iter().for_each(|&label| depths[label] += 1);
        }
        assert!((430..570).contains(&broken), "{broken}");
        assert!(depths.iter().all(|&n| n > 500), "{depths:?}");
    }
}
