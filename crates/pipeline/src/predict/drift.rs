//! How many words a model did not know, and whether that is far more than in training.

use gatewise::{Answer, Artifact};
use serde::Serialize;

/// Of fewer texts nothing is told, unless it is a warning.
const HANDFUL: usize = 20;
/// Words that a warning needs.
const MIN_WORDS: usize = 50;
/// A rate is far above that of training when it is more than twice that and this.
const MARGIN: f64 = 0.05;

/// How many words of texts were unknown to a model.
///
/// ```
/// use gatewise_pipeline::{Drift, Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(0).no_baseline(true).plan()?.run(&mut ())?;
/// let mut drift = Drift::default();
/// drift.count(&outcome.artifact.predict(&["zwei drei vier ".repeat(20)])?);
/// assert_eq!((drift.words, drift.unknown), (60, 60));
/// assert!(drift.warning(&outcome.artifact).unwrap().contains("100.0 % of the words are unknown"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// Texts.
    pub texts: usize,
    /// Their words.
    pub words: usize,
    /// Of these, those that the vocabulary does not hold.
    pub unknown: usize,
}

impl Drift {
    /// Counts answers.
    pub fn count(&mut self, answers: &[Answer]) {
        self.texts += answers.len();
        for Answer { words, oov, .. } in answers {
            self.words += words;
            self.unknown += oov;
        }
    }

    /// Returns how many words were unknown, in a sentence, where there were more than a handful of texts.
    pub fn sentence(&self, artifact: &Artifact) -> Option<String> {
        let expected = artifact.training().oov_rate;
        let expected =
            expected.map_or(String::new(), |rate| format!("; {:.1} % were to be expected", 100.0 * rate));
        (self.texts > HANDFUL)
            .then(|| format!("Unknown words: {:.1} % of {}{expected}", 100.0 * self.rate(), self.words))
    }

    /// Returns a warning where the texts are not like those that `artifact` was trained on.
    pub fn warning(&self, artifact: &Artifact) -> Option<String> {
        let expected = artifact.training().oov_rate.filter(|&expected| self.drifted(expected))?;
        Some(format!(
            "{:.1} % of the words are unknown to the model, where {:.1} % were to be expected: these texts are not like \
             those that it was trained on, and its answers may be worth little",
            100.0 * self.rate(),
            100.0 * expected
        ))
    }

    fn rate(&self) -> f64 {
        self.unknown as f64 / self.words.max(1) as f64
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
            assert_eq!(Drift { texts: 1, words, unknown }.drifted(expected), drifted, "{unknown} of {words}");
        }
    }
}
