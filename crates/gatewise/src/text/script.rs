//! Scripts that are written without spaces between words.
//!
//! Input: texts. Output: whether words must be found without spaces.

/// The blocks of Thai, Lao, Tibetan, Burmese, Khmer, Tai, Balinese, Javanese, Japanese and Chinese.
const BLOCKS: [(char, char); 16] = [
    ('\u{e00}', '\u{fff}'),
    ('\u{1000}', '\u{109f}'),
    ('\u{1780}', '\u{17ff}'),
    ('\u{1950}', '\u{19ff}'),
    ('\u{1a20}', '\u{1aaf}'),
    ('\u{1b00}', '\u{1b7f}'),
    ('\u{2e80}', '\u{2fdf}'),
    ('\u{3005}', '\u{3007}'),
    ('\u{3040}', '\u{30ff}'),
    ('\u{31f0}', '\u{31ff}'),
    ('\u{3400}', '\u{9fff}'),
    ('\u{a980}', '\u{a9ff}'),
    ('\u{aa60}', '\u{aa7f}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{ff66}', '\u{ff9f}'),
    ('\u{20000}', '\u{3ffff}'),
];

/// Counts letters to find whether texts are in a script without spaces between words.
///
/// ```
/// use gatewise::text::ScriptTally;
/// let is_unspaced = |text: &str| {
///     let mut tally = ScriptTally::default();
///     tally.add(text);
///     tally.is_unspaced()
/// };
/// assert!(is_unspaced("这部电影很好看") && is_unspaced("หนังเรื่องนี้สนุกมาก"));
/// assert!(!is_unspaced("a fine film, 好") && !is_unspaced("영화가 좋다") && !is_unspaced(""));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ScriptTally {
    letters: u64,
    unspaced: u64,
}

impl ScriptTally {
    /// Counts the letters of a text.
    pub fn add(&mut self, text: &str) {
        if text.is_ascii() {
            self.letters += text.bytes().filter(u8::is_ascii_alphabetic).count() as u64;
            return;
        }
        for c in text.chars() {
            let is_unspaced = BLOCKS.iter().any(|&(first, last)| (first..=last).contains(&c));
            self.unspaced += u64::from(is_unspaced);
            self.letters += u64::from(is_unspaced || c.is_alphabetic());
        }
    }

    /// Returns whether at least a quarter of the letters are of scripts without spaces between words. A character of
    /// these stands for several letters of others.
    pub fn is_unspaced(&self) -> bool {
        self.unspaced > 0 && 4 * self.unspaced >= self.letters
    }
}
