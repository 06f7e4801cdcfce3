//! A cache of tokenized corpora.
//!
//! Input: a [`Corpus`] and a key, the hash of everything that the corpus depends on. Output: one file, from
//! which the corpus is read in a few hundredths of a second. A damaged file is rebuilt. The file is
//! untrusted: every length in it is checked.
//!
//! Layout, little-endian: magic, version u32, CRC-32 of the rest u32, key 32 bytes; then vocabulary, labels
//! and notes (count, lengths, text); then both splits (number of rows, lengths, classes, the low 16 bits of
//! every rank, the high bits of ranks from 65,536, which are rare in natural language).

use crate::error::{Error, Result};
use crate::rows::{Corpus, Sequences, Split};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

const MAGIC: &[u8; 8] = b"gwtokens";
/// The version, which is part of the key as well: increase it when the layout or the meaning of a corpus
/// changes.
pub(crate) const VERSION: u32 = 1;
const HEADER: usize = 48;
/// The maximum size of a file; the file of IMDB has 25 MB.
const MOST_BYTES: u64 = 1 << 31;
/// The number of files kept for each data set.
const MOST_FILES: usize = 4;

/// The cache file of a corpus.
#[derive(Debug)]
pub(crate) struct TokenCache {
    folder: PathBuf,
    data_set: &'static str,
    key: [u8; 32],
}

/// The result of reading a cache file.
#[derive(Debug, PartialEq)]
pub(crate) enum Cached {
    Found(Box<Corpus>),
    Absent,
    /// The file is unusable, for this reason.
    Damaged(String),
}

impl TokenCache {
    /// Returns the cache file in `folder` for the corpus with this `key`, the hash of everything it depends on.
    pub(crate) fn new(folder: &Path, data_set: &'static str, key: [u8; 32]) -> Self {
        Self { folder: folder.to_owned(), data_set, key }
    }

    pub(crate) fn path(&self) -> PathBuf {
        let key: String = self.key[..8].iter().map(|b| format!("{b:02x}")).collect();
        self.folder.join(format!("{}-{key}.tokens", self.data_set))
    }

    /// Reads the corpus, if the file exists and is intact.
    pub(crate) fn load(&self) -> Cached {
        let path = self.path();
        let read = || -> std::io::Result<Option<Vec<u8>>> {
            let file = File::open(&path)?;
            let meta = file.metadata()?;
            if !meta.is_file() || meta.len() > MOST_BYTES {
                return Ok(None);
            }
            let mut bytes = Vec::with_capacity(meta.len() as usize);
            file.take(MOST_BYTES).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        match read() {
            Ok(Some(bytes)) => match decode(&bytes, &self.key) {
                Ok(corpus) => Cached::Found(Box::new(corpus)),
                Err(why) => Cached::Damaged(why.into()),
            },
            Ok(None) => Cached::Damaged("it is not a cache file".into()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Cached::Absent,
            Err(e) => Cached::Damaged(e.to_string()),
        }
    }

    /// Writes the corpus atomically.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the folder cannot be created or written.
    pub(crate) fn store(&self, corpus: &Corpus) -> Result<()> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        fs::create_dir_all(&self.folder)
            .map_err(|e| Error::io("cannot make the cache directory", &self.folder, e))?;
        let path = self.path();
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("tmp-{}-{turn}", std::process::id()));
        let write = || {
            File::create_new(&temporary)?.write_all(&encode(corpus, &self.key))?;
            fs::rename(&temporary, &path)
        };
        write().map_err(|e| {
            // The file may not exist.
            let _ = fs::remove_file(&temporary);
            Error::io("cannot write the cache file", &path, e)
        })?;
        self.prune();
        Ok(())
    }

    /// Removes all but the newest files of this data set, because a changed source leaves an unused file
    /// behind.
    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let prefix = format!("{}-", self.data_set);
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|e| {
                e.file_name().to_str().is_some_and(|n| n.starts_with(&prefix) && n.ends_with(".tokens"))
            })
            .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
            .collect();
        files.sort();
        for (_, path) in files.iter().rev().skip(MOST_FILES) {
            // Another process may have removed the file, and a leftover file does no harm.
            let _ = fs::remove_file(path);
        }
    }
}

fn encode(corpus: &Corpus, key: &[u8; 32]) -> Vec<u8> {
    let ids = corpus.train.words.ids().len() + corpus.test.words.ids().len();
    let mut out = Vec::with_capacity(HEADER + 2 * ids + (ids >> 4) + 12 * corpus.vocabulary.len());
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    out.extend([0; 4]);
    out.extend(key);
    for strings in [&corpus.vocabulary, &corpus.labels, &corpus.notes] {
        put(&mut out, strings.len());
        strings.iter().for_each(|s| put(&mut out, s.len()));
        strings.iter().for_each(|s| out.extend(s.as_bytes()));
    }
    for Split { words, targets, .. } in [&corpus.train, &corpus.test] {
        put(&mut out, words.len());
        words.rows().for_each(|row| put(&mut out, row.len()));
        targets.values().iter().for_each(|&class| put(&mut out, class as usize));
        out.extend(words.ids().iter().flat_map(|&id| (id as u16).to_le_bytes()));
        let high: Vec<(usize, u32)> =
            words.ids().iter().map(|id| id >> 16).enumerate().filter(|&(_, high)| high > 0).collect();
        put(&mut out, high.len());
        let mut last = 0;
        for (at, high) in high {
            put(&mut out, at - last);
            put(&mut out, high as usize);
            last = at;
        }
    }
    let crc = crc32fast::hash(&out[16..]);
    out[12..16].copy_from_slice(&crc.to_le_bytes());
    out
}

/// Appends a variable-length integer (LEB128): seven bits per byte, the lowest first; the eighth bit is set
/// if more bytes follow.
fn put(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn decode(bytes: &[u8], key: &[u8; 32]) -> Result<Corpus, &'static str> {
    let (header, rest) = bytes.split_at_checked(HEADER).ok_or("it is cut off")?;
    if header[..8] != *MAGIC || header[8..12] != VERSION.to_le_bytes() {
        return Err("it is not a cache file of this version");
    }
    if header[16..] != *key {
        return Err("it belongs to other data");
    }
    if header[12..16] != crc32fast::hash(&bytes[16..]).to_le_bytes() {
        return Err("its checksum is wrong");
    }
    // A checksum can be forged: the content is checked too.
    let mut from = Cursor { rest };
    (|| {
        let (vocabulary, labels, notes) = (from.strings()?, from.strings()?, from.strings()?);
        let train = from.split(vocabulary.len(), labels.len())?;
        let test = from.split(vocabulary.len(), labels.len())?;
        // The key covers the tokenizer; the caller sets it.
        let corpus = Corpus::new(vocabulary, train, test).labels(labels).notes(notes);
        from.rest.is_empty().then_some(corpus)
    })()
    .ok_or("its content is malformed")
}

/// The remaining bytes.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// Reads `count` numbers. A number takes at least one byte, so that `count` cannot exceed the remaining
    /// bytes.
    fn numbers(&mut self, count: usize) -> Option<Vec<usize>> {
        if count > self.rest.len() {
            return None;
        }
        (0..count).map(|_| self.number()).collect()
    }

    fn strings(&mut self) -> Option<Vec<String>> {
        let count = self.number()?;
        let lengths = self.numbers(count)?;
        lengths.into_iter().map(|n| Some(std::str::from_utf8(self.take(n)?).ok()?.to_owned())).collect()
    }

    fn split(&mut self, words: usize, labels: usize) -> Option<Split> {
        let rows = self.number()?;
        let lengths = self.numbers(rows)?;
        let classes = self.numbers(rows)?;
        if classes.iter().any(|&class| class >= labels) {
            return None;
        }
        let total = lengths.iter().try_fold(0usize, |sum, &n| sum.checked_add(n))?;
        let low = self.take(total.checked_mul(2)?)?;
        let mut ids: Vec<u32> =
            low.chunks_exact(2).map(|b| u32::from(u16::from_le_bytes([b[0], b[1]]))).collect();
        let mut at = 0usize;
        for _ in 0..self.number()? {
            at = at.checked_add(self.number()?)?;
            let high = u16::try_from(self.number()?).ok()?;
            *ids.get_mut(at)? |= u32::from(high) << 16;
        }
        if ids.iter().copied().max().unwrap_or(0) as usize > words {
            return None;
        }
        let words = Sequences::from_lengths(ids, &lengths)?;
        let classes: Vec<f32> = classes.into_iter().map(|class| class as f32).collect();
        Some(Split::new(words, classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Random};
    use crate::rows::Problem;
    use crate::text::Tokenizer;
    use proptest::prelude::*;

    fn corpus(words: usize, rows: &[Vec<u32>]) -> Corpus {
        let split = |rows: &[Vec<u32>]| {
            let ids = rows.iter().map(|row| row.iter().map(|id| id % (words as u32 + 1))).collect();
            Split::new(ids, (0..rows.len()).map(|i| (i % 2) as f32).collect::<Vec<_>>())
        };
        let (train, test) = rows.split_at(rows.len() / 2);
        Corpus {
            tokenizer: Tokenizer::default(),
            vocabulary: (0..words).map(|i| format!("é{i}")).collect(),
            problem: Problem::SingleLabel,
            labels: vec!["neg".into(), "pos".into()],
            train: split(train),
            test: split(test),
            notes: vec!["A note.".into()],
            ..Corpus::default()
        }
    }

    proptest! {
        #[test]
        fn gives_back_what_it_took(
            large: bool,
            rows in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..20), 0..9),
        ) {
            let corpus = corpus(if large { 70_000 } else { 5 }, &rows);
            prop_assert_eq!(decode(&encode(&corpus, &[7; 32]), &[7; 32]), Ok(corpus));
        }
    }

    /// The checksum is mended after each change, so that the decoder itself is put to the test.
    #[test]
    fn no_damage_makes_it_panic() {
        let rows: Vec<Vec<u32>> = (0..6).map(|i| (i..i * 9).map(|x| x * 9_973).collect()).collect();
        let whole = encode(&corpus(300, &rows), &[7; 32]);
        let check = |bytes: &mut Vec<u8>| {
            assert!(bytes == &whole || decode(bytes, &[7; 32]).is_err());
            if bytes.len() >= HEADER {
                let crc = crc32fast::hash(&bytes[16..]);
                bytes[12..16].copy_from_slice(&crc.to_le_bytes());
            }
            let _ = decode(bytes, &[7; 32]);
        };
        for length in 0..whole.len() {
            check(&mut whole[..length].to_vec());
        }
        for bit in 0..8 * whole.len() {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            check(&mut bytes);
        }
        let mut random = Random::new(3, Purpose::Data, 0);
        for _ in 0..3_000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + random.below(4) {
                let at = HEADER + random.below(bytes.len() - HEADER);
                bytes[at] = random.bits() as u8;
            }
            check(&mut bytes);
        }
    }

    #[test]
    fn keeps_few_files_and_leaves_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus(3, &[vec![1], vec![2]]);
        for key in 0..7 {
            let cache = TokenCache::new(&folder.path().join("new"), "toy", [key; 32]);
            assert_eq!(cache.load(), Cached::Absent);
            cache.store(&corpus).unwrap();
            assert_eq!(cache.load(), Cached::Found(Box::new(corpus.clone())));
        }
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), MOST_FILES);
    }
}
