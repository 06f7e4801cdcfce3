//! Output: results go to standard output, everything else goes to standard error.
//!
//! `println!` and `eprintln!` panic when the reader has closed the pipe (`gatewise train | head`). Here a
//! closed pipe is not an error, and never ends a training run.

use gatewise::{Error, Result};
use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Writes a result to standard output; use it through [`out!`](crate::out).
pub fn print(text: Arguments<'_>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("cannot write to", "standard output", e))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error; use it through [`note!`](crate::note). Names of files and labels are in such lines:
/// what would control the terminal is left out.
pub fn tell(text: Arguments<'_>) {
    let shown = |c: char| if c == '\n' || c == '\t' || !c.is_control() && !turns(c) { c } else { '\u{fffd}' };
    let text: String = text.to_string().chars().map(shown).collect();
    // A failure here cannot be reported anywhere.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Returns whether a character turns the direction of the text after it.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes to standard output, as `print!`, and returns a `Result`.
#[macro_export]
macro_rules! out {
    ($($text:tt)*) => { $crate::output::print(format_args!($($text)*)) };
}

/// Writes a line to standard error, as `eprintln!`, and never panics.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => { $crate::output::tell(format_args!($($text)*)) };
}
