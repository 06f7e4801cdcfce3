//! The embedded Reber grammar (section 5.1 of the paper).

use super::{Task, push_one_hot};
use gatewise::rng::Random;

/// Predict the next symbol of a string of the embedded Reber grammar.
///
/// The Reber grammar makes strings of B, T, P, S, X, V and E: from a state one of two symbols, equally likely,
/// leads to the next. The embedded one puts such a string between `BT` and `TE` or between `BP` and `PE`: the
/// last but one symbol is the second one, which must be remembered all the while.
///
/// At each step the target is the symbol that follows. A string is processed correctly when at every step the
/// outputs of the symbols that may follow are the most active ones. The paper trains on 256 strings and stops
/// when those and 256 test strings all are: LSTM needed 8,440 to 39,740 sequences, by size and learning rate,
/// and succeeded in 97 to 100 % of trials.
///
/// ```
/// use gatewise_lab::tasks::EmbeddedReber;
/// assert!(EmbeddedReber::accepts("BTBTXSETE") && EmbeddedReber::accepts("BPBPVVEPE"));
/// assert!(!EmbeddedReber::accepts("BTBTXSEPE"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedReber;

/// The symbols in the order of inputs and outputs.
const SYMBOLS: [char; 7] = ['B', 'T', 'P', 'S', 'X', 'V', 'E'];
const B: usize = 0;
const T: usize = 1;
const P: usize = 2;
const S: usize = 3;
const X: usize = 4;
const V: usize = 5;
const E: usize = 6;

/// From each state of the inner grammar: symbol and next state.
const INNER: [&[(usize, usize)]; 7] = [
    &[(B, 1)],
    &[(T, 2), (P, 3)],
    &[(S, 2), (X, 4)],
    &[(T, 3), (V, 5)],
    &[(X, 3), (S, 6)],
    &[(P, 4), (V, 6)],
    &[(E, DONE)],
];
const DONE: usize = 7;

/// A place in the outer grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Choose,
    /// The symbol to return, and the state of the inner grammar.
    Inside(usize, usize),
    Return(usize),
    Finish,
    Done,
}

impl State {
    /// What may follow here, and where it leads.
    fn ways(self) -> Vec<(usize, State)> {
        match self {
            Self::Start => vec![(B, Self::Choose)],
            Self::Choose => vec![(T, Self::Inside(T, 0)), (P, Self::Inside(P, 0))],
            Self::Inside(outer, inner) => {
                let leads = |next| if next == DONE { Self::Return(outer) } else { Self::Inside(outer, next) };
                INNER[inner].iter().map(|&(symbol, next)| (symbol, leads(next))).collect()
            }
            Self::Return(outer) => vec![(outer, Self::Finish)],
            Self::Finish => vec![(E, Self::Done)],
            Self::Done => Vec::new(),
        }
    }

    fn after(self, symbol: usize) -> Option<State> {
        self.ways().into_iter().find(|way| way.0 == symbol).map(|way| way.1)
    }
}

impl EmbeddedReber {
    /// Whether `string` belongs to the grammar.
    pub fn accepts(string: &str) -> bool {
        let symbol = |c| SYMBOLS.iter().position(|&s| s == c);
        let end = string.chars().try_fold(State::Start, |state, c| state.after(symbol(c)?));
        end == Some(State::Done)
    }
}

impl Task for EmbeddedReber {
    fn input_width(&self) -> usize {
        SYMBOLS.len()
    }

    fn target_width(&self) -> usize {
        SYMBOLS.len()
    }

    fn targets_each_step(&self) -> bool {
        true
    }

    fn draw(&self, random: &mut Random, inputs: &mut Vec<f32>, targets: &mut Vec<f32>) {
        let mut state = State::Start;
        let mut last = None;
        while state != State::Done {
            let ways = state.ways();
            let (symbol, next) = ways[random.below(ways.len())];
            if let Some(last) = last {
                push_one_hot(inputs, last, SYMBOLS.len());
                push_one_hot(targets, symbol, SYMBOLS.len());
            }
            (last, state) = (Some(symbol), next);
        }
    }

    fn correct(&self, inputs: &[f32], _: &[f32], outputs: &[f32]) -> bool {
        let width = SYMBOLS.len();
        let mut state = Some(State::Start);
        outputs.len() == inputs.len()
            && inputs.chunks(width).zip(outputs.chunks(width)).all(|(input, output)| {
                state = state.and_then(|state| state.after(super::largest(input)));
                let Some(state) = state else { return false };
                let may: Vec<usize> = state.ways().into_iter().map(|way| way.0).collect();
                let (follow, others): (Vec<_>, Vec<_>) = (0..width).partition(|symbol| may.contains(symbol));
                // Written so that an output that is not a number is wrong.
                follow.iter().all(|&yes| others.iter().all(|&no| output[yes] > output[no]))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::super::largest;
    use super::super::tests::Look;
    use super::*;

    #[test]
    fn draws_what_it_accepts() {
        let examples = EmbeddedReber.dataset(3, 0, 2_000).unwrap();
        let (mut outer_t, mut shortest, mut longest) = (0, usize::MAX, 0);
        for i in 0..examples.len() {
            let symbols = |values: &[f32]| values.chunks(7).map(largest).collect::<Vec<_>>();
            let (inputs, targets) = (symbols(examples.x(i)), symbols(examples.y(i)));
            assert_eq!(inputs[1..], targets[..targets.len() - 1]);
            let string: String = inputs.iter().chain(targets.last()).map(|&s| SYMBOLS[s]).collect();
            assert!(EmbeddedReber::accepts(&string), "{string}");
            outer_t += usize::from(inputs[1] == T);
            shortest = shortest.min(string.len());
            longest = longest.max(string.len());
            // One other symbol anywhere is no string of the grammar, but where both are allowed.
            let swapped = string[..1].to_owned() + if inputs[1] == T { "P" } else { "T" } + &string[2..];
            assert!(!EmbeddedReber::accepts(&swapped), "{swapped}");
        }
        assert!((900..1_100).contains(&outer_t), "{outer_t}");
        // The paper: the shortest lag is 7 steps, so that strings have at least 9 symbols.
        assert_eq!(shortest, 9);
        assert!(longest > 25, "{longest}");
    }

    #[test]
    fn known_strings() {
        for inner in ["BTSSXXTVVE", "BPVVE", "BTXXVPSE", "BPVPXVPXVPXVVE", "BTSXXVPSE"] {
            assert!(EmbeddedReber::accepts(&format!("BT{inner}TE")), "{inner}");
            assert!(!EmbeddedReber::accepts(&format!("BT{inner}PE")), "{inner}");
        }
        for inner in ["BTSSPXSE", "BPTVVB", "BTXXVVSE", "BPVSPSE", "BTSSSE"] {
            assert!(!EmbeddedReber::accepts(&format!("BT{inner}TE")), "{inner}");
        }
        for other in ["", "B", "BTBTXSETE!", "BTBTXSETEE", "BTBTXSET"] {
            assert!(!EmbeddedReber::accepts(other), "{other}");
        }
    }

    #[test]
    fn all_that_may_follow_must_lead() {
        let mut inputs = Vec::new();
        push_one_hot(&mut inputs, B, 7);
        let mut outputs = vec![0.0; 7];
        (outputs[T], outputs[P], outputs[S]) = (0.6, 0.3, 0.2);
        assert!(EmbeddedReber.correct(&inputs, &[], &outputs));
        outputs[S] = 0.3;
        assert!(!EmbeddedReber.correct(&inputs, &[], &outputs));
    }
}
