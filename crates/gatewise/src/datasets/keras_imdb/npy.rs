//! The header of NumPy's `.npy` format, and arrays of integers.
//!
//! Input: the bytes of an `.npy` file, untrusted. Output: the header, and labels.

use crate::error::{Error, Result};
use std::io::Read;

/// The maximum length of a header, as in NumPy. Typical headers have about 120 bytes.
const LONGEST_HEADER: u32 = 10_000;

/// The header of an `.npy` file.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// NumPy's name of the element type, such as `<i8`, or `|O` for pickled objects.
    pub(super) descr: String,
    /// The number of elements. Only one-dimensional arrays are supported.
    pub(super) rows: u64,
}

/// Reads the header; `from` is then at the start of the data.
pub(super) fn header(from: &mut impl Read, name: &str) -> Result<Header> {
    let cut = |_| Error::data(format!("{name} ends within its .npy header: the file is cut off or damaged"));
    let mut magic = [0; 8];
    from.read_exact(&mut magic).map_err(cut)?;
    let version = match magic {
        [0x93, b'N', b'U', b'M', b'P', b'Y', major @ 1..=3, _] => major,
        _ => return Err(Error::data(format!("{name} is not an .npy file of version 1 to 3"))),
    };
    let mut length = [0; 4];
    from.read_exact(&mut length[..if version == 1 { 2 } else { 4 }]).map_err(cut)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(Error::data(format!(
            "the .npy header of {name} has {length} bytes; at most {LONGEST_HEADER} are expected"
        )));
    }
    let mut text = vec![0; length as usize];
    from.read_exact(&mut text).map_err(cut)?;
    let text = String::from_utf8_lossy(&text);
    parse(&text).ok_or_else(|| {
        Error::data(format!(
            "{name} has the .npy header {:?}, where a one-dimensional array is expected, such as \
             {{'descr': '<i8', 'fortran_order': False, 'shape': (25000,), }}",
            text.trim_end()
        ))
    })
}

/// Parses the Python dictionary `{'descr': '<i8', 'fortran_order': False, 'shape': (25000,), }`, its
/// keys in any order.
fn parse(text: &str) -> Option<Header> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let (mut descr, mut rows) = (None, None);
    while !rest.is_empty() {
        let (key, after) = quoted(rest)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        rest = match key {
            "descr" => {
                let (found, after) = quoted(value)?;
                descr = Some(found.to_owned());
                after
            }
            "fortran_order" => value.strip_prefix("False").or_else(|| value.strip_prefix("True"))?,
            "shape" => {
                let (inner, after) = value.strip_prefix('(')?.split_once(')')?;
                rows = Some(inner.trim().strip_suffix(',')?.trim().trim_end_matches('L').parse().ok()?);
                after
            }
            _ => return None,
        };
        rest = rest.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    Some(Header { descr: descr?, rows: rows? })
}

/// Returns the quoted string at the start of `text`, and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// Reads an array of integers, all of which must be below `below`.
pub(super) fn labels(from: &mut impl Read, name: &str, most_rows: u64, below: u32) -> Result<Vec<u32>> {
    let Header { descr, rows } = header(from, name)?;
    let mut chars = descr.chars();
    let (order, kind, size) = (chars.next(), chars.next(), chars.as_str());
    let size: usize = match (order, kind, size) {
        (Some('<' | '>' | '|' | '='), Some('i' | 'u' | 'b'), "1" | "2" | "4" | "8") => {
            size.parse().unwrap_or(1)
        }
        _ => {
            return Err(Error::data(format!(
                "{name} holds elements of type {descr}; whole numbers are expected"
            )));
        }
    };
    if rows > most_rows {
        return Err(Error::data(format!("{name} declares {rows} rows; at most {most_rows} are read")));
    }
    let mut bytes = Vec::new();
    let wanted = rows * size as u64;
    let read = from.by_ref().take(wanted).read_to_end(&mut bytes);
    read.map_err(|e| Error::data(format!("{name} cannot be read: {e}")))?;
    if bytes.len() as u64 != wanted {
        return Err(Error::data(format!(
            "{name} declares {rows} rows of {size} bytes but holds {} bytes: it is cut off",
            bytes.len()
        )));
    }
    let number = |bytes: &[u8]| -> Option<u32> {
        let shift = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        // A negative number is read as a large one and refused.
        let number = match order {
            Some('>') => bytes.iter().fold(0, shift),
            _ => bytes.iter().rev().fold(0, shift),
        };
        u32::try_from(number).ok().filter(|&n| n < below)
    };
    let parse = |(row, bytes)| {
        number(bytes).ok_or_else(|| {
            Error::data(format!(
                "row {row} of {name} is not a label: whole numbers from 0 to {} are",
                below - 1
            ))
        })
    };
    bytes.chunks_exact(size).enumerate().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_headers_numpy_writes() {
        let ok = |descr: &str, rows| Some(Header { descr: descr.into(), rows });
        assert_eq!(
            parse("{'descr': '<i8', 'fortran_order': False, 'shape': (25000,), }   \n"),
            ok("<i8", 25_000)
        );
        assert_eq!(parse("{\"shape\": (7L,), 'descr': '|O', 'fortran_order': True}"), ok("|O", 7));
        for bad in [
            "",
            "{",
            "{}",
            "{'descr': '<i8', 'shape': (2, 3)}",
            "{'descr': '<i8', 'shape': ()}",
            "{'descr': [('a', '<i8')], 'shape': (2,)}",
            "{'descr': '<i8' 'shape': (2,)}",
            "{'descr': '<i8', 'shape': (-2,)}",
            "{'descr': '<i8', 'shape': (99999999999999999999,)}",
            "{'é",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn reads_every_width_and_byte_order() {
        let file = |descr: &str, data: &[u8]| {
            let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}\n");
            let mut bytes = b"\x93NUMPY\x01\0".to_vec();
            bytes.extend((header.len() as u16).to_le_bytes());
            bytes.extend(header.as_bytes());
            bytes.extend(data);
            labels(&mut bytes.as_slice(), "y", 10, 2)
        };
        assert_eq!(file("|b1", &[1, 0]).unwrap(), [1, 0]);
        assert_eq!(file("<u2", &[1, 0, 0, 0]).unwrap(), [1, 0]);
        assert_eq!(file(">i4", &[0, 0, 0, 1, 0, 0, 0, 0]).unwrap(), [1, 0]);
        assert!(file("|i1", &[1, 0xff]).unwrap_err().to_string().contains("row 1"));
        assert!(file("<f4", &[0; 8]).unwrap_err().to_string().contains("<f4"));
        assert!(file("<i8", &[0; 15]).unwrap_err().to_string().contains("cut off"));
    }
}
