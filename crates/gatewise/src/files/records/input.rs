//! Bytes of a text file: a byte order mark taken off, what is no text refused, lines and bytes counted.

use super::MAX_RECORD;
use crate::error::{Error, Result};
use std::io::{BufRead, BufReader, Read};

/// Bytes read at a time.
const BUFFER: usize = 1 << 18;
/// The mark that some programs put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What reads one record after the other.
pub(super) struct Input {
    name: String,
    bytes: BufReader<Box<dyn Read + Send>>,
    /// Of the next byte, from the start of the file.
    pub offset: u64,
    /// Of the next byte, from 1.
    pub line: u64,
}

impl Input {
    /// Begins to read; `name` is for messages.
    pub fn new(name: &str, bytes: Box<dyn Read + Send>) -> Result<Self> {
        let bytes = BufReader::with_capacity(BUFFER, bytes);
        let mut input = Self { name: name.to_owned(), bytes, offset: 0, line: 1 };
        let first = input.fill()?;
        if let Some(reason) = foreign(first) {
            return Err(Error::data(format!("{name} cannot be read as text: {reason}")));
        }
        if first.starts_with(BOM) {
            input.consume(BOM.len());
        }
        Ok(input)
    }

    /// The bytes at hand, some more where there are none; empty at the end of the file.
    pub fn fill(&mut self) -> Result<&[u8]> {
        let name = &self.name;
        self.bytes.fill_buf().map_err(|e| Error::io("cannot read", name, e))
    }

    /// Steps over `count` of the bytes at hand.
    pub fn consume(&mut self, count: usize) {
        self.line += line_breaks(&self.bytes.buffer()[..count]);
        self.offset += count as u64;
        self.bytes.consume(count);
    }

    /// Steps over line breaks, so that the next byte begins a record; `false` at the end of the file.
    pub fn skip_line_breaks(&mut self) -> Result<bool> {
        loop {
            let bytes = self.fill()?;
            let breaks = bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            if breaks < bytes.len() || bytes.is_empty() {
                let more = !bytes.is_empty();
                self.consume(breaks);
                return Ok(more);
            }
            self.consume(breaks);
        }
    }

    /// Steps behind the next line break.
    pub fn skip_line(&mut self) -> Result<()> {
        loop {
            let bytes = self.fill()?;
            let (length, end) = match bytes.iter().position(|&byte| byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (bytes.len(), bytes.is_empty()),
            };
            self.consume(length);
            if end {
                return Ok(());
            }
        }
    }

    /// Moves `count` of the bytes at hand to `raw`; `false` where that makes a record too long.
    pub fn take(&mut self, count: usize, raw: &mut Vec<u8>) -> bool {
        raw.extend_from_slice(&self.bytes.buffer()[..count]);
        self.consume(count);
        raw.len() <= MAX_RECORD
    }
}

fn line_breaks(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Why a file that begins so is none of lines in UTF-8.
fn foreign(bytes: &[u8]) -> Option<String> {
    let utf16 = |name: &str| {
        format!(
            "it is in {name}, by the mark at its byte 0; convert it to UTF-8, for example with: iconv -f {name} -t UTF-8"
        )
    };
    if bytes.starts_with(b"\xff\xfe") {
        return Some(utf16("UTF-16LE"));
    }
    if bytes.starts_with(b"\xfe\xff") {
        return Some(utf16("UTF-16BE"));
    }
    if bytes.starts_with(b"PAR1") {
        return Some("it is a Parquet file; give it a name that ends in .parquet".into());
    }
    let zero = bytes.iter().position(|&byte| byte == 0)?;
    Some(format!(
        "its byte {zero} is 0, which no text has; if it is UTF-16, convert it to UTF-8, for example with: \
         iconv -f UTF-16LE -t UTF-8"
    ))
}

/// `bytes` as text, or what is wrong with them; they start at `offset` of their file.
pub(super) fn utf8(bytes: Vec<u8>, offset: u64) -> std::result::Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!(
            "this is not UTF-8: the byte 0x{:02X} at offset {} of the file belongs to no character; convert the file, \
             for example with: iconv -f WINDOWS-1252 -t UTF-8",
            error.as_bytes()[at],
            offset + at as u64,
        )
    })
}

/// What is said of a record that never seems to end.
pub(super) fn too_long(hint: &str) -> String {
    format!("the record that begins here is longer than {} MiB{hint}", MAX_RECORD >> 20)
}
