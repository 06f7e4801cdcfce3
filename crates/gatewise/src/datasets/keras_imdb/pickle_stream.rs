//! The bytes of a pickle, counted, and its lines.
//!
//! Enters: a reader. Leaves: exactly the bytes asked for, or that they are not there.

use std::io::{self, BufRead};

/// Longest string and longest line: they are names here.
pub(super) const LONGEST_TEXT: usize = 256;

/// Why a pickle is refused; the caller adds where.
pub(super) type Refused<T> = Result<T, String>;

/// A reader, and how much of it has been read.
pub(super) struct Stream<'a, R> {
    pub(super) from: &'a mut R,
    pub(super) read: u64,
}

impl<R: BufRead> Stream<'_, R> {
    /// The next `N` bytes.
    #[inline]
    pub(super) fn bytes<const N: usize>(&mut self) -> Refused<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Fills `bytes` with what comes next.
    #[inline]
    pub(super) fn fill(&mut self, bytes: &mut [u8]) -> Refused<()> {
        self.from.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => "it is cut off".to_owned(),
            _ => format!("reading failed: {e}"),
        })?;
        self.read += bytes.len() as u64;
        Ok(())
    }

    /// What comes before the next line feed, which is passed over.
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
