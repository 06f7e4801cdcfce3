//! The model of a command line: the one that it names, or the built-in model, which predicts the sentiment of English
//! film reviews. `models/README.md` describes how that was trained.

use crate::note;
use gatewise::{Artifact, Result};
use gatewise_pipeline::PredictInput;
use std::ffi::OsString;

const BYTES: &[u8] = include_bytes!("../../../models/sentiment.gatewise");

pub fn artifact() -> Result<Artifact> {
    Artifact::from_bytes(BYTES)
}

/// Returns the model that the first word names, or the built-in model, and the remaining words.
pub fn named_or_built_in(words: &[OsString]) -> Result<(Artifact, &[OsString])> {
    let (model, rest) = PredictInput::split_model(words)?;
    match model {
        Some(path) => Ok((Artifact::load(path)?, rest)),
        None => {
            note!(
                "note: no model is given; the built-in model predicts the sentiment of English film reviews"
            );
            Ok((artifact()?, rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small_and_gets_plain_sentences_right() {
        assert!(BYTES.len() <= 400_000, "{} bytes", BYTES.len());
        let artifact = artifact().unwrap();
        assert!(artifact.training().test.unwrap().accuracy > Some(0.85));
        assert!(artifact.training().oov_rate.is_some());
        let texts = [
            ("pos", "What a wonderful film! I loved every minute of it."),
            ("pos", "One of the best movies I have ever seen."),
            ("pos", "Great acting, a beautiful story, highly recommended."),
            ("neg", "A terrible, boring waste of time."),
            ("neg", "The worst movie I have ever seen."),
            ("neg", "Awful acting and a stupid plot. I hated it."),
        ];
        for (label, text) in texts {
            assert_eq!(artifact.predict(&[text]).unwrap()[0].label, label, "{text}");
        }
    }
}
