//! The lines of a text file.
//!
//! Input: a stream of bytes. Output: lines with their numbers and offsets. The reader looks ahead as far as is asked, and
//! what was looked at is consumed later, or is looked at again.

use super::{Flaw, MAX_RECORD, Record};
use crate::error::{Error, Result};
use crate::files::compressed::Compression;
use crate::files::encoding::Encoding;
use crate::files::format::{foreign, zero_bytes};
use crate::files::text_stream::{TextStream, failed, utf8};
use memchr::{memchr, memchr_iter, memchr2};
use std::io::{self, Read};

/// The number of bytes read at a time, and the size of the sample.
const CHUNK: usize = 1 << 18;

/// A buffered reader of lines.
pub(super) struct Input {
    pub name: String,
    bytes: Box<dyn Read + Send>,
    /// Read bytes; those from `start` to `end` are not consumed.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether the stream has ended.
    over: bool,
    /// Whether a carriage return alone ends a line.
    returns: bool,
    encoding: Option<Encoding>,
    compression: Option<Compression>,
    /// The offset of the next byte in the text.
    pub offset: u64,
    /// The line of the next byte, from 1.
    pub line: u64,
    /// What was found by looking, one sentence each.
    pub notes: Vec<String>,
}

/// A line, by places in what is not consumed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// The end of its text.
    pub end: usize,
    /// The start of the next line.
    pub next: usize,
}

/// What a look for a line finds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    Line(Line),
    /// A line that ends more than [`MAX_RECORD`] bytes after the first byte that is not consumed.
    TooLong,
    /// The end of the file.
    End,
}

impl Input {
    /// Reads the first bytes; `name` is for messages.
    pub fn new(name: &str, bytes: Box<dyn Read + Send>, encoding: Option<Encoding>) -> Result<Self> {
        let text = TextStream::new(bytes, encoding).map_err(|e| failed(name, 1, e))?;
        let TextStream { bytes, mark, compression, encoding, notes } = text;
        let mut input = Self {
            name: name.to_owned(),
            bytes,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            over: false,
            returns: false,
            encoding,
            compression,
            offset: mark as u64,
            line: 1,
            notes,
        };
        while input.end < CHUNK && input.refill()? {}
        let sample = input.sample().0;
        if let Some(reason) = foreign(sample).or_else(|| zero_bytes(sample)) {
            return Err(Error::data(format!("{name} cannot be read as text: {reason}")));
        }
        let feeds = memchr_iter(b'\n', sample).count();
        // Those before a line feed belong to it.
        let returns = memchr_iter(b'\r', sample).filter(|at| sample.get(at + 1) != Some(&b'\n')).count();
        input.returns = returns > feeds;
        Ok(input)
    }

    /// Returns the first bytes, and whether they are all. Nothing may be consumed before.
    pub fn sample(&self) -> (&[u8], bool) {
        (&self.buffer[..self.end.min(CHUNK)], self.over && self.end <= CHUNK)
    }

    /// Returns the read bytes that are not consumed.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads more bytes; returns `false` at the end of the file.
    pub fn refill(&mut self) -> Result<bool> {
        if self.over {
            return Ok(false);
        }
        if self.start > 0 && self.buffer.len() - self.end < CHUNK / 4 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - self.end < CHUNK / 4 {
            self.buffer.resize((2 * self.buffer.len()).max(2 * CHUNK), 0);
        }
        let read = loop {
            match self.bytes.read(&mut self.buffer[self.end..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let read = read.map_err(|e| {
            let line = self.line + memchr_iter(b'\n', self.bytes()).count() as u64;
            failed(&self.name, line, e)
        })?;
        self.end += read;
        self.over = read == 0;
        Ok(!self.over)
    }

    /// Returns the line that starts at `from`.
    pub fn line_at(&mut self, from: usize) -> Result<Found> {
        let mut searched = from;
        loop {
            let bytes = self.bytes();
            let rest = bytes.get(searched..).unwrap_or_default();
            let found = if self.returns { memchr2(b'\n', b'\r', rest) } else { memchr(b'\n', rest) };
            let Some(at) = found.map(|at| searched + at) else {
                let length = bytes.len();
                if length > MAX_RECORD + 1 {
                    return Ok(Found::TooLong);
                }
                searched = length.max(from);
                if self.refill()? {
                    continue;
                }
                return Ok(match length <= from {
                    true => Found::End,
                    false => self.within(from, length, length),
                });
            };
            // A carriage return and a line feed are one end.
            if bytes[at] == b'\r' && at + 1 == bytes.len() && self.refill()? {
                searched = at;
                continue;
            }
            let both = self.bytes()[at..].starts_with(b"\r\n");
            return Ok(self.within(from, at, at + 1 + usize::from(both)));
        }
    }

    /// Returns the line from `from` to `end`, without carriage returns at its end.
    fn within(&self, from: usize, end: usize, next: usize) -> Found {
        if end > MAX_RECORD {
            return Found::TooLong;
        }
        let returns = self.bytes()[from..end].iter().rev().take_while(|&&byte| byte == b'\r').count();
        Found::Line(Line { end: end - returns, next })
    }

    /// Consumes `count` bytes with `lines` ends of lines.
    pub fn consume(&mut self, count: usize, lines: u64) {
        self.start += count;
        self.offset += count as u64;
        self.line += lines;
    }

    /// Consumes the line at which the input stands, however long it is.
    pub fn skip_line(&mut self) -> Result<()> {
        loop {
            match self.line_at(0)? {
                Found::Line(line) => {
                    self.consume(line.next, 1);
                    return Ok(());
                }
                Found::End => return Ok(()),
                Found::TooLong => {
                    let bytes = self.bytes();
                    let end = match self.returns {
                        true => memchr2(b'\n', b'\r', bytes),
                        false => memchr(b'\n', bytes),
                    };
                    self.consume(end.unwrap_or(bytes.len()), 0);
                }
            }
        }
    }

    /// Consumes empty lines, and returns the first line that is not empty.
    pub fn next_line(&mut self) -> Result<Found> {
        loop {
            match self.line_at(0)? {
                Found::Line(Line { end: 0, next }) => self.consume(next, 1),
                found => return Ok(found),
            }
        }
    }

    /// Consumes the next line that is not empty, and returns its number with its text, in the memory of `raw`, or the reason
    /// why it is bad; `None` at the end of the file.
    pub fn read_line(&mut self, raw: String) -> Result<Option<(u64, std::result::Result<String, String>)>> {
        let found = self.next_line()?;
        let number = self.line;
        Ok(match found {
            Found::End => None,
            Found::TooLong => {
                self.skip_line()?;
                Some((number, Err(too_long(""))))
            }
            Found::Line(Line { end, next }) => {
                let text = self.text(end, raw);
                self.consume(next, 1);
                Some((number, text))
            }
        })
    }

    /// Reads the next line that is wanted, in the memory of `record`, whose number becomes the number of the line; `None` at the
    /// end of the file.
    pub fn read_wanted(
        &mut self,
        record: &mut Record,
        is_wanted: impl Fn(&str) -> bool,
    ) -> std::result::Result<Option<String>, Flaw> {
        while let Some((number, line)) = self.read_line(std::mem::take(&mut record.raw))? {
            record.number = number;
            let line = line.map_err(Flaw::Record)?;
            if is_wanted(&line) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Returns the first `count` bytes as text, in the memory of `raw`, or the reason why they are none.
    pub fn text(&self, count: usize, raw: String) -> std::result::Result<String, String> {
        let mut raw = raw.into_bytes();
        raw.clear();
        raw.extend_from_slice(&self.bytes()[..count]);
        utf8(raw, self.offset, self.encoding, self.compression)
    }
}

/// Returns the message for a record that is too long.
pub(super) fn too_long(hint: &str) -> String {
    format!("the record that starts here is longer than {} MiB{hint}", MAX_RECORD >> 20)
}
