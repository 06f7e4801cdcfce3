//! The options of reading records.
//!
//! Input: what the user states about a file. Output: [`RecordOptions`]; what is left out is found by looking.

use super::OnError;
use crate::error::{Error, Result};
use crate::files::encoding::Encoding;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// How a file of records is read. What is not set is found by looking at the first lines.
///
/// ```
/// use gatewise::files::{OnError, RecordFormat, RecordOptions, Records};
/// let options = RecordOptions::default().delimiter(";".parse()?).header(false).on_error(OnError::Skip);
/// let records = Records::from_reader("good film;1\nbad film;0\n".as_bytes(), RecordFormat::Csv, "films.csv", &options)?;
/// assert!(records.columns().iter().map(|column| column.name.as_str()).eq(["1", "2"]));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordOptions {
    /// The character between the fields of a table.
    pub delimiter: Option<Delimiter>,
    /// Whether the first line of a table names the columns. The columns of a table without a header are called 1, 2, ….
    pub header: Option<bool>,
    /// The encoding of the text. Default: UTF-8, or UTF-16 if the file begins with its byte order mark.
    pub encoding: Option<Encoding>,
    /// Whether a text that is not recognized is a table: a column of numbers has nothing to recognize it by.
    pub table: bool,
    /// The handling of bad records. Default: the first bad record is an error.
    pub on_error: OnError,
}

impl RecordOptions {
    /// Sets the character between the fields of a table.
    pub fn delimiter(self, delimiter: Delimiter) -> Self {
        Self { delimiter: Some(delimiter), ..self }
    }

    /// Sets whether the first line of a table names the columns.
    pub fn header(self, header: bool) -> Self {
        Self { header: Some(header), ..self }
    }

    /// Sets the encoding of the text.
    pub fn encoding(self, encoding: Encoding) -> Self {
        Self { encoding: Some(encoding), ..self }
    }

    /// Returns whether the options state that the file is a table: its delimiter, its header, or that it is one.
    pub(in crate::files) fn states_table(&self) -> bool {
        self.table || self.delimiter.is_some() || self.header.is_some()
    }

    /// Sets whether a text that is not recognized is a table.
    pub fn table(self, table: bool) -> Self {
        Self { table, ..self }
    }

    /// Sets the handling of bad records.
    pub fn on_error(self, on_error: OnError) -> Self {
        Self { on_error, ..self }
    }
}

impl From<OnError> for RecordOptions {
    fn from(on_error: OnError) -> Self {
        Self::default().on_error(on_error)
    }
}

/// The character between the fields of a table: a character of ASCII, but no letter, digit, quotation mark or line break.
///
/// ```
/// use gatewise::files::Delimiter;
/// assert_eq!("tab".parse::<Delimiter>()?, "\t".parse()?);
/// assert_eq!(";".parse::<Delimiter>()?.to_string(), ";");
/// assert!("::".parse::<Delimiter>().is_err());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

impl Delimiter {
    /// The comma.
    pub const COMMA: Self = Self(b',');
    /// The semicolon.
    pub const SEMICOLON: Self = Self(b';');
    /// The tab.
    pub const TAB: Self = Self(b'\t');

    /// Returns the character as a byte.
    pub fn byte(self) -> u8 {
        self.0
    }

    /// Returns the delimiter of this character.
    pub(super) fn of(byte: u8) -> Option<Self> {
        let stands = byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n\0".contains(&byte);
        stands.then_some(Self(byte))
    }
}

impl FromStr for Delimiter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = match text.as_bytes() {
            b"tab" | b"TAB" | b"\\t" => Some(Self::TAB),
            b"space" => Some(Self(b' ')),
            &[byte] => Self::of(byte),
            _ => None,
        };
        found.ok_or_else(|| {
            Error::config(format!(
                "'{text}' is not a delimiter; it must be one character that is no letter, digit or quotation mark, such as ; or \
                 |, or the word tab"
            ))
        })
    }
}

/// Writes the character, or the word `tab` or `space`.
impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            b' ' => f.write_str("space"),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

impl Serialize for Delimiter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Delimiter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
