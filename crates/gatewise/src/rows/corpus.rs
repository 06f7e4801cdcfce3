//! A labelled text corpus as word ranks: the result of every reader of text.

use super::{ColumnNames, Problem, Targets, positive};
use crate::error::Result;
use crate::text::{Sequences, Tokenizer, Vocabulary};

/// The training split or the test split of a [`Corpus`].
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Split {
    /// Word ranks, counted from **1** as in Keras's `word_index` (1 is the most frequent word of the training
    /// split). Rank 0 is a word that the training split does not contain.
    pub words: Sequences,
    /// The target of each row, by [`Corpus::problem`]: the class, an index into [`Corpus::labels`]; a 0 or 1
    /// for each label; or the number.
    pub targets: Targets,
    /// The sample weight of each row; `None` if all rows weigh the same.
    pub weights: Option<Vec<f32>>,
}

impl Split {
    /// Returns the split with these word ranks and one target for each row.
    pub fn new(words: Sequences, targets: impl Into<Targets>) -> Self {
        Self { words, targets: targets.into(), weights: None }
    }
}

/// A labelled corpus as word ranks, independent of the vocabulary size chosen later.
///
/// `vocabulary[rank - 1]` is the word of that rank. Ranks are by count in the **training split only**, the
/// most frequent word first. Words with equal counts are in bytewise order, so that the same files yield the
/// same ranks.
///
/// Readers return a corpus. For rows in memory, [`new`](Self::new) takes the ranks of a
/// [`WordCounter`](crate::text::WordCounter):
///
/// ```
/// use gatewise::rows::{Corpus, Sequences, Split};
/// use gatewise::text::{Tokenizer, WordCounter};
///
/// let texts = [("A fine film.", 1.0), ("A dull film", 0.0), ("Fine!", 1.0)];
/// let (tokenizer, mut counter) = (Tokenizer::default(), WordCounter::new());
/// let numbers = texts.map(|(text, _)| {
///     tokenizer.words(text).iter().filter_map(|word| counter.add(word)).collect::<Vec<u32>>()
/// });
/// let ranking = counter.finish();
/// let rank = |&number: &u32| ranking.ranks[number as usize];
/// let words: Sequences = numbers.iter().map(|row| row.iter().map(rank)).collect();
/// let targets = texts.map(|(_, class)| class).to_vec();
/// let corpus = Corpus::new(ranking.words, Split::new(words, targets), Split::default())
///     .tokenizer(tokenizer)
///     .labels(["neg", "pos"]);
/// assert_eq!(corpus.vocabulary, ["a", "film", "fine", "dull"]);
/// assert_eq!(corpus.train.words.row(2), [3]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Corpus {
    /// The tokenizer that split the texts into words. A model tokenizes other texts with it.
    pub tokenizer: Tokenizer,
    /// The words by rank.
    pub vocabulary: Vec<String>,
    /// The problem that the targets belong to.
    pub problem: Problem,
    /// The names of the classes or labels: `labels[class]`.
    pub labels: Vec<String>,
    /// The training split, which validation splits are taken from.
    pub train: Split,
    /// The test split.
    pub test: Split,
    /// The columns of the file that the rows were read from.
    pub columns: ColumnNames,
    /// The notes of the reader, one sentence each (for example "2 reviews are not UTF-8 …").
    pub notes: Vec<String>,
}

impl Corpus {
    /// Returns the corpus with these words by rank and these splits: single-label, with the default
    /// tokenizer, without label names or notes.
    pub fn new(vocabulary: Vec<String>, train: Split, test: Split) -> Self {
        Self { vocabulary, train, test, ..Self::default() }
    }

    /// Sets the tokenizer that split the texts into words.
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ..self }
    }

    /// Sets the problem that the targets belong to.
    pub fn problem(self, problem: Problem) -> Self {
        Self { problem, ..self }
    }

    /// Sets the names of the classes or labels.
    pub fn labels<L: Into<String>>(self, labels: impl IntoIterator<Item = L>) -> Self {
        Self { labels: labels.into_iter().map(Into::into).collect(), ..self }
    }

    /// Makes `label` the positive class of a corpus with two labels: the last one, whose probability a binary model
    /// outputs. The other label becomes class 0.
    ///
    /// ```
    /// use gatewise::rows::{Corpus, Sequences, Split};
    /// let words: Sequences = [[1], [2]].into_iter().collect();
    /// let split = Split::new(words, vec![0.0, 1.0]);
    /// let corpus = Corpus::new(vec!["a".into(), "b".into()], split, Split::default()).labels(["fraud", "ok"]);
    /// let corpus = corpus.with_positive("fraud")?;
    /// assert_eq!((&corpus.labels[..], corpus.train.targets.values()), (&["ok".into(), "fraud".into()][..], &[1.0, 0.0][..]));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the rows do not have one label each, if there are not two
    /// labels, or if `label` is none of them.
    pub fn with_positive(mut self, label: &str) -> Result<Self> {
        if positive::swaps(label, &self.labels, self.problem == Problem::SingleLabel)? {
            self.labels.swap(0, 1);
            for split in [&mut self.train, &mut self.test] {
                let swapped: Vec<f32> = split.targets.values().iter().map(|class| 1.0 - class).collect();
                split.targets = swapped.into();
            }
        }
        Ok(self)
    }

    /// Sets the columns of the file that the rows were read from.
    pub fn columns(self, columns: ColumnNames) -> Self {
        Self { columns, ..self }
    }

    /// Sets the notes, one sentence each.
    pub fn notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// Returns a vocabulary of the most frequent words: words that occur at least `min_count` times in the
    /// training split and have an id below `max_words` ([`Vocabulary::from_ranked`]).
    ///
    /// ```
    /// use gatewise::{datasets::reviews, text::Tokenizer};
    /// let corpus = reviews::corpus(1, &Tokenizer::default());
    /// assert_eq!(corpus.build_vocabulary(100, 1)?.len(), 96);
    /// assert!(corpus.build_vocabulary(5_000, 1_000)?.len() < corpus.build_vocabulary(5_000, 1)?.len());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Vocabulary::from_ranked`].
    pub fn build_vocabulary(&self, max_words: usize, min_count: usize) -> Result<Vocabulary> {
        let counts = self.counts();
        // Ranks are by count, so that frequent words come first.
        let often = counts.iter().rposition(|&count| count >= min_count as u64).map_or(0, |last| last + 1);
        Vocabulary::from_ranked(&self.vocabulary[..often], max_words)
    }

    /// Estimates the out-of-vocabulary rate of `vocabulary` on unseen texts: the fraction of the running
    /// words of the training split that have no id or occur once. A word that occurs once would have no id
    /// without its own text.
    pub fn oov_rate(&self, vocabulary: &Vocabulary) -> f64 {
        let counts = self.counts();
        let all: u64 = counts.iter().sum();
        let (known, _) = counts.split_at(vocabulary.len().min(counts.len()));
        let sure: u64 = known.iter().filter(|&&count| count > 1).sum();
        if all == 0 { 0.0 } else { (all - sure) as f64 / all as f64 }
    }

    /// Returns the fraction of the running words of the training split that `vocabulary` has; 1 without words.
    pub fn coverage(&self, vocabulary: &Vocabulary) -> f64 {
        let counts = self.counts();
        let (all, known): (u64, u64) = (counts.iter().sum(), counts.iter().take(vocabulary.len()).sum());
        if all == 0 { 1.0 } else { known as f64 / all as f64 }
    }

    /// Returns the count of each word in the training split, by rank.
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
        let corpus = Corpus { vocabulary, train: Split::new(words, vec![0.0, 1.0]), ..Corpus::default() };
        for (max_words, min_count, known, rate) in [
            (100, 1, 4, 0.25),
            (100, 2, 2, 0.25),
            (100, 3, 1, 0.5),
            (100, 5, 0, 1.0),
            (5, 1, 1, 0.5),
            (3, 1, 0, 1.0),
        ] {
            let vocabulary = corpus.build_vocabulary(max_words, min_count).unwrap();
            assert_eq!(vocabulary.len(), known, "{max_words} words, {min_count} times");
            assert_eq!(corpus.oov_rate(&vocabulary), rate, "{max_words} words, {min_count} times");
        }
        let none = Corpus::default();
        assert_eq!(none.oov_rate(&none.build_vocabulary(10, 1).unwrap()), 0.0);
    }
}
