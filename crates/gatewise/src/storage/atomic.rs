//! Files that are whole or not there.
//!
//! Enters: bytes. Leaves: a file that nobody ever sees half of.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it to `path`:
/// whoever reads `path` finds the old file or the new one, never a part. Where `path` is a symbolic link,
/// what it points to is replaced.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full: what was
/// at `path` is then untouched. [`ErrorKind::Config`](crate::ErrorKind::Config) when `path` names no file,
/// or something that is not one.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|e| refused(path, e))?;
    file.commit()
}

/// A file that is written bit by bit and is there only when it is whole: until [`commit`](Self::commit) it is a
/// temporary one beside `path`, which goes when this is dropped.
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
    /// Begins a file that is to replace what is at `path`.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn create(path: &Path) -> Result<Self> {
        let target = Target::of(path)?;
        let file = File::create(&target.temporary).map_err(|e| refused(path, e))?;
        Ok(Self { path: path.to_owned(), target, file })
    }

    /// Flushes the file to the disk and gives it its name.
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
        // Best effort; once it has its name there is nothing left to remove.
        let _ = fs::remove_file(&self.target.temporary);
    }
}

/// Whether [`write_atomic`] and [`Artifact::save`](crate::Artifact::save) could write to `path` now: worth asking before minutes of
/// training. Nothing is left behind.
///
/// # Errors
/// As [`write_atomic`].
pub fn check_target(path: &Path) -> Result<()> {
    let Target { temporary, .. } = Target::of(path)?;
    File::create(&temporary).and_then(|_| fs::remove_file(&temporary)).map_err(|e| refused(path, e))
}

/// Where bytes go.
#[derive(Debug)]
struct Target {
    /// The file to replace.
    file: PathBuf,
    /// Beside it, so that one rename does.
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
            // Through symbolic links, to the file they mean.
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
