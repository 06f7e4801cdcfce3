//! Tokenizers by name.

use gatewise::text::Tokenizer;
use gatewise::{Error, Result};

/// The name of the tokenizer for scripts without spaces.
pub(crate) const UNICODE: &str = "unicode";

/// Returns the tokenizer with this name: `words`, `unicode`, `characters`, or the path of a Hugging Face
/// `tokenizer.json`.
///
/// ```
/// assert_eq!(gatewise_pipeline::named_tokenizer("characters")?.words("ab"), ["a", "b"]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for another name, and the errors of reading the file.
pub fn named(name: &str) -> Result<Tokenizer> {
    match name {
        "words" => Ok(Tokenizer::default()),
        UNICODE => Ok(Tokenizer::unicode()),
        "characters" => Ok(Tokenizer::characters()),
        path if is_file(path) => {
            let json = std::fs::read_to_string(path).map_err(|e| Error::reading("cannot read", path, e))?;
            Tokenizer::hugging_face(&json).map_err(|e| Error::new(e.kind(), format!("{path}: {e}")))
        }
        other => Err(Error::config(format!(
            "there is no tokenizer '{other}': give words, unicode, characters or the path of a tokenizer.json"
        ))),
    }
}

/// Returns whether a tokenizer's name is the path of a file.
pub(crate) fn is_file(name: &str) -> bool {
    name.ends_with(".json")
}
