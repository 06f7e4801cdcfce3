//! A labelled text corpus after its words have been counted: what every reader of text produces.

use super::{Problem, Targets};
use crate::error::Result;
use crate::text::{Sequences, Tokenizer, Vocabulary};

/// One part (train or test) of a [`Corpus`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Split {
    /// Word ranks, counted from **1** as in Keras's `word_index` (1 = the commonest word of the
    /// training part); 0 stands for a word that the training part does not contain.
    pub words: Sequences,
    /// What each row should be answered with, as [`Corpus::problem`] has it: its class, an index into
    /// [`Corpus::labels`]; a 0 or 1 for each of these; or its number.
    pub targets: Targets,
}

/// A corpus as word ranks, independent of any later choice of vocabulary size.
///
/// `vocabulary[rank - 1]` is the word of that rank. Ranks are by count in the **training part only**,
/// commonest first; equal counts are ordered by the word itself, so the same files always give the
/// same ranks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Corpus {
    /// What cut the texts into words; a model has to cut other texts in the same way.
    pub tokenizer: Tokenizer,
    /// Words by rank.
    pub vocabulary: Vec<String>,
    /// What is asked about the rows.
    pub problem: Problem,
    /// Names of classes or labels: `labels[class]`.
    pub labels: Vec<String>,
    /// The rows to learn from (validation is cut from these).
    pub train: Split,
    /// The rows held out for the final score.
    pub test: Split,
    /// What the reader had to report (for example "2 reviews were not UTF-8 …"), a sentence each.
    pub notes: Vec<String>,
}

impl Corpus {
    /// A vocabulary of the commonest words: those that the training part has at least `min_count` times, and as many
    /// of them as have ids below `max_words` ([`Vocabulary::from_ranked`]).
    ///
    /// ```
    /// use gatewise::{datasets::reviews, text::Tokenizer};
    /// let corpus = reviews::corpus(1, &Tokenizer::default());
    /// assert_eq!(corpus.words(100, 1)?.len(), 96);
    /// assert!(corpus.words(5_000, 1_000)?.len() < corpus.words(5_000, 1)?.len());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Vocabulary::from_ranked`].
    pub fn words(&self, max_words: usize, min_count: usize) -> Result<Vocabulary> {
        let counts = self.counts();
        // Ranks are by count, so that those seen often enough come first.
        let often = counts.iter().rposition(|&count| count >= min_count as u64).map_or(0, |last| last + 1);
        Vocabulary::from_ranked(&self.vocabulary[..often], max_words)
    }

    /// How much of other texts of this kind `vocabulary` will not know: the share of the words of the training part
    /// that have no id, or that are the only one of their kind and so would have none had their text not been there.
    pub fn oov_rate(&self, vocabulary: &Vocabulary) -> f64 {
        let counts = self.counts();
        let all: u64 = counts.iter().sum();
        let (known, _) = counts.split_at(vocabulary.len().min(counts.len()));
        let sure: u64 = known.iter().filter(|&&count| count > 1).sum();
        if all == 0 { 0.0 } else { (all - sure) as f64 / all as f64 }
    }

    /// How often the training part has each word, by rank.
    fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.vocabulary.len()];
        for &rank in self.train.words.ids() {
            if let Some(count) = (rank as usize).checked_sub(1).and_then(|word| counts.get_mut(word)) {
                *count += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_are_unknown() {
        let words = [vec![1, 1, 1, 2], vec![1, 2, 3, 4]].into_iter().collect();
        let vocabulary = ["a", "b", "c", "d"].map(String::from).into();
        let corpus = Corpus {
            vocabulary,
            train: Split { words, targets: vec![0.0, 1.0].into() },
            ..Corpus::default()
        };
        for (max_words, min_count, known, rate) in [
            (100, 1, 4, 0.25),
            (100, 2, 2, 0.25),
            (100, 3, 1, 0.5),
            (100, 5, 0, 1.0),
            (5, 1, 1, 0.5),
            (3, 1, 0, 1.0),
        ] {
            let vocabulary = corpus.words(max_words, min_count).unwrap();
            assert_eq!(vocabulary.len(), known, "{max_words} words, {min_count} times");
            assert_eq!(corpus.oov_rate(&vocabulary), rate, "{max_words} words, {min_count} times");
        }
        let none = Corpus::default();
        assert_eq!(none.oov_rate(&none.words(10, 1).unwrap()), 0.0);
    }
}
