//! What a user should know about rows before a model is trained on them.
//!
//! Enters: the text and the label of each row, one by one, and its place. Leaves: sentences. Of a row only the hash of
//! its text, the hash of its label and its number are kept.

use hashbrown::HashTable;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Places that are named.
const NAMED: usize = 3;

/// How many rows something is true of, and where the first of them are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Finding {
    pub count: u64,
    places: Vec<String>,
}

impl Finding {
    /// Adds a row; its place is asked for where it will be named.
    pub fn add(&mut self, place: impl FnOnce() -> String) {
        self.count += 1;
        if self.places.len() < NAMED {
            self.places.push(place());
        }
    }

    /// `None` where nothing was found; else the count, what is true of one row or of many, and the places.
    fn told(&self, one: &str, many: &str, rest: &str) -> Option<String> {
        let verb = if self.count == 1 { one } else { many };
        let more = if self.count > NAMED as u64 { ", …" } else { "" };
        (self.count > 0).then(|| format!("{} {verb} {rest} ({}{more})", self.count, self.places.join(", ")))
    }
}

/// A text that was seen.
#[derive(Debug, Clone, Copy)]
struct Seen {
    text: u64,
    label: u32,
    number: u32,
}

/// The texts of the rows so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    seen: HashTable<Seen>,
    repeated: Finding,
    contradicted: Finding,
    without_words: Finding,
}

impl Findings {
    /// Notes the next row: its text, the field of its label, whether there are any words in it, and the number and
    /// the place of its record.
    pub fn note(
        &mut self,
        text: &str,
        label: &str,
        words: bool,
        number: u64,
        place: impl FnOnce() -> String,
    ) {
        if !words {
            return self.without_words.add(place);
        }
        let seen = Seen { text: hash(text), label: hash(label.trim()) as u32, number: number as u32 };
        match self.seen.find(seen.text, |other| other.text == seen.text) {
            None => {
                self.seen.insert_unique(seen.text, seen, |seen| seen.text);
            }
            Some(first) => {
                let finding =
                    if first.label == seen.label { &mut self.repeated } else { &mut self.contradicted };
                finding.add(|| format!("{} as {}", place(), first.number));
            }
        }
    }

    /// Whether a row had this text.
    pub fn knows(&self, text: &str) -> bool {
        let hash = hash(text);
        self.seen.find(hash, |seen| seen.text == hash).is_some()
    }

    /// What was found, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let repeated = "the text and the label of an earlier one";
        let contradicted =
            "the text of an earlier one with another label, so that no model can be right about both";
        let told = [
            self.contradicted.told("row repeats", "rows repeat", contradicted),
            self.repeated.told("row repeats", "rows repeat", repeated),
            self.without_words.told("text has", "texts have", "no words, so that a model can only guess"),
        ];
        told.into_iter().flatten().collect()
    }
}

/// What is said of rows to test on whose texts are in training too.
pub(super) fn overlap(finding: &Finding, rows: usize) -> Option<String> {
    let of = format!("of {rows} to test on");
    finding.told(
        &format!("text {of} is"),
        &format!("texts {of} are"),
        "in training too, which flatters the result",
    )
}

/// Texts are the same where they differ in white space at their ends only.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.trim().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rows_have_in_common_is_told_with_places() {
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
