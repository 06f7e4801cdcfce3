//! Cutting text into words, as Keras does.
//!
//! Enters: text. Leaves: its words, in order. The rule is that of Keras's `text_to_word_sequence`:
//! lower-case the text, turn every filtered character into a space, split on spaces (and on nothing
//! else), drop what is empty. One thing is added and can be switched off: HTML line breaks, of which
//! film reviews are full, separate words instead of leaving the word "br". For language models every
//! character can be a word.

use serde::{Deserialize, Serialize};

/// Keras's default filters.
const KERAS_FILTERS: &str = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// What a byte of the (lower-cased) text means to the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Byte {
    Word,
    Separator,
    /// `<` when HTML breaks are separators: look whether one starts here.
    MayOpenBreak,
}

/// Cuts text into words.
///
/// The default is Keras's `text_to_word_sequence`, except that `<br />`, `<br/>` and `<br>` separate
/// words; [`Tokenizer::keras`] is exactly Keras.
///
/// ```
/// use gatewise::text::Tokenizer;
/// let text = "It's GREAT!<br /><br />Ten/ten.";
/// assert_eq!(Tokenizer::default().words(text), ["it's", "great", "ten", "ten"]);
/// assert_eq!(Tokenizer::keras().words(text), ["it's", "great", "br", "br", "ten", "ten"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Settings", into = "Settings")]
pub struct Tokenizer {
    settings: Settings,
    bytes: [Byte; 256],
    /// Filters outside ASCII, which the byte table cannot hold.
    wide_filters: Vec<char>,
}

/// What is saved: the table is derived from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    lower: bool,
    filters: String,
    html_breaks: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    char_level: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lower: true, filters: KERAS_FILTERS.into(), html_breaks: true, char_level: false }
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

impl From<Tokenizer> for Settings {
    fn from(tokenizer: Tokenizer) -> Self {
        tokenizer.settings
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Settings::default().into()
    }
}

impl Tokenizer {
    /// Exactly Keras's `text_to_word_sequence`: the word "br" of `<br />` stays.
    pub fn keras() -> Self {
        Self::default().with_html_breaks(false)
    }

    /// Every character is a word (Keras's `char_level`), none is changed or left out.
    ///
    /// ```
    /// use gatewise::text::Tokenizer;
    /// assert_eq!(Tokenizer::characters().words("Né. "), ["N", "é", ".", " "]);
    /// ```
    pub fn characters() -> Self {
        Settings { lower: false, filters: String::new(), html_breaks: false, char_level: true }.into()
    }

    /// Whether text is lower-cased first (default: yes). Lower-casing comes before filtering, so a
    /// filter that is an upper-case letter then never applies, as in Keras.
    #[must_use]
    pub fn with_lower(self, lower: bool) -> Self {
        Settings { lower, ..self.settings }.into()
    }

    /// The characters that become spaces (default: Keras's). Space itself always separates.
    #[must_use]
    pub fn with_filters(self, filters: impl Into<String>) -> Self {
        Settings { filters: filters.into(), ..self.settings }.into()
    }

    /// Whether `<br />`, `<br/>`, `<br >` and `<br>`, in upper or lower case, separate words
    /// (default: yes; Keras: no).
    #[must_use]
    pub fn with_html_breaks(self, html_breaks: bool) -> Self {
        Settings { html_breaks, ..self.settings }.into()
    }

    /// Whether text is lower-cased first.
    pub fn lower(&self) -> bool {
        self.settings.lower
    }

    /// The characters that become spaces.
    pub fn filters(&self) -> &str {
        &self.settings.filters
    }

    /// Whether every character is a word.
    pub fn char_level(&self) -> bool {
        self.settings.char_level
    }

    /// Whether HTML line breaks separate words.
    pub fn html_breaks(&self) -> bool {
        self.settings.html_breaks
    }

    /// The words of `text`, in order.
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
    /// `scratch` is overwritten; keep it from call to call and nothing at all is allocated for ASCII
    /// text.
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
        self.normalise(text, scratch);
        if self.settings.char_level {
            let starts = scratch.char_indices().map(|(at, c)| &scratch[at..at + c.len_utf8()]);
            // As in Keras, filtered characters count for nothing.
            let kept = |c: &&str| !self.settings.filters.contains(*c);
            return starts.filter(kept).for_each(each);
        }
        let bytes = scratch.as_bytes();
        // Every separator is ASCII here, and no byte of a longer character is, so that words start and
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

    /// Leaves in `scratch` the text lower-cased and, where words are split, with the filters outside ASCII
    /// replaced.
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
        if !self.settings.char_level && !self.wide_filters.is_empty() && !scratch.is_ascii() {
            // By two spaces: one could make a break of `<br—>`.
            *scratch = scratch.replace(|c| self.wide_filters.contains(&c), "  ");
        }
    }
}

/// The length of the HTML line break that `bytes` starts with, or 0.
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
}
