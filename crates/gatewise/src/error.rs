//! The error type of the library.
//!
//! A message contains what was found, what was expected and, where possible, how to fix it. Programs match on
//! [`ErrorKind`]; the message is for users.

use std::fmt;
use std::path::Path;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is out of range or contradicts another setting.
    Config,
    /// The shapes of layers or arrays do not match.
    Shape,
    /// A data set is missing, malformed or unusable.
    Data,
    /// A model file is damaged, in another format or from an unsupported version.
    Artifact,
    /// The operating system failed to read or write.
    Io,
    /// Training produced a number that is not finite.
    Diverged,
    /// The user stopped the run.
    Interrupted,
}

impl ErrorKind {
    /// Returns the name of the kind in lower case, such as `config`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Shape => "shape",
            Self::Data => "data",
            Self::Artifact => "artifact",
            Self::Io => "io",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        }
    }
}

/// An error: a kind, a message for users and, for I/O, the error of the operating system.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<std::io::Error>,
}

impl Error {
    /// Returns an error of `kind`. The message contains what was found, what was expected and how to fix it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Returns an [`ErrorKind::Config`] error.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Returns an [`ErrorKind::Shape`] error.
    pub fn shape(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Shape, message)
    }

    /// Returns an [`ErrorKind::Data`] error.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// Returns an [`ErrorKind::Artifact`] error.
    pub fn artifact(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Artifact, message)
    }

    /// Returns an [`ErrorKind::Io`] error with the operation, the path and the error of the operating system.
    pub fn io(doing: &str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let message = format!("{doing} {}: {source}", path.as_ref().display());
        Self { kind: ErrorKind::Io, message, source: Some(source) }
    }

    /// Returns an [`ErrorKind::Io`] error for a file or folder that is read, as [`io`](Self::io). If nothing is at the path, the
    /// message states that.
    ///
    /// ```
    /// use gatewise::Error;
    /// let missing = std::io::ErrorKind::NotFound.into();
    /// let error = Error::reading("cannot read", "films.csv", missing);
    /// assert_eq!(error.to_string(), "there is no file films.csv; check the path");
    /// ```
    pub fn reading(doing: &str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::NotFound => Self {
                kind: ErrorKind::Io,
                message: format!("there is no file {}; check the path", path.as_ref().display()),
                source: Some(source),
            },
            _ => Self::io(doing, path, source),
        }
    }

    /// Returns the kind of the error.
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
