//! Any bytes are a tokenizer.json or an error, and no text makes one panic.
#![no_main]

use gatewise::text::Tokenizer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        // The library catches the panics of the crate below it; those that it does not catch still end the run.
        std::panic::set_hook(Box::new(|_| ()));
    },
    |json: &str| {
        if let Ok(tokenizer) = Tokenizer::hugging_face(json) {
            for text in ["", "A film, naïve and\n\u{300}日本 🦀!", "aaaa bbbb"] {
                tokenizer.words(text);
            }
            let saved = serde_json::to_string(&tokenizer).unwrap();
            assert_eq!(serde_json::from_str::<Tokenizer>(&saved).unwrap(), tokenizer);
        }
    }
);
