//! Writing an artifact: beside the target, then renamed over it.

use super::Artifact;
use super::format::{FORMAT, KEY, Metadata, seal, to_bytes};
use crate::error::{Error, Result};
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

impl Artifact {
    /// Writes the artifact to `path`, replacing a file that is there only once the new one is whole.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full: the
    /// previous file is then untouched.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_whole(path.as_ref(), &self.to_bytes()?)
    }

    /// The file's bytes: the same artifact always gives the same.
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when the model cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let metadata = Metadata {
            format: FORMAT,
            created_by: concat!("gatewise ", env!("CARGO_PKG_VERSION")).to_owned(),
            layers: self.model.spec().clone(),
            tokenizer: self.tokenizer.clone(),
            vocabulary: self.vocabulary.clone(),
            padding: self.padding,
            labels: self.labels.clone(),
            threshold: self.threshold,
            training: self.training.clone(),
            weights_sha256: self.weights_sha256(),
            self_test: self.probes()?,
        };
        let failed = |e: &dyn std::fmt::Display| Error::artifact(format!("cannot write the model: {e}"));
        let json = serde_json::to_string(&metadata).map_err(|e| failed(&e))?;
        let params = self.model.params();
        let bytes = to_bytes(params.values());
        let mut views = Vec::new();
        for info in params.table() {
            let data = &bytes[4 * info.range.start..4 * info.range.end];
            let view = TensorView::new(Dtype::F32, info.shape.clone(), data).map_err(|e| failed(&e))?;
            views.push((info.name.as_str(), view));
        }
        let header = HashMap::from([(KEY.to_owned(), seal(&json))]);
        safetensors::serialize(views, Some(header)).map_err(|e| failed(&e))
    }
}

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it to `path`:
/// whoever reads `path` finds the old file or the new one, never a part. Where `path` is a symbolic link,
/// what it points to is replaced.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full: what was
/// at `path` is then untouched. [`ErrorKind::Config`](crate::ErrorKind::Config) when `path` names no file,
/// or something that is not one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let Target { file, temporary } = Target::of(path)?;
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, &file));
    written.map_err(|e| {
        // Best effort: the write has failed already, and that is what is reported.
        let _ = fs::remove_file(&temporary);
        refused(path, e)
    })
}

/// Whether [`write_whole`] and [`Artifact::save`] could write to `path` now: worth asking before minutes of
/// training. Nothing is left behind.
///
/// # Errors
/// As [`write_whole`].
pub fn check_target(path: &Path) -> Result<()> {
    let Target { temporary, .. } = Target::of(path)?;
    File::create(&temporary).and_then(|_| fs::remove_file(&temporary)).map_err(|e| refused(path, e))
}

/// Where bytes go.
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
        let temporary =
            file.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
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
