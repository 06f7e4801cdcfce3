//! The words that speak most for each class, over many texts.
//!
//! Input: explanations. Output: a table of words, with their mean contribution and their number of occurrences.

use super::{Explanation, Method};
use serde::Serialize;
use std::collections::BTreeMap;

/// Collects the contributions of words over many texts.
///
/// For each label that was explained, the mean contribution of each word over its occurrences, by one method.
#[derive(Debug, Clone, Default)]
pub struct TopWords {
    /// By label, by word: the sum of contributions and the number of occurrences.
    labels: BTreeMap<String, BTreeMap<String, (f64, usize)>>,
}

/// A word with its mean contribution.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopWord {
    /// The word.
    pub word: String,
    /// The mean contribution to the label.
    pub mean: f64,
    /// The number of occurrences.
    pub count: usize,
}

impl TopWords {
    /// Creates an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the contributions of `method` in one explanation. Words that the vocabulary does not have and words that
    /// the model does not read are left out. A binary model's contributions count for its positive label, and with
    /// the opposite sign for the other label.
    pub fn add(&mut self, explanation: &Explanation, method: Method) {
        let output = &explanation.output;
        let Some(attribution) = explanation.attributions.iter().find(|one| one.method == method) else {
            return;
        };
        let labels = [(&output.label, 1.0), (&output.other, -1.0)];
        for (label, sign) in labels.into_iter().filter_map(|(label, sign)| Some((label.as_ref()?, sign))) {
            let words = self.labels.entry(label.clone()).or_default();
            for (token, value) in explanation.tokens.iter().zip(&attribution.values) {
                if token.known && token.read && !token.text.starts_with('<') {
                    let (sum, count) = words.entry(token.text.clone()).or_default();
                    *sum += sign * value;
                    *count += 1;
                }
            }
        }
    }

    /// Returns, for each label, the `top` words with the highest mean contribution among the words with at least
    /// `min_count` occurrences, highest first.
    pub fn top(&self, top: usize, min_count: usize) -> Vec<(String, Vec<TopWord>)> {
        let of_label = |words: &BTreeMap<String, (f64, usize)>| {
            let mean = |(word, &(sum, count)): (&String, &(f64, usize))| {
                let mean = sum / count as f64;
                (count >= min_count).then(|| TopWord { word: word.clone(), mean, count })
            };
            let mut found: Vec<TopWord> = words.iter().filter_map(mean).collect();
            found.sort_by(|a, b| b.mean.total_cmp(&a.mean));
            found.truncate(top);
            found
        };
        self.labels.iter().map(|(label, words)| (label.clone(), of_label(words))).collect()
    }
}
