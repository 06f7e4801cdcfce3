//! The text with its words coloured. Input: fragments of a text, each with its colour and sign. Output: lines of at most
//! a width.
//!
//! Lines break at white space, and within what is wider than a line, such as Chinese text, between fragments.

use super::view::{View, is_word};
use crate::color::{self, Style};
use unicode_width::UnicodeWidthStr;

/// Runs of more words that the model does not read are shortened.
const LONG_UNREAD: usize = 20;

/// A part of a text that is not broken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fragment {
    text: String,
    /// The attributes of a terminal.
    codes: String,
    /// `++`, `+`, `-`, `--` or nothing.
    sign: &'static str,
}

/// Returns the text of a view with its words coloured and signed, in lines that begin with `indent`.
pub fn colored(view: &View<'_>, width: usize, indent: &str, style: Style) -> String {
    wrapped(&fragments(view, style), width, indent, style)
}

/// Returns `text` in lines of at most `width` columns; all but the first are indented.
pub fn folded(text: &str, width: usize) -> String {
    let lines = wrapped(&[plain(text)], width - 2, "", Style::plain());
    let lines = lines.lines().enumerate();
    lines.map(|(at, line)| format!("{}{line}\n", if at > 0 { "  " } else { "" })).collect()
}

/// Returns the sign and the attributes of a contribution of this strength.
fn mark(strength: i8) -> (&'static str, &'static str) {
    match strength {
        3 => ("++", color::FOR_STRONGLY),
        2 => ("+", color::FOR_CLEARLY),
        1 => ("", color::FOR),
        -1 => ("", color::AGAINST),
        -2 => ("-", color::AGAINST_CLEARLY),
        -3 => ("--", color::AGAINST_STRONGLY),
        _ => ("", ""),
    }
}

/// Cuts the text at its tokens. Without places in the text, the tokens themselves are the text.
fn fragments(view: &View<'_>, style: Style) -> Vec<Fragment> {
    let explanation = view.explanation;
    let text = explanation.text.as_deref().unwrap_or_default();
    let in_text = explanation.tokens.iter().any(|token| token.span.is_some());
    let (mut found, mut from) = (Vec::new(), 0);
    let mut unread = 0;
    let runs = runs_of_unread(view);
    for (at, token) in explanation.tokens.iter().enumerate().filter(|(_, token)| is_word(token)) {
        let word = match token.span {
            Some([start, end]) if start >= from && text.get(from..start).is_some() => {
                let (gap, word) = (&text[from..start], text.get(start..end).unwrap_or(&token.text));
                from = end;
                if runs[at] <= LONG_UNREAD {
                    found.push(plain(gap));
                }
                word
            }
            Some(_) => continue,
            None if in_text => continue,
            None => {
                found.push(plain(" "));
                &token.text
            }
        };
        if !token.read {
            unread += 1;
            match runs[at] > LONG_UNREAD {
                false => found.push(faint(word, style)),
                true if unread == runs[at] => {
                    found.push(faint(&format!("{unread} words are not read …"), style));
                }
                true => {}
            }
            continue;
        }
        unread = 0;
        let (sign, codes) = mark(view.strength(view.values[at]));
        let codes = match token.known {
            true => codes.to_owned(),
            false => [codes, color::UNDERLINE]
                .iter()
                .filter(|it| !it.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(";"),
        };
        found.push(Fragment { text: printable(word), codes, sign });
    }
    if in_text {
        found.push(plain(text.get(from..).unwrap_or_default()));
    }
    found
}

/// Returns for each token the length of the run of unread words that it is in.
fn runs_of_unread(view: &View<'_>) -> Vec<usize> {
    let tokens = &view.explanation.tokens;
    let mut runs = vec![0; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        let end = (at..tokens.len()).find(|&end| tokens[end].read != tokens[at].read).unwrap_or(tokens.len());
        if !tokens[at].read {
            let words = tokens[at..end].iter().filter(|token| is_word(token)).count();
            runs[at..end].fill(words);
        }
        at = end;
    }
    runs
}

fn plain(text: &str) -> Fragment {
    Fragment { text: text.to_owned(), codes: String::new(), sign: "" }
}

/// A word that is not read: faint, or in brackets.
fn faint(text: &str, style: Style) -> Fragment {
    let text = printable(text);
    let text = if style.has_color() { text } else { format!("[{text}]") };
    Fragment { text, codes: color::FAINT.to_owned(), sign: "" }
}

/// Returns `text` without characters that control a terminal.
fn printable(text: &str) -> String {
    crate::commands::predict::answers::on_one_line(text)
}

/// Lays fragments into lines of at most `width` columns.
fn wrapped(fragments: &[Fragment], width: usize, indent: &str, style: Style) -> String {
    let room = width.saturating_sub(indent.width()).max(1);
    let mut lines = Lines { room, style, lines: vec![String::new()], used: 0, space: false };
    let mut word: Vec<Fragment> = Vec::new();
    for fragment in fragments {
        if !fragment.codes.is_empty() || !fragment.sign.is_empty() {
            word.push(fragment.clone());
            continue;
        }
        for (at, part) in fragment.text.split(|c: char| c.is_whitespace() || c.is_control()).enumerate() {
            if at > 0 {
                lines.word(&std::mem::take(&mut word));
                lines.space = true;
            }
            if !part.is_empty() {
                word.push(plain(part));
            }
        }
    }
    lines.word(&word);
    let lines = lines.lines.into_iter().filter(|line| !line.is_empty());
    lines.map(|line| format!("{indent}{line}\n")).collect()
}

struct Lines {
    room: usize,
    style: Style,
    lines: Vec<String>,
    /// Columns of the last line that are in use.
    used: usize,
    /// Whether white space comes before the next word.
    space: bool,
}

impl Lines {
    fn word(&mut self, word: &[Fragment]) {
        let wide: usize = word.iter().map(columns).sum();
        if wide == 0 {
            return;
        }
        let space = usize::from(self.space && self.used > 0);
        match self.used + space + wide <= self.room {
            true if space == 1 => self.push(" ", 1),
            true => {}
            // What is wider than a line is broken anyway, and begins where there is room.
            false if wide > self.room && self.used + space < self.room => self.push(&" "[..space], space),
            false => self.next(),
        }
        self.space = false;
        for fragment in word {
            if self.used + columns(fragment) > self.room && self.used > 0 {
                self.next();
            }
            let Fragment { text, codes, sign } = fragment;
            self.push(&self.style.paint(codes, &format!("{text}{sign}")), columns(fragment));
        }
    }

    fn push(&mut self, text: &str, columns: usize) {
        if let Some(line) = self.lines.last_mut() {
            line.push_str(text);
        }
        self.used += columns;
    }

    fn next(&mut self) {
        self.lines.push(String::new());
        self.used = 0;
    }
}

fn columns(fragment: &Fragment) -> usize {
    fragment.text.width() + fragment.sign.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[(&str, i8)], width: usize) -> String {
        let fragment = |&(text, strength): &(&str, i8)| {
            let (sign, codes) = mark(strength);
            Fragment { text: text.to_owned(), codes: codes.to_owned(), sign }
        };
        let parts: Vec<Fragment> = parts.iter().map(fragment).collect();
        wrapped(&parts, width, "  ", Style::new(false))
    }

    #[test]
    fn lines_break_at_white_space_and_keep_signs_with_their_words() {
        let text =
            [("A ", 0), ("dull", -3), (", ", 0), ("fine", 2), (" film\n\nof  ", 0), ("joy", 3), (".", 0)];
        assert_eq!(lines(&text, 80), "  A dull--, fine+ film of joy++.\n");
        // "dull--," has seven columns and is not parted from its comma.
        assert_eq!(lines(&text, 10), "  A\n  dull--,\n  fine+\n  film of\n  joy++.\n");
        // Words that are wider than a line are broken.
        for width in 9..40 {
            let joined = lines(&text, width).split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(joined, "A dull--, fine+ film of joy++.", "{width}");
        }
        assert_eq!(lines(&text, 1).split_whitespace().collect::<String>(), "Adull--,fine+filmofjoy++.");
        assert_eq!(lines(&[], 80), "");
    }

    #[test]
    fn text_without_spaces_breaks_between_words() {
        let text = [("很", 0), ("好", 2), ("的", 1), ("电影", -3), ("。", 0)];
        assert_eq!(lines(&text, 8), "  很好+\n  的\n  电影--\n  。\n");
        let wide = |line: &str| line.width();
        for width in 8..20 {
            assert!(lines(&text, width).lines().all(|line| wide(line) <= width), "{width}");
        }
    }

    #[test]
    fn colours_end_with_their_word() {
        let word = Fragment { text: "bad".into(), codes: color::AGAINST.into(), sign: "-" };
        assert_eq!(wrapped(&[word], 80, "", Style::new(true)), "\u{1b}[38;5;32mbad-\u{1b}[0m\n");
    }
}
