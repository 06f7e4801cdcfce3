//! The tokenizer of a Hugging Face `tokenizer.json`.
//!
//! Input: the content of the file. Output: the tokens of texts. The file is untrusted: content that would
//! make the `tokenizers` crate panic, or grow a text without bound, is an error here.

use crate::error::{Error, Result};
use serde_json::Value;
use serde_json::value::RawValue;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Larger files are refused, because an artifact contains the file.
const MAX_BYTES: usize = 32 << 20;
/// The factor by which normalizers may lengthen a text.
const MAX_GROWTH: usize = 1_000;
/// The token of a text that the file cannot tokenize: a character that occurs in no vocabulary.
const NONE: &str = "\u{fffd}";

/// The content of a `tokenizer.json` and its tokenizer, shared by all clones.
#[derive(Debug, Clone)]
pub(super) struct HuggingFace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    json: Box<RawValue>,
    tokenizer: tokenizers::Tokenizer,
}

impl PartialEq for HuggingFace {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.json().get() == other.json().get()
    }
}

impl HuggingFace {
    pub(super) fn new(json: &str) -> Result<Self> {
        let flaw = |why: String| Error::data(format!("this is not a usable tokenizer.json: {why}"));
        if json.len() > MAX_BYTES {
            return Err(flaw(format!("it has {} bytes, but at most {MAX_BYTES} are read", json.len())));
        }
        let mut value: Value =
            serde_json::from_str(json).map_err(|e| flaw(format!("it is not JSON ({e})")))?;
        let growth = growth(&value["normalizer"]).saturating_mul(growth(&value["pre_tokenizer"]));
        if growth > MAX_GROWTH {
            return Err(flaw(format!("it would make texts up to {growth} times as long")));
        }
        // Tokens are deterministic, in training too.
        if let Some(dropout) = value.pointer_mut("/model/dropout") {
            *dropout = Value::Null;
        }
        // On one line, however the file is formatted.
        let json = serde_json::value::to_raw_value(&value).map_err(|e| flaw(e.to_string()))?;
        let read = || {
            let mut tokenizer: tokenizers::Tokenizer = json.get().parse().map_err(|e| format!("{e}"))?;
            // The model pads and truncates rows itself.
            tokenizer.with_truncation(None).map_err(|e| format!("{e}"))?.with_padding(None);
            // A character that no vocabulary contains shows whether there is an unknown token.
            tokenizer.encode_fast("a \u{10fffd}", false).map_err(|e| format!("{e}"))?;
            Ok::<_, String>(tokenizer)
        };
        let tokenizer =
            catch_unwind(AssertUnwindSafe(read)).map_err(|_| flaw("it contradicts itself".into()))?;
        Ok(Self(Arc::new(Inner { tokenizer: tokenizer.map_err(flaw)?, json })))
    }

    pub(super) fn json(&self) -> &RawValue {
        &self.0.json
    }

    /// Calls `each` with the tokens of `text`. A text that cannot be tokenized is one unknown token, not empty.
    pub(super) fn for_each_token(&self, text: &str, mut each: impl FnMut(&str)) {
        let tokenizer = &self.0.tokenizer;
        match catch_unwind(AssertUnwindSafe(|| tokenizer.encode_fast(text, false))) {
            Ok(Ok(tokens)) => {
                tokens
                    .get_ids()
                    .iter()
                    .for_each(|&id| each(tokenizer.id_to_token(id).as_deref().unwrap_or(NONE)));
            }
            _ => each(NONE),
        }
    }
}

/// Returns the factor by which the replacements within `value` can lengthen a text.
fn growth(value: &Value) -> usize {
    let own = match value {
        Value::Object(fields) => fields.get("content").and_then(Value::as_str).map_or(1, |put| 1 + put.len()),
        _ => 1,
    };
    let parts: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    parts.into_iter().fold(own, |product, part| product.saturating_mul(growth(part)))
}

#[cfg(test)]
mod tests {
    use crate::text::Tokenizer;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn file(normalizer: Value, model: Value) -> Value {
        json!({
            "version": "1.0", "truncation": {"max_length": 1, "strategy": "LongestFirst", "stride": 0,
            "direction": "Right"}, "padding": {"strategy": {"Fixed": 1_000_000_000_000u64}, "direction": "Right",
            "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "?"}, "added_tokens": [],
            "normalizer": normalizer, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
            "decoder": null, "model": model,
        })
    }

    fn word_level(unknown: &str) -> Value {
        json!({"type": "WordLevel", "vocab": {"?": 0, "a": 1, "b": 2}, "unk_token": unknown})
    }

    fn read(file: &Value) -> crate::Result<Tokenizer> {
        Tokenizer::hugging_face(&format!("{file:#}"))
    }

    #[test]
    fn tokens_are_words_whatever_the_file_says_of_lengths() {
        let tokenizer = read(&file(json!({"type": "Lowercase"}), word_level("?"))).unwrap();
        assert_eq!(tokenizer.words("A b, c"), ["a", "b", "?", "?"]);
        assert_eq!(tokenizer.words(""), [""; 0]);
        let json = serde_json::to_string(&tokenizer).unwrap();
        assert!(!json.contains('\n'), "on one line");
        assert_eq!(serde_json::from_str::<Tokenizer>(&json).unwrap(), tokenizer);
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Tokenizer>(&json).unwrap()).unwrap(), json);
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
        for (json, says) in [
            ("".to_owned(), "it is not JSON"),
            ("{}".to_owned(), "this is not a usable tokenizer.json"),
            ("[".repeat(100_000), "it is not JSON"),
            (" ".repeat((32 << 20) + 1), "are read"),
            (file(Value::Null, word_level("unheard of")).to_string(), "Missing [UNK]"),
            (
                file(json!({"type": "Precompiled", "precompiled_charsmap": "no"}), word_level("?"))
                    .to_string(),
                "contradicts",
            ),
            (
                file(json!({"type": "Sequence", "normalizers": vec![double; 40]}), word_level("?"))
                    .to_string(),
                "as long",
            ),
            (
                file(json!({"type": "Replace", "pattern": {"Regex": "("}, "content": ""}), word_level("?"))
                    .to_string(),
                "",
            ),
        ] {
            let error = Tokenizer::hugging_face(&json).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Data);
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    proptest! {
        /// Whatever is changed in a file: tokens or an error.
        #[test]
        fn changed_files_give_tokens_or_an_error(at in 0usize..400, put in "[\"{}\\[\\],:a0]{0,3}", drop in 0usize..4, text in "\\PC{0,20}") {
            let mut json = file(json!({"type": "NFKC"}), word_level("?")).to_string();
            let at = at.min(json.len() - drop);
            json.replace_range(at..at + drop, &put);
            if let Ok(tokenizer) = Tokenizer::hugging_face(&json) {
                tokenizer.words(&text);
            }
        }
    }
}
