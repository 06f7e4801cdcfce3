//! The built-in model: the sentiment of English film reviews. `models/README.md` describes how it was trained.

use gatewise::{Artifact, Result};

const BYTES: &[u8] = include_bytes!("../../../models/sentiment.gatewise");

pub fn artifact() -> Result<Artifact> {
    Artifact::from_bytes(BYTES)
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
