//! Compressed streams, known by their first bytes.
//!
//! Input: the bytes of a gzip or Zstandard file. Output: a reader of the unpacked bytes. Memory does not grow with the
//! file: of Zstandard, windows of more than 128 MiB are refused.

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::fmt;
use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read};

/// A compression that is unpacked while a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    /// Returns the compression of a file that starts with `head`.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // A frame, or a skippable frame before it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }

    /// Returns a reader of the unpacked bytes.
    pub fn unpack(self, packed: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        let packed = BufReader::with_capacity(1 << 16, packed);
        match self {
            Self::Gzip => Box::new(Unpacked { compression: self, bytes: MultiGzDecoder::new(packed) }),
            Self::Zstandard => {
                let bytes = Frames { packed, decoder: FrameDecoder::new(), open: false };
                Box::new(Unpacked { compression: self, bytes })
            }
        }
    }
}

/// The error of a compressed file that is damaged or ends early.
#[derive(Debug)]
pub(super) struct Damaged {
    compression: Compression,
    cause: Error,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} file is damaged or cut off here: {}", self.compression, self.cause)
    }
}

impl std::error::Error for Damaged {}

/// A reader of unpacked bytes, whose errors are the system's or [`Damaged`].
struct Unpacked<R> {
    compression: Compression,
    bytes: R,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(out).map_err(|cause| match cause.raw_os_error() {
            Some(_) => cause,
            None if cause.kind() == ErrorKind::Interrupted => cause,
            None => Error::new(ErrorKind::InvalidData, Damaged { compression: self.compression, cause }),
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
        })
    }
}

/// The frames of a Zstandard file, one after the other.
struct Frames<R> {
    packed: BufReader<R>,
    decoder: FrameDecoder,
    /// Whether a frame has begun and not ended.
    open: bool,
}

impl<R: Read> Frames<R> {
    /// Begins the next frame; returns `false` at the end of the file.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.packed) {
                Ok(()) => {
                    self.open = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.packed.by_ref().take(length), &mut io::sink())? < length {
                        return Err(Error::new(ErrorKind::UnexpectedEof, "a skippable frame ends early"));
                    }
                }
                Err(flaw) => return Err(Error::new(ErrorKind::InvalidData, flaw)),
            }
        }
        Ok(false)
    }

    /// Ends the frame.
    fn end(&mut self) -> io::Result<()> {
        self.open = false;
        let sums = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        match sums {
            (Some(stated), Some(found)) if stated != found => {
                Err(Error::new(ErrorKind::InvalidData, "the checksum is wrong"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.open || self.begin()? {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded =
                    self.decoder.decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|flaw| Error::new(ErrorKind::InvalidData, flaw))?;
            }
            if self.decoder.can_collect() > 0 || out.is_empty() {
                return self.decoder.read(out);
            }
            self.end()?;
        }
        Ok(0)
    }
}
