//! Guesses columns of texts and of labels.
//!
//! Input: a [`Look`] at a file. Output: the likeliest columns. The score of a column is the weight of its name
//! ([`Name`](super::names::Name)) and of its content; a column with a score of 0 or less is not guessed.
//!
//! | content | as texts | as a label |
//! |---|---|---|
//! | figures, dates, links, codes, lists | −8 | dates, links: −6; lists: 0 |
//! | mostly empty | −8 | −8, with any number of labels 0 |
//! | else | log₂ of the mean length | |
//! | values repeat, or are 0 and 1 | −2 | 5 − ½ log₂ of their number; numbers −1 |
//! | values do not repeat | | −6; only one value: −3 |
//! | several labels in a field | | with any number of labels 4 |
//! | numbers | | for regression 3, row numbers −4, anything else −6 |

use super::content::Holds;
use super::look::{Candidate, Look};
use crate::rows::Problem;

/// The mean length from which words are texts rather than labels.
const LONG: f64 = 60.0;

impl Candidate {
    fn text_score(&self) -> f64 {
        let content = &self.content;
        let holds = match content.holds() {
            _ if content.is_mostly_empty() => -8.0,
            Holds::Words => (1.0 + content.mean_length()).log2(),
            Holds::Object => return f64::MIN,
            _ => -8.0,
        };
        self.words.of_text() + holds + if content.repeats() { -2.0 } else { 0.0 }
    }

    /// Returns the score of the column as one of labels.
    pub(super) fn label_score(&self, problem: &Problem) -> f64 {
        let content = &self.content;
        let kinds = content.distinct();
        let holds = match (problem, content.holds()) {
            (_, Holds::Object) => return f64::MIN,
            (_, Holds::Date | Holds::Link) => -6.0,
            (Problem::Regression { .. }, _) if content.is_row_numbers() => -4.0,
            (Problem::Regression { .. }, _) if content.is_mostly_numbers() => 3.0,
            (Problem::Regression { .. }, _) => -6.0,
            (Problem::MultiLabel { .. }, _) if content.has_several() => 4.0,
            (Problem::MultiLabel { .. }, _) => 0.0,
            _ if content.is_mostly_empty() => -8.0,
            (_, Holds::List) => 0.0,
            _ if kinds <= 1 => -3.0,
            _ if content.repeats() || content.is_flags() => {
                let numbers = if content.is_numbers() && !content.is_flags() { 1.0 } else { 0.0 };
                5.0 - 0.5 * (kinds as f64).log2() - numbers
            }
            _ => -6.0,
        };
        let long = if content.holds() == Holds::Words && content.mean_length() > LONG { -3.0 } else { 0.0 };
        self.words.of_label(problem) + holds + long
    }

    /// Returns whether the column holds words that differ, as a title does and a category does not.
    fn is_prose(&self) -> bool {
        let content = &self.content;
        content.holds() == Holds::Words
            && !content.is_mostly_empty()
            && (content.distinct() > 1 || content.filled == 1)
            && !content.repeats()
    }
}

impl Look {
    /// Returns the likeliest column of texts and column of labels that are not the same column. One that is given
    /// is not guessed.
    pub fn guess(
        &self,
        problem: &Problem,
        texts: &[usize],
        labels: &[usize],
    ) -> (Option<usize>, Option<usize>) {
        let text_scores = self.best(labels, |column| column.text_score());
        // For regression the last column of numbers, else the first column of equals.
        let last = matches!(problem, Problem::Regression { .. });
        let label_scores = self.best_of(texts, last, |column| column.label_score(problem));
        match (texts.is_empty(), labels.is_empty()) {
            (true, true) => {
                let pairs =
                    text_scores.iter().flat_map(|text| label_scores.iter().map(move |label| (text, label)));
                let pairs = pairs.filter(|(text, label)| text.0 != label.0);
                let best = pairs.reduce(|best, pair| {
                    let score = |(text, label): (&(usize, f64), &(usize, f64))| text.1 + label.1;
                    if score(pair) > score(best) { pair } else { best }
                });
                let first = |scores: &[(usize, f64)]| scores.first().map(|best| best.0);
                match best {
                    Some((text, label)) => (Some(text.0), Some(label.0)),
                    None => (first(&text_scores), first(&label_scores)),
                }
            }
            (text, label) => (
                text_scores.first().filter(|_| text).map(|best| best.0),
                label_scores.first().filter(|_| label).map(|best| best.0),
            ),
        }
    }

    /// Returns the columns that are read beside the guessed column of texts, in the order in which they are joined: a
    /// title before it, and columns that differ from it in a number, as `sentence1` and `sentence2`.
    pub fn beside(&self, text: usize, taken: &[usize]) -> Vec<usize> {
        let main = &self.columns[text];
        let others = || {
            let free = move |at: &usize| *at != text && !taken.contains(at);
            (0..self.columns.len()).filter(free).filter(|&at| self.columns[at].is_prose())
        };
        let mut all: Vec<usize> =
            others().filter(|&at| self.columns[at].words.is_sibling(&main.words)).collect();
        all.push(text);
        all.sort_unstable();
        if main.words.title().is_none() && main.words.of_text() > 0.0 {
            let titles = others().filter(|at| !all.contains(at));
            let title = titles.filter_map(|at| Some((self.columns[at].words.title()?, at))).min();
            if let Some((_, title)) = title {
                all.insert(0, title);
            }
        }
        all
    }

    /// Returns the two columns with the best scores above 0 that are not in `taken`, the best first.
    fn best(&self, taken: &[usize], score: impl Fn(&Candidate) -> f64) -> Vec<(usize, f64)> {
        self.best_of(taken, false, score)
    }

    fn best_of(&self, taken: &[usize], last: bool, score: impl Fn(&Candidate) -> f64) -> Vec<(usize, f64)> {
        let free = (0..self.columns.len()).filter(|at| !taken.contains(at));
        let mut scores: Vec<(usize, f64)> =
            free.map(|at| (at, score(&self.columns[at]))).filter(|(_, score)| *score > 0.0).collect();
        if last {
            scores.reverse();
        }
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        scores.truncate(2);
        scores
    }
}
