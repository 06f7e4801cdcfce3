//! Encodings of text other than UTF-8.
//!
//! Input: the name of an encoding. Output: an [`Encoding`].

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
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
