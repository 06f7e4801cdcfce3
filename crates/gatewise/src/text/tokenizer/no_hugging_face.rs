//! Replaces the reader of `tokenizer.json` in a build without the feature `hugging-face`.

use crate::error::{Error, Result};
use serde_json::value::RawValue;

/// A type without values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum HuggingFace {}

impl HuggingFace {
    pub(super) fn new(_: &str) -> Result<Self> {
        Err(Error::config(
            "this build of gatewise does not read tokenizer.json: build it with the feature hugging-face",
        ))
    }

    pub(super) fn json(&self) -> &RawValue {
        match *self {}
    }

    pub(super) fn for_each_token(&self, _: &str, _: impl FnMut(&str)) {
        match *self {}
    }
}
