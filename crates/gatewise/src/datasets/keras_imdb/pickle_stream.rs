//! The byte stream of a pickle.
//!
//! Input: a reader. Output: a fixed number of bytes, or a line.

use std::io::{self, BufRead};

/// The maximum length of a string and of a line, which are names.
pub(super) const LONGEST_TEXT: usize = 256;

/// A result whose error is the reason for refusing a pickle; the caller adds the position.
pub(super) type Refused<T> = Result<T, String>;

/// A reader and the number of bytes read.
pub(super) struct Stream<'a, R> {
    pub(super) from: &'a mut R,
    pub(super) read: u64,
}

impl<R: BufRead> Stream<'_, R> {
    /// Reads the next `N` bytes.
    #[inline]
    pub(super) fn bytes<const N: usize>(&mut self) -> Refused<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads the next bytes into `bytes`.
    #[inline]
    pub(super) fn fill(&mut self, bytes: &mut [u8]) -> Refused<()> {
        self.from.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => "it is cut off".to_owned(),
            _ => format!("reading failed: {e}"),
        })?;
        self.read += bytes.len() as u64;
        Ok(())
    }

    /// Reads up to the next line feed, which is skipped.
    pub(super) fn line(&mut self) -> Refused<String> {
        let mut line = Vec::new();
        loop {
            match self.bytes()? {
                [b'\n'] => return Ok(String::from_utf8_lossy(&line).into_owned()),
                _ if line.len() == LONGEST_TEXT => return Err("it has an overlong name".into()),
                [byte] => line.push(byte),
            }
        }
    }
}
