//! An independent judge of tunes in ABC notation: test equipment for models that write music.
//!
//! Input: text. Output: for each tune, whether it is valid ABC, and if not, where and why. It knows nothing of models, and reads strictly: a header of fields that begins with `X:` and ends with
//! `K:`, then music whose every character has a meaning where it stands. What it does not judge is beauty.

mod field;
mod music;

use std::fmt;

/// A tune that parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Notes, those of chords and grace notes included.
    pub notes: usize,
    /// Bar lines of every kind.
    pub bars: usize,
}

/// Why a text is no tune.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Line, from 1, in the text that was given.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// A tune of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tune {
    /// The line it begins at, from 1.
    pub line: usize,
    /// What it holds, or why it is no tune.
    pub judged: Result<Counts, Flaw>,
}

/// Judges each tune of `text`. A tune begins at a line `X:` and ends before an empty line or the next `X:`;
/// what stands outside of tunes is not looked at.
pub fn judge(text: &str) -> Vec<Tune> {
    let mut tunes: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        match line.trim_end() {
            "" => inside = false,
            line if line.starts_with("X:") => {
                tunes.push((index + 1, vec![line]));
                inside = true;
            }
            line if inside => tunes.last_mut().expect("a tune was begun").1.push(line),
            _ => {}
        }
    }
    tunes.into_iter().map(|(line, lines)| Tune { line, judged: judge_tune(line, &lines) }).collect()
}

fn judge_tune(first: usize, lines: &[&str]) -> Result<Counts, Flaw> {
    let mut seen = String::new();
    let mut music = music::Reader::default();
    for (index, line) in lines.iter().enumerate() {
        let at =
            |(column, message): (usize, String)| Flaw { line: first + index, column: column + 1, message };
        let in_body = seen.contains('K');
        let line = line.split('%').next().unwrap_or_default();
        match field::split(line) {
            Some((name, value)) => {
                field::check(name, value).map_err(|message| at((2, message)))?;
                match name {
                    'X' if index > 0 => return Err(at((0, "a second X: in one tune".into()))),
                    'K' if !seen.contains('T') => {
                        return Err(at((0, "the header ends with K: but has no title T:".into())));
                    }
                    _ => seen.push(name),
                }
            }
            None if in_body => music.line(line).map_err(at)?,
            None if line.trim().is_empty() => {}
            None => return Err(at((0, "music before the header's last field, K:".into()))),
        }
    }
    let end = |message: String| Flaw { line: first + lines.len() - 1, column: 1, message };
    if !seen.contains('K') {
        return Err(end("the tune ends without a key K:".into()));
    }
    music.finish().map_err(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNE: &str = "X: 1\nT:A tune\nM:6/8\nL:1/8\nK:Em\n|:\"Em\"e3 ^g/2z/ (3abc'|{a}[EB,]2>_B2 \\\n~d-d:|\
                        [1 z4 :|[2 (e2 [K:D]f)d||\nM:C|\n=F4|]\n";

    fn flaw(text: &str) -> String {
        let tunes = judge(text);
        assert_eq!(tunes.len(), 1, "{text}");
        tunes[0].judged.clone().expect_err(text).to_string()
    }

    #[test]
    fn a_tune_with_everything_parses() {
        let tunes = judge(TUNE);
        assert_eq!(tunes[0].judged, Ok(Counts { notes: 15, bars: 8 }));
        // Two tunes with rubbish between them.
        let two = format!("hello\n\n{TUNE}\nworld\n\n{TUNE}");
        assert_eq!(judge(&two).iter().map(|tune| tune.line).collect::<Vec<_>>(), [3, 15]);
        assert!(judge(&two).iter().all(|tune| tune.judged.is_ok()));
    }

    #[test]
    fn flaws_are_found_where_they_are() {
        for (from, to, says) in [
            ("X: 1", "X: one", "1:3: X: is 'one'"),
            ("T:A tune\n", "", "no title"),
            ("K:Em\n", "", "5:1: music before"),
            ("M:6/8", "M:6/0", "3:3: M: is '6/0'"),
            ("L:1/8", "L:8", "4:3: L: is '8'"),
            ("K:Em", "K:H", "5:3: K: is 'H'"),
            ("\"Em\"", "\"Em", "not closed"),
            ("e3", "e3h", "'h' means nothing"),
            ("^g", "^|", "no note after"),
            ("(3abc'|", "(3ab|", "the tuplet wants 1 more"),
            ("{a}", "{a", "not closed"),
            ("[EB,]2", "[EB,2|", "'|' means nothing in a chord"),
            ("(e2", "e2", "closes no slur"),
            ("f)d", "fd", "slur is not closed"),
            (">_B2", ">|_B2", "stands between two notes"),
            ("z/", "z/0", "length"),
            ("[2 (e2", "[2 (e2*", "'*' means nothing"),
            ("M:C|", "Q|", "'Q' means nothing"),
        ] {
            assert!(TUNE.contains(from));
            let error = flaw(&TUNE.replacen(from, to, 1));
            assert!(error.contains(says), "{to}: {error}");
        }
        assert!(flaw("X:1\nT:x\nK:C\n").contains("no music"));
        assert!(flaw("X:1\nT:x\nK:C\nabc\n").contains("no bar line"));
        assert!(flaw("X:1\nT:x\n").contains("without a key"));
        assert!(judge("no tune at all").is_empty() && judge("").is_empty());
    }

    /// Whatever comes, there is an answer.
    #[test]
    fn no_cut_of_a_tune_panics() {
        for end in 0..TUNE.len() {
            judge(&TUNE[..end]);
            judge(&format!("{}\u{e9}(9[{{\"\n", &TUNE[..end]));
        }
    }
}
