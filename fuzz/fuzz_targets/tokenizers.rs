//! Every tokenizer of our own cuts any text, and the words come from it.
#![no_main]

use gatewise::text::Tokenizer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (u8, bool, bool, &str, &str)| {
    let (kind, lower, html_breaks, filters, text) = data;
    let tokenizer = match kind % 4 {
        0 => Tokenizer::default(),
        1 => Tokenizer::unicode_words(),
        2 => Tokenizer::characters(),
        _ => Tokenizer::default().with_filters(filters),
    };
    let tokenizer = tokenizer.with_lower(lower).with_html_breaks(html_breaks);
    let text = if lower { text.to_lowercase() } else { text.to_owned() };
    for word in tokenizer.words(&text) {
        assert!(!word.is_empty());
        assert!(lower || text.contains(&word));
    }
});
