//! The text of a stream: unpacked, decoded to UTF-8, without its byte order mark.
//!
//! Input: bytes, and the encoding where the user names one. Output: a [`TextStream`].

use super::compressed::{Compression, Damaged};
use super::encoding::Encoding;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

/// The number of bytes at the start from which compression and encoding are told.
const HEAD: usize = 64;

/// The largest text that is read as a whole.
const MAX_TEXT: u64 = 1 << 30;

/// A text as it is read: bytes that are UTF-8, unless the file is damaged.
pub(super) struct TextStream {
    pub bytes: Box<dyn Read + Send>,
    /// The length of the byte order mark that was skipped.
    pub mark: usize,
    pub compression: Option<Compression>,
    /// The encoding of the file, if it is not UTF-8.
    pub encoding: Option<Encoding>,
    /// What was found by looking, one sentence each.
    pub notes: Vec<String>,
}

impl TextStream {
    /// Reads the first bytes. The byte order mark of a file has precedence over `encoding`.
    pub fn new(mut bytes: Box<dyn Read + Send>, encoding: Option<Encoding>) -> io::Result<Self> {
        let mut head = peek(&mut bytes, HEAD)?;
        let compression = Compression::of(&head);
        if let Some(compression) = compression {
            bytes = compression.unpack(Cursor::new(head).chain(bytes));
            head = peek(&mut bytes, HEAD)?;
        }
        let (mut notes, mut mark) = (Vec::new(), 0);
        let stated = Encoding::of_mark(&head);
        let encoding = match (stated, encoding) {
            (Some((found, length)), named) => {
                mark = length;
                match named {
                    Some(named) if named != found => notes.push(format!(
                        "the file begins with the byte order mark of {found} and is read as {found}, not as {named}"
                    )),
                    None if found != Encoding::UTF_8 => {
                        notes.push(format!("the file is in {found}, as its byte order mark states"));
                    }
                    _ => {}
                }
                found
            }
            (None, named) => named.unwrap_or(Encoding::UTF_8),
        };
        let rest = Cursor::new(head.split_off(mark)).chain(bytes);
        let bytes = encoding.decode(rest);
        let encoding = (encoding != Encoding::UTF_8).then_some(encoding);
        Ok(Self { bytes, mark, compression, encoding, notes })
    }
}

/// Returns the error of reading the file `name` at `line`.
pub(super) fn failed(name: &str, line: u64, error: io::Error) -> Error {
    match error.get_ref().is_some_and(|cause| cause.is::<Damaged>()) {
        true => Error::data(format!("{name}:{line}: {error}")),
        false => Error::reading("cannot read", name, error),
    }
}

/// Reads bytes until there are `count` of them or the stream ends.
pub(super) fn peek(bytes: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(count.min(1 << 16));
    bytes.by_ref().take(count as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// A text file as it is read: the bytes of the text in UTF-8, and notes.
#[non_exhaustive]
pub struct OpenText {
    /// The bytes: unpacked, decoded to UTF-8, without a byte order mark. Of a damaged file they may not be UTF-8.
    pub bytes: Box<dyn Read + Send>,
    /// What was found by looking, one sentence each.
    pub notes: Vec<String>,
}

/// Opens a text file, to be read as it is unpacked and decoded; see [`read_text`].
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read.
pub fn open_text(path: &Path, encoding: Option<Encoding>) -> Result<OpenText> {
    let TextStream { bytes, notes, .. } = open(path, encoding)?;
    Ok(OpenText { bytes, notes })
}

fn open(path: &Path, encoding: Option<Encoding>) -> Result<TextStream> {
    let stream = File::open(path).and_then(|file| TextStream::new(Box::new(file), encoding));
    stream.map_err(|e| Error::reading("cannot read", path, e))
}

/// Returns the text of a file of at most `most` bytes, unpacked and decoded; otherwise as [`read_text`].
///
/// # Errors
/// As [`read_text`], and [`ErrorKind::Data`](crate::ErrorKind::Data) if the text is longer.
pub fn read_text_of(path: &Path, encoding: Option<Encoding>, most: u64) -> Result<String> {
    let (text, mut bytes) = (open(path, encoding)?, Vec::new());
    let read = text.bytes.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|e| Error::reading("cannot read", path, e))?;
    if bytes.len() as u64 > most {
        return Err(Error::data(format!(
            "{} has more than {most} bytes of text, which is the most that is read at once; give a part of it",
            path.display()
        )));
    }
    let read = utf8(bytes, text.mark as u64, text.encoding, text.compression);
    read.map_err(|flaw| Error::data(format!("{}: {flaw}", path.display())))
}

/// Returns the text of a file: unpacked if it is a .gz or .zst file, decoded from `encoding` (default: UTF-8, or UTF-16 with
/// a byte order mark), and without a byte order mark. It has at most 1 GiB.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("tales.txt");
/// std::fs::write(&path, b"caf\xe9").unwrap();
/// let error = gatewise::files::read_text(&path, None).unwrap_err().to_string();
/// assert!(error.contains("the byte 0xE9 at offset 3 of the file is invalid"));
/// assert_eq!(gatewise::files::read_text(&path, Some("windows-1252".parse()?))?, "café");
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if it is not a text in the encoding, or longer.
pub fn read_text(path: &Path, encoding: Option<Encoding>) -> Result<String> {
    read_text_of(path, encoding, MAX_TEXT)
}

/// Returns `bytes`, which start at `offset` of the unpacked and decoded file, as text, or the reason why they are none.
pub(super) fn utf8(
    bytes: Vec<u8>,
    offset: u64,
    encoding: Option<Encoding>,
    compression: Option<Compression>,
) -> std::result::Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        if let Some(encoding) = encoding {
            return format!(
                "this is not {encoding}: there are bytes here that mean nothing in it; give the encoding of the file, such as \
                 --encoding windows-1252"
            );
        }
        format!(
            "this is not UTF-8: the byte 0x{:02X} at offset {} of the {}file is invalid; give the encoding of the file, such as \
             --encoding windows-1252",
            error.as_bytes()[at],
            offset + at as u64,
            if compression.is_some() { "unpacked " } else { "" },
        )
    })
}
