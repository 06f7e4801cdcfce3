//! Data quality checks: duplicate texts, contradicting labels and texts without words.
//!
//! Input: the text, the label and the place of each row, one by one. Output: one sentence for each finding.
//! The hash of the text, the hash of the label and the number of each row are kept, and nothing else.

use crate::rows::label_key;
use hashbrown::HashTable;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// The maximum number of places in a sentence.
const NAMED: usize = 3;

/// The number of rows with a property, and the places of the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Finding {
    pub count: u64,
    places: Vec<String>,
}

impl Finding {
    /// Adds a row. `place` is called only if the place will be part of the sentence.
    pub fn add(&mut self, place: impl FnOnce() -> String) {
        self.count += 1;
        if self.places.len() < NAMED {
            self.places.push(place());
        }
    }

    /// Returns a sentence with the count and the places, or `None` if there is no row.
    fn sentence(&self, one: &str, many: &str, rest: &str) -> Option<String> {
        let verb = if self.count == 1 { one } else { many };
        let more = if self.count > NAMED as u64 { ", …" } else { "" };
        (self.count > 0).then(|| format!("{} {verb} {rest} ({}{more})", self.count, self.places.join(", ")))
    }
}

/// The hashes and the number of a row.
#[derive(Debug, Clone, Copy)]
struct Seen {
    text: u64,
    label: u32,
    number: u32,
    row: u32,
}

/// The findings about the rows so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    seen: HashTable<Seen>,
    repeated: Finding,
    contradicted: Finding,
    without_words: Finding,
    /// Rows whose text is in an earlier row too, each with the first such row.
    repeats: Vec<(u32, u32)>,
    rows: u32,
}

impl Findings {
    /// Adds the next row: its text, its label field, whether the text has words, and the number and the place
    /// of its record.
    pub fn note(
        &mut self,
        text: &str,
        label: &str,
        words: bool,
        number: u64,
        place: impl FnOnce() -> String,
    ) {
        let row = self.rows;
        self.rows = row.saturating_add(1);
        if !words {
            return self.without_words.add(place);
        }
        let label = hash(&label_key(label.trim())) as u32;
        let seen = Seen { text: hash(text), label, number: number as u32, row };
        match self.seen.find(seen.text, |other| other.text == seen.text) {
            None => {
                self.seen.insert_unique(seen.text, seen, |seen| seen.text);
            }
            Some(first) => {
                self.repeats.push((row, first.row));
                let finding =
                    if first.label == seen.label { &mut self.repeated } else { &mut self.contradicted };
                finding.add(|| format!("{} as {}", place(), first.number));
            }
        }
    }

    /// Returns the number of rows whose text is in an earlier row too.
    pub fn repeats(&self) -> usize {
        self.repeats.len()
    }

    /// Returns the group of each of `rows` rows: the first row with the same text.
    pub fn groups(&self, rows: usize) -> Vec<u32> {
        let mut groups: Vec<u32> = (0..rows as u32).collect();
        self.repeats.iter().for_each(|&(row, first)| groups[row as usize] = first);
        groups
    }

    /// Returns whether a row has this text.
    pub fn knows(&self, text: &str) -> bool {
        let hash = hash(text);
        self.seen.find(hash, |seen| seen.text == hash).is_some()
    }

    /// Returns one sentence for each finding.
    pub fn sentences(&self) -> Vec<String> {
        let repeated = "the text and the label of an earlier one";
        let contradicted =
            "the text of an earlier one with another label, so that no model can be right about both";
        let sentences = [
            self.contradicted.sentence("row repeats", "rows repeat", contradicted),
            self.repeated.sentence("row repeats", "rows repeat", repeated),
            self.without_words.sentence("text has", "texts have", "no words, so that a model can only guess"),
        ];
        sentences.into_iter().flatten().collect()
    }
}

/// Returns a sentence about test rows whose texts are in the training rows too.
pub(super) fn overlap(finding: &Finding, rows: usize) -> Option<String> {
    let of = format!("of {rows} to test on");
    finding.sentence(
        &format!("text {of} is"),
        &format!("texts {of} are"),
        "in training too, which flatters the result",
    )
}

/// Hashes a text. Texts that differ in leading or trailing white space only have equal hashes.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.trim().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_places() {
        let mut findings = Findings::default();
        let rows = [
            ("a b", "x"),
            ("c", "y"),
            (" a b", "x "),
            ("c", "x"),
            ("", "y"),
            ("a b", "x"),
            ("a b", "x"),
            ("a b", "x"),
        ];
        for (number, (text, label)) in (2..).zip(rows) {
            findings.note(text, label, !text.is_empty(), number, || format!("rows:{number}"));
        }
        assert_eq!(
            findings.sentences(),
            [
                "1 row repeats the text of an earlier one with another label, so that no model can be right about both \
                 (rows:5 as 3)",
                "4 rows repeat the text and the label of an earlier one (rows:4 as 2, rows:7 as 2, rows:8 as 2, …)",
                "1 text has no words, so that a model can only guess (rows:6)",
            ]
        );
        assert!(findings.knows("c\n") && !findings.knows("d") && Findings::default().sentences().is_empty());
    }
}
