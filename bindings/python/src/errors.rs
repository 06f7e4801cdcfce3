//! Errors of the library as Python exceptions.

use gatewise::{Error, ErrorKind};
use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileNotFoundError, PyFloatingPointError, PyKeyboardInterrupt, PyOSError, PyPermissionError,
    PyValueError,
};
use std::error::Error as _;
use std::io;

/// Returns the exception for an error of the library, with the same message.
///
/// | kind | exception |
/// |---|---|
/// | config, shape, data, artifact | `ValueError` |
/// | io | `FileNotFoundError`, `PermissionError` or `OSError` |
/// | diverged | `FloatingPointError` |
/// | interrupted | `KeyboardInterrupt` |
pub fn exception(error: Error) -> PyErr {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Io => {
            let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
            match cause.map(io::Error::kind) {
                Some(io::ErrorKind::NotFound) => PyFileNotFoundError::new_err(message),
                Some(io::ErrorKind::PermissionDenied) => PyPermissionError::new_err(message),
                _ => PyOSError::new_err(message),
            }
        }
        ErrorKind::Diverged => PyFloatingPointError::new_err(message),
        ErrorKind::Interrupted => PyKeyboardInterrupt::new_err(message),
        _ => PyValueError::new_err(message),
    }
}

/// Turns the library's results into PyO3's.
pub trait OrRaise<T> {
    /// Returns the value, or the error as an exception.
    fn or_raise(self) -> pyo3::PyResult<T>;
}

impl<T> OrRaise<T> for gatewise::Result<T> {
    fn or_raise(self) -> pyo3::PyResult<T> {
        self.map_err(exception)
    }
}
