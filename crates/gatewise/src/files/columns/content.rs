//! What a column holds.
//!
//! Input: the fields of the first records. Output: the share of numbers, dates, links, codes, lists, objects and
//! words among them, their mean length, and how many differ.

use super::super::FieldKind;
use super::super::label_list;
use super::super::numbers::is_number;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The kind of the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holds {
    /// Words, or a single word.
    Words,
    /// A field without a letter, such as a number.
    Figures,
    /// A date or a time, such as `Tue Feb 24 2015`, `2015-02-24T11:35:52Z`, `24.02.2015` or `11:35`.
    Date,
    /// An address of a page, or an e-mail address.
    Link,
    /// One word with a digit in it, such as `B00A7X`: an identifier.
    Code,
    /// A list of plain values.
    List,
    /// An object, or another nested value.
    Object,
}

const KINDS: usize = 7;

/// The content of a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub rows: usize,
    /// The number of fields that are not empty.
    pub filled: usize,
    characters: usize,
    kinds: [usize; KINDS],
    /// Numbers, also as people write them, and numbers or truth values that are 0 or 1.
    numbers: usize,
    flags: usize,
    /// Whole numbers that are one more than the number of the row before, and the number of the last row.
    rising: usize,
    last: Option<i64>,
    /// Fields that contain the separator of labels.
    separated: usize,
    /// Lists with other than one item.
    several: usize,
    distinct: HashSet<u64>,
}

impl Content {
    /// Adds the field of the next record.
    pub fn add(&mut self, field: Option<&str>, kind: FieldKind, separator: Option<&str>) {
        self.rows += 1;
        let field = field.unwrap_or_default().trim();
        if field.is_empty() {
            return;
        }
        self.filled += 1;
        self.characters += field.chars().count();
        let holds = kind_of(field, kind);
        self.kinds[holds as usize] += 1;
        self.numbers += usize::from(field.parse::<f32>().is_ok_and(f32::is_finite) || is_number(field));
        let whole = field.parse::<i64>().ok();
        let is_next = whole.is_some() && whole == self.last.and_then(|last| last.checked_add(1));
        self.rising += usize::from(is_next);
        self.last = whole;
        self.flags += usize::from(flag(field).is_some());
        self.separated += usize::from(separator.is_some_and(|separator| field.contains(separator)));
        if holds == Holds::List {
            let items = label_list::items(field);
            self.several += usize::from(items.is_some_and(|items| items.len() != 1));
        }
        let mut hasher = DefaultHasher::new();
        field.hash(&mut hasher);
        self.distinct.insert(hasher.finish());
    }

    /// Returns the kind of nearly all fields; words if they differ.
    pub fn holds(&self) -> Holds {
        use Holds::{Code, Date, Figures, Link, List, Object, Words};
        let most = |kind: &Holds| self.kinds[*kind as usize] * 10 >= self.filled * 9 && self.filled > 0;
        [Figures, Date, Link, Code, List, Object].into_iter().find(most).unwrap_or(Words)
    }

    /// Returns whether all fields are lists; empty fields are lists without items.
    pub fn is_lists(&self) -> bool {
        self.filled > 0 && self.kinds[Holds::List as usize] == self.filled
    }

    /// Returns whether each field is a list with one item.
    pub fn is_lists_of_one(&self) -> bool {
        self.is_lists() && self.several == 0
    }

    /// Returns whether all fields are numbers.
    pub fn is_numbers(&self) -> bool {
        self.filled > 0 && self.numbers == self.filled
    }

    /// Returns whether nearly all fields are numbers.
    pub fn is_mostly_numbers(&self) -> bool {
        self.filled > 0 && self.numbers * 10 >= self.filled * 9
    }

    /// Returns whether the fields count the rows.
    pub fn is_row_numbers(&self) -> bool {
        const FEW: usize = 5;
        self.filled >= FEW && self.rising + 1 == self.filled
    }

    /// Returns whether the fields are 0 and 1, and both occur.
    pub fn is_flags(&self) -> bool {
        self.filled > 0 && self.flags == self.filled && self.distinct.len() == 2
    }

    /// Returns whether a field contains the separator of labels, or several items in a list.
    pub fn has_several(&self) -> bool {
        self.separated + self.several > 0
    }

    /// Returns whether more than half of the fields are empty.
    pub fn is_mostly_empty(&self) -> bool {
        2 * self.filled < self.rows
    }

    pub fn distinct(&self) -> usize {
        self.distinct.len()
    }

    /// Returns whether values repeat: there are two, and at most half as many as fields.
    pub fn repeats(&self) -> bool {
        self.distinct() >= 2 && 2 * self.distinct() <= self.filled
    }

    /// Returns the mean length in characters, which Chinese texts have fewer of.
    pub fn mean_length(&self) -> f64 {
        self.characters as f64 / self.filled.max(1) as f64
    }
}

/// Returns the value of a field that is 0 or 1.
pub(super) fn flag(field: &str) -> Option<bool> {
    match field.trim() {
        "1" | "1.0" | "true" | "True" | "TRUE" => Some(true),
        "0" | "0.0" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn kind_of(field: &str, kind: FieldKind) -> Holds {
    let is_word = !field.contains(char::is_whitespace);
    if field.starts_with('[') && label_list::items(field).is_some() {
        Holds::List
    } else if kind == FieldKind::Json || (field.starts_with('{') && field.ends_with('}')) {
        Holds::Object
    } else if is_date_in_figures(field) {
        Holds::Date
    } else if !field.contains(char::is_alphabetic) && field.is_ascii() {
        Holds::Figures
    } else if is_word && (field.contains("://") || field.starts_with("www.") || is_email(field)) {
        Holds::Link
    } else if is_date(field) {
        Holds::Date
    } else if is_word && field.is_ascii() && field.contains(|c: char| c.is_ascii_digit()) {
        Holds::Code
    } else {
        Holds::Words
    }
}

fn is_email(field: &str) -> bool {
    field.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// Returns whether a field is a date or a time with letters: numbers, the names of months and days, and zones.
fn is_date(field: &str) -> bool {
    const NAMES: [&str; 19] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue",
        "wed", "thu", "fri", "sat", "sun",
    ];
    const MARKS: [&str; 10] = ["t", "z", "am", "pm", "utc", "gmt", "st", "nd", "rd", "th"];
    if field.len() > 40 || !field.is_ascii() {
        return false;
    }
    let bytes = field.as_bytes();
    let runs = bytes.chunk_by(|a, b| {
        (a.is_ascii_digit() && b.is_ascii_digit()) || (a.is_ascii_alphabetic() && b.is_ascii_alphabetic())
    });
    let mut numbers = 0;
    for run in runs {
        let word = String::from_utf8_lossy(run).to_ascii_lowercase();
        let known = match run[0] {
            b'0'..=b'9' => {
                numbers += 1;
                run.len() <= 9
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                MARKS.contains(&&*word)
                    || NAMES.contains(&word.get(..3).unwrap_or_default())
                    || (word.len() == 3 && word.ends_with("t"))
            }
            byte => b" ,:./-+".contains(&byte),
        };
        if !known {
            return false;
        }
    }
    numbers >= 2
}

/// Returns whether a field is a date, a time, or both, in figures. One slash or hyphen does not make a date of `4/5` and
/// `18-25`, unless there is a year, as in `03/2020`.
fn is_date_in_figures(field: &str) -> bool {
    let is_clock = |part: &str| {
        let part = part.split_once('.').map_or(part, |(seconds, _)| seconds);
        let groups: Vec<&str> = part.split(':').collect();
        let is_pair = |group: &&str| group.len() == 2;
        (2..=3).contains(&groups.len()) && groups[0].len() <= 2 && groups[1..].iter().all(is_pair)
    };
    let is_day = |part: &str| {
        ['.', '/', '-'].into_iter().any(|mark| {
            let is_short = |group: &&str| (1..=2).contains(&group.len());
            match *part.split(mark).collect::<Vec<_>>() {
                [day, month, ""] => mark == '.' && is_short(&day) && is_short(&month),
                [a, b] => mark != '.' && ((is_short(&a) && b.len() == 4) || (a.len() == 4 && is_short(&b))),
                [a, b, c] => {
                    let is_year = |group: &str| group.len() == 4 || group.len() == 2;
                    let ends = (is_short(&a) && is_year(c)) || (a.len() == 4 && is_short(&c));
                    ends && is_short(&b)
                }
                _ => false,
            }
        })
    };
    let is_zone = |part: &str| part.starts_with(['+', '-']) && (part.len() == 5 || part.len() == 6);
    let has_figures = |part: &&str| {
        let known = |byte: u8| byte.is_ascii_digit() || b".:/-+".contains(&byte);
        part.bytes().all(known) && part.contains(|c: char| c.is_ascii_digit())
    };
    let mut parts = field.split_ascii_whitespace();
    let is_first = |part: &str| is_clock(part) || is_day(part);
    field.len() <= 40
        && field.split_ascii_whitespace().all(|part| has_figures(&part))
        && parts.next().is_some_and(is_first)
        && parts.all(|part| is_first(part) || is_zone(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_of_a_kind() {
        for (kind, fields) in [
            (
                Holds::Figures,
                &["12", "-3.5", "+49 30 123", "5/10", "2:1", "18-25", "1.5", "1.2.3", "1,5"][..],
            ),
            (
                Holds::Date,
                &["2015-02-24T11:35:52Z", "Tue Feb 24 11:35:52 -0800 2015", "Mar 4, 2021", "24 PDT 11:00 AM"],
            ),
            (
                Holds::Date,
                &[
                    "2021-03-04",
                    "12:30",
                    "9:05:10",
                    "01.03.2020",
                    "1.3.",
                    "3/1/20",
                    "03/2020",
                    "2015-02-24 11:35:52 -0800",
                ],
            ),
            (Holds::Link, &["https://a.b/c?d=1", "www.a.de", "a.b@c.org"]),
            (Holds::Code, &["B00A7X", "user_12", "3f2a-99", "img1.jpg"]),
            (Holds::List, &["[]", "['a', 'b']", "[1, 2]"]),
            (Holds::Object, &["{'a': 1}"]),
            (
                Holds::Words,
                &["good", "so it goes", "1st film, mar 2", "电影很好", "😀", "I'm 20", "see http://a.b"],
            ),
        ] {
            fields.iter().for_each(|field| assert_eq!(kind_of(field, FieldKind::Text), kind, "{field}"));
        }
    }

    #[test]
    fn a_column_is_what_nearly_all_of_its_fields_are() {
        let mut content = Content::default();
        (0..19).for_each(|n| content.add(Some(&n.to_string()), FieldKind::Text, None));
        content.add(Some("none"), FieldKind::Text, None);
        content.add(None, FieldKind::Missing, None);
        assert_eq!((content.holds(), content.filled, content.distinct()), (Holds::Figures, 20, 20));
        assert!(!content.is_numbers() && !content.repeats() && !content.is_mostly_empty());
        assert_eq!(Content::default().holds(), Holds::Words);
    }
}
