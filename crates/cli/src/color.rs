//! Colour on a terminal: whether to use it, and how. Input: `--color` and the environment. Output: escape sequences,
//! or none.
//!
//! Colours are of the 256 that terminals have. Each is readable on a light and on a dark background, and orange differs
//! from blue for people who are colour-blind.

use crate::args::ColorChoice;
use std::io::IsTerminal;

/// Whether to write escape sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    color: bool,
}

/// For a label, faintly: orange.
pub const FOR: &str = "38;5;166";
/// For a label.
pub const FOR_CLEARLY: &str = "1;38;5;166";
/// For a label, strongly: black on orange.
pub const FOR_STRONGLY: &str = "1;38;5;16;48;5;208";
/// Against a label, faintly: blue.
pub const AGAINST: &str = "38;5;32";
/// Against a label.
pub const AGAINST_CLEARLY: &str = "1;38;5;32";
/// Against a label, strongly: white on blue.
pub const AGAINST_STRONGLY: &str = "1;38;5;231;48;5;25";
pub const BOLD: &str = "1";
pub const FAINT: &str = "2";
pub const UNDERLINE: &str = "4";

impl Style {
    /// Returns the style of standard output.
    ///
    /// `NO_COLOR` (not empty) turns colour off, `CLICOLOR_FORCE` (not 0) turns it on where there is no terminal;
    /// see no-color.org and bixense.com/clicolors.
    pub fn of_output(choice: ColorChoice) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self { color: decide(choice, set, std::io::stdout().is_terminal()) }
    }

    /// Returns `text` with the attributes of `codes`, separated by semicolons; without colour or codes, `text`.
    pub fn paint(self, codes: &str, text: &str) -> String {
        match self.color && !codes.is_empty() && !text.is_empty() {
            true => format!("\u{1b}[{codes}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    /// Returns the style without colour.
    pub const fn plain() -> Self {
        Self { color: false }
    }

    /// Returns whether it writes escape sequences.
    pub fn has_color(self) -> bool {
        self.color
    }

    #[cfg(test)]
    pub const fn new(color: bool) -> Self {
        Self { color }
    }
}

fn decide(choice: ColorChoice, set: impl Fn(&str) -> Option<std::ffi::OsString>, is_terminal: bool) -> bool {
    let is = |name: &str, value: &str| set(name).is_some_and(|it| it == value);
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR").is_some() => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE").is_some() && !is("CLICOLOR_FORCE", "0") => true,
        ColorChoice::Auto => is_terminal && !is("TERM", "dumb") && !is("CLICOLOR", "0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn colour_is_for_terminals_unless_the_environment_or_the_option_says_so() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, environment, is_terminal, color) in [
            (Auto, vec![], true, true),
            (Auto, vec![], false, false),
            (Auto, vec![("NO_COLOR", "1")], true, false),
            (Auto, vec![("CLICOLOR", "0")], true, false),
            (Auto, vec![("TERM", "dumb")], true, false),
            (Auto, vec![("CLICOLOR_FORCE", "1")], false, true),
            (Auto, vec![("CLICOLOR_FORCE", "0")], false, false),
            (Auto, vec![("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, false),
            (Always, vec![("NO_COLOR", "1")], false, true),
            (Never, vec![("CLICOLOR_FORCE", "1")], true, false),
        ] {
            let set = |name: &str| {
                environment.iter().find(|(its, _)| *its == name).map(|(_, value)| OsString::from(value))
            };
            assert_eq!(decide(choice, set, is_terminal), color, "{choice:?} {environment:?} {is_terminal}");
        }
        assert_eq!(Style::new(true).paint(BOLD, "x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(Style::new(false).paint(BOLD, "x"), "x");
    }
}
