//! Text for HTML. Input: untrusted text. Output: text that is not markup where it stands.

/// Escapes text between tags and in quoted attributes.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // HTML has no way to write it.
            '\0' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Escapes JSON inside of a `script` element. These letters occur only in the strings of JSON, where `\u003c` is `<`:
/// neither the end of the element nor the start of a comment is left.
pub(crate) fn json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Returns bytes in base64, as a content policy writes checksums.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place)) as usize & 63];
            encoded.push(if place <= chunk.len() { letter as char } else { '=' });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{base64, html, json};

    #[test]
    fn base64_of_rfc_4648() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, expected) in pairs {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn letters_with_a_meaning_are_escaped() {
        assert_eq!(html("<a b=\"c\">&'\0é"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}é");
        assert_eq!(
            json("\"</script>&<!--\u{2028}\u{2029}é\""),
            "\"\\u003c/script\\u003e\\u0026\\u003c!--\\u2028\\u2029é\""
        );
    }
}
