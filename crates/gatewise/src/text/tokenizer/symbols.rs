//! Words by Unicode's rules, and symbols.
//!
//! Input: text without separators. Output: its words and symbols, in order; punctuation is dropped.

use unicode_segmentation::UnicodeSegmentation;

/// The blocks of signs of currencies, arrows, operators, technical signs, shapes, pictures and emoji, with single
/// signs before them.
const SYMBOLS: [(char, char); 17] = [
    ('$', '$'),
    ('¢', '¥'),
    ('©', '©'),
    ('®', '®'),
    ('°', '±'),
    ('×', '×'),
    ('÷', '÷'),
    ('\u{20a0}', '\u{20cf}'),
    ('\u{2100}', '\u{214f}'),
    ('\u{2190}', '\u{23ff}'),
    ('\u{2500}', '\u{2767}'),
    ('\u{2794}', '\u{27e5}'),
    ('\u{2900}', '\u{297f}'),
    ('\u{2b00}', '\u{2bff}'),
    ('\u{3200}', '\u{33ff}'),
    ('\u{ffe0}', '\u{ffe6}'),
    ('\u{1f000}', '\u{1faff}'),
];

/// The variants of a sign as text and as emoji.
const VARIANTS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];

/// Calls `each` with the words and symbols of `text`, in order.
pub(super) fn for_each(text: &str, each: &mut impl FnMut(&str)) {
    for part in text.split_word_bounds() {
        if part.contains(char::is_alphanumeric) {
            each(part);
        } else if part.contains(|c| SYMBOLS.iter().any(|&(first, last)| (first..=last).contains(&c))) {
            each(part.trim_end_matches(VARIANTS));
        }
    }
}

#[cfg(test)]
mod tests {
    fn words(text: &str) -> Vec<String> {
        crate::text::Tokenizer::unicode().words(text)
    }

    #[test]
    fn symbols_are_words_and_punctuation_is_not() {
        for (text, expected) in [
            ("😀😀", &["😀", "😀"][..]),
            ("👨‍👩‍👧 🇩🇪🇫🇷", &["👨‍👩‍👧", "🇩🇪", "🇫🇷"]),
            ("❤ ❤️", &["❤", "❤"]),
            ("$5 → 3 €", &["$", "5", "→", "3", "€"]),
            ("“Well”, (he’d) said… — #1!?", &["well", "he’d", "said", "1"]),
            ("。、，！「」·", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_characters() {
        for (text, expected) in [
            ("我喜歡。", &["我", "喜", "歡"][..]),
            ("すごいカタカナ", &["す", "ご", "い", "カタカナ"]),
            ("ไทยดี", &["ไ", "ท", "ย", "ดี"]),
            ("ລາວ", &["ລ", "າ", "ວ"]),
            ("ខ្មែរ", &["ខ្", "មែ", "រ"]),
            ("မြန်မာ", &["မြ", "န်", "မာ"]),
            ("영화가 좋다", &["영화가", "좋다"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
