//! Lines of music: notes, bars, chords, tuplets, slurs, grace notes, character by character.

use super::{Counts, field};

/// A place in a line and what is wrong there.
type Problem = (usize, String);

/// Reads the lines of one tune.
#[derive(Debug, Default)]
pub struct Reader {
    counts: Counts,
    slurs: usize,
    /// Notes that a tuplet still wants.
    tuplet: usize,
    /// The last thing was a note, a rest or a chord.
    after_note: bool,
    /// A `>` or `<` waits for its second note.
    broken: bool,
}

/// The characters of a line that are still to be read.
struct Line<'a> {
    chars: &'a [char],
    at: usize,
}

impl Line<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, one_of: &str) -> Option<char> {
        let found = self.peek().filter(|&c| one_of.contains(c));
        self.at += usize::from(found.is_some());
        found
    }

    /// A number, at most four digits of it.
    fn number(&mut self) -> Option<u32> {
        let digits: String =
            self.chars[self.at..].iter().take(4).take_while(|c| c.is_ascii_digit()).collect();
        self.at += digits.len();
        digits.parse().ok()
    }

    /// Up to and past `close`, and what stands before it.
    fn up_to(&mut self, close: char, what: &str) -> Result<String, Problem> {
        let from = self.at;
        let found = self.chars[from..].iter().position(|&c| c == close);
        let end = from + found.ok_or_else(|| (from, format!("{what} is not closed on its line")))?;
        self.at = end + 1;
        Ok(self.chars[from..end].iter().collect())
    }

    /// A note's or chord's length: `2`, `3/2`, `/`, `//`, `/4` or nothing.
    fn length(&mut self) -> Result<(), Problem> {
        let from = self.at;
        let above = self.number();
        let mut slashes = 0;
        let mut below = None;
        while self.take("/").is_some() {
            slashes += 1;
            below = self.number();
            if below.is_some() {
                break;
            }
        }
        let bad = above == Some(0)
            || below.is_some_and(|n| !n.is_power_of_two())
            || (below.is_some() && slashes > 1)
            || self.peek().is_some_and(|c| c.is_ascii_digit() || c == '/');
        if bad { Err((from, "this is no length of a note".into())) } else { Ok(()) }
    }

    /// An accidental, a note, its octave and its length, if one begins here.
    fn note(&mut self, rests: bool) -> Result<bool, Problem> {
        let from = self.at;
        let accidental = self.take("^_=");
        if let Some(sign @ ('^' | '_')) = accidental {
            self.take(&sign.to_string());
        }
        if self.take("ABCDEFGabcdefg").is_some() {
            while self.take(",'").is_some() {}
        } else if accidental.is_some() {
            return Err((from, "there is no note after the accidental".into()));
        } else if !rests || self.take("zxZ").is_none() {
            return Ok(false);
        }
        self.length().map(|()| true)
    }
}

impl Reader {
    /// One line; where it ends with `\` the next goes on from it, which for a reader is no different.
    pub fn line(&mut self, line: &str) -> Result<(), Problem> {
        let chars: Vec<char> = line.chars().collect();
        let mut line = Line { chars: &chars, at: 0 };
        while let Some(c) = line.peek() {
            let from = line.at;
            if line.note(true)? {
                self.note(c)?;
                continue;
            }
            line.at += 1;
            match c {
                ' ' | '\t' | '`' => {}
                '\\' if line.chars[line.at..].iter().all(|c| c.is_whitespace()) => {}
                '"' => drop(line.up_to('"', "the chord's name")?),
                '!' => drop(line.up_to('!', "the decoration")?),
                '~' | '.' | 'H' | 'T' | 'u' | 'v' | 'y' => {}
                '-' if self.after_note => {}
                '>' | '<' if self.after_note => {
                    while line.take(&c.to_string()).is_some() {}
                    (self.after_note, self.broken) = (false, true);
                    continue;
                }
                '-' | '>' | '<' => return Err((from, format!("'{c}' stands between two notes"))),
                '{' => self.grace(&mut line)?,
                '(' => self.slur_or_tuplet(&mut line)?,
                ')' => {
                    self.slurs = self.slurs.checked_sub(1).ok_or((from, "this closes no slur".to_owned()))?;
                }
                '[' if line.peek().is_some_and(|c| c == '|' || c.is_ascii_digit()) => {
                    self.bar(&mut line, from)?
                }
                '[' if line.chars.get(line.at + 1) == Some(&':') && line.peek() != Some('|') => {
                    let inside = line.up_to(']', "the field")?;
                    let (name, value) = field::split(&inside).ok_or((from, "this is no field".to_owned()))?;
                    field::check(name, value).map_err(|message| (from, message))?;
                }
                '[' => self.chord(&mut line)?,
                '|' | ':' => self.bar(&mut line, from)?,
                _ => return Err((from, format!("'{c}' means nothing here"))),
            }
        }
        Ok(())
    }

    /// What is left open at the end of the tune.
    pub fn finish(self) -> Result<Counts, String> {
        match self {
            Self { counts: Counts { notes: 0, .. }, .. } => Err("there is no music".into()),
            Self { counts: Counts { bars: 0, .. }, .. } => Err("there is no bar line".into()),
            Self { tuplet: 1.., .. } => Err(format!("the tuplet wants {} more", self.tuplet)),
            Self { slurs: 1.., .. } => Err("a slur is not closed".into()),
            Self { broken: true, .. } => Err("a broken rhythm stands between two notes".into()),
            Self { counts, .. } => Ok(counts),
        }
    }

    fn note(&mut self, first: char) -> Result<(), Problem> {
        self.counts.notes += usize::from(!"zxZ".contains(first));
        self.tuplet = self.tuplet.saturating_sub(1);
        (self.after_note, self.broken) = (true, false);
        Ok(())
    }

    fn grace(&mut self, line: &mut Line<'_>) -> Result<(), Problem> {
        let from = line.at;
        line.take("/");
        while line.note(false)? {
            self.counts.notes += 1;
        }
        match (line.at > from, line.take("}")) {
            (true, Some(_)) => Ok(()),
            _ => Err((from, "the grace notes are not closed, or not notes".into())),
        }
    }

    fn chord(&mut self, line: &mut Line<'_>) -> Result<(), Problem> {
        let mut notes = 0;
        while line.note(false)? {
            notes += 1;
            // A tie may follow each note of a chord, and spaces mean nothing.
            while line.take("- ").is_some() {}
        }
        self.counts.notes += notes;
        if notes == 0 || line.take("]").is_none() {
            let what = line.peek().map_or("the end of the line".into(), |c| format!("'{c}'"));
            return Err((line.at, format!("{what} means nothing in a chord")));
        }
        line.length()?;
        self.note('z')
    }

    /// After `(`: a number begins a tuplet, `(p` or `(p:q:r`, anything else a slur.
    fn slur_or_tuplet(&mut self, line: &mut Line<'_>) -> Result<(), Problem> {
        let from = line.at;
        let Some(p) = line.number() else {
            self.slurs += 1;
            return Ok(());
        };
        let (mut notes, mut parts) = (p, 0);
        while parts < 2 && line.take(":").is_some() {
            let number = line.number();
            parts += 1;
            if parts == 2 {
                notes = number.unwrap_or(p);
            }
        }
        if !(2..=9).contains(&p) || !(1..=16).contains(&notes) || self.tuplet > 0 {
            return Err((from, "this is no tuplet".into()));
        }
        self.tuplet = notes as usize;
        Ok(())
    }

    /// A bar line of any kind, which may end with the number of an ending: `|`, `||`, `|]`, `[|`, `|:`, `:|`,
    /// `::`, `:|2`, `[1`, `[1,3`.
    fn bar(&mut self, line: &mut Line<'_>, from: usize) -> Result<(), Problem> {
        while line.take("|:").is_some() {}
        // `|[1` is a bar and an ending, `|[` before anything else a bar and a chord.
        let signs: String = line.chars[from..line.at].iter().collect();
        if signs.ends_with('|') {
            line.take("]");
        }
        if signs == ":" {
            return Err((from, "a single ':' is no bar line".into()));
        }
        if self.tuplet > 0 {
            return Err((from, format!("the tuplet wants {} more", self.tuplet)));
        }
        if self.broken {
            return Err((from, "a broken rhythm stands between two notes".into()));
        }
        while line.number().is_some() && line.take(",-").is_some() {}
        self.counts.bars += 1;
        self.after_note = false;
        Ok(())
    }
}
