//! Writing an artifact: beside the target, then renamed over it.

use super::Artifact;
use super::format::{FORMAT, KEY, Metadata, seal, to_bytes};
use crate::error::{Error, Result};
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

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
/// whoever reads `path` finds the old file or the new one, never a part.
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full: what was
/// at `path` is then untouched.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = path.file_name().ok_or_else(|| {
        Error::config(format!(
            "{} names no file to write; give a path such as model.gatewise",
            path.display()
        ))
    })?;
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|e| {
        // Best effort: the write has failed already, and that is what is reported.
        let _ = fs::remove_file(&temporary);
        Error::io("cannot write", path, e)
    })
}
