//! The serialized form of a tokenizer. Fields of one kind of tokenizer are omitted for the others, so that
//! files of older versions can be read and a word tokenizer is written as before.

use super::{HuggingFace, Settings, Tokenizer, Unit};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::ops::Not;

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Saved {
    lower: bool,
    filters: String,
    html_breaks: bool,
    #[serde(skip_serializing_if = "Not::not")]
    char_level: bool,
    #[serde(skip_serializing_if = "Not::not")]
    unicode_words: bool,
    /// Unicode words and symbols.
    #[serde(skip_serializing_if = "Not::not")]
    unicode: bool,
    /// A Hugging Face `tokenizer.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokenizer_json: Option<Box<RawValue>>,
}

impl Default for Saved {
    fn default() -> Self {
        Tokenizer::default().into()
    }
}

impl From<Tokenizer> for Saved {
    fn from(tokenizer: Tokenizer) -> Self {
        let Settings { unit, lower, filters, html_breaks } = tokenizer.settings;
        Self {
            lower,
            filters,
            html_breaks,
            char_level: unit == Unit::Character,
            unicode_words: unit == Unit::UnicodeWord,
            unicode: unit == Unit::UnicodeWordOrSymbol,
            tokenizer_json: match unit {
                Unit::Token(tokens) => Some(tokens.json().to_owned()),
                _ => None,
            },
        }
    }
}

impl TryFrom<Saved> for Tokenizer {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        let Saved { lower, filters, html_breaks, char_level, unicode_words, unicode, tokenizer_json } = saved;
        let unit = match (char_level, unicode_words, unicode, tokenizer_json) {
            (false, false, false, None) => Unit::Chunk,
            (true, false, false, None) => Unit::Character,
            (false, true, false, None) => Unit::UnicodeWord,
            (false, false, true, None) => Unit::UnicodeWordOrSymbol,
            (false, false, false, Some(json)) => Unit::Token(HuggingFace::new(json.get())?),
            _ => {
                return Err(Error::config(
                    "a tokenizer returns characters, Unicode words or tokens, not two of them",
                ));
            }
        };
        Ok(Settings { unit, lower, filters, html_breaks }.into())
    }
}
