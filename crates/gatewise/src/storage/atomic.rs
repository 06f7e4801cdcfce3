//! Atomic writes: a file is complete or absent.
//!
//! Input: bytes. Output: a file that readers never see in part.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path` atomically: writes a temporary file in the same folder, flushes it to the disk and renames
/// it to `path`. A reader of `path` finds the old file or the new one, never a part. If `path` is a symbolic link, the
/// file it points to is replaced.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full; the old
/// file stays as it was. [`ErrorKind::Config`](crate::ErrorKind::Config) when `path` has no file name, or names
/// something that is not a regular file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|e| refused(path, e))?;
    file.commit()
}

/// A file that is written in pieces and appears at its path when it is complete. Until [`commit`](Self::commit) the
/// bytes are in a temporary file in the same folder; dropping the value removes it.
///
/// ```
/// use std::io::Write;
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("answers.csv");
/// let mut file = gatewise::AtomicFile::create(&path)?;
/// file.write_all(b"text,label\n").unwrap();
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"text,label\n");
/// drop(gatewise::AtomicFile::create(&path)?);
/// assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    target: Target,
    file: File,
}

impl AtomicFile {
    /// Creates the temporary file of a file that replaces `path`.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn create(path: &Path) -> Result<Self> {
        let target = Target::of(path)?;
        let file = File::create(&target.temporary).map_err(|e| refused(path, e))?;
        Ok(Self { path: path.to_owned(), target, file })
    }

    /// Flushes the file to the disk and renames it to its path.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn commit(self) -> Result<()> {
        let Target { file, temporary } = &self.target;
        let named = self.file.sync_all().and_then(|()| fs::rename(temporary, file));
        named.map_err(|e| refused(&self.path, e))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // Best effort; after a commit there is nothing to remove.
        let _ = fs::remove_file(&self.target.temporary);
    }
}

/// Checks that [`write_atomic`] and [`Artifact::save`](crate::Artifact::save) can write to `path`, so that a long
/// training run fails early. The check leaves no file behind.
///
/// # Errors
/// As [`write_atomic`].
pub fn check_target(path: &Path) -> Result<()> {
    let Target { temporary, .. } = Target::of(path)?;
    File::create(&temporary).and_then(|_| fs::remove_file(&temporary)).map_err(|e| refused(path, e))
}

/// The file to replace and its temporary file.
#[derive(Debug)]
struct Target {
    /// The file to replace.
    file: PathBuf,
    /// In the same folder, so that a rename is atomic.
    temporary: PathBuf,
}

impl Target {
    fn of(path: &Path) -> Result<Self> {
        let file = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::config(format!(
                    "cannot write {}: it is a folder; name a file in it, such as {}",
                    path.display(),
                    path.join("model.gatewise").display()
                )));
            }
            Ok(found) if !found.is_file() => {
                return Err(Error::config(format!(
                    "cannot write {}: it is not an ordinary file, and renaming another over it would destroy \
                     it; name another file",
                    path.display()
                )));
            }
            // Symbolic links are resolved.
            Ok(_) => fs::canonicalize(path).map_err(|e| refused(path, e))?,
            Err(_) => path.to_owned(),
        };
        let name = file.file_name().filter(|_| !ends_in_separator(path)).ok_or_else(|| {
            Error::config(format!(
                "cannot write {:?}: it names no file; give one, such as model.gatewise",
                path.display().to_string()
            ))
        })?;
        // The bare wasm32 has neither processes nor files: there the file is refused when it is made.
        let process =
            if cfg!(all(target_family = "wasm", target_os = "unknown")) { 0 } else { std::process::id() };
        let temporary = file.with_file_name(format!(".{}.{process}.tmp", name.to_string_lossy()));
        Ok(Self { file, temporary })
    }
}

fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|&last| std::path::is_separator(char::from(last)))
}

fn refused(path: &Path, error: std::io::Error) -> Error {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if error.kind() == std::io::ErrorKind::NotFound && !folder.exists() => Error::io(
            &format!("there is no folder {} (make it first); cannot write", folder.display()),
            path,
            error,
        ),
        _ => Error::io("cannot write", path, error),
    }
}
