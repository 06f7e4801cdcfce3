//! The syntax of tables: where the fields of a record begin and end.
//!
//! Input: lines. Output: the places of the fields, or what is wrong with the quotation marks.
//!
//! A quoted field ends at a quotation mark before a delimiter or the end of a line; spaces around it do not count. It may
//! run over several lines if all quotation marks in it are doubled (or escaped). In a field of one line, single ones are
//! characters. A quotation mark that is never closed on its line by such an end is a character too, unless it opens a field of
//! several lines. Between tabs a quotation mark is a character wherever the line has the right number of fields that way.

use super::MAX_COLUMNS;
use super::input::{Found, Input, Line};
use crate::error::Result;
use memchr::{memchr, memchr_iter, memchr2};

/// What separates fields, and what escapes a quotation mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    pub delimiter: u8,
    /// Whether a backslash in a quoted field escapes a quotation mark or a backslash.
    pub backslash: bool,
}

/// The place of a field in a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: usize,
    end: usize,
    quoted: bool,
}

/// The places of the fields of a record.
#[derive(Debug, Default)]
pub(super) struct Cut {
    pub fields: Vec<Span>,
    /// The end of the record's text, the start of the next record, and the lines between.
    pub end: usize,
    pub next: usize,
    pub lines: u64,
    /// The number of quoted fields with single quotation marks in them.
    pub lone: u64,
    /// Whether the last field begins with a quotation mark that is taken as a character.
    opened: bool,
    /// What is wrong with the quotation marks.
    pub flaw: Option<Flaw>,
}

/// What is wrong with a quoted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    NeverClosed,
    /// A quotation mark that is not doubled, this many lines below the first.
    Lone(u64),
    TooLong,
}

/// Where a quoted field ends.
enum Close {
    /// The places of the quotation mark and of the delimiter or the end of the line.
    At(usize, usize),
    /// The place of a quotation mark that neither closes the field nor is doubled.
    Lone(usize),
    Open,
}

impl Syntax {
    /// Cuts the record that starts with the line `first` into fields: `columns` of them, or any number for 0. Below its first
    /// line, cutting ends after one field too many.
    pub fn cut(self, input: &mut Input, first: Line, columns: usize, cut: &mut Cut) -> Result<()> {
        self.begin(first, cut);
        let bytes = &input.bytes()[..first.end];
        if memchr(b'"', bytes).is_none() {
            self.split(bytes, cut);
            return Ok(());
        }
        let mut at = 0;
        loop {
            let bytes = &input.bytes()[..cut.end];
            let (span, after) = match self.opening(bytes, at) {
                None => self.plain(bytes, at),
                Some(quote) => match self.close(bytes, quote + 1) {
                    Close::At(end, after) => (Span { start: quote + 1, end, quoted: true }, after),
                    Close::Lone(lone) => match self.later(bytes, lone + 1) {
                        Some((end, after)) => {
                            cut.lone += 1;
                            (Span { start: quote + 1, end, quoted: true }, after)
                        }
                        None => self.plain(bytes, at),
                    },
                    Close::Open if quote > at => self.plain(bytes, at),
                    Close::Open => match self.below(input, cut)? {
                        Some((end, after)) => (Span { start: quote + 1, end, quoted: true }, after),
                        None => return Ok(()),
                    },
                },
            };
            cut.fields.push(span);
            let count = cut.fields.len();
            let too_many = count > MAX_COLUMNS || cut.lines > 1 && columns > 0 && count > columns;
            if after >= cut.end || too_many {
                return Ok(());
            }
            at = after + 1;
        }
    }

    /// Cuts the line `first` at every delimiter. A field is quoted if quotation marks enclose it, and all in it are doubled.
    fn cut_line(self, input: &Input, first: Line, cut: &mut Cut) {
        self.begin(first, cut);
        let bytes = &input.bytes()[..first.end];
        self.split(bytes, cut);
        if memchr(b'"', bytes).is_none() {
            return;
        }
        for field in &mut cut.fields {
            let text = &bytes[field.start..field.end];
            let Some(quote) = self.opening(text, 0) else { continue };
            match self.close(text, quote + 1) {
                Close::At(end, after) if after == text.len() => {
                    *field = Span { start: field.start + quote + 1, end: field.start + end, quoted: true };
                    cut.opened = false;
                }
                found => cut.opened = matches!(found, Close::Open) && field.end == bytes.len(),
            }
        }
    }

    /// Cuts a record between tabs: at every tab if that gives `columns` fields, else with quoted fields as
    /// [`cut`](Self::cut). If its last field opens a quotation mark, the lines below must be rows by themselves.
    pub fn cut_tabs(self, input: &mut Input, first: Line, columns: usize, cut: &mut Cut) -> Result<()> {
        self.cut_line(input, first, cut);
        let fits = cut.fields.len() == columns;
        if columns == 0 || fits && !cut.opened {
            return Ok(());
        }
        let mut quoted = Cut::default();
        self.cut(input, first, columns, &mut quoted)?;
        let whole = quoted.flaw.is_none() && quoted.fields.len() == columns;
        if whole && (!fits || !self.are_rows(&input.bytes()[first.next..quoted.next], columns)) {
            *cut = quoted;
        }
        Ok(())
    }

    /// Returns whether each line has `columns` fields.
    fn are_rows(self, lines: &[u8], columns: usize) -> bool {
        let mut lines = lines.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
        lines.all(|line| memchr_iter(self.delimiter, line).count() + 1 == columns)
    }

    /// Returns whether each line has `columns` fields, and a last one that could be a label: one word.
    pub fn look_like_rows(self, lines: &[u8], columns: usize) -> bool {
        let word = |line: &[u8]| {
            let last = line.rsplit(|byte| *byte == self.delimiter).next().unwrap_or_default().trim_ascii();
            !last.is_empty() && !last.iter().any(u8::is_ascii_whitespace)
        };
        let mut all = lines.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
        columns > 1 && self.are_rows(lines, columns) && all.all(word)
    }

    fn begin(self, first: Line, cut: &mut Cut) {
        cut.fields.clear();
        (cut.end, cut.next, cut.lines) = (first.end, first.next, 1);
        (cut.lone, cut.opened, cut.flaw) = (0, false, None);
    }

    /// Cuts at every delimiter, up to one field more than there may be.
    fn split(self, bytes: &[u8], cut: &mut Cut) {
        let mut start = 0;
        for end in memchr_iter(self.delimiter, bytes) {
            cut.fields.push(Span { start, end, quoted: false });
            start = end + 1;
            if cut.fields.len() > MAX_COLUMNS {
                return;
            }
        }
        cut.fields.push(Span { start, end: bytes.len(), quoted: false });
    }

    /// Returns a field without quotation marks, and where it ends.
    fn plain(self, bytes: &[u8], start: usize) -> (Span, usize) {
        let end = memchr(self.delimiter, &bytes[start..]).map_or(bytes.len(), |at| start + at);
        (Span { start, end, quoted: false }, end)
    }

    /// Returns the place of the quotation mark that opens the field at `at`.
    fn opening(self, bytes: &[u8], at: usize) -> Option<usize> {
        let quote = self.after_spaces(bytes, at);
        (bytes.get(quote) == Some(&b'"')).then_some(quote)
    }

    fn after_spaces(self, bytes: &[u8], at: usize) -> usize {
        match self.delimiter {
            b' ' => at,
            _ => at + bytes[at..].iter().take_while(|&&byte| byte == b' ').count(),
        }
    }

    /// Returns the next quotation mark that is neither doubled nor escaped.
    fn quote(self, bytes: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let rest = bytes.get(at..)?;
            let found = match self.backslash {
                true => memchr2(b'"', b'\\', rest)?,
                false => memchr(b'"', rest)?,
            };
            let found = at + found;
            if bytes[found] == b'"' && bytes.get(found + 1) != Some(&b'"') {
                return Some(found);
            }
            at = found + 2;
        }
    }

    /// Returns where a quoted field whose text starts at `from` ends.
    fn close(self, bytes: &[u8], from: usize) -> Close {
        let Some(quote) = self.quote(bytes, from) else { return Close::Open };
        let after = self.after_spaces(bytes, quote + 1);
        match bytes.get(after) {
            None => Close::At(quote, after),
            Some(&byte) if byte == self.delimiter => Close::At(quote, after),
            Some(_) => Close::Lone(quote),
        }
    }

    /// Returns the next place where a quoted field with single quotation marks can end.
    fn later(self, bytes: &[u8], mut from: usize) -> Option<(usize, usize)> {
        loop {
            match self.close(bytes, from) {
                Close::At(quote, after) => return Some((quote, after)),
                Close::Lone(quote) => from = quote + 1,
                Close::Open => return None,
            }
        }
    }

    /// Returns where a quoted field that is open at the end of its line ends below, and moves the end of the record there.
    fn below(self, input: &mut Input, cut: &mut Cut) -> Result<Option<(usize, usize)>> {
        loop {
            let line = match input.line_at(cut.next)? {
                Found::Line(line) => line,
                Found::TooLong => {
                    cut.flaw = Some(Flaw::TooLong);
                    return Ok(None);
                }
                Found::End => {
                    cut.flaw = Some(Flaw::NeverClosed);
                    return Ok(None);
                }
            };
            let closed = self.close(&input.bytes()[..line.end], cut.next);
            if let Close::Lone(_) = closed {
                cut.flaw = Some(Flaw::Lone(cut.lines));
                return Ok(None);
            }
            (cut.end, cut.next) = (line.end, line.next);
            cut.lines += 1;
            if let Close::At(quote, after) = closed {
                return Ok(Some((quote, after)));
            }
        }
    }

    /// Appends the text of a field of `raw`.
    pub fn push(self, raw: &str, field: Span, text: &mut String) {
        let field_text = &raw[field.start..field.end];
        let escaped = |byte: u8| byte == b'"' || self.backslash && byte == b'\\';
        if !field.quoted || !field_text.bytes().any(escaped) {
            text.push_str(field_text);
            return;
        }
        let mut characters = field_text.chars().peekable();
        while let Some(character) = characters.next() {
            let doubled = match character {
                '"' => characters.next_if_eq(&'"'),
                '\\' if self.backslash => characters.next_if(|next| matches!(next, '"' | '\\')),
                _ => None,
            };
            text.push(doubled.unwrap_or(character));
        }
    }
}
