//! Information fields: `X:1`, `K:Em` on lines of their own, `[M:3/4]` within music.

/// A line that is a field: its letter and what follows the colon. A bar line `|:` begins with no letter.
pub fn split(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let name = chars.next().filter(char::is_ascii_alphabetic)?;
    Some((name, chars.as_str().strip_prefix(':')?.trim()))
}

/// Whether `value` is one for the field `name`.
pub fn check(name: char, value: &str) -> Result<(), String> {
    let (good, expected) = match name {
        'X' => (value.parse::<u32>().is_ok(), "a number"),
        'T' => (!value.is_empty(), "a title"),
        'M' => (is_meter(value), "a meter such as 6/8, C, C| or none"),
        'L' => (fraction(value).is_some(), "a length such as 1/8"),
        'K' => (is_key(value), "a key such as G, F#m or Ddor"),
        _ => (true, ""),
    };
    if good { Ok(()) } else { Err(format!("{name}: is '{value}', but {expected} was expected")) }
}

/// `n/d`, d a power of two.
fn fraction(text: &str) -> Option<(u32, u32)> {
    let (above, below) = text.split_once('/')?;
    let (above, below): (u32, u32) = (above.trim().parse().ok()?, below.trim().parse().ok()?);
    (above > 0 && below.is_power_of_two()).then_some((above, below))
}

fn is_meter(text: &str) -> bool {
    matches!(text, "C" | "C|" | "none") || fraction(text).is_some()
}

fn is_key(text: &str) -> bool {
    if matches!(text, "HP" | "Hp" | "none") {
        return true;
    }
    let Some(rest) = text.strip_prefix(|c: char| ('A'..='G').contains(&c)) else { return false };
    let rest = rest.strip_prefix(['#', 'b']).unwrap_or(rest);
    let mut words = rest.split_whitespace();
    let mode = |word: &str| {
        let word = word.to_ascii_lowercase();
        let short: String = word.chars().take(3).collect();
        word == "m"
            || matches!(&*short, "maj" | "min" | "ion" | "dor" | "phr" | "lyd" | "mix" | "aeo" | "loc")
    };
    // The mode may follow at once or after a space; anything further is an accidental or a clef.
    match words.next() {
        None => true,
        Some(word) => {
            let all = std::iter::once(word).chain(words);
            all.enumerate().all(|(i, word)| (i == 0 && mode(word)) || is_extra(word))
        }
    }
}

/// `^f`, `clef=bass` and the like.
fn is_extra(word: &str) -> bool {
    let note = word.trim_start_matches(['^', '_', '=']);
    word.contains('=') && word.len() > 2
        || (note.len() < word.len() && note.len() == 1 && note.chars().all(|c| "abcdefgABCDEFG".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for good in ["C", "F#", "Bb", "Em", "F#m", "Ddor", "A mix", "G major", "Am clef=bass", "D ^g", "HP"] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", "H", "c", "C##", "Cx", "Em dor dor", "G major minor"] {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn fields_are_lines_that_begin_with_a_letter_and_a_colon() {
        assert_eq!(split("K: Em "), Some(('K', "Em")));
        assert_eq!(split("|:abc"), None);
        assert_eq!(split("ab:|"), None);
        assert_eq!(split(""), None);
    }
}
