//! Errors: a sentence on standard error; with `--format json`, also an object on standard output.
//!
//! Standard output of `--format json` is JSON whether the command succeeds or fails, so that a program parses it before
//! it looks at the exit code.

use crate::{note, out};
use gatewise::{Error, ErrorKind};
use std::ffi::OsString;
use std::process::ExitCode;

/// Whether errors are written as JSON too.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    json: bool,
}

impl Failure {
    /// Creates the writer of errors for a command line. The words decide, since they may be wrong themselves.
    pub fn of(words: &[OsString]) -> Self {
        let own = words.split(|word| word == "--").next().unwrap_or_default();
        let json = own.iter().any(|word| word == "--format=json")
            || own.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
        Self { json }
    }

    /// Writes an error of the arguments, help or the version, and returns the exit code.
    pub fn of_usage(self, error: &clap::Error) -> ExitCode {
        // Help and version go to standard output and are not errors.
        let _ = error.print();
        if error.use_stderr() {
            let text = error.render().to_string();
            let message = text.strip_prefix("error: ").unwrap_or(&text);
            self.write("usage", message.split("\n\nUsage:").next().unwrap_or_default().trim());
        }
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    }

    /// Writes the error of a command, and returns the exit code.
    pub fn of_command(self, error: &Error) -> ExitCode {
        note!("error: {error}");
        self.write(error.kind().name(), &error.to_string());
        ExitCode::from(match error.kind() {
            ErrorKind::Config => 2,
            _ => 1,
        })
    }

    fn write(self, kind: &str, message: &str) {
        if self.json {
            let object = serde_json::json!({"error": {"kind": kind, "message": message}});
            // The error may be that standard output cannot be written to.
            let _ = out!("{object}\n");
        }
    }
}
