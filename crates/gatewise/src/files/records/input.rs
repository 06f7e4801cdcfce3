//! The bytes of a text file: removes a byte order mark, refuses binary content, counts lines and bytes.

use super::MAX_RECORD;
use crate::error::{Error, Result};
use std::io::{BufRead, BufReader, Read};

/// The number of bytes read at a time.
const BUFFER: usize = 1 << 18;
/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A buffered reader that counts lines and bytes.
pub(super) struct Input {
    pub name: String,
    bytes: BufReader<Box<dyn Read + Send>>,
    /// The offset of the next byte in the file.
    pub offset: u64,
    /// The line of the next byte, from 1.
    pub line: u64,
}

impl Input {
    /// Reads the first bytes; `name` is for messages.
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

    /// Returns the buffered bytes and refills an empty buffer; empty at the end of the file.
    pub fn fill(&mut self) -> Result<&[u8]> {
        let name = &self.name;
        self.bytes.fill_buf().map_err(|e| Error::io("cannot read", name, e))
    }

    /// Skips `count` buffered bytes.
    pub fn consume(&mut self, count: usize) {
        self.line += line_breaks(&self.bytes.buffer()[..count]);
        self.offset += count as u64;
        self.bytes.consume(count);
    }

    /// Skips line breaks up to the start of a record; returns `false` at the end of the file.
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

    /// Skips the rest of the line.
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

    /// Moves `count` buffered bytes to `raw`; returns `false` if the record is too long.
    pub fn take(&mut self, count: usize, raw: &mut Vec<u8>) -> bool {
        raw.extend_from_slice(&self.bytes.buffer()[..count]);
        self.consume(count);
        raw.len() <= MAX_RECORD
    }
}

fn line_breaks(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// Returns the reason why a file that starts with `bytes` is not UTF-8 text.
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
        "its byte {zero} is 0, which does not occur in text; if it is UTF-16, convert it to UTF-8, for example with: \
         iconv -f UTF-16LE -t UTF-8"
    ))
}

/// Returns `bytes`, which start at `offset` of the file, as text, or the reason why they are not UTF-8.
pub(super) fn utf8(bytes: Vec<u8>, offset: u64) -> std::result::Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!(
            "this is not UTF-8: the byte 0x{:02X} at offset {} of the file is invalid; convert the file, \
             for example with: iconv -f WINDOWS-1252 -t UTF-8",
            error.as_bytes()[at],
            offset + at as u64,
        )
    })
}

/// Returns the message for a record that is too long.
pub(super) fn too_long(hint: &str) -> String {
    format!("the record that starts here is longer than {} MiB{hint}", MAX_RECORD >> 20)
}
