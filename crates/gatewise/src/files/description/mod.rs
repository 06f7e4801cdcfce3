//! Descriptive statistics of labelled texts, with suggested settings.
//!
//! Input: the rows of each label, the rows of each length and the count of each word. Output: a
//! [`Description`], which prints as a report and serializes as an object.

mod display;

use super::row_labels::RowLabels;
use crate::text::IdPolicy;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Descriptive statistics of labelled texts (see
/// [`LabelledTexts::describe`](super::LabelledTexts::describe)). `Display` formats a report of 80 columns;
/// `Serialize` yields an object. Fractions are between 0 and 1 and serialize as `share`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The name of the text column; several names are separated by commas.
    pub text_column: String,
    /// The name of the label column.
    pub label_column: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of bad rows that were skipped.
    pub skipped: u64,
    /// The labels or numbers of the rows.
    #[serde(flatten)]
    pub labels: LabelSummary,
    /// The lengths of the rows, in words.
    pub lengths: LengthSummary,
    /// The words of the rows.
    #[serde(rename = "word_summary")]
    pub words: WordSummary,
    /// The smallest round `max_words` that covers at least 95 % of the running words, and the covered
    /// fraction. As in Keras, `max_words` includes the ids of the special tokens (pad, start,
    /// out-of-vocabulary).
    pub max_words: Suggestion,
    /// The smallest round `maxlen` that truncates at most 5 % of the rows, and the fraction of rows that fit.
    /// `maxlen` includes the start token.
    pub maxlen: Suggestion,
    /// Notes about the rows, one sentence each (see [`LabelledTexts::notes`](super::LabelledTexts::notes)),
    /// and the reason if nothing can be learned from the rows.
    pub notes: Vec<String>,
}

/// The labels or numbers of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub enum LabelSummary {
    /// Classification, single-label or multi-label.
    #[serde(rename = "label_summary")]
    #[non_exhaustive]
    Labels {
        /// The labels, the most frequent first; labels with equal counts are in alphabetical order.
        counts: Vec<LabelCount>,
        /// The mean number of labels of a row.
        per_row: f64,
        /// The number of rows without a label.
        rows_without: usize,
    },
    /// Regression: one number for each row.
    #[serde(rename = "number_summary")]
    #[non_exhaustive]
    Numbers {
        /// The smallest number.
        min: f32,
        /// The mean.
        mean: f64,
        /// The population standard deviation.
        standard_deviation: f64,
        /// The largest number.
        max: f32,
    },
}

/// A label and its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LabelCount {
    /// The name of the label.
    pub label: String,
    /// The number of rows with the label.
    pub rows: usize,
    /// The fraction of rows with the label.
    #[serde(rename = "share")]
    pub fraction: f64,
}

/// The lengths of rows, in words. A percentile is the smallest length that at least this percentage of the
/// rows does not exceed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LengthSummary {
    /// The length of the shortest row.
    pub min: usize,
    /// The median length.
    pub median: usize,
    /// The mean length.
    pub mean: f64,
    /// The 90th percentile.
    pub p90: usize,
    /// The 95th percentile.
    pub p95: usize,
    /// The 99th percentile.
    pub p99: usize,
    /// The length of the longest row.
    pub max: usize,
    /// The histogram: at most ten bins of a round width up to [`p99`](Self::p99), and an open bin for longer
    /// rows.
    pub histogram: Vec<Bin>,
}

/// A bin of a histogram of lengths.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bin {
    /// The smallest length of the bin.
    pub from: usize,
    /// The largest length of the bin; `None` for the open bin.
    pub to: Option<usize>,
    /// The number of rows in the bin.
    pub rows: usize,
    /// The fraction of rows in the bin.
    #[serde(rename = "share")]
    pub fraction: f64,
}

/// The words of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WordSummary {
    /// The number of running words: all words of all rows, repetitions included.
    pub running: u64,
    /// The number of distinct words.
    pub distinct: usize,
    /// The number of words that occur once.
    pub once: usize,
    /// The coverage of vocabularies of several sizes. The last one contains all words.
    pub coverage: Vec<Coverage>,
}

/// The coverage of a vocabulary.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// The size of the vocabulary: the most frequent words.
    pub words: usize,
    /// The fraction of running words that the vocabulary contains.
    #[serde(rename = "share")]
    pub fraction: f64,
}

/// A suggested value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Suggestion {
    /// The suggested value.
    pub value: usize,
    /// The fraction of running words that have an id, or of rows that fit.
    #[serde(rename = "share")]
    pub fraction: f64,
}

/// The vocabulary sizes in the coverage.
const SIZES: [usize; 7] = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000];

/// The fraction that a suggestion covers at least.
const ENOUGH: f64 = 0.95;

/// The maximum number of bins of a histogram, not counting the open bin.
const STEPS: usize = 10;

impl LabelSummary {
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
        let counted = |(label, count)| LabelCount { label, rows: count, fraction: fraction(count, rows) };
        Self::Labels {
            counts: tally.into_iter().map(counted).collect(),
            per_row: given as f64 / rows as f64,
            rows_without: labels.rows_without(),
        }
    }
}

/// The number of rows of each length.
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

    /// Returns the statistics; there must be a row.
    pub fn lengths(&self) -> LengthSummary {
        let running: f64 = self.counts.iter().map(|(&length, &rows)| length as f64 * rows as f64).sum();
        let percentile = |percent| self.percentile(percent);
        LengthSummary {
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

    /// Returns the smallest round length that truncates few rows, the start token included.
    pub fn maxlen(&self) -> Suggestion {
        let fit = |length: &usize| fraction(self.between(0, length - 1), self.rows);
        suggestion(round(&[10, 12, 15, 20, 25, 30, 40, 50, 60, 80], 1), fit)
    }

    /// Returns the smallest length that at least `percent` of the rows do not exceed.
    fn percentile(&self, percent: usize) -> usize {
        let wanted = (self.rows * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().find(|(_, rows)| {
            seen += **rows;
            seen >= wanted
        });
        found.map_or(0, |(&length, _)| length)
    }

    fn histogram(&self) -> Vec<Bin> {
        let (min, most, max) = (self.percentile(0), self.percentile(99), self.percentile(100));
        let narrow = |width: &usize| most / width - min / width < STEPS;
        let width = round(&[1, 2, 5], 1).find(narrow).unwrap_or(usize::MAX);
        let end = (most / width + 1) * width;
        let bin = |from: usize, to: Option<usize>| {
            let rows = self.between(from, to.unwrap_or(usize::MAX));
            Bin { from, to, rows, fraction: fraction(rows, self.rows) }
        };
        let steps = (min / width..=most / width).map(|step| bin(step * width, Some((step + 1) * width - 1)));
        steps.chain((max >= end).then(|| bin(end, None))).collect()
    }

    /// Returns the number of rows with lengths from `first` to `last`.
    fn between(&self, first: usize, last: usize) -> usize {
        self.counts.range(first..=last).map(|(_, rows)| rows).sum()
    }
}

impl WordSummary {
    /// Returns the statistics of these word counts and the suggested vocabulary size.
    pub(super) fn of(mut counts: Vec<u64>) -> (Self, Suggestion) {
        counts.retain(|&count| count > 0);
        counts.sort_unstable_by_key(|&count| Reverse(count));
        let (distinct, once) = (counts.len(), counts.iter().filter(|&&count| count == 1).count());
        // The cumulative counts.
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
        let coverage = sizes.map(|words| Coverage { words, fraction: covered(words) }).collect();
        // The ids of special tokens, up to `index_from`.
        let reserved = IdPolicy::default().index_from as usize + 1;
        let max_words = suggestion(round(&[1, 2, 3, 5], 100), |size| covered(size - reserved));
        (Self { running, distinct, once, coverage }, max_words)
    }
}

/// Returns the first of `values` that covers enough.
fn suggestion(values: impl Iterator<Item = usize>, covers: impl Fn(&usize) -> f64) -> Suggestion {
    let mut suggestions = values.map(|value| Suggestion { fraction: covers(&value), value });
    suggestions.find(|suggestion| suggestion.fraction >= ENOUGH).expect("a large enough value covers all")
}

/// Returns `numbers` times `first`, then times ten, and so on.
fn round(numbers: &[usize], first: usize) -> impl Iterator<Item = usize> {
    let factors = std::iter::successors(Some(first), |factor| factor.checked_mul(10));
    factors.flat_map(|factor| numbers.iter().filter_map(move |number| number.checked_mul(factor)))
}

fn fraction(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests;
