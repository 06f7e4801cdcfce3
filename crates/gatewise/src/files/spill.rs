//! An append-only byte store that spills to disk.
//!
//! Input: appended bytes. Output: any part of them. Bytes beyond the memory budget are written to an unnamed
//! temporary file, which the system removes when it is closed: after an error and after a kill too.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

/// An append-only byte store: a file with the first bytes, if there are many, and a buffer with the rest.
#[derive(Debug)]
pub(super) struct Spill {
    budget: usize,
    file: Option<File>,
    /// The number of bytes in the file.
    spilled: u64,
    memory: Vec<u8>,
}

impl Spill {
    /// Returns an empty store that keeps up to `budget` bytes in memory.
    pub fn new(budget: usize) -> Self {
        Self { budget, file: None, spilled: 0, memory: Vec::new() }
    }

    /// Returns the number of bytes.
    pub fn len(&self) -> u64 {
        self.spilled + self.memory.len() as u64
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if self.memory.len() + bytes.len() > self.budget && !self.memory.is_empty() {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile().map_err(refused)?),
            };
            file.write_all(&self.memory).map_err(refused)?;
            self.spilled += self.memory.len() as u64;
            self.memory.clear();
        }
        self.memory.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns a reader.
    pub fn reader(&self) -> Result<SpillReader<'_>> {
        let file = self.file.as_ref().map(File::try_clone).transpose().map_err(refused)?;
        Ok(SpillReader { spill: self, file, window: Vec::new(), start: 0 })
    }
}

fn refused(error: std::io::Error) -> Error {
    let folder = std::env::temp_dir();
    Error::io("cannot use a temporary file (TMPDIR names the folder for it) in", folder, error)
}

/// The number of bytes read from the file at a time, so that consecutive parts cost one system call.
const WINDOW: usize = 1 << 16;

/// Reads parts of a [`Spill`].
pub(super) struct SpillReader<'a> {
    spill: &'a Spill,
    file: Option<File>,
    /// The bytes of the file from `start` on.
    window: Vec<u8>,
    start: u64,
}

impl SpillReader<'_> {
    /// Returns the bytes from `start` to `end`, which were pushed together.
    pub fn part(&mut self, start: u64, end: u64) -> Result<&[u8]> {
        let length = (end - start) as usize;
        let Some(file) = self.file.as_mut().filter(|_| start < self.spill.spilled) else {
            let start = (start - self.spill.spilled) as usize;
            return Ok(&self.spill.memory[start..start + length]);
        };
        if start < self.start || end > self.start + self.window.len() as u64 {
            let most = (self.spill.spilled - start).min(length.max(WINDOW) as u64);
            self.window.resize(most as usize, 0);
            self.start = start;
            let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut self.window));
            read.map_err(refused)?;
        }
        let start = (start - self.start) as usize;
        Ok(&self.window[start..start + length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_part_is_there_in_any_order(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..40),
            budget in 0usize..40,
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        ) {
            let mut spill = Spill::new(budget);
            let mut starts = vec![0];
            for part in &parts {
                spill.push(part).unwrap();
                starts.push(spill.len());
            }
            prop_assert!(spill.memory.len() <= budget.max(9));
            let mut reader = spill.reader().unwrap();
            for at in (0..parts.len()).chain(order.iter().filter(|_| !parts.is_empty()).map(|at| at.index(parts.len()))) {
                prop_assert_eq!(reader.part(starts[at], starts[at + 1]).unwrap(), &parts[at][..]);
            }
        }
    }
}
