//! Finds and reads the published IMDB reviews.
//!
//! Input: a place with the folder `aclImdb/{train,test}/{neg,pos}/*.txt` or its `.tar.gz`, untrusted. Output:
//! reviews in chunks, in the order of the source.

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::UNIX_EPOCH;

/// The parts, in the order of [`Review::part`].
pub(super) const PARTS: [&str; 2] = ["train", "test"];
/// The labels, in the order of their classes.
pub(super) const LABELS: [&str; 2] = ["neg", "pos"];

/// The maximum size of a review; the longest review of IMDB has 14 KB.
const MOST_REVIEW: u64 = 16 << 20;
/// The maximum size of all reviews (IMDB: 66 MB), and of a decompressed archive.
const MOST_TEXT: u64 = 1 << 30;
const MOST_INFLATED: u64 = 4 << 30;
/// The maximum size of an archive's headers between two files: long names.
const MOST_BETWEEN: u64 = 1 << 20;
/// The size of a chunk, large enough to make synchronization between the two threads rare.
const CHUNK: usize = 256 << 10;

/// The source of the reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Folder(PathBuf),
    Archive(PathBuf),
}

/// The metadata of a review; its text is in the [`Chunk`].
#[derive(Debug)]
pub(super) struct Review {
    /// Index into [`PARTS`].
    pub(super) part: usize,
    /// Index into [`LABELS`].
    pub(super) class: u32,
    /// The file name, such as `123_8.txt`.
    pub(super) name: String,
    /// The end of the text in the chunk. The text starts at the end of the text before it.
    pub(super) end: usize,
}

/// A chunk of reviews.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) text: Vec<u8>,
    pub(super) reviews: Vec<Review>,
}

impl Source {
    /// Returns the reviews at `place` or in it. An `aclImdb` folder without reviews comes last: it does not
    /// hide an archive, and reading it yields an error.
    pub(super) fn find(place: &Path) -> Option<Self> {
        if place.is_file() {
            let name = place.file_name()?.to_str()?;
            return (name.ends_with(".tar.gz") || name.ends_with(".tgz"))
                .then(|| Self::Archive(place.into()));
        }
        let holds_reviews = |folder: &Path| folders(folder).any(|(_, _, folder)| folder.is_dir());
        let inner = place.join("aclImdb");
        if let Some(folder) = [place, &inner].into_iter().find(|folder| holds_reviews(folder)) {
            return Some(Self::Folder(folder.into()));
        }
        let published = place.join(super::ARCHIVE);
        if published.is_file() {
            return Some(Self::Archive(published));
        }
        let named = |name: &str| name.starts_with("aclImdb") && name.ends_with(".tar.gz");
        let archives = fs::read_dir(place).ok().into_iter().flatten().flatten();
        let archive = archives
            .filter(|e| e.file_name().to_str().is_some_and(named))
            .map(|e| e.path())
            .filter(|path| path.is_file())
            .min();
        archive.map(Self::Archive).or_else(|| inner.is_dir().then_some(Self::Folder(inner)))
    }

    pub(super) fn path(&self) -> &Path {
        let (Self::Folder(path) | Self::Archive(path)) = self;
        path
    }

    /// Adds the identity of this version of the data to `hash`: path, sizes, modification times.
    pub(super) fn fingerprint(&self, hash: &mut Sha256) -> Result<()> {
        let doing = "cannot look at";
        let path = fs::canonicalize(self.path()).map_err(|e| Error::io(doing, self.path(), e))?;
        let mut add = |name: &[u8], meta: &fs::Metadata| {
            let changed = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update(meta.len().to_le_bytes());
            hash.update(changed.map_or(0, |t| t.as_nanos()).to_le_bytes());
        };
        let meta = fs::metadata(&path).map_err(|e| Error::io(doing, &path, e))?;
        add(path.as_os_str().as_encoded_bytes(), &meta);
        if let Self::Folder(root) = self {
            // A review that is edited in place does not change its folder: every file counts.
            for (_, _, folder) in folders(root) {
                let mut files = Vec::new();
                for entry in fs::read_dir(&folder).map_err(|e| missing(&folder, e))? {
                    let entry = entry.map_err(|e| Error::io(doing, &folder, e))?;
                    let meta = entry.metadata().map_err(|e| Error::io(doing, entry.path(), e))?;
                    files.push((entry.file_name(), meta));
                }
                files.sort_by(|a, b| a.0.cmp(&b.0));
                files.iter().for_each(|(name, meta)| add(name.as_encoded_bytes(), meta));
            }
        }
        Ok(())
    }

    /// Passes all reviews to `give`, which returns whether to continue.
    pub(super) fn read(&self, give: impl FnMut(Chunk) -> bool) -> Result<()> {
        let mut out = Out { give, chunk: Chunk::default(), total: 0, stopped: false };
        match self {
            Self::Folder(root) => read_folder(root, &mut out)?,
            Self::Archive(path) => read_archive(path, &mut out)?,
        }
        out.flush();
        Ok(())
    }
}

/// Returns the four folders of reviews: part, class, path.
fn folders(root: &Path) -> impl Iterator<Item = (usize, u32, PathBuf)> {
    (0..4)
        .map(|i| (i / 2, i % 2))
        .map(|(part, class)| (part, class as u32, root.join(PARTS[part]).join(LABELS[class])))
}

fn missing(folder: &Path, error: io::Error) -> Error {
    if error.kind() != io::ErrorKind::NotFound {
        return Error::reading("cannot read the folder", folder, error);
    }
    Error::data(format!(
        "there is no folder {}: reviews are expected in train/neg, train/pos, test/neg and test/pos; unpack \
         aclImdb_v1.tar.gz again, or remove the folder and give the archive itself",
        folder.display()
    ))
}

/// Collects reviews into chunks.
struct Out<F> {
    give: F,
    chunk: Chunk,
    total: u64,
    stopped: bool,
}

impl<F: FnMut(Chunk) -> bool> Out<F> {
    /// Adds the review in `from`; returns `false` if reading was stopped. `whole` is the path of the file for
    /// errors.
    fn add(&mut self, part: usize, class: u32, name: &str, whole: &Path, from: impl Read) -> Result<bool> {
        let before = self.chunk.text.len();
        let read = from.take(MOST_REVIEW + 1).read_to_end(&mut self.chunk.text);
        let size = read.map_err(|e| Error::reading("cannot read", whole, e))? as u64;
        self.total += size;
        if size > MOST_REVIEW || self.total > MOST_TEXT {
            return Err(Error::data(format!(
                "{}: reviews of more than {} MiB, or {} MiB together, are refused; this is not the IMDB data set",
                whole.display(),
                MOST_REVIEW >> 20,
                MOST_TEXT >> 20
            )));
        }
        debug_assert_eq!(before as u64 + size, self.chunk.text.len() as u64);
        self.chunk.reviews.push(Review { part, class, name: name.to_owned(), end: self.chunk.text.len() });
        if self.chunk.text.len() >= CHUNK {
            self.flush();
        }
        Ok(!self.stopped)
    }

    fn flush(&mut self) {
        if !self.chunk.reviews.is_empty() {
            self.stopped |= !(self.give)(std::mem::take(&mut self.chunk));
            self.chunk.text.reserve(CHUNK);
        }
    }
}

fn read_folder(root: &Path, out: &mut Out<impl FnMut(Chunk) -> bool>) -> Result<()> {
    for (part, class, folder) in folders(root) {
        for entry in fs::read_dir(&folder).map_err(|e| missing(&folder, e))? {
            let path = entry.map_err(|e| Error::reading("cannot read the folder", &folder, e))?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|n| n.ends_with(".txt")) else {
                continue;
            };
            let file = File::open(&path).map_err(|e| Error::reading("cannot open", &path, e))?;
            // Reading a pipe could block forever.
            if file.metadata().is_ok_and(|meta| meta.is_file()) && !out.add(part, class, name, &path, file)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn read_archive(path: &Path, out: &mut Out<impl FnMut(Chunk) -> bool>) -> Result<()> {
    let damaged = |e: io::Error| {
        let what = match e.kind() {
            io::ErrorKind::UnexpectedEof => "is cut off".to_owned(),
            _ => format!("is damaged or not a .tar.gz ({e})"),
        };
        Error::data(format!("{} {what}: fetch it again from {}", path.display(), super::URL))
    };
    let file = File::open(path).map_err(|e| Error::reading("cannot open", path, e))?;
    let gate = Rc::new(Gate { left: Cell::new(0), total: Cell::new(MOST_INFLATED), ended: Cell::new(false) });
    let inflate = MultiGzDecoder::new(BufReader::with_capacity(1 << 17, file));
    let buffered = BufReader::with_capacity(1 << 17, inflate);
    let mut archive = tar::Archive::new(Metered { inner: buffered, gate: Rc::clone(&gate) });
    let mut entries = archive.entries().map_err(damaged)?;
    loop {
        gate.left.set(MOST_BETWEEN);
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(damaged)?;
        gate.left.set(u64::MAX);
        let review = if entry.header().entry_type().is_file() { review(&entry.path_bytes()) } else { None };
        if let Some((part, class, name)) = review {
            let whole = path.join(PARTS[part]).join(LABELS[class as usize]).join(&name);
            let mut from = Noting { inner: &mut entry, error: None };
            let more = out.add(part, class, &name, &whole, &mut from);
            if let Some(e) = from.error {
                return Err(damaged(e));
            }
            if !more? {
                return Ok(());
            }
        }
        // Skipped content is read here, so that it does not count towards the limit of the next header.
        io::copy(&mut entry, &mut io::sink()).map_err(damaged)?;
    }
    // A complete archive ends with blocks of zeros; an archive truncated between two files does not.
    if gate.ended.get() {
        return Err(damaged(io::ErrorKind::UnexpectedEof.into()));
    }
    // Reading to the end verifies the checksum of gzip.
    gate.left.set(u64::MAX);
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(())
}

/// Returns part, class and file name of a path that ends in, for example, `train/pos/123_8.txt`.
fn review(path: &[u8]) -> Option<(usize, u32, String)> {
    let mut parts = std::str::from_utf8(path).ok()?.rsplit('/');
    let (name, label, part) = (parts.next()?, parts.next()?, parts.next()?);
    let part = PARTS.iter().position(|p| *p == part)?;
    let class = LABELS.iter().position(|l| *l == label)?;
    name.ends_with(".txt").then(|| (part, class as u32, name.to_owned()))
}

/// The remaining size that may be decompressed.
struct Gate {
    left: Cell<u64>,
    total: Cell<u64>,
    /// Whether the compressed stream has ended.
    ended: Cell<bool>,
}

/// A reader that is limited by the gate, because a few kilobytes can decompress to a name of many gigabytes.
struct Metered<R> {
    inner: R,
    gate: Rc<Gate>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        let gate = &self.gate;
        gate.ended.set(n == 0 && !into.is_empty());
        for allowance in [&gate.left, &gate.total] {
            match allowance.get().checked_sub(n as u64) {
                Some(left) => allowance.set(left),
                None => return Err(io::Error::other("it inflates to far more than the IMDB reviews")),
            }
        }
        Ok(n)
    }
}

/// A reader that keeps the error of the archive, which is more specific than the error of a review.
struct Noting<R> {
    inner: R,
    error: Option<io::Error>,
}

impl<R: Read> Read for Noting<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(into) {
            // The caller retries interrupted reads.
            Err(e) if e.kind() != io::ErrorKind::Interrupted => {
                let kind = e.kind();
                self.error = Some(e);
                Err(kind.into())
            }
            other => other,
        }
    }
}
