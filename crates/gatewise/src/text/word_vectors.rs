//! Pre-trained word vectors: text files of GloVe and fastText.
//!
//! Input: a file of lines `word v1 … vD`, with or without a header line `words D`, and a vocabulary. Output:
//! the vectors of the vocabulary's words. Vectors of other words are not kept, so that memory is bounded by
//! the size of the vocabulary.

use super::Vocabulary;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The maximum length of a line.
const MAX_LINE: u64 = 1 << 20;

/// Pre-trained vectors for the words of a vocabulary.
///
/// ```
/// use gatewise::text::WordVectors;
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::text::Vocabulary;
/// use gatewise::Sequential;
/// let vocabulary = Vocabulary::from_ranked(&["film", "good"].map(String::from), 6)?;
/// // WordVectors::open reads a file.
/// let vectors = WordVectors::read("good 0.5 -1\nthe 0 0\n".as_bytes(), "vectors.txt", &vocabulary)?;
/// assert_eq!((vectors.found(), vectors.words(), vectors.width()), (1, 2, 2));
///
/// let layers = Sequential::new().with(Embedding::new(6, vectors.width())).with(Lstm::new(3));
/// let mut model = layers.with(Dense::new(1)).compile(1)?;
/// model.params_mut().set_vectors("embedding/embeddings", &vectors)?;
/// let row = 2 * vocabulary.id("good") as usize;
/// assert_eq!(model.params().get("embedding/embeddings").map(|table| &table[row..row + 2]), Some(&[0.5, -1.0][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    width: usize,
    words: usize,
    ids: Vec<u32>,
    /// `[found][width]`, in the order of `ids`.
    values: Vec<f32>,
}

impl WordVectors {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and as [`read`](Self::read).
    pub fn open(path: &Path, vocabulary: &Vocabulary) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("open the word vectors", path, e))?;
        Self::read(BufReader::with_capacity(1 << 16, file), &path.display().to_string(), vocabulary)
    }

    /// Reads the lines of `reader`; errors refer to the source as `name`. If a word occurs several times, its
    /// first line counts. Words outside the vocabulary are skipped without parsing their numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with the line number, for a line without a word or
    /// without exactly D finite numbers, and for an empty source. [`ErrorKind::Io`](crate::ErrorKind::Io) if
    /// reading fails.
    pub fn read(mut reader: impl BufRead, name: &str, vocabulary: &Vocabulary) -> Result<Self> {
        let mut vectors = Self { width: 0, words: vocabulary.len(), ids: Vec::new(), values: Vec::new() };
        let mut held = vec![false; vocabulary.max_words()];
        let (mut bytes, mut number) = (Vec::new(), 0usize);
        loop {
            bytes.clear();
            let length = reader
                .by_ref()
                .take(MAX_LINE)
                .read_until(b'\n', &mut bytes)
                .map_err(|e| Error::io("read the word vectors", name, e))?;
            if length == 0 {
                break;
            }
            number += 1;
            let refuse = |what: String| Error::data(format!("{name}:{number}: {what}"));
            if length as u64 == MAX_LINE && bytes.last() != Some(&b'\n') {
                return Err(refuse(format!(
                    "the line is longer than {MAX_LINE} bytes; word vectors were expected"
                )));
            }
            let line = bytes.trim_ascii_end();
            if line.is_empty() {
                continue;
            }
            if vectors.width == 0 {
                let mut fields = line.split(u8::is_ascii_whitespace);
                vectors.width = fields.by_ref().count().saturating_sub(1);
                if let Some(width) = header(line).filter(|_| number == 1) {
                    vectors.width = width;
                    continue;
                }
                if vectors.width == 0 {
                    return Err(refuse("there are no numbers; a line is a word and its vector".into()));
                }
            }
            // From the right, because a few words of GloVe contain spaces.
            let mut fields = line.rsplitn(vectors.width + 1, u8::is_ascii_whitespace);
            let start = vectors.values.len();
            let numbers: Vec<&[u8]> = fields.by_ref().take(vectors.width).collect();
            let Some(word) = fields.next().filter(|_| numbers.len() == vectors.width) else {
                return Err(refuse(format!(
                    "there are {} numbers after the word, but the lines before have {}",
                    numbers.len().saturating_sub(1),
                    vectors.width
                )));
            };
            // A word that is not UTF-8 is in no vocabulary.
            let id = std::str::from_utf8(word).map_or(vocabulary.policy().oov, |word| vocabulary.id(word));
            if id == vocabulary.policy().oov || std::mem::replace(&mut held[id as usize], true) {
                continue;
            }
            for &field in numbers.iter().rev() {
                let text = String::from_utf8_lossy(field);
                let value = text.parse().ok().filter(|value: &f32| value.is_finite());
                let value = value.ok_or_else(|| refuse(format!("'{text}' is not a finite number")))?;
                vectors.values.push(value);
            }
            debug_assert_eq!(vectors.values.len(), start + vectors.width);
            vectors.ids.push(id);
        }
        match vectors.width {
            0 => Err(Error::data(format!("{name}: there are no lines; a line is a word and its vector"))),
            _ => Ok(vectors),
        }
    }

    /// Returns D, the dimension of the vectors.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of words of the vocabulary that have a vector.
    pub fn found(&self) -> usize {
        self.ids.len()
    }

    /// Returns the number of words of the vocabulary.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Returns the ids that have a vector, each with its vector.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[f32])> {
        self.ids.iter().copied().zip(self.values.chunks_exact(self.width.max(1)))
    }
}

/// Returns the dimension in a header line `words D`.
fn header(line: &[u8]) -> Option<usize> {
    let mut fields = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let (words, width) = (fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<usize>().ok()?);
    (fields.next().is_none() && words > 0 && (1..=MAX_LINE as usize).contains(&width)).then_some(width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn vocabulary() -> Vocabulary {
        Vocabulary::from_ranked(&["film", "good", "a b"].map(String::from), 7).unwrap()
    }

    fn read(text: &[u8]) -> Result<WordVectors> {
        WordVectors::read(text, "v.txt", &vocabulary())
    }

    #[test]
    fn lines_are_read_with_and_without_a_header() {
        let lines = "film 1 2e-1\nzebra nonsense here\ngood -3 .5 \na b 7 8\r\nfilm 9 9\n\n\u{e9} 1 1";
        for text in [lines.to_owned(), format!("5 2\n{lines}")] {
            let vectors = read(text.as_bytes()).unwrap();
            let rows: Vec<_> = vectors.iter().collect();
            let id = |word| vocabulary().id(word);
            let expected: [(u32, &[f32]); 3] =
                [(id("film"), &[1.0, 0.2]), (id("good"), &[-3.0, 0.5]), (id("a b"), &[7.0, 8.0])];
            assert_eq!(rows, expected);
            assert_eq!((vectors.found(), vectors.words(), vectors.width()), (3, 3, 2));
        }
        // A first line with a word and one number is not a header.
        assert_eq!(read(b"film 3\ngood 4\n").unwrap().width(), 1);
        assert_eq!(read(b"\xff\xfe 1 2\nfilm 1 2\n").unwrap().found(), 1);
    }

    #[test]
    fn bad_lines_are_named() {
        let long = format!("film {}", "1 ".repeat(MAX_LINE as usize));
        for (text, part) in [
            (&b""[..], "v.txt: there are no lines"),
            (b"film\n", "v.txt:1: there are no numbers"),
            (b"film 1 2\ngood 1\n", "v.txt:2: there are"),
            (b"zebra 1 2\nfilm 1 two\n", "v.txt:2: 'two' is not a finite number"),
            (b"2 2\nfilm 1 nan\n", "v.txt:2: 'nan'"),
            (b"2 2\nfilm 1 1e99\n", "v.txt:2: '1e99'"),
            (b"2 3\nfilm 1 2\n", "v.txt:2: there are"),
            (long.as_bytes(), "v.txt:1: the line is longer"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Data);
            assert!(error.to_string().contains(part), "{error}");
        }
        let missing = WordVectors::open("no such file".as_ref(), &vocabulary()).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Io);
    }
}
