//! Drift: the number of out-of-vocabulary words, and a warning if it is far above the expected number.

use gatewise::{Answer, Artifact};
use serde::Serialize;

/// With fewer texts than this, only warnings are reported.
const HANDFUL: usize = 20;
/// The number of words that a warning needs.
const MIN_WORDS: usize = 50;
/// A rate is far above the expected rate if it exceeds twice the expected rate plus this.
const MARGIN: f64 = 0.05;

/// Counts the out-of-vocabulary words of texts.
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
    /// Number of texts.
    pub texts: usize,
    /// Number of words.
    pub words: usize,
    /// Number of words that are not in the vocabulary.
    pub unknown: usize,
}

impl Drift {
    /// Counts the words of predictions.
    pub fn count(&mut self, answers: &[Answer]) {
        self.texts += answers.len();
        for Answer { words, oov, .. } in answers {
            self.words += words;
            self.unknown += oov;
        }
    }

    /// Returns a sentence with the rate of unknown words, or a note that all words of few texts are unknown; otherwise `None`
    /// for few texts.
    pub fn sentence(&self, artifact: &Artifact) -> Option<String> {
        if self.texts <= HANDFUL {
            let texts = if self.texts == 1 { "text" } else { "texts" };
            return (self.words > 0 && self.unknown == self.words)
                .then(|| format!("note: no word of the {texts} is known to the model"));
        }
        let expected = artifact.training().oov_rate;
        let expected =
            expected.map_or(String::new(), |rate| format!("; {:.1} % were expected", 100.0 * rate));
        Some(format!("Unknown words: {:.1} % of {}{expected}", 100.0 * self.rate(), self.words))
    }

    /// Returns a warning if the texts differ from the training texts of `artifact`.
    pub fn warning(&self, artifact: &Artifact) -> Option<String> {
        let expected = artifact.training().oov_rate.filter(|&expected| self.drifted(expected))?;
        Some(format!(
            "{:.1} % of the words are unknown to the model, but {:.1} % were expected: these texts differ from the training \
             texts, and the predictions may be unreliable",
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
