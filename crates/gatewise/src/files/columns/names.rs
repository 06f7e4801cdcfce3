//! What the names of columns are evidence of.
//!
//! Input: a column's name. Output: its words, and weights for a column of texts and for a column of labels.
//!
//! The last word of a name is its head: `review text` is a text, `text id` is an id. A head that the tables
//! have decides; else another word that they have counts half.

use crate::rows::Problem;

/// A weight far below the weights of content: whatever such a column holds, another is better.
const NEVER: f64 = -8.0;

type Weights = &'static [(&'static str, f64)];

const TEXTS: Weights = &[
    ("text", 10.0),
    ("sentence", 9.0),
    ("review", 8.0),
    ("content", 7.0),
    ("body", 7.0),
    ("message", 6.0),
    ("comment", 6.0),
    ("question", 5.0),
    ("tweet", 5.0),
    ("post", 5.0),
    ("premise", 5.0),
    ("document", 5.0),
    ("article", 4.0),
    ("description", 4.0),
    ("abstract", 4.0),
    ("phrase", 4.0),
];

/// Short texts that stand above a longer one, the likeliest first.
const TITLES: &[&str] = &["title", "headline", "subject", "summary", "heading"];

/// Texts of which both are needed, by their heads.
const PAIRS: [[&str; 2]; 3] = [["premise", "hypothesis"], ["question", "passage"], ["question", "context"]];

/// Words of columns that are neither texts nor labels.
const NEITHER: &[&str] = &[
    "id",
    "uuid",
    "index",
    "url",
    "link",
    "date",
    "time",
    "timestamp",
    "datetime",
    "year",
    "path",
    "image",
    "email",
    "hash",
    "count",
    "number",
    "length",
    "nr",
    "no",
    "num",
    "idx",
    "row",
    "unnamed",
];

const NOT_TEXTS: Weights = &[
    ("label", NEVER),
    ("score", NEVER),
    ("rating", NEVER),
    ("star", NEVER),
    ("author", NEVER),
    ("user", NEVER),
    ("username", NEVER),
    ("language", NEVER),
    ("lang", NEVER),
    ("file", NEVER),
    ("filename", NEVER),
    ("name", -2.0),
];

const NOT_LABELS: Weights = &[
    ("confidence", NEVER),
    ("probability", NEVER),
    ("reason", NEVER),
    ("text", NEVER),
    ("review", NEVER),
    ("body", NEVER),
    ("title", NEVER),
];

const CLASSES: Weights = &[
    ("label", 10.0),
    ("class", 9.0),
    ("category", 8.0),
    ("sentiment", 8.0),
    ("target", 8.0),
    ("polarity", 7.0),
    ("emotion", 6.0),
    ("intent", 6.0),
    ("star", 6.0),
    ("rating", 6.0),
    ("overall", 6.0),
    ("score", 5.0),
    ("genre", 5.0),
    ("topic", 5.0),
    ("tag", 5.0),
    ("y", 5.0),
    ("type", 3.0),
    ("kind", 3.0),
];

const SETS: Weights = &[
    ("label", 10.0),
    ("tag", 9.0),
    ("genre", 8.0),
    ("category", 8.0),
    ("topic", 7.0),
    ("class", 6.0),
    ("target", 5.0),
    ("y", 4.0),
];

const NUMBERS: Weights = &[
    ("target", 10.0),
    ("score", 9.0),
    ("rating", 8.0),
    ("overall", 8.0),
    ("star", 7.0),
    ("value", 6.0),
    ("price", 6.0),
    ("amount", 5.0),
    ("label", 5.0),
    ("y", 5.0),
];

/// The name of a column as words: `reviewText`, `Review_Text` and `review text` are `review`, `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    words: Vec<String>,
}

impl Name {
    pub fn new(name: &str) -> Self {
        let mut words = vec![String::new()];
        let chars: Vec<char> = name.chars().collect();
        for (at, &c) in chars.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| chars[before]);
            let starts = before.is_some_and(|before| {
                let hump = c.is_uppercase() && before.is_lowercase();
                // The last capital of `HTMLText`.
                let last = c.is_uppercase()
                    && before.is_uppercase()
                    && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
                hump || last || c.is_numeric() != before.is_numeric()
            });
            if starts || !c.is_alphanumeric() {
                words.push(String::new());
            }
            if c.is_alphanumeric() {
                words.last_mut().expect("there is a word").extend(c.to_lowercase());
            }
        }
        words.retain(|word| !word.is_empty());
        Self { words }
    }

    /// Returns whether two names differ in case and separators only.
    pub fn is(&self, other: &Self) -> bool {
        self.words.concat() == other.words.concat()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns whether two names differ in their numbers only, as `sentence1` and `sentence2`, or are a pair, as
    /// `premise` and `hypothesis`.
    pub fn is_sibling(&self, other: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.words.last(), other.words.last())
            && PAIRS.iter().any(|pair| pair.contains(&&**a) && pair.contains(&&**b) && a != b)
        {
            return true;
        }
        let is_number = |word: &String| word.chars().all(char::is_numeric);
        let stem =
            |name: &Self| name.words.iter().filter(|word| !is_number(word)).cloned().collect::<Vec<_>>();
        let is_numbered = |name: &Self| name.words.iter().any(is_number);
        is_numbered(self) && is_numbered(other) && stem(self) == stem(other) && !stem(self).is_empty()
    }

    /// Returns the weight of the name for a column of texts.
    pub fn of_text(&self) -> f64 {
        let title = |word: &str| TITLES.contains(&word).then_some(1.0);
        let weight = |word: &str| {
            weight(TEXTS, word).or_else(|| title(word)).or_else(|| weight(NOT_TEXTS, word)).or(neither(word))
        };
        // `text` before `label_text`.
        self.weigh(weight) + f64::from(u8::from(self.words.len() == 1 && self.weigh(weight) > 0.0))
    }

    /// Returns the weight of the name for a column of labels.
    pub fn of_label(&self, problem: &Problem) -> f64 {
        let usual = match problem {
            Problem::SingleLabel => CLASSES,
            Problem::MultiLabel { .. } => SETS,
            Problem::Regression { .. } => NUMBERS,
        };
        let weight = |word: &str| weight(usual, word).or_else(|| weight(NOT_LABELS, word)).or(neither(word));
        match self.words.first() {
            Some(first) if self.words.len() > 1 && matches!(&**first, "is" | "has") => 5.0,
            _ => self.weigh(weight),
        }
    }

    /// Returns the rank of the name among titles.
    pub fn title(&self) -> Option<usize> {
        let head = self.words.last()?;
        TITLES.iter().position(|title| title == head)
    }

    fn weigh(&self, weight: impl Fn(&str) -> Option<f64>) -> f64 {
        let words: Vec<String> = self.words.iter().map(|word| singular(word)).collect();
        let mut words = words.iter().rev().filter(|word| !word.chars().all(char::is_numeric));
        match words.next().and_then(|head| weight(head)) {
            Some(weight) => weight,
            None => words.filter_map(|word| weight(word)).fold(0.0, f64::max) / 2.0,
        }
    }
}

fn weight(weights: Weights, word: &str) -> Option<f64> {
    weights.iter().find(|(known, _)| *known == word).map(|(_, weight)| *weight)
}

fn neither(word: &str) -> Option<f64> {
    NEITHER.contains(&word).then_some(NEVER)
}

/// Returns a word without the ending of its plural.
fn singular(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) if stem.len() > 2 => format!("{stem}y"),
        _ => match word.strip_suffix('s') {
            Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem.to_owned(),
            _ => word.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_however_they_are_written() {
        for name in ["review text", "reviewText", "Review_Text", "REVIEW-TEXT", "review.text", "ReviewText"] {
            assert_eq!(Name::new(name).words, ["review", "text"], "{name}");
        }
        assert_eq!(Name::new("HTMLText2").words, ["html", "text", "2"]);
        assert_eq!(Name::new("Größe").words, ["größe"]);
        assert!(Name::new("").words.is_empty() && Name::new("--").words.is_empty());
        assert!(Name::new("review text").is(&Name::new("ReviewText")));
        assert!(Name::new("reviewtext").is(&Name::new("Review Text")));
    }

    #[test]
    fn the_last_word_decides() {
        let text = |name: &str| Name::new(name).of_text();
        assert_eq!(
            [text("comment_text"), text("text"), text("text_id"), text("clean text 2")],
            [10., 11., NEVER, 10.]
        );
        assert_eq!([text("text cleaned"), text("title"), text("words")], [5., 2., 0.]);
        let label = |name: &str| Name::new(name).of_label(&Problem::SingleLabel);
        assert_eq!([label("airline_sentiment"), label("airline_sentiment_confidence")], [8., NEVER]);
        assert_eq!([label("Stars"), label("is_spam"), label("Categories"), label("class")], [6., 5., 8., 9.]);
        assert_eq!(label("airline_sentiment_gold"), 4.);
    }
}
