//! What labelled texts are like: how many, how long, of which labels and words, and what suits them.
//!
//! Enters: how many rows have each label and each length, and how often each word stands in them. Leaves: a
//! [`Description`], a page of text or an object.

mod display;

use super::row_labels::RowLabels;
use crate::text::IdPolicy;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What labelled texts are like (see [`LabelledTexts::describe`](super::LabelledTexts::describe)): a page of text where
/// it is printed, an object where it is serialized. Shares are of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The column that the texts were found in; several with commas between.
    pub text_column: String,
    /// The column that the labels were found in.
    pub label_column: String,
    /// Rows.
    pub rows: usize,
    /// Bad rows of the file, which were skipped.
    pub skipped: u64,
    /// What the rows are to be answered with.
    #[serde(flatten)]
    pub answers: Answers,
    /// How many words the rows have.
    pub lengths: Lengths,
    /// Which words they have.
    pub words: Words,
    /// The smallest round `max_words` with which at least 95 % of the running words have ids of their own, and that
    /// share. Ids that are no words (pad, start, unknown) are counted in, as Keras does.
    pub max_words: Suggestion,
    /// The smallest round `maxlen` that at least 95 % of the rows fit in whole, the start mark counted in, and that
    /// share.
    pub maxlen: Suggestion,
    /// What a user should know, a sentence each (see [`LabelledTexts::notes`](super::LabelledTexts::notes)), and why
    /// nothing could be learnt from these rows, where that is so.
    pub notes: Vec<String>,
}

/// What rows are to be answered with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answers {
    /// Names, one a row or any number.
    Labels {
        /// The labels, the commonest first, equally common ones by name.
        counts: Vec<LabelCount>,
        /// Labels that a row has, on average.
        per_row: f64,
        /// Rows that have none.
        rows_without: usize,
    },
    /// A number a row.
    Numbers {
        /// The smallest.
        min: f32,
        /// Their mean.
        mean: f64,
        /// Their standard deviation (dividing by their count).
        standard_deviation: f64,
        /// The largest.
        max: f32,
    },
}

/// A label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelCount {
    /// Its name.
    pub label: String,
    /// Rows that have it.
    pub rows: usize,
    /// Their share of all rows.
    pub share: f64,
}

/// How many words rows have. A percentile is the smallest length that at least so many percent of the rows do not
/// exceed; the median is that of 50 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lengths {
    /// Of the shortest row.
    pub min: usize,
    /// Half of the rows are no longer.
    pub median: usize,
    /// Words a row, on average.
    pub mean: f64,
    /// 90 % of the rows are no longer.
    pub p90: usize,
    /// 95 % of the rows are no longer.
    pub p95: usize,
    /// 99 % of the rows are no longer.
    pub p99: usize,
    /// Of the longest row.
    pub max: usize,
    /// Rows by length: ten or fewer steps of a round width up to [`p99`](Self::p99), and what is above.
    pub histogram: Vec<Bucket>,
}

/// The rows of some lengths.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bucket {
    /// The smallest of these lengths.
    pub from: usize,
    /// The largest; of the last bucket `None` where it is open.
    pub to: Option<usize>,
    /// Rows of such lengths.
    pub rows: usize,
    /// Their share of all rows.
    pub share: f64,
}

/// Which words rows have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Words {
    /// All words of all rows, each as often as it occurs.
    pub running: u64,
    /// Different ones.
    pub distinct: usize,
    /// Of these, words that occur only once.
    pub once: usize,
    /// What vocabularies of several sizes would know, last of them all words.
    pub coverage: Vec<Coverage>,
}

/// What a vocabulary of some size would know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// The commonest so many words …
    pub words: usize,
    /// … are this share of all running words.
    pub share: f64,
}

/// A setting, and the share that it serves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The number to set.
    pub value: usize,
    /// The share of running words that are known, or of rows that fit.
    pub share: f64,
}

/// The sizes of vocabularies whose coverage is told.
const SIZES: [usize; 7] = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000];

/// What is to be served by a suggestion.
const ENOUGH: f64 = 0.95;

/// Steps of a histogram below the open one at its end.
const STEPS: usize = 10;

impl Answers {
    pub(super) fn of(labels: &RowLabels) -> Self {
        let rows = labels.len();
        if let Some(values) = labels.values() {
            let all = || values.iter().map(|&value| f64::from(value));
            let mean = all().sum::<f64>() / rows as f64;
            let variance = all().map(|value| (value - mean).powi(2)).sum::<f64>() / rows as f64;
            return Self::Numbers {
                min: values.iter().copied().fold(f32::INFINITY, f32::min),
                mean,
                standard_deviation: variance.sqrt(),
                max: values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            };
        }
        let mut tally = labels.tally();
        tally.sort_by_key(|(_, rows)| Reverse(*rows));
        let given: usize = tally.iter().map(|(_, rows)| rows).sum();
        let counted = |(label, count)| LabelCount { label, rows: count, share: share(count, rows) };
        Self::Labels {
            counts: tally.into_iter().map(counted).collect(),
            per_row: given as f64 / rows as f64,
            rows_without: labels.rows_without(),
        }
    }
}

/// How many rows there are of each length.
#[derive(Debug, Clone, Default)]
pub(super) struct LengthTally {
    counts: BTreeMap<usize, usize>,
    rows: usize,
}

impl LengthTally {
    /// Counts a row.
    pub fn add(&mut self, length: usize) {
        *self.counts.entry(length).or_default() += 1;
        self.rows += 1;
    }

    /// What is to be known of at least one row.
    pub fn lengths(&self) -> Lengths {
        let running: f64 = self.counts.iter().map(|(&length, &rows)| length as f64 * rows as f64).sum();
        let percentile = |percent| self.percentile(percent);
        Lengths {
            min: percentile(0),
            median: percentile(50),
            mean: running / self.rows as f64,
            p90: percentile(90),
            p95: percentile(95),
            p99: percentile(99),
            max: percentile(100),
            histogram: self.histogram(),
        }
    }

    /// The smallest round length that enough rows fit in, with a start mark before the words.
    pub fn maxlen(&self) -> Suggestion {
        let fit = |length: &usize| share(self.between(0, length - 1), self.rows);
        suggestion(round(&[10, 12, 15, 20, 25, 30, 40, 50, 60, 80], 1), fit)
    }

    /// The smallest length that at least `percent` of the rows do not exceed.
    fn percentile(&self, percent: usize) -> usize {
        let wanted = (self.rows * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().find(|(_, rows)| {
            seen += **rows;
            seen >= wanted
        });
        found.map_or(0, |(&length, _)| length)
    }

    fn histogram(&self) -> Vec<Bucket> {
        let (min, most, max) = (self.percentile(0), self.percentile(99), self.percentile(100));
        let narrow = |width: &usize| most / width - min / width < STEPS;
        let width = round(&[1, 2, 5], 1).find(narrow).unwrap_or(usize::MAX);
        let end = (most / width + 1) * width;
        let bucket = |from: usize, to: Option<usize>| {
            let rows = self.between(from, to.unwrap_or(usize::MAX));
            Bucket { from, to, rows, share: share(rows, self.rows) }
        };
        let steps =
            (min / width..=most / width).map(|step| bucket(step * width, Some((step + 1) * width - 1)));
        steps.chain((max >= end).then(|| bucket(end, None))).collect()
    }

    /// Rows whose length is from `first` to `last`.
    fn between(&self, first: usize, last: usize) -> usize {
        self.counts.range(first..=last).map(|(_, rows)| rows).sum()
    }
}

impl Words {
    /// From how often each word occurs, and the suggested size of a vocabulary.
    pub(super) fn of(mut counts: Vec<u64>) -> (Self, Suggestion) {
        counts.retain(|&count| count > 0);
        counts.sort_unstable_by_key(|&count| Reverse(count));
        let (distinct, once) = (counts.len(), counts.iter().filter(|&&count| count == 1).count());
        // How many running words are among the commonest so many.
        let mut known = counts;
        known.iter_mut().fold(0, |sum, count| {
            *count += sum;
            *count
        });
        let running = known.last().copied().unwrap_or_default();
        let covered = |words: usize| {
            let known = words.min(distinct).checked_sub(1).map_or(0, |last| known[last]);
            if running == 0 { 1.0 } else { known as f64 / running as f64 }
        };
        let sizes = SIZES.into_iter().filter(|&size| size < distinct).chain([distinct]);
        let coverage = sizes.map(|words| Coverage { words, share: covered(words) }).collect();
        // Those ids up to that from which words count.
        let reserved = IdPolicy::default().index_from as usize + 1;
        let max_words = suggestion(round(&[1, 2, 3, 5], 100), |size| covered(size - reserved));
        (Self { running, distinct, once, coverage }, max_words)
    }
}

/// The first of `values` that serves enough.
fn suggestion(values: impl Iterator<Item = usize>, serves: impl Fn(&usize) -> f64) -> Suggestion {
    let mut served = values.map(|value| Suggestion { share: serves(&value), value });
    served.find(|suggestion| suggestion.share >= ENOUGH).expect("a large enough number serves all")
}

/// These numbers, times `first`, times ten, and so on.
fn round(numbers: &[usize], first: usize) -> impl Iterator<Item = usize> {
    let factors = std::iter::successors(Some(first), |factor| factor.checked_mul(10));
    factors.flat_map(|factor| numbers.iter().filter_map(move |number| number.checked_mul(factor)))
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests;
