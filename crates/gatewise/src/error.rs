//! The one error type of the library.
//!
//! Every message says what was found, what was expected, and (where there is something to do) what
//! to do about it. [`ErrorKind`] is for programs: match on it, show the message to people.

use std::fmt;
use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is out of range or contradicts another.
    Config,
    /// Layers or arrays do not fit together.
    Shape,
    /// A data set is missing, malformed or unusable.
    Data,
    /// A model file is damaged, foreign or from another version.
    Artifact,
    /// The operating system refused a read or a write.
    Io,
    /// Training produced a number that is not finite.
    Diverged,
    /// The user asked to stop.
    Interrupted,
}

/// An error with a kind, a message for people and, for I/O, the operating system's own cause.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<std::io::Error>,
}

impl Error {
    /// An error of `kind`; `message` says what was found, what was expected and what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// A [`ErrorKind::Config`] error.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// A [`ErrorKind::Shape`] error.
    pub fn shape(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Shape, message)
    }

    /// A [`ErrorKind::Data`] error.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// A [`ErrorKind::Artifact`] error.
    pub fn artifact(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Artifact, message)
    }

    /// A [`ErrorKind::Io`] error: what was being done to which path, and the system's reason.
    pub fn io(doing: &str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let path: PathBuf = path.as_ref().into();
        Self {
            kind: ErrorKind::Io,
            message: format!("{doing} {}: {source}", path.display()),
            source: Some(source),
        }
    }

    /// What sort of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}
