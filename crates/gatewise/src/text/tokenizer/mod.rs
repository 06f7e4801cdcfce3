//! Tokenizers: split text into words.
//!
//! Input: text. Output: its words, in order. The default follows Keras's `text_to_word_sequence`: lower-case
//! the text, replace every filtered character with a space, split at spaces only, drop empty words. One rule
//! is added and can be switched off: HTML line breaks, which are common in film reviews, separate words
//! instead of yielding the word "br". A word can also be a word by Unicode's rules, a character, or a token
//! of a Hugging Face `tokenizer.json`.

#[cfg(feature = "hugging-face")]
mod hugging_face;
#[cfg(not(feature = "hugging-face"))]
#[path = "no_hugging_face.rs"]
mod hugging_face;
mod saved;
mod symbols;

use crate::error::Result;
use hugging_face::HuggingFace;
use saved::Saved;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Keras's default filters.
const KERAS_FILTERS: &str = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// The role of a byte of the (lower-cased) text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Byte {
    Word,
    Separator,
    /// `<` where HTML line breaks are separators.
    MayOpenBreak,
}

/// A tokenizer: splits text into words.
///
/// The default is Keras's `text_to_word_sequence`, except that `<br />`, `<br/>` and `<br>` separate
/// words. [`Tokenizer::keras`] matches Keras exactly.
///
/// ```
/// use gatewise::text::Tokenizer;
/// let text = "It's GREAT!<br /><br />Ten/ten.";
/// assert_eq!(Tokenizer::default().words(text), ["it's", "great", "ten", "ten"]);
/// assert_eq!(Tokenizer::keras().words(text), ["it's", "great", "br", "br", "ten", "ten"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct Tokenizer {
    settings: Settings,
    bytes: [Byte; 256],
    /// Filters outside ASCII, which do not fit in the byte table.
    wide_filters: Vec<char>,
}

/// The settings of a tokenizer; its byte table is derived from them.
#[derive(Debug, Clone, PartialEq)]
struct Settings {
    unit: Unit,
    lower: bool,
    filters: String,
    html_breaks: bool,
}

/// The unit that a tokenizer returns as a word.
#[derive(Debug, Clone, PartialEq)]
enum Unit {
    /// The text between separators.
    Chunk,
    /// A word by Unicode's annex 29.
    UnicodeWord,
    /// A word by Unicode's annex 29, or a symbol.
    UnicodeWordOrSymbol,
    Character,
    Token(HuggingFace),
}

impl Default for Settings {
    fn default() -> Self {
        Self { unit: Unit::Chunk, lower: true, filters: KERAS_FILTERS.into(), html_breaks: true }
    }
}

impl Settings {
    /// The text as it is: no lower-casing, no filters.
    fn verbatim() -> Self {
        Self { lower: false, filters: String::new(), html_breaks: false, ..Self::default() }
    }
}

impl From<Settings> for Tokenizer {
    fn from(settings: Settings) -> Self {
        let mut bytes = [Byte::Word; 256];
        let mut wide_filters = Vec::new();
        bytes[usize::from(b' ')] = Byte::Separator;
        for filter in settings.filters.chars() {
            match u8::try_from(filter) {
                Ok(byte) if byte.is_ascii() => bytes[usize::from(byte)] = Byte::Separator,
                _ => wide_filters.push(filter),
            }
        }
        if settings.html_breaks {
            bytes[usize::from(b'<')] = Byte::MayOpenBreak;
        }
        Self { settings, bytes, wide_filters }
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Settings::default().into()
    }
}

impl Tokenizer {
    /// Returns the tokenizer of Keras's `text_to_word_sequence`, which keeps the word "br" of `<br />`.
    pub fn keras() -> Self {
        Self::default().with_html_breaks(false)
    }

    /// Returns a tokenizer that splits by Unicode's word boundaries
    /// ([annex 29](https://www.unicode.org/reports/tr29/)), lower-cased. A word contains a letter or a digit.
    /// Languages written without spaces are mostly split into characters.
    ///
    /// ```
    /// use gatewise::text::Tokenizer;
    /// let words = Tokenizer::unicode_words().words("“Can’t”—he’d said 3.5 times…<br />naïve!");
    /// assert_eq!(words, ["can’t", "he’d", "said", "3.5", "times", "naïve"]);
    /// ```
    pub fn unicode_words() -> Self {
        Settings { unit: Unit::UnicodeWord, filters: String::new(), ..Settings::default() }.into()
    }

    /// Returns a tokenizer as [`unicode_words`](Self::unicode_words) that also returns symbols: emoji, currency signs,
    /// arrows, mathematical operators and the like. Chinese characters, hiragana, and the characters of Thai, Lao, Khmer
    /// and Burmese with their vowel signs are a word each.
    ///
    /// ```
    /// use gatewise::text::Tokenizer;
    /// let words = |text: &str| Tokenizer::unicode().words(text);
    /// assert_eq!(words("Great 😀👍🏽, I ❤️ it: €5!"), ["great", "😀", "👍🏽", "i", "❤", "it", "€", "5"]);
    /// assert_eq!(words("电影很好"), ["电", "影", "很", "好"]);
    /// assert_eq!(words("ที่นี่"), ["ที่", "นี่"]);
    /// ```
    pub fn unicode() -> Self {
        Settings { unit: Unit::UnicodeWordOrSymbol, filters: String::new(), ..Settings::default() }.into()
    }

    /// Returns a tokenizer whose words are the characters (Keras's `char_level`). No character is changed or
    /// dropped.
    ///
    /// ```
    /// use gatewise::text::Tokenizer;
    /// assert_eq!(Tokenizer::characters().words("Né. "), ["N", "é", ".", " "]);
    /// ```
    pub fn characters() -> Self {
        Settings { unit: Unit::Character, ..Settings::verbatim() }.into()
    }

    /// Returns the tokenizer of a Hugging Face `tokenizer.json`, given its content `json`. Special tokens are
    /// not added; padding and truncation are not applied. Needs the feature `hugging-face`.
    ///
    /// ```
    /// # #[cfg(feature = "hugging-face")] {
    /// use gatewise::text::Tokenizer;
    /// let json = r###"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
    ///     "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
    ///     "post_processor": null, "decoder": null, "model": {"type": "WordPiece", "unk_token": "?",
    ///     "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    ///     "vocab": {"?": 0, "film": 1, "##s": 2}}}"###;
    /// assert_eq!(Tokenizer::hugging_face(json)?.words("Films, film"), ["film", "##s", "?", "film"]);
    /// # }
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if `json` is not a usable `tokenizer.json`, and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) without the feature.
    pub fn hugging_face(json: &str) -> Result<Self> {
        Ok(Settings { unit: Unit::Token(HuggingFace::new(json)?), ..Settings::verbatim() }.into())
    }

    /// Sets whether text is lower-cased (default: `true`). Lower-casing precedes filtering, so that an
    /// upper-case filter has no effect then, as in Keras.
    #[must_use]
    pub fn with_lower(self, lower: bool) -> Self {
        Settings { lower, ..self.settings }.into()
    }

    /// Sets the characters that are replaced with spaces (default: Keras's filters). A space always separates
    /// words.
    #[must_use]
    pub fn with_filters(self, filters: impl Into<String>) -> Self {
        Settings { filters: filters.into(), ..self.settings }.into()
    }

    /// Sets whether `<br />`, `<br/>`, `<br >` and `<br>`, in upper or lower case, separate words (default:
    /// `true`; Keras: `false`).
    #[must_use]
    pub fn with_html_breaks(self, html_breaks: bool) -> Self {
        Settings { html_breaks, ..self.settings }.into()
    }

    /// Returns whether text is lower-cased.
    pub fn lower(&self) -> bool {
        self.settings.lower
    }

    /// Returns the characters that are replaced with spaces.
    pub fn filters(&self) -> &str {
        &self.settings.filters
    }

    /// Returns whether every character is a word.
    pub fn char_level(&self) -> bool {
        self.settings.unit == Unit::Character
    }

    /// Returns whether HTML line breaks separate words.
    pub fn html_breaks(&self) -> bool {
        self.settings.html_breaks
    }

    /// Returns the words of `text`, in order.
    ///
    /// ```
    /// let words = gatewise::text::Tokenizer::default().words("Ünder the Sea");
    /// assert_eq!(words, ["ünder", "the", "sea"]);
    /// ```
    pub fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.for_each_word(text, &mut String::new(), |word| words.push(word.to_owned()));
        words
    }

    /// Calls `each` with every word of `text`, in order, without an allocation for each word.
    ///
    /// `scratch` is overwritten. A `scratch` that is reused from call to call makes tokenizing ASCII text
    /// free of allocations.
    ///
    /// ```
    /// use gatewise::text::Tokenizer;
    /// let (tokenizer, mut scratch, mut letters) = (Tokenizer::default(), String::new(), 0);
    /// for text in ["One, two.", "Three!"] {
    ///     tokenizer.for_each_word(text, &mut scratch, |word| letters += word.len());
    /// }
    /// assert_eq!(letters, 11);
    /// ```
    pub fn for_each_word(&self, text: &str, scratch: &mut String, mut each: impl FnMut(&str)) {
        match &self.settings.unit {
            Unit::Chunk => self.for_each_chunk(text, scratch, each),
            Unit::UnicodeWord => {
                // No Unicode word spans a space.
                self.for_each_chunk(text, scratch, |chunk| chunk.unicode_words().for_each(&mut each));
            }
            Unit::UnicodeWordOrSymbol => {
                self.for_each_chunk(text, scratch, |chunk| symbols::for_each(chunk, &mut each));
            }
            Unit::Character => {
                self.normalise(text, scratch);
                let starts = scratch.char_indices().map(|(at, c)| &scratch[at..at + c.len_utf8()]);
                // As in Keras, filtered characters are dropped.
                starts.filter(|c| !self.settings.filters.contains(*c)).for_each(each);
            }
            Unit::Token(tokens) => tokens.for_each_token(text, each),
        }
    }

    /// Calls `each` with the text between separators.
    fn for_each_chunk(&self, text: &str, scratch: &mut String, mut each: impl FnMut(&str)) {
        self.normalise(text, scratch);
        if !self.wide_filters.is_empty() && !scratch.is_ascii() {
            // Two spaces, because one could make a line break of `<br—>`.
            *scratch = scratch.replace(|c| self.wide_filters.contains(&c), "  ");
        }
        let bytes = scratch.as_bytes();
        // Every separator is ASCII here, and no byte of a multi-byte character is, so that words start and
        // end on character boundaries.
        let (mut start, mut at) = (0, 0);
        while at < bytes.len() {
            let gap = match self.bytes[usize::from(bytes[at])] {
                Byte::Word => 0,
                Byte::Separator => 1,
                Byte::MayOpenBreak => match html_break(&bytes[at..]) {
                    0 => usize::from(self.settings.filters.contains('<')),
                    length => length,
                },
            };
            if gap == 0 {
                at += 1;
                continue;
            }
            if start < at {
                each(&scratch[start..at]);
            }
            at += gap;
            start = at;
        }
        if start < at {
            each(&scratch[start..at]);
        }
    }

    /// Copies the text to `scratch`, lower-cased if that is set.
    fn normalise(&self, text: &str, scratch: &mut String) {
        scratch.clear();
        if !self.settings.lower {
            scratch.push_str(text);
        } else if text.is_ascii() {
            scratch.push_str(text);
            scratch.make_ascii_lowercase();
        } else {
            // The whole text at once: a capital sigma becomes ς or σ by its neighbours.
            scratch.push_str(&text.to_lowercase());
        }
    }
}

/// Returns the length of the HTML line break at the start of `bytes`, or 0.
fn html_break(bytes: &[u8]) -> usize {
    const FORMS: [&[u8]; 4] = [b"<br />", b"<br/>", b"<br >", b"<br>"];
    let found = FORMS.iter().find(|f| bytes.get(..f.len()).is_some_and(|b| b.eq_ignore_ascii_case(f)));
    found.map_or(0, |form| form.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stands for a break that was found, so that no other is made of what surrounds it.
    const BREAK: char = '\u{1}';

    /// The rule, read aloud, a character at a time.
    fn naive(t: &Tokenizer, text: &str) -> Vec<String> {
        let mut text = if t.lower() { text.to_lowercase() } else { text.to_owned() };
        if t.html_breaks() {
            for tail in [" />", "/>", " >", ">"] {
                for br in ["br", "bR", "Br", "BR"] {
                    text = text.replace(&format!("<{br}{tail}"), &BREAK.to_string());
                }
            }
        }
        let separates = |c: char| c == BREAK || t.filters().contains(c);
        let spaced: String = text.chars().map(|c| if separates(c) { ' ' } else { c }).collect();
        spaced.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_twin(
            text in r#"(<[bB][rR] ?/?>|<br|[a-zA-Z']{1,5}|[ -~\t\n\r]|[ΣσÀéİßẞ—“”\u{a0}\u{2028}😀]|\PC){0,40}"#,
            lower: bool,
            html_breaks: bool,
            filters in prop_oneof![Just(KERAS_FILTERS.to_owned()), Just("".to_owned()), Just("—aA<😀".to_owned())],
        ) {
            let t = Tokenizer::default().with_lower(lower).with_html_breaks(html_breaks).with_filters(filters);
            prop_assert_eq!(t.words(&text), naive(&t, &text));
        }
    }

    #[test]
    fn splits_on_spaces_only() {
        let t = Tokenizer::keras();
        assert_eq!(t.words("a\u{a0}b\rc\u{b}d  e"), ["a\u{a0}b\rc\u{b}d", "e"]);
        assert_eq!(t.words(" ..\n"), [""; 0]);
        assert_eq!(t.words(""), [""; 0]);
    }

    #[test]
    fn breaks_separate_whatever_the_filters() {
        let t = Tokenizer::default().with_filters("").with_lower(false);
        assert_eq!(t.words("<br<Br/>>"), ["<br", ">"], "no break is made of what surrounds one");
        let wide = Tokenizer::default().with_filters("—");
        assert_eq!(wide.words("a—<br—>"), ["a", "<br", ">"], "nor of a filtered character");
        assert_eq!(t.words("A<BR>b<br/>c<Br />d<br e<brr>"), ["A", "b", "c", "d<br", "e<brr>"]);
    }

    #[test]
    fn filtered_characters_are_no_words() {
        assert_eq!(Tokenizer::characters().with_filters("—.").words("a—b."), ["a", "b"]);
    }

    #[test]
    fn survives_json_and_fills_what_is_absent() {
        let t = Tokenizer::default().with_filters("—x").with_lower(false);
        let json = serde_json::to_string(&t).unwrap();
        assert_eq!(json, r#"{"lower":false,"filters":"—x","html_breaks":true}"#);
        assert_eq!(serde_json::from_str::<Tokenizer>(&json).unwrap(), t);
        assert_eq!(serde_json::from_str::<Tokenizer>("{}").unwrap(), Tokenizer::default());
        assert!(serde_json::from_str::<Tokenizer>(r#"{"stem":true}"#).is_err());
    }
    proptest! {
        /// Cutting at spaces first loses nothing of Unicode's rules.
        #[test]
        fn unicode_words_are_unicodes(text in r#"([a-zA-Z0-9'’.,:_-]{1,6}|[ \t\n]|[ΣİßéКж\u{300}\u{308}\u{200d}日本語ไทย🦀👍🏽]|\PC){0,30}"#) {
            let lower = text.to_lowercase();
            // A mark on a space makes a word of the two; here the space is still one.
            let whole: Vec<&str> = lower.unicode_words().map(|word| word.trim_matches(' ')).collect();
            prop_assert_eq!(Tokenizer::unicode_words().with_html_breaks(false).words(&text), whole);
        }
    }

    #[test]
    fn every_kind_survives_json() {
        let all =
            [Tokenizer::characters(), Tokenizer::unicode_words(), Tokenizer::unicode(), Tokenizer::keras()];
        for tokenizer in all {
            let json = serde_json::to_string(&tokenizer).unwrap();
            assert_eq!(serde_json::from_str::<Tokenizer>(&json).unwrap(), tokenizer);
        }
        let two = r#"{"char_level":true,"unicode_words":true}"#;
        assert!(serde_json::from_str::<Tokenizer>(two).unwrap_err().to_string().contains("not two of them"));
    }
}
