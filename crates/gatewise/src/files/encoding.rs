//! Encodings of text other than UTF-8.
//!
//! Input: the name of an encoding, and bytes in it. Output: an [`Encoding`], and a reader of UTF-8.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::str::FromStr;

/// An encoding of text, by its name on the web: `windows-1252`, `iso-8859-2`, `utf-16le`, `shift_jis`, `gbk`, …
///
/// ```
/// use gatewise::files::Encoding;
/// assert_eq!("latin-1".parse::<Encoding>()?.to_string(), "windows-1252");
/// assert!("klingon".parse::<Encoding>().is_err());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// The byte that stands for bytes without a meaning in the encoding. It is not UTF-8, so that whoever reads the text
/// finds it, at its place.
const BAD: u8 = 0xff;

impl Encoding {
    pub(super) const UTF_8: Self = Self(encoding_rs::UTF_8);

    /// Returns the encoding that the byte order mark at the start of `head` states, and the length of the mark.
    pub(super) fn of_mark(head: &[u8]) -> Option<(Self, usize)> {
        encoding_rs::Encoding::for_bom(head).map(|(encoding, length)| (Self(encoding), length))
    }

    /// Returns a reader of the same text in UTF-8. Bytes without a meaning become a byte that is not UTF-8.
    pub(super) fn decode(self, bytes: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        if self == Self::UTF_8 {
            return Box::new(bytes);
        }
        let bytes = BufReader::with_capacity(1 << 16, bytes);
        let (decoder, text) = (self.0.new_decoder_without_bom_handling(), vec![0; 1 << 16]);
        Box::new(Decoding { bytes, decoder, text, start: 0, end: 0, over: false })
    }
}

/// A reader of decoded text.
struct Decoding<R> {
    bytes: BufReader<R>,
    decoder: encoding_rs::Decoder,
    /// Decoded text; what is between `start` and `end` is not read yet.
    text: Vec<u8>,
    start: usize,
    end: usize,
    over: bool,
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.start == self.end && !self.over {
            let bytes = self.bytes.fill_buf()?;
            let last = bytes.is_empty();
            // The last place is for the byte of a flaw.
            let room = self.text.len() - 1;
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.text[..room], last);
            self.bytes.consume(read);
            (self.start, self.end) = (0, written);
            match result {
                encoding_rs::DecoderResult::Malformed(..) => {
                    self.text[written] = BAD;
                    self.end += 1;
                }
                encoding_rs::DecoderResult::InputEmpty => self.over = last,
                encoding_rs::DecoderResult::OutputFull => {}
            }
        }
        let count = out.len().min(self.end - self.start);
        out[..count].copy_from_slice(&self.text[self.start..self.start + count]);
        self.start += count;
        Ok(count)
    }
}

impl FromStr for Encoding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let label = name.trim().to_ascii_lowercase();
        // People write latin-1, windows1252 and shift-jis for latin1, windows-1252 and shift_jis.
        let spellings = [
            label.clone(),
            label.replace('_', "-"),
            label.replace('-', "_"),
            label.replace(['-', '_', ' '], ""),
            label.replace("windows", "windows-"),
        ];
        let known = |label: &String| encoding_rs::Encoding::for_label_no_replacement(label.as_bytes());
        spellings.iter().find_map(known).map(Self).ok_or_else(|| {
            Error::config(format!(
                "'{name}' is not the name of an encoding; common ones are utf-8, windows-1252 (also called latin-1), utf-16le, \
                 iso-8859-2, windows-1251, koi8-r, shift_jis, euc-kr, gbk and big5"
            ))
        })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name().to_ascii_lowercase())
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
