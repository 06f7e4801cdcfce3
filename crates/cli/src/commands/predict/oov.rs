//! How many words a model did not know, and whether that is far more than in training.

use crate::note;
use gatewise::{Answer, Artifact};

/// Of fewer texts nothing is told, unless it is a warning.
const HANDFUL: usize = 20;
/// Words that a warning needs.
const MIN_WORDS: usize = 50;
/// A rate is far above that of training when it is more than twice that and this.
const MARGIN: f64 = 0.05;

/// What was counted so far.
#[derive(Debug, Default)]
pub struct Oov {
    texts: usize,
    words: usize,
    unknown: usize,
}

impl Oov {
    pub fn count(&mut self, answers: &[Answer]) {
        self.texts += answers.len();
        for Answer { words, oov, .. } in answers {
            self.words += words;
            self.unknown += oov;
        }
    }

    /// Tells how many words were unknown, where there were more than a handful of texts, and warns of texts that are
    /// not like those of training.
    pub fn report(&self, artifact: &Artifact) {
        let rate = self.unknown as f64 / self.words.max(1) as f64;
        let expected = artifact.training().oov_rate;
        if self.texts > HANDFUL {
            let expected =
                expected.map_or(String::new(), |rate| format!("; {:.1} % were to be expected", 100.0 * rate));
            note!("Unknown words: {:.1} % of {}{expected}", 100.0 * rate, self.words);
        }
        if let Some(expected) = expected.filter(|&expected| self.drifted(expected)) {
            note!(
                "warning: {:.1} % of the words are unknown to the model, where {:.1} % were to be expected: these texts \
                 are not like those that it was trained on, and its answers may be worth little",
                100.0 * rate,
                100.0 * expected
            );
        }
    }

    fn drifted(&self, expected: f64) -> bool {
        self.words >= MIN_WORDS && self.unknown as f64 > (2.0 * expected + MARGIN) * self.words as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_twice_what_was_expected_and_five_points() {
        for (words, unknown, expected, drifted) in [
            (100, 15, 0.05, false),
            (100, 16, 0.05, true),
            (49, 49, 0.0, false),
            (50, 3, 0.0, true),
            (50, 50, 0.5, false),
            (0, 0, 0.0, false),
        ] {
            assert_eq!(Oov { texts: 1, words, unknown }.drifted(expected), drifted, "{unknown} of {words}");
        }
    }
}
