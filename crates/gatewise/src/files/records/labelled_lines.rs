//! Records of lines with a label and a text: fastText's `__label__x text`, `label<TAB>text`, `text<TAB>label`, and TREC's
//! `LABEL:fine text`.
//!
//! Input: lines. Output: records with a label and a text.

use super::input::Input;
use super::{Column, FieldKind, Flaw, Opened, Record, Source};
use crate::error::{Error, Result};
use std::collections::HashSet;

/// The mark of a label in fastText's files.
const MARK: &str = "__label__";
/// The maximum length of a label that is found by looking.
const MAX_LABEL: usize = 48;

/// Where the label of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Words that start with `__label__`. With `several`, the labels of a line are a list.
    FastText { several: bool },
    /// Before the first tab.
    TabAfter,
    /// After the last tab.
    TabBefore,
    /// Before the first blank: a coarse label, `:`, and a fine label.
    Trec,
}

/// A reader of lines.
pub(super) struct LabelledLines {
    input: Input,
    layout: Layout,
}

impl LabelledLines {
    /// Finds the layout by looking at the first lines.
    pub fn open(mut input: Input) -> Result<Opened> {
        let (first, whole) = input.sample();
        let end = if whole { first.len() } else { memchr::memrchr(b'\n', first).unwrap_or(first.len()) };
        let Some(layout) = layout(&String::from_utf8_lossy(&first[..end])) else {
            return Err(Error::data(format!(
                "{} is not a file of lines with a label and a text: __label__x and a text, a label, a tab and a text, or LABEL:fine \
                 and a text were expected",
                input.name
            )));
        };
        let mut notes = std::mem::take(&mut input.notes);
        notes.push(layout.note().to_owned());
        Ok(Opened { notes, ..Opened::new(Self { input, layout }, layout.columns()) })
    }
}

impl Source for LabelledLines {
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        let Some(line) = self.input.read_wanted(record, |line| !line.trim().is_empty())? else {
            return Ok(false);
        };
        self.layout.cut(&line, record).map_err(Flaw::Record)?;
        record.raw = line;
        Ok(true)
    }
}

/// Returns the layout of lines, of which `text` are the first.
pub(super) fn layout(text: &str) -> Option<Layout> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let count = lines().count();
    if lines().next()?.trim_start().starts_with(MARK) {
        let several = lines().any(|line| marked(line).0.len() > 1);
        return Some(Layout::FastText { several });
    }
    if count > 1 && lines().all(|line| trec(line).is_some()) {
        return Some(Layout::Trec);
    }
    let of = |split: fn(&str) -> Option<(&str, &str)>| {
        let halves = lines().map(split).collect::<Option<Vec<_>>>()?;
        Some(
            (0..2)
                .map(|half| {
                    let column =
                        halves.iter().map(|pair| if half == 0 { pair.0.trim() } else { pair.1.trim() });
                    are_labels(&column.collect::<Vec<_>>())
                })
                .collect::<Vec<_>>(),
        )
    };
    if of(|line| line.split_once('\t'))?[0] {
        return Some(Layout::TabAfter);
    }
    of(|line| line.rsplit_once('\t'))?[1].then_some(Layout::TabBefore)
}

/// Returns whether these are labels of lines: short, and few different ones. If the first occurs once only, it may be the
/// name of a column.
fn are_labels(column: &[&str]) -> bool {
    let distinct: HashSet<&&str> = column.iter().collect();
    let short =
        column.iter().all(|label| !label.is_empty() && label.len() <= MAX_LABEL && !label.contains('\t'));
    let header = column.iter().filter(|label| **label == column[0]).count() == 1 && column.len() > 3;
    short && !header && distinct.len() > 1 && 2 * distinct.len() <= column.len()
}

/// Returns the labels of a line of fastText, and its text.
fn marked(line: &str) -> (Vec<&str>, String) {
    let mut labels = Vec::new();
    let mut rest = line.trim_start();
    // The text keeps its blanks.
    while let Some(label) = rest.strip_prefix(MARK) {
        let end = label.find(char::is_whitespace).unwrap_or(label.len());
        labels.push(label[..end].trim_end_matches(','));
        rest = label[end..].trim_start_matches([' ', '\t', ',']);
    }
    if !rest.contains(MARK) {
        return (labels, rest.to_owned());
    }
    let (more, words): (Vec<&str>, Vec<&str>) =
        rest.split_whitespace().partition(|word| word.starts_with(MARK));
    labels.extend(more.iter().map(|label| &label[MARK.len()..]));
    (labels, words.join(" "))
}

/// Returns the coarse label, both labels, and the text of a line of TREC.
fn trec(line: &str) -> Option<(&str, &str, &str)> {
    let (both, text) = line.trim_start().split_once([' ', '\t'])?;
    let (coarse, fine) = both.split_once(':')?;
    let upper = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let word =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let sound =
        !coarse.is_empty() && upper(coarse) && !fine.is_empty() && word(fine) && !text.trim().is_empty();
    sound.then_some((coarse, both, text.trim()))
}

impl Layout {
    /// Returns the columns of the records.
    pub fn columns(self) -> Vec<Column> {
        let column = |name: &str, kind| Column::new(name, kind);
        match self {
            Self::FastText { several: true } => {
                vec![column("labels", FieldKind::Json), column("text", FieldKind::Text)]
            }
            Self::Trec => ["label", "fine_label", "text"].map(|name| column(name, FieldKind::Text)).to_vec(),
            _ => ["label", "text"].map(|name| column(name, FieldKind::Text)).to_vec(),
        }
    }

    /// Returns the note about the layout.
    pub fn note(self) -> &'static str {
        match self {
            Self::FastText { several: false } => {
                "the lines are fastText's: __label__ and a label, then the text"
            }
            Self::FastText { several: true } => {
                "the lines are fastText's: each has any number of labels (__label__…), then the text"
            }
            Self::TabAfter => "each line is a label, a tab and a text",
            Self::TabBefore => "each line is a text, a tab and a label",
            Self::Trec => {
                "each line is a label, ':', a finer label and a text; labels are the part before ':', and with --label-column \
                 fine_label both parts"
            }
        }
    }

    /// Cuts `line` into the fields of `record`.
    pub fn cut(self, line: &str, record: &mut Record) -> Result<(), String> {
        let mut push = |text: &str| record.push(FieldKind::Text, text.trim());
        match self {
            Self::FastText { several } => {
                let (labels, text) = marked(line);
                match (&*labels, several) {
                    ([], _) => return Err(format!("there is no {MARK}… in this line")),
                    (labels, true) => record.push(FieldKind::Json, &serde_json::json!(labels).to_string()),
                    ([label], false) => push(label),
                    (labels, false) => {
                        return Err(format!(
                            "this line has {} labels where the lines before it have one; leave one of them",
                            labels.len()
                        ));
                    }
                }
                record.push(FieldKind::Text, &text);
            }
            Self::TabAfter => {
                let (label, text) = line.split_once('\t').ok_or(NO_TAB)?;
                [label, text].into_iter().for_each(push);
            }
            Self::TabBefore => {
                let (text, label) = line.rsplit_once('\t').ok_or(NO_TAB)?;
                [label, text].into_iter().for_each(push);
            }
            Self::Trec => {
                let (coarse, both, text) =
                    trec(line).ok_or("this line does not start with LABEL:fine and a blank")?;
                [coarse, both, text].into_iter().for_each(push);
            }
        }
        Ok(())
    }
}

const NO_TAB: &str = "there is no tab between a label and a text in this line";

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(layout: Layout, line: &str) -> Result<Vec<String>, String> {
        let mut record = Record::default();
        layout.cut(line, &mut record)?;
        Ok(record.fields().map(|field| field.unwrap().to_owned()).collect())
    }

    #[test]
    fn lines_are_known_by_their_first_bytes() {
        for (text, wanted) in [
            ("__label__a x\n__label__b y\n", Some(Layout::FastText { several: false })),
            ("__label__a __label__b x\n__label__b y\n", Some(Layout::FastText { several: true })),
            ("ham\thi there\nspam\twin\tnow\nham\tok\nspam\tfree\n", Some(Layout::TabAfter)),
            ("so good\t1\nso bad\t0\nfine\t1\ndull\t0\n", Some(Layout::TabBefore)),
            ("DESC:manner How ?\nENTY:cremat What ?\n", Some(Layout::Trec)),
            ("NOTE: a text\nNOTE: more\n", None),
            ("a text\nwith lines\n", None),
            ("label\ttext\nham\thi\nspam\twin\nham\tok\nspam\tx\n", None),
            ("a\tb\tc\nd\te\tf\ng\th\ti\n", None),
            ("", None),
        ] {
            assert_eq!(layout(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_line_has_a_label_and_a_text() {
        let fast = Layout::FastText { several: false };
        assert_eq!(cut(fast, "__label__pos  a  fine film ").unwrap(), ["pos", "a  fine film "]);
        assert_eq!(cut(fast, "a fine film __label__pos").unwrap(), ["pos", "a fine film"]);
        assert!(cut(fast, "__label__a __label__b x").unwrap_err().contains("2 labels"));
        assert!(cut(fast, "no label").unwrap_err().contains("no __label__"));
        let several = Layout::FastText { several: true };
        assert_eq!(cut(several, "__label__a, __label__b x").unwrap(), ["[\"a\",\"b\"]", "x"]);
        assert_eq!(cut(Layout::TabAfter, "ham\ta\tb").unwrap(), ["ham", "a\tb"]);
        assert_eq!(cut(Layout::TabBefore, "a\tb\t1").unwrap(), ["1", "a\tb"]);
        assert!(cut(Layout::TabAfter, "x").unwrap_err().contains("no tab"));
        assert_eq!(cut(Layout::Trec, "DESC:manner How ?").unwrap(), ["DESC", "DESC:manner", "How ?"]);
    }
}
