//! Writing an artifact atomically.

use super::Artifact;
use super::ensemble::EnsembleMetadata;
use super::format::{FORMAT, KEY, Metadata};
use crate::error::{Error, Result};
use crate::storage::tensors::write;
use crate::storage::write_atomic;
use std::path::Path;

impl Artifact {
    /// Writes the artifact to `path` atomically. An existing file is replaced only after the new bytes have passed the
    /// checks of [`load`](Self::load).
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when `load` would refuse the file, for example because a weight
    /// is not finite; [`ErrorKind::Config`](crate::ErrorKind::Config) when `path` names no file;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full. On an error the
    /// existing file stays as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomic(path.as_ref(), &self.to_bytes()?)
    }

    /// Returns the bytes of the file. Equal artifacts have equal bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when [`from_bytes`](Self::from_bytes) would refuse them.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let (tokenizer, vocabulary, scalers) = self.reader.parts(self.model.vocabulary())?;
        let metadata = Metadata {
            format: FORMAT,
            created_by: concat!("gatewise ", env!("CARGO_PKG_VERSION")).to_owned(),
            layers: self.model.spec().clone(),
            tokenizer,
            vocabulary,
            scalers,
            ensemble: self.ensemble.as_ref().map(EnsembleMetadata::of),
            padding: self.padding,
            problem: self.problem.clone(),
            labels: self.labels.clone(),
            threshold: self.threshold,
            training: self.training.clone(),
            weights_sha256: self.weights_sha256(),
            self_test: self.probes()?,
        };
        let failed = |e: &dyn std::fmt::Display| Error::artifact(format!("cannot write the model: {e}"));
        let json = serde_json::to_string(&metadata).map_err(|e| failed(&e))?;
        let bytes = write(&self.tensors(), Some((KEY, &json))).map_err(|e| failed(&e))?;
        // Bytes that cannot be read back, such as weights that are not finite, must not replace a good file.
        Self::from_bytes(&bytes).map_err(|e| failed(&format_args!("it could not be read back ({e})")))?;
        Ok(bytes)
    }
}
